"""Define the values that travel between engine, window, command line and figures.

Outside the engine a picture is uint8 ``(H, W, 3)`` RGB; inside, torch float ``(N, 3, H, W)`` in [0, 1].
Configuration and correlation field have files of their own and can be imported from here as well. Hashable
settings are compared by value. Array carriers are compared by identity and never mutated:
:func:`read_only` freezes their arrays on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.arrays import BoolArray, FloatArray, UInt8Image, read_only
from kaa_gui.core.config import DEFAULT_KEEP, GREY_LEVELS, AttackConfig, Goal, Norm, ReferenceKind
from kaa_gui.core.field import CorrelationField, Layer, LayerKind
from kaa_gui.core.skeletons import Skeleton

__all__ = [
    "DEFAULT_KEEP",
    "GREY_LEVELS",
    "Annotation",
    "AttackConfig",
    "AttackRequest",
    "BoolArray",
    "ColourProfile",
    "CorrelationField",
    "Event",
    "FloatArray",
    "Goal",
    "Layer",
    "LayerKind",
    "Metrics",
    "Norm",
    "Person",
    "Picture",
    "Pose",
    "ReferenceKind",
    "Run",
    "Scene",
    "Snapshot",
    "UInt8Image",
    "VictimSpec",
    "read_only",
]


@dataclass(frozen=True, slots=True)
class VictimSpec:
    """Description of a victim, known before it is loaded.

    Attributes:
        name: Key in the registry of victims.
        title: Title for menus.
        pipeline: Steps from the image to the 3D pose, in order.
        breaks: Indices of the steps without a gradient.
        skeleton: Skeleton of the 2D key points.
        skeleton_3d: Skeleton of the 3D points.
        break_reasons: Reason for each of ``breaks``, in a sentence.
    """

    name: str
    title: str
    pipeline: tuple[str, ...]
    breaks: tuple[int, ...]
    skeleton: Skeleton
    skeleton_3d: Skeleton
    break_reasons: tuple[str, ...] = ()

    @property
    def differentiable(self) -> bool:
        """Whether a gradient runs from the pose back to the image."""
        return not self.breaks


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person's pose.

    Attributes:
        keypoints: ``(K, 2)`` float32, x and y in pixels of the crop.
        scores: ``(K,)`` float32 in [0, 1]: how visible the victim believes each joint to be.
        points_mm: ``(J, 3)`` float32, millimetres, root-relative, x right, y down, z away from the
            camera; NaN where the victim gives no depth.
        skeleton: Skeleton of ``keypoints``.
        skeleton_3d: Skeleton of ``points_mm``.
    """

    keypoints: FloatArray
    scores: FloatArray
    points_mm: FloatArray
    skeleton: Skeleton
    skeleton_3d: Skeleton


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A detected person.

    Attributes:
        number: 0 is the most confident one.
        score: Score of the detection, in [0, 1].
        box: ``(4,)`` float32, x, y, width, height in pixels of the picture.
        to_crop: ``(2, 3)`` float64 affine map from pixels of the picture to pixels of the crop.
    """

    number: int
    score: float
    box: FloatArray
    to_crop: NDArray[np.float64]


Annotation = Mapping[str, tuple[float, float]]
"""One person's joints that are annotated and seen: name -> x and y in pixels of the picture, a pixel's centre
at + 0.5."""


@dataclass(frozen=True, slots=True)
class ColourProfile:
    """The colour profile that a picture's file has.

    Attributes:
        name: Description in the profile, at most 80 characters.
        converted: Whether the pixels were converted from its colours to sRGB.
        fault: Why it was passed over, in a sentence; empty where it wasn't.
    """

    name: str
    converted: bool
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 RGB, upright.
        name: File name or another short label.
        sha256: SHA-256 of the decoded pixels, hexadecimal.
        path: Path of the file that it came from, if any.
        truth: Annotated joints of people in it, if known.
        colours: Colour profile of its file, if any.
    """

    pixels: UInt8Image
    name: str
    sha256: str
    path: str | None = None
    truth: tuple[Annotation, ...] = ()
    colours: ColourProfile | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Numbers of one iteration, or of the saved picture.

    Attributes:
        iteration: 0 is the starting point.
        loss: Loss that the attack ascends (non-target) or descends (target).
        displacement_px: Mean distance between clean and attacked key points over the joints visible in
            the clean pose, in pixels of the crop.
        pose_error_mm: MPJPE between clean and attacked 3D pose, millimetres; NaN without a 3D pose.
        perturbation_rmse: Root mean square of the perturbation, grey levels (0-255), over the crop.
        perturbation_max: Largest absolute change, grey levels.
        target_error_px: Mean distance of the key points from the target's, crop pixels; NaN without a target.
        target_error_mm: MPJPE to the target's 3D pose, millimetres; NaN without a target.
        success: Whether the criterion of :attr:`AttackConfig.success_mm` is met.
    """

    iteration: int
    loss: float
    displacement_px: float
    pose_error_mm: float
    perturbation_rmse: float
    perturbation_max: float
    target_error_px: float = float("nan")
    target_error_mm: float = float("nan")
    success: bool = False

    def as_json(self) -> dict[str, float | int | None]:
        """Return the fields, with None in place of NaN."""
        values = asdict(self)
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """State before the first step: picture, people, crop, layer, clean pose.

    Attributes:
        picture: Picture as opened.
        people: Everybody found, most confident first.
        person: The one under attack.
        crop: ``(H, W, 3)`` uint8, what the victim sees.
        clean: The victim's pose for ``crop``.
        layer: The K-limiting layer in use.
        layers: All layers of the victim's route.
        spec: The victim.
        device: Name of the compute device.
        target: The pose wanted, for targeted attacks.
        target_sha256: SHA-256 of the pose or picture that the target was made from, hexadecimal.
    """

    picture: Picture
    people: tuple[Person, ...]
    person: Person
    crop: UInt8Image
    clean: Pose
    layer: Layer
    layers: tuple[Layer, ...]
    spec: VictimSpec
    device: str
    target: Pose | None = None
    target_sha256: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One iterate of a running attack.

    Attributes:
        iteration: 0 is the starting point.
        iterations: Planned number of steps.
        adversarial: ``(H, W, 3)`` uint8: the iterate, rounded to 8 bits inside the ball.
        perturbation: ``(H, W, 3)`` float32, grey levels, before rounding.
        mask: ``(H, W, 3)`` bool, C; True where the attack may change the crop.
        clean: Pose of the clean crop.
        attacked: Pose of the iterate.
        target: Pose wanted, for targeted attacks.
        metrics: Metrics of this iterate.
        config: The configuration in force at this step, with live changes taken up.
        alpha: Threshold in force, whichever way it was given; NaN where the mask needs none.
        elapsed_s: Computing time since the attack began.
        final: Whether this is the last one of its run.
        activation: ``(h, w)`` float32, layer k for this iterate, the maximum over its channels; None where
            the layer's outputs have no place in the picture.
        clean_activation: The same for the clean crop.
        cells: ``(rows, columns, 3)`` int16, change of the picture's cells in grey levels, in the shape of
            the crop sampler's grid; None where the crop was changed and the picture follows when saved.
        redetected: Numbers of the saved picture at the iterates, so far, whose person was detected anew.
    """

    iteration: int
    iterations: int
    adversarial: UInt8Image
    perturbation: FloatArray
    mask: BoolArray
    clean: Pose
    attacked: Pose
    target: Pose | None
    metrics: Metrics
    config: AttackConfig
    alpha: float
    elapsed_s: float
    final: bool = False
    activation: FloatArray | None = None
    clean_activation: FloatArray | None = None
    cells: NDArray[np.int16] | None = None
    redetected: tuple[Metrics, ...] = ()

    @property
    def judged(self) -> Metrics | None:
        """Numbers of this iterate's picture as saved, detected anew; None where that was not measured."""
        return next((each for each in self.redetected if each.iteration == self.iteration), None)

    @property
    def kept(self) -> float:
        """Fraction of the crop's values that the mask lets change."""
        return float(self.mask.mean())


@dataclass(frozen=True, slots=True, eq=False)
class AttackRequest:
    """Request of the window or the command line to the engine.

    Attributes:
        picture: Picture to attack.
        config: How.
        person: Number of the person; 0 is the most confident.
        people: People in the picture, where known beforehand (annotations); None looks for them.
        redetect: Whether the person is going to be detected again in the saved picture; if not, the crop
            is given once and for all.
    """

    picture: Picture
    config: AttackConfig = field(default_factory=AttackConfig)
    person: int = 0
    people: tuple[Person, ...] | None = None
    redetect: bool = True


Event = Scene | CorrelationField | Snapshot
"""Event of an attack: one Scene, the growing CorrelationField, then a Snapshot an iterate."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run, or what has been kept of it: enough to draw every figure again.

    Attributes:
        scene: Picture, person, crop, layer, clean pose.
        field: The correlation field, if the method needed one.
        snapshots: The kept iterates, in order; the last one is the newest.
        metrics: Metrics of every iteration, kept or not.
    """

    scene: Scene
    field: CorrelationField | None
    snapshots: Sequence[Snapshot]
    metrics: tuple[Metrics, ...]

    @property
    def first_success(self) -> Metrics | None:
        """Numbers of the first iterate that meets the criterion in memory; None where none does."""
        return next((values for values in self.metrics if values.success), None)

    @property
    def mask_share(self) -> float:
        """Share of the values that may be attacked (on the picture, in the region) that the mask keeps."""
        if self.field is None:
            # only C = 1 everywhere needs no correlations
            return 1.0
        mask, inside = self.snapshots[-1].mask, self.field.inside
        return float((mask if inside is None else mask[inside]).mean())


SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv")


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Description of a video file.

    Attributes:
        path: Path of the file.
        frames: Number of frames.
        frames_per_second: Recorded frame rate, in hertz; 0 where unknown.
    """

    path: str
    frames: int
    frames_per_second: float
