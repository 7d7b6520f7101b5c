"""Services without an engine: synthetic events at a chosen pace."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from kaa_gui.core.dragged import dragged_keypoints, dragged_places, is_dragged
from kaa_gui.core.errors import ConfigError, NoPersonError, PictureError
from kaa_gui.core.pictures.folder import list_pictures
from kaa_gui.core.pictures.image import load_region, picture_from_array, save_region
from kaa_gui.core.sessions.codec import read_session, write_session
from kaa_gui.core.types import AttackConfig, AttackRequest, Picture, Pose, Run, Scene, Snapshot, VideoInfo
from kaa_gui.ui.model.evaluation_order import DatasetKind, EvaluateService
from kaa_gui.ui.model.services import Activations, AttackGenerator, Report, Services, Trial
from tests.ui import values


def picture(name: str = "room.png", path: str | None = None) -> Picture:
    pixels = values.scene().picture.pixels.copy()
    # pictures of different names differ, as files do
    pixels[0, 0] = np.frombuffer(hashlib.sha256(name.encode()).digest()[:3], np.uint8)
    return replace(picture_from_array(pixels, name), path=path)


DATASET_KINDS = {
    "samples": DatasetKind("Samples", squares=True),
    "folder": DatasetKind("A folder"),
    "coco": DatasetKind("COCO", images=True, squares=True),
}


@dataclass
class FakeEngine:
    """Yields like the engine and writes down what it was asked."""

    pause_s: float = 0.004
    requests: list[AttackRequest] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    received: list[AttackConfig] = field(default_factory=list)
    targets: list[Pose | None] = field(default_factory=list)
    exported: list[tuple[Run, Path]] = field(default_factory=list)
    evaluations: EvaluateService | None = None
    error: Exception | None = None
    closed: int = 0
    looks: list[tuple[str, int]] = field(default_factory=list)
    camera: bool = True
    frames: int = 0
    camera_closed: int = 0
    trials: list[AttackRequest] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    trial_gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.trial_gate.set()

    def attack(self, request: AttackRequest, device: str) -> AttackGenerator:
        self.requests.append(request)
        self.devices.append(device)
        config = request.config
        try:
            if request.picture.name.startswith("empty"):
                raise NoPersonError(f"{request.picture.name}: nobody found; choose another picture")
            scene = values.scene(person=request.person, layer=values_layer(config.layer))
            scene = replace(scene, picture=request.picture, target=values_target(config.target))
            yield scene
            if config.method == "kaa+er":
                for rows in range(0, values.ROWS + 1, 13):
                    time.sleep(self.pause_s)
                    yield values.correlation_field(rows, layer=scene.layer.index)
            yield from self._iterate(config, scene)
        finally:
            self.closed += 1

    def _iterate(self, config: AttackConfig, scene: Scene) -> AttackGenerator:
        iteration = 0
        while iteration <= config.iterations:
            self.gate.wait(5)
            if self.error is not None:
                raise self.error
            time.sleep(self.pause_s)
            snapshot = _snapshot(iteration % 20)
            numbers = replace(values.metrics(iteration), iteration=iteration)
            change = yield replace(
                snapshot,
                iteration=iteration,
                iterations=config.iterations,
                target=scene.target,
                config=config,
                elapsed_s=self.pause_s * iteration,
                metrics=numbers,
                final=iteration == config.iterations,
            )
            if change is not None and change != config:
                config = change
                self.received.append(config)
            iteration += 1

    def activations(self, scene: Scene, snapshot: Snapshot, device: str) -> Activations:
        self.looks.append((scene.layer.name, snapshot.iteration))
        clean = np.arange(scene.layer.outputs, dtype=np.float32).reshape(scene.layer.shape)
        return Activations(scene.layer, snapshot.iteration, clean, clean + snapshot.iteration)

    def jacobian_row(self, scene: Scene, output: int, device: str) -> np.ndarray:
        row = np.zeros(scene.crop.shape, np.float32)
        row[10, 20], row[30, 40, 1] = -(output + 1), output + 2
        return row

    def trial(self, request: AttackRequest, device: str, report: Report) -> Trial:
        scene, snapshots = values.scene(person=request.person), []
        for iteration in range(request.config.iterations + 1):
            self.trial_gate.wait(5)
            if self.error is not None:
                raise self.error
            report(iteration / request.config.iterations)
            snapshots.append(replace(_snapshot(iteration % 20), iteration=iteration, config=request.config))
        self.trials.append(request)
        metrics = tuple(replace(shot.metrics, iteration=shot.iteration) for shot in snapshots)
        run = Run(scene, None, (snapshots[0], snapshots[-1]), metrics)
        return Trial(run, replace(metrics[-1], success=request.config.mask != "random"))

    def thumbnail(self, path: Path, side: int) -> np.ndarray:
        if "broken" in path.name:
            raise PictureError("broken")
        return np.full((side // 2, side, 3), 200, np.uint8)

    def camera_frame(self, number: int) -> Picture:
        if not self.camera:
            raise PictureError(f"camera {number}: not there")
        self.frames += 1
        return picture(f"frame {self.frames}")

    def close_camera(self) -> None:
        self.camera_closed += 1

    def load_picture(self, path: str) -> Picture:
        if "broken" in path:
            raise PictureError(f"{Path(path).name}: not a picture, or damaged")
        return picture(Path(path).name, path)

    def picture_from_array(self, pixels: np.ndarray, name: str) -> Picture:
        return picture_from_array(pixels, name)

    def export_figure(self, run: Run, path: Path) -> None:
        self.exported.append((run, path))
        path.write_bytes(b"figure")

    def motion_frames(self, path: str) -> int:
        if "broken" in path:
            raise ConfigError(f"{Path(path).name} is no intact BVH file: the part MOTION is missing")
        return 120

    def export_target(self, scene: Scene, path: Path) -> None:
        self.targets.append(scene.target)
        path.write_text("target")

    def services(self) -> Services:
        return Services(
            attack=self.attack,
            load_picture=self.load_picture,
            picture_from_array=self.picture_from_array,
            samples=lambda: {"Standing": Path("standing.png"), "Walking": Path("walking.png")},
            victims=lambda: {
                values.VICTIM.name: values.VICTIM,
                "blazepose-regression": replace(
                    values.VICTIM,
                    name="blazepose-regression",
                    title="BlazePose full, regression route",
                    breaks=(),
                ),
            },
            layers=lambda victim: values.LAYERS,
            methods=lambda: {"kaa": "KAA", "kaa+er": "KAA+ER"},
            losses=lambda: {"mse": "Mean squared error", "bce": "Binary cross-entropy"},
            mask_rules=lambda: {"relational": "Relational", "random": "Random, equal size"},
            devices=lambda: ("cpu", "cuda"),
            export_figure=self.export_figure,
            save_adversarial=self.export_figure,
            save_session=write_session,
            list_pictures=list_pictures,
            thumbnail=self.thumbnail,
            open_video=lambda path: VideoInfo(str(path), 100, 25.0),
            video_frame=lambda path, number: picture(f"{path.stem} frame {number}"),
            camera_frame=self.camera_frame,
            close_camera=self.close_camera,
            open_session=lambda path: (read_session(path, {values.VICTIM.name: values.VICTIM}), ""),
            row_rules=lambda: {"auto": "Automatic", "peaks": "Peaks", "all": "All", "joint": "Joint"},
            references=lambda: {"clean": "Clean activation", "gaussian": "Gaussians"},
            targets=lambda: {"walk": "Walk", "sit": "Sit"},
            export_target=self.export_target,
            motion_frames=self.motion_frames,
            trial=self.trial,
            evaluate=self.evaluations,
            dataset_kinds=lambda: DATASET_KINDS,
            activations=self.activations,
            jacobian_row=self.jacobian_row,
            load_region=load_region,
            save_region=save_region,
            norms=lambda: {"linf": "ℓ∞", "l2": "ℓ2"},
        )


@lru_cache(maxsize=20)
def _snapshot(iteration: int) -> Snapshot:
    return values.snapshot(iteration, iterations=20)


def values_target(target: str | None) -> Pose | None:
    if target is None:
        return None
    if is_dragged(target):
        clean = values.pose()
        return replace(clean, keypoints=dragged_keypoints(clean, dragged_places(target), values.CROP))
    return values.pose(0.25, seed=5)


def values_layer(layer: str | int | None) -> int:
    if layer is None:
        return len(values.LAYERS) - 1
    if isinstance(layer, int):
        return layer
    return next(item.index for item in values.LAYERS if item.name == layer)
