"""Define what the window can ask for: callables handed to it, and the choices they offer.

The window never sees the engine. Every callable here may be slow (the first one imports torch) and is
called in a background thread, except where its comment says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.errors import KaaError
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import (
    AttackConfig,
    AttackRequest,
    BoolArray,
    Event,
    FloatArray,
    Layer,
    Metrics,
    Picture,
    Run,
    Scene,
    Snapshot,
    UInt8Image,
    VictimSpec,
    VideoInfo,
)
from kaa_gui.ui.model.evaluation_order import DatasetKind, EvaluateService
from kaa_gui.ui.model.figure_order import FigureDrawing, FigureKind, FigureOrder

Choices = Mapping[str, str]
"""Key of a registry -> title for the menu."""

AttackGenerator = Generator[Event, AttackConfig | None, None]
"""Yields a Scene, growing CorrelationFields, Snapshots; ``send(config)`` hands over a live change."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """An attack run to its end beside the window's own.

    Attributes:
        run: Its first and last iterate, and all its numbers.
        saved: Of the picture as it would be written, read back and put through the whole pipeline.
    """

    run: Run
    saved: Metrics


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What layer k holds for the clean crop and for an iterate.

    Attributes:
        layer: Layer k.
        iteration: Of the iterate.
        clean: Of ``layer.shape``, float32.
        attacked: Of ``layer.shape``, float32.
    """

    layer: Layer
    iteration: int
    clean: FloatArray
    attacked: FloatArray


Report = Callable[[float], None]
"""Takes the fraction done; raises where nobody waits for the rest."""


def _linf_only() -> Choices:
    return {"linf": "ℓ∞"}


def _samples_only() -> Mapping[str, DatasetKind]:
    return {"samples": DatasetKind("The samples that come along")}


def _none() -> Choices:
    return {}


def _one(_path: str) -> int:
    return 1


def _not_offered(_scene: Scene, path: Path) -> None:
    raise KaaError(f"{path.name}: this program cannot write it")


def _no_folder(_run: Run, path: Path, _device: str, _report: Report) -> None:
    raise KaaError(f"{path.name}: this program cannot write it")


def _no_figures(*_order: object) -> NoReturn:
    raise KaaError("this program draws no figures")


def _no_regions(*_region: object) -> NoReturn:
    raise KaaError("this program reads and writes no regions")


@dataclass(frozen=True)
class Services:
    """The application's abilities as plain callables.

    Attributes:
        attack: Runs a request on a named device.
        load_picture: Reads a file; raises ``KaaError`` with one clear line.
        picture_from_array: Wraps ``(H, W, 3)`` uint8 RGB pixels under a name.
        samples: Title -> file of the pictures that come along.
        victims: Key -> what a victim says of itself.
        layers: Victim -> its candidates for layer k, from the image on.
        methods: Attack methods.
        losses: Losses at layer k.
        mask_rules: Rules that make C from the correlations.
        devices: Names of the compute devices that are present; the first is the default.
        export_figure: Draws a run as PDF, SVG, PNG or PGF, by the suffix, and what made it beside it.
        save_adversarial: Writes the attacked picture, full resolution, 8-bit PNG.
        save_session: Writes a session file.
        open_session: Reads and checks one; with a remark where a new run may differ from the saved one.
        list_pictures: The pictures in a folder, in order.
        thumbnail: A picture scaled down to fit a square of a given side.
        open_video: What a video file holds.
        video_frame: One frame of it.
        camera_frame: The newest frame of a camera, by its number.
        close_camera: Lets the camera go.
        row_rules: Rules that choose the rows of the Jacobian.
        norms: Norms of the ε-ball.
        references: What a loss may compare with.
        targets: Poses to aim at.
        motion_frames: Number of frames in a motion-capture file, each of which can be aimed at.
        evaluate: Runs an evaluation, in processes of its own.
        dataset_kinds: Formats of data sets.
        export_target: Writes the target of a scene as a JSON file that can be aimed at again.
        figure_kinds: Kinds of figure for print.
        figure_presets: Publishers, i.e. widths and fonts.
        draw_figure: Draws an order as ``"pdf"``, ``"svg"`` or ``"png"``, for the screen at a width in pixels.
        write_figure: Writes an order by the suffix, and what made it beside it; reports the fraction done.
        write_animation: Writes a run's iterates as GIF or MP4; reports the fraction done after each.
        export_data: Writes a run's data as NPZ, TIFF or PNG, by the suffix.
        load_region: Reads a painted region from a black and white picture.
        save_region: Writes ``(H, W)`` bool as such a picture.
        save_run: Writes a run's folder, its saved picture measured on a named device; reports the fraction
            done.
    """

    attack: Callable[[AttackRequest, str], AttackGenerator]
    load_picture: Callable[[str], Picture]
    picture_from_array: Callable[[UInt8Image, str], Picture]
    samples: Callable[[], Mapping[str, Path]]
    victims: Callable[[], Mapping[str, VictimSpec]]
    layers: Callable[[str], tuple[Layer, ...]]
    methods: Callable[[], Choices]
    losses: Callable[[], Choices]
    mask_rules: Callable[[], Choices]
    devices: Callable[[], tuple[str, ...]]
    export_figure: Callable[[Run, Path], None]
    save_adversarial: Callable[[Run, Path], None]
    save_session: Callable[[Session, Path], None]
    open_session: Callable[[Path], tuple[Session, str]]
    list_pictures: Callable[[Path], tuple[Path, ...]]
    thumbnail: Callable[[Path, int], UInt8Image]
    open_video: Callable[[Path], VideoInfo]
    video_frame: Callable[[Path, int], Picture]
    camera_frame: Callable[[int], Picture]
    close_camera: Callable[[], None]
    row_rules: Callable[[], Choices] = _none
    norms: Callable[[], Choices] = _linf_only
    targets: Callable[[], Choices] = _none
    references: Callable[[], Choices] = _none
    activations: Callable[[Scene, Snapshot, str], Activations] | None = None
    jacobian_row: Callable[[Scene, int, str], FloatArray] | None = None
    trial: Callable[[AttackRequest, str, Report], Trial] | None = None
    motion_frames: Callable[[str], int] = _one
    export_target: Callable[[Scene, Path], None] = _not_offered
    evaluate: EvaluateService | None = None
    dataset_kinds: Callable[[], Mapping[str, DatasetKind]] = _samples_only
    figure_kinds: Callable[[], Mapping[str, FigureKind]] = dict
    figure_presets: Callable[[], Choices] = _none
    draw_figure: Callable[[FigureOrder, str, int | None], FigureDrawing] = _no_figures
    write_figure: Callable[[FigureOrder, Path, Report], None] = _no_figures
    write_animation: Callable[[Run, Path, Callable[[float], None]], None] = _no_figures
    export_data: Callable[[Run, Path], None] = _no_figures
    load_region: Callable[[Path], str] = _no_regions
    save_region: Callable[[BoolArray, Path], None] = _no_regions
    save_run: Callable[[Run, Path, str, Report], None] = _no_folder


@dataclass(frozen=True)
class Catalogue:
    """Every choice the controls offer, as read from the services at one time.

    Attributes:
        options: Parameter name -> its choices, in menu order.
        victims: Key -> what a victim says of itself.
    """

    options: Mapping[str, Choices] = field(default_factory=dict)
    victims: Mapping[str, VictimSpec] = field(default_factory=dict)

    def titles(self, parameter: str) -> Choices:
        """Return the choices of a parameter; empty where it has none."""
        return self.options.get(parameter, {})


def read_catalogue(services: Services) -> Catalogue:
    """Ask the services for every choice (slow: imports torch the first time)."""
    victims = dict(services.victims())
    return Catalogue(
        options={
            "victim": {key: spec.title for key, spec in victims.items()},
            "method": dict(services.methods()),
            "loss": dict(services.losses()),
            "reference": dict(services.references()),
            "mask": dict(services.mask_rules()),
            "rows": dict(services.row_rules()),
            "per": PARAMETERS["per"].choices,
            "space": PARAMETERS["space"].choices,
            "norm": dict(services.norms()),
            "target": dict(services.targets()),
            "device": {name: name for name in services.devices()},
        },
        victims=victims,
    )
