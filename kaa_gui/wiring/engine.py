"""Hand the engine to the window as callables. Every import of weight happens on first use."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import (
    AttackRequest,
    BoolArray,
    Event,
    FloatArray,
    Layer,
    Picture,
    Run,
    Scene,
    Snapshot,
    UInt8Image,
    VictimSpec,
    VideoInfo,
)
from kaa_gui.core.wording import NORM_TITLES
from kaa_gui.ui.model.evaluation_order import EvaluationOrder, Listen
from kaa_gui.ui.model.services import Activations, AttackGenerator, Choices, Report, Services, Trial
from kaa_gui.wiring.evaluation import dataset_kinds, evaluate
from kaa_gui.wiring.figures import (
    draw_figure,
    export_data,
    export_overview,
    figure_kinds,
    figure_presets,
    write_animation,
    write_figure,
)

if TYPE_CHECKING:
    from kaa_gui.core.pictures.video import Camera
    from kaa_gui.engine.engine import Engine

_PIXEL_PACKAGES = ("torch", "numpy", "opencv-python")


class _Engines:
    """One engine a device, made when it is first asked for."""

    def __init__(
        self, device: str, bundle: str | Path | None, lifter: str | Path | None, *, raw_colours: bool
    ) -> None:
        self._device, self._bundle, self._lifter = device, bundle, lifter
        self._raw_colours = raw_colours
        self._engines: dict[str, Engine] = {}
        self._camera: Camera | None = None
        self._besides: dict[str, Engine] = {}

    def on(self, device: str) -> Engine:
        """Return the engine of a device; ``"auto"`` is the one that the program was started with."""
        return self._made(self._engines, device)

    def beside(self, device: str) -> Engine:
        """Return a second engine for the background thread, knowing what the first one has finished."""
        second = self._made(self._besides, device)
        second.borrow(self.on(device))
        return second

    def _made(self, engines: dict[str, Engine], device: str) -> Engine:
        from kaa_gui.engine.engine import Engine

        name = self._device if device == "auto" else device
        if name not in engines:
            engines[name] = Engine(name, self._bundle, lifter=self._lifter)
        return engines[name]

    def trial(self, request: AttackRequest, device: str, report: Report) -> Trial:
        """Run an attack to its end, and measure the picture as it would be saved."""
        from kaa_gui.core.attacks.saved import measured_unsaved
        from kaa_gui.engine.smallest_epsilon import most_runs, run_as_asked

        engine, config, numbers = self.beside(device), request.config, itertools.count()

        def watched(events: Iterable[Event]) -> Iterator[Event]:
            number = next(numbers)
            for event in events:
                # also while the correlations grow: the report raises where nobody waits any more
                iteration = event.iteration if isinstance(event, Snapshot) else 0
                report((number + min(1.0, iteration / config.iterations)) / most_runs(config))
                yield event

        run = run_as_asked(engine, request, watch=watched)
        return Trial(run, measured_unsaved(engine.victim(request.config.victim), run))

    def save_run(self, run: Run, folder: Path, device: str, report: Report) -> None:
        """Write a run's folder; one that was broken off, as ended where it does."""
        from kaa_gui.runs.output import check_place
        from kaa_gui.runs.saving import ended_here, save_run

        check_place(folder, inputs=[run.scene.picture.path])
        save_run(self.beside(device), ended_here(run), folder, report=report)

    def evaluate(self, order: EvaluationOrder, listen: Listen) -> str:
        """Run an evaluation in a process of its own."""
        engine = self.on("auto")
        return evaluate(order, listen, engine=engine, bundle=self._bundle, raw_colours=self._raw_colours)

    def activations(self, scene: Scene, snapshot: Snapshot, device: str) -> Activations:
        """Look at layer k; the network itself may be used by several threads."""
        from kaa_gui.core.correlation.layer_contents import activations_of

        victim = self.on(device).victim(scene.spec.name)
        clean, attacked = activations_of(victim, scene.layer, scene.crop, snapshot.perturbation)
        return Activations(scene.layer, snapshot.iteration, clean, attacked)

    def jacobian_row(self, scene: Scene, output: int, device: str) -> FloatArray:
        """Read one row of the Jacobian of layer k."""
        from kaa_gui.core.correlation.layer_contents import row_of

        return row_of(self.on(device).victim(scene.spec.name), scene.layer, scene.crop, output)

    def attack(self, request: AttackRequest, device: str) -> AttackGenerator:
        """Run an attack; the engine is made at the first step, i.e. in the worker."""
        from kaa_gui.engine.smallest_epsilon import attack_as_asked

        yield from attack_as_asked(self.on(device), request)

    def load_picture(self, path: str) -> Picture:
        """Read a picture file."""
        from kaa_gui.core.pictures.annotated import open_picture

        return open_picture(path, raw_colours=self._raw_colours)

    def save_session(self, session: Session, path: Path) -> None:
        """Write a session file, with the versions and weights that made its run."""
        from kaa_gui.core.sessions.codec import write_session
        from kaa_gui.runs.folder import versions

        made_with = versions()
        if session.run is not None:
            made_with |= self.hashes(session.run.scene.spec.name)
        write_session(replace(session, made_with=made_with), path)

    def hashes(self, victim: str) -> Mapping[str, str]:
        """Return the SHA-256 of a victim's networks by what they are; empty while it is not loaded."""
        from kaa_gui.core.victims.victim import network_hashes

        for engine in (*self._engines.values(), *self._besides.values()):
            if victim in engine.loaded:
                return network_hashes(engine.victim(victim))
        return {}

    def camera_frame(self, number: int) -> Picture:
        """Return the newest frame of a camera, opening it first."""
        from kaa_gui.core.pictures.video import Camera

        if self._camera is None:
            self._camera = Camera()
        return self._camera.frame(number)

    def close_camera(self) -> None:
        """Let the camera go, if it was ever opened."""
        if self._camera is not None:
            self._camera.close()

    def layers(self, victim: str) -> tuple[Layer, ...]:
        """Return the cut points of a victim."""
        return self.on("auto").layers(victim)


def engine_services(
    device: str = "auto",
    bundle: str | Path | None = None,
    lifter: str | Path | None = None,
    *,
    raw_colours: bool = False,
) -> Services:
    """Return the window's services, backed by engines on the named devices."""
    engines = _Engines(device, bundle, lifter, raw_colours=raw_colours)
    return Services(
        attack=engines.attack,
        load_picture=engines.load_picture,
        picture_from_array=_picture_from_array,
        samples=_samples,
        victims=_victims,
        layers=engines.layers,
        methods=_methods,
        losses=_losses,
        mask_rules=_mask_rules,
        devices=_devices,
        export_figure=partial(export_overview, hashes_of=engines.hashes),
        save_adversarial=_save_adversarial,
        save_session=engines.save_session,
        open_session=_open_session,
        list_pictures=_list_pictures,
        thumbnail=_thumbnail,
        open_video=_open_video,
        video_frame=_video_frame,
        camera_frame=engines.camera_frame,
        close_camera=engines.close_camera,
        row_rules=_row_rules,
        norms=lambda: NORM_TITLES,
        targets=_targets,
        references=lambda: PARAMETERS["reference"].choices,
        trial=engines.trial,
        evaluate=engines.evaluate,
        dataset_kinds=dataset_kinds,
        activations=engines.activations,
        jacobian_row=engines.jacobian_row,
        motion_frames=_motion_frames,
        export_target=_export_target,
        figure_kinds=figure_kinds,
        figure_presets=figure_presets,
        draw_figure=partial(draw_figure, hashes_of=engines.hashes),
        write_figure=partial(write_figure, hashes_of=engines.hashes),
        write_animation=write_animation,
        export_data=partial(export_data, hashes_of=engines.hashes),
        load_region=_load_region,
        save_region=_save_region,
        save_run=engines.save_run,
    )


def _open_session(path: Path) -> tuple[Session, str]:
    from kaa_gui.core.sessions.codec import read_session
    from kaa_gui.runs.folder import versions

    session = read_session(path, _victims())
    here = versions()
    odd = [name for name in _PIXEL_PACKAGES if session.made_with.get(name, here[name]) != here[name]]
    words = ", ".join(f"{name} {session.made_with[name]} (here {here[name]})" for name in odd)
    return session, f"Saved with {words}: a new run may differ in its last bits" if odd else ""


def _list_pictures(folder: Path) -> tuple[Path, ...]:
    from kaa_gui.core.pictures.folder import list_pictures

    return list_pictures(folder)


def _thumbnail(path: Path, side: int) -> UInt8Image:
    from kaa_gui.core.pictures.folder import load_thumbnail

    return load_thumbnail(path, side)


def _open_video(path: Path) -> VideoInfo:
    from kaa_gui.core.pictures.video import open_video

    return open_video(path)


def _video_frame(path: Path, number: int) -> Picture:
    from kaa_gui.core.pictures.video import video_frame

    return video_frame(path, number)


def _picture_from_array(pixels: UInt8Image, name: str) -> Picture:
    from kaa_gui.core.pictures.image import picture_from_array

    return picture_from_array(pixels, name)


def _load_region(path: Path) -> str:
    from kaa_gui.core.pictures.image import load_region

    return load_region(path)


def _save_region(bitmap: BoolArray, path: Path) -> None:
    from kaa_gui.core.pictures.image import save_region

    save_region(bitmap, path)


def _samples() -> Mapping[str, Path]:
    from kaa_gui.core.pictures.samples import list_samples

    return list_samples()


def _victims() -> Mapping[str, VictimSpec]:
    from kaa_gui.core.victims import victims

    return {name: entry.spec for name, entry in victims().items()}


def _methods() -> Choices:
    from kaa_gui.core.attacks.methods import METHODS

    return {name: method.title for name, method in METHODS.items()}


def _losses() -> Choices:
    from kaa_gui.core.attacks.losses import LOSSES

    return {name: loss.title for name, loss in LOSSES.items()}


def _mask_rules() -> Choices:
    from kaa_gui.core.correlation import MASK_RULES

    return {name: rule.title for name, rule in MASK_RULES.items()}


def _row_rules() -> Choices:
    from kaa_gui.core.correlation import ROWS

    return {name: name.capitalize() for name in ROWS}


def _targets() -> Choices:
    from kaa_gui.core.targets.library import TARGETS

    return {name: target.title for name, target in TARGETS.items()}


def _motion_frames(path: str) -> int:
    from kaa_gui.core.targets.bvh import read_bvh

    return read_bvh(Path(path)).frames


def _export_target(scene: Scene, path: Path) -> None:
    from kaa_gui.core.targets.library import save_target, target_from_pose, target_name

    if scene.target is None:
        raise ConfigError("there is no target to export; drag a joint, or aim at a pose")
    name = target_name(path.stem)
    save_target(target_from_pose(scene.target, scene.clean, name=name, title=name), path)


def _devices() -> tuple[str, ...]:
    from kaa_gui.core.victims.devices import available_devices

    return available_devices()


def _save_adversarial(run: Run, path: Path) -> None:
    from kaa_gui.runs.saving import save_adversarial

    save_adversarial(run, path)
