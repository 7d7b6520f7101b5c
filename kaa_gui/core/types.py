"""The values that travel between engine, window, command line and figures.

Outside the engine a picture is uint8 ``(H, W, 3)`` RGB; inside, torch float ``(N, 3, H, W)`` in [0, 1].
Hashable settings are compared by value. Array carriers are compared by identity and never mutated:
:func:`read_only` freezes their arrays on the way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import Skeleton

Norm = Literal["linf", "l2"]
Goal = Literal["non-target", "target"]
ReferenceKind = Literal["clean", "gaussian", "picture"]
LayerKind = Literal["features", "heatmap", "coordinates"]
UInt8Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

GREY_LEVELS = 255.0
DEFAULT_KEEP: dict[str, float] = {"non-target": 0.35, "target": 0.6}
"""Fraction kept, unless told otherwise, of the values that may be attacked, by goal: with fewer the effect is
lost in the saved picture; with far more, a random mask of the same size begins to work as well. Measured on
the samples."""
_Array = TypeVar("_Array", bound=NDArray[Any])


def read_only(array: _Array) -> _Array:
    """Return the same array, locked against writing."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class Layer:
    """A point at which the network can be cut: a candidate for the K-limiting layer k.

    Attributes:
        index: Position on the route, 0 next to the image.
        name: Stable identifier, e.g. ``"encoder.16.2"`` or ``"heatmap"``.
        shape: Of one picture's activation, channels first.
        kind: What the activation is; decides the default loss and the choice of rows.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    kind: LayerKind = "features"

    @property
    def outputs(self) -> int:
        """Number of outputs p of the layer, i.e. of rows of its Jacobian."""
        return int(np.prod(self.shape))

    def as_json(self) -> dict[str, Any]:
        """Return index, name, shape and outputs, as the command line prints them."""
        return {
            "index": self.index,
            "name": self.name,
            "shape": list(self.shape),
            "outputs": self.outputs,
        }


@dataclass(frozen=True, slots=True)
class VictimSpec:
    """What a victim says of itself before it is loaded.

    Attributes:
        name: Key in the registry of victims.
        title: For menus.
        pipeline: Steps from the image to the 3D pose, in order.
        breaks: Indices of the steps without a gradient.
        skeleton: Of the 2D key points.
        skeleton_3d: Of the 3D points.
        break_reasons: For each of ``breaks``, in a sentence, why it has none.
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


@dataclass(frozen=True, slots=True)
class AttackConfig:
    """All that decides an attack, except the picture and the device.

    Attributes:
        victim: Key in the registry of victims.
        method: Key in the registry of methods (``"kaa"``, ``"kaa+er"``, ...).
        layer: Name or index of the K-limiting layer; None is the victim's last.
        goal: Move the pose away (non-target) or towards ``target``.
        target: Name of a library pose, path of a target file or of a picture, or a pose made by hand as
            :mod:`kaa_gui.core.dragged` writes it; only with goal ``"target"``.
        norm: Of the ε-ball.
        epsilon: Radius of the ball: a fraction of the intensity range under l∞, the Euclidean length
            of the perturbation (intensities in [0, 1], over the crop) under l2.
        step_size: In the unit of ``epsilon``; None takes the method's default.
        iterations: Number of steps.
        loss: Key in the registry of losses; None takes the layer's default.
        reference: What h_k is: the clean activation, Gaussian heatmaps of the pose, or the activation of a
            picture of the target; None takes what fits goal, loss and target.
        mask: Key in the registry of mask rules; None takes the method's default.
        alpha: Threshold on the Jacobian, or ``"otsu"``; exclusive with ``keep``.
        keep: Fraction that the mask keeps of the values on the picture and in the region; with both None
            :data:`DEFAULT_KEEP` holds.
        per: Whether each channel of a pixel is judged on its own (``"channel"``) or all three together
            (``"pixel"``).
        region: x, y, width, height in pixels of the picture; the mask is kept inside it. None is everywhere.
        rows: Which rows of the Jacobian are read (``"auto"``, ``"peaks"``, ``"all"``, ...).
        views: Jittered views of the crop that each step attacks along with it, so that the attack
            survives detection anew (expectation over transformation); 0 is the paper's plain step.
        momentum: Decay of the accumulated gradient (MI-FGSM, Dong et al. 2018); 0 is none.
        restarts: Runs from different random starts, of which the best is kept.
        keep_best: Whether the last snapshot is the best iterate instead of the last one.
        stop_at_success: Whether to stop at the first iterate that meets the criterion of success.
        quantise: Whether each gradient is taken at the picture rounded to 8 bits (rounding in the loop).
        smallest: Whether ε is searched: the smallest one, up to ``epsilon``, whose saved picture succeeds.
            One attack knows nothing of it; whoever runs attacks does the search.
        success_mm: Threshold of success, millimetres: non-target, the attacked 3D pose is farther than this
            from the clean one; target, it is nearer than this to the target and nearer than the clean one is.
        seed: Of the random start, the sampled rows and the random mask.
    """

    victim: str = "blazepose-heatmap"
    method: str = "kaa+er"
    layer: str | int | None = None
    goal: Goal = "non-target"
    target: str | None = None
    norm: Norm = "linf"
    epsilon: float = 2 / GREY_LEVELS
    step_size: float | None = None
    iterations: int = 20
    loss: str | None = None
    reference: ReferenceKind | None = None
    mask: str | None = None
    alpha: float | Literal["otsu"] | None = None
    keep: float | None = None
    per: Literal["channel", "pixel"] = "channel"
    region: tuple[float, float, float, float] | None = None
    rows: str = "auto"
    views: int = 1
    momentum: float = 0.0
    restarts: int = 1
    keep_best: bool = False
    stop_at_success: bool = False
    quantise: bool = False
    smallest: bool = False
    success_mm: float = 150.0
    seed: int = 0

    def __post_init__(self) -> None:
        for holds, message in self._rules():
            if not holds:
                raise ConfigError(message)

    def _rules(self) -> Iterator[tuple[bool, str]]:
        """Yield what must hold, each with its message; later rules may rely on earlier ones."""
        yield self.norm in get_args(Norm), f"norm must be linf or l2, got {self.norm!r}"
        yield self.goal in get_args(Goal), f"goal must be non-target or target, got {self.goal!r}"
        yield (
            (self.goal == "target") == (self.target is not None),
            "goal target needs a target, and a target needs goal target; give both or neither",
        )
        yield (
            self.reference is None or self.reference in get_args(ReferenceKind),
            f"reference must be clean, gaussian or picture, got {self.reference!r}",
        )
        yield (
            self.reference != "clean" or self.goal == "non-target",
            "reference clean is what a non-target attack leaves; with a target take gaussian or picture",
        )
        yield (
            self.reference != "picture" or self.goal == "target",
            "reference picture is what a targeted attack approaches; give a target, or take another",
        )
        yield _positive(self.epsilon), f"epsilon must be positive, got {self.epsilon}"
        yield (
            self.norm == "l2" or self.epsilon <= 1,
            f"epsilon must be at most 1 (the whole intensity range), got {self.epsilon}; "
            f"write {self.epsilon:g}/255 for grey levels",
        )
        yield (
            self.step_size is None or _positive(self.step_size),
            f"step_size must be positive, got {self.step_size}",
        )
        yield 1 <= self.iterations <= 100_000, f"iterations must be from 1 to 100000, got {self.iterations}"
        yield (
            self.alpha is None or self.keep is None,
            "alpha and keep both set the mask's size; give one of them",
        )
        yield (
            self.alpha is None or self.alpha == "otsu" or isinstance(self.alpha, float | int),
            f"alpha must be a number or 'otsu', got {self.alpha!r}",
        )
        yield (
            not isinstance(self.alpha, float | int) or 0 <= self.alpha < np.inf,
            f"alpha must be at least 0, got {self.alpha}",
        )
        yield (
            self.keep is None or 0 < self.keep <= 1,
            f"keep must be above 0 and at most 1, got {self.keep}",
        )
        yield self.per in ("channel", "pixel"), f"per must be channel or pixel, got {self.per!r}"
        yield (
            self.region is None
            or (len(self.region) == 4 and bool(np.isfinite(self.region).all()) and min(self.region[2:]) > 0),
            f"region must be x, y, width, height with a positive size, got {self.region}",
        )
        yield 0 <= self.views <= 64, f"views must be from 0 to 64, got {self.views}"
        yield 0 <= self.momentum <= 1, f"momentum must be from 0 to 1, got {self.momentum}"
        yield 1 <= self.restarts <= 100, f"restarts must be from 1 to 100, got {self.restarts}"
        yield _positive(self.success_mm), f"success_mm must be positive, got {self.success_mm}"
        yield 0 <= self.seed < 2**63, f"seed must be from 0 to 2^63 - 1, got {self.seed}"

    @property
    def kept_fraction(self) -> float:
        """The fraction of the pixels to keep where α is not given: as configured, or the goal's default."""
        return DEFAULT_KEEP[self.goal] if self.keep is None else self.keep

    @property
    def saved_epsilon(self) -> float:
        """The largest radius that an 8-bit picture can use of the ball, in the unit of ``epsilon``.

        Under l∞ whole grey levels only: of 1.9/255 an 8-bit picture can use 1/255. Under l2 all of it,
        since single values may stay as they are.
        """
        # float32 sums of x and ε are off by up to 6e-8; a grey level is 4e-3
        levels = float(np.floor(self.epsilon * GREY_LEVELS + 1e-4))
        return self.epsilon if self.norm == "l2" else min(self.epsilon, levels / GREY_LEVELS)

    @property
    def rounding_note(self) -> str | None:
        """One line where the saved picture cannot use the whole ball, else None."""
        if self.saved_epsilon >= self.epsilon * (1 - 1e-3):
            return None
        return (
            f"epsilon {self.epsilon * GREY_LEVELS:g}/255: an 8-bit picture holds whole grey levels, so the "
            f"saved one uses {self.saved_epsilon * GREY_LEVELS:.0f}/255"
        )

    def with_changes(self, **changes: Any) -> AttackConfig:
        """Return a copy with some fields replaced, checked again."""
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> AttackConfig:
        """Read what :meth:`as_json` wrote, refusing unknown fields."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"configuration has unknown fields: {', '.join(unknown)}")
        if isinstance(values.get("region"), list):
            values = values | {"region": tuple(values["region"])}
        return cls(**values)


def _positive(value: float) -> bool:
    return bool(np.isfinite(value)) and value > 0


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person's pose.

    Attributes:
        keypoints: ``(K, 2)`` float32, x and y in pixels of the crop.
        scores: ``(K,)`` float32 in [0, 1]: how visible the victim believes each joint to be.
        points_mm: ``(J, 3)`` float32, millimetres, root-relative, x right, y down, z away from the
            camera; NaN where the victim gives no depth.
        skeleton: Of ``keypoints``.
        skeleton_3d: Of ``points_mm``.
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
        score: Of the detection, in [0, 1].
        box: ``(4,)`` float32, x, y, width, height in pixels of the picture.
        to_crop: ``(2, 3)`` float64 affine map from pixels of the picture to pixels of the crop.
    """

    number: int
    score: float
    box: FloatArray
    to_crop: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 RGB, upright.
        name: File name or another short label.
        sha256: Of the decoded pixels, hexadecimal.
        path: Where it came from, if from a file.
    """

    pixels: UInt8Image
    name: str
    sha256: str
    path: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationField:
    """Running extremes of the Jacobian J[i, p] over the outputs p read so far (mission, section 4).

    Attributes:
        maximum: ``(H, W, 3)`` float32, max over p; output units per unit of intensity.
        minimum: ``(H, W, 3)`` float32, min over p.
        rows_done: Rows read; when it equals ``rows_total`` the field is complete.
        rows_total: Rows asked for.
        rows: The rule that chose them.
        layer: Layer k.
        seconds_left: Estimate for the rest; None before the first chunk.
        per: Whether each channel of a pixel is judged on its own, or all three together.
        inside: ``(H, W)`` bool, pixels that may be attacked: on the picture, and in the region; fractions
            count these alone. None is all of them.
    """

    maximum: FloatArray
    minimum: FloatArray
    rows_done: int
    rows_total: int
    rows: str
    layer: Layer
    seconds_left: float | None = None
    per: Literal["channel", "pixel"] = "channel"
    inside: BoolArray | None = None

    @property
    def complete(self) -> bool:
        """Whether every requested row has been read."""
        return self.rows_done >= self.rows_total

    @property
    def strength(self) -> FloatArray:
        """Relational strength R[i] = min(max_p J, -min_p J), ``(H, W, 3)``; C(α) = [R > α]."""
        highest, lowest = self.maximum, self.minimum
        if self.per == "pixel":
            # pairwise, as numpy is slow on an axis of three
            highest = np.maximum(np.maximum(highest[..., :1], highest[..., 1:2]), highest[..., 2:])
            lowest = np.minimum(np.minimum(lowest[..., :1], lowest[..., 1:2]), lowest[..., 2:])
        return np.broadcast_to(np.minimum(highest, -lowest), self.maximum.shape)

    def alpha_keeping(self, fraction: float) -> float:
        """Return the smallest α ≥ 0 whose mask keeps at most this fraction of the values inside."""
        strength = self._strength_inside().ravel()
        count = int(np.ceil((1 - fraction) * strength.size))
        if count <= 0:
            return 0.0
        return max(0.0, float(np.partition(strength, count - 1)[count - 1]))

    def fraction_kept(self, alpha: float) -> float:
        """Return the fraction of the values inside with C(α) = 1."""
        return float((self._strength_inside() > alpha).mean())

    def _strength_inside(self) -> FloatArray:
        whole = self.inside is None or bool(self.inside.all())
        return self.strength if whole else self.strength[self.inside]

    def classes(self, alpha: float) -> UInt8Image:
        """Return each pixel's class of correlation (seed slides, steps 2 and 3).

        Args:
            alpha: Threshold, at least 0, in output units per unit of intensity.

        Returns:
            ``(H, W)`` uint8: 0 irrelevant, 1 positive only, 2 negative only, 3 both signs (relational).
            A pixel is relational when one of its channels is; else its strongest channel decides.
        """
        highest, lowest = self.maximum.max(axis=2), self.minimum.min(axis=2)
        one_sign = np.where(highest >= -lowest, np.uint8(1), np.uint8(2))
        relevant = (highest > alpha) | (lowest < -alpha)
        both = (self.strength > alpha).any(axis=2)
        return np.where(both, np.uint8(3), np.where(relevant, one_sign, np.uint8(0)))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Numbers of one iteration, or of the saved picture.

    Attributes:
        iteration: 0 is the starting point.
        loss: What the attack ascends (non-target) or descends (target).
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
    """What is known before the first step: picture, people, crop, layer, clean pose.

    Attributes:
        picture: As opened.
        people: Everybody found, most confident first.
        person: The one under attack.
        crop: ``(H, W, 3)`` uint8, what the victim sees.
        clean: The victim's pose for ``crop``.
        layer: The K-limiting layer in use.
        layers: All layers of the victim's route.
        spec: The victim.
        device: Name of the compute device.
        target: The pose wanted, for targeted attacks.
        target_sha256: Of the pose or picture that the target was made from, hexadecimal.
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
        metrics: Of this iterate.
        config: The configuration in force at this step, with live changes taken up.
        alpha: Threshold in force, whichever way it was given; NaN where the mask needs none.
        elapsed_s: Computing time since the attack began.
        final: Whether this is the last one of its run.
        activation: ``(h, w)`` float32, layer k for this iterate, the maximum over its channels; None where
            the layer's outputs have no place in the picture.
        clean_activation: The same for the clean crop.
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

    @property
    def kept(self) -> float:
        """Fraction of the crop's values that the mask lets change."""
        return float(self.mask.mean())


@dataclass(frozen=True, slots=True, eq=False)
class AttackRequest:
    """What the window or the command line asks the engine for.

    Attributes:
        picture: To attack.
        config: How.
        person: Number of the person; 0 is the most confident.
        people: Who is in the picture, where that is known beforehand (annotations); None looks for them.
    """

    picture: Picture
    config: AttackConfig = field(default_factory=AttackConfig)
    person: int = 0
    people: tuple[Person, ...] | None = None


Event = Scene | CorrelationField | Snapshot
"""What an attack yields: one Scene, the growing CorrelationField, then a Snapshot an iterate."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run, or what has been kept of it: enough to draw every figure again.

    Attributes:
        scene: Picture, person, crop, layer, clean pose.
        field: The correlation field, if the method needed one.
        snapshots: The kept iterates, in order; the last one is the newest.
        metrics: Of every iteration, kept or not.
    """

    scene: Scene
    field: CorrelationField | None
    snapshots: tuple[Snapshot, ...]
    metrics: tuple[Metrics, ...]
