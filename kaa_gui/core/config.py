"""Define the configuration of an attack: every parameter, its range and its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import painted_fault

Norm = Literal["linf", "l2"]
Goal = Literal["non-target", "target"]
ReferenceKind = Literal["clean", "gaussian", "truth", "picture"]

GREY_LEVELS = 255.0
DEFAULT_KEEP: dict[str, float] = {"non-target": 0.35, "target": 0.6}
"""Fraction kept, unless told otherwise, of the values that may be attacked, by goal: with fewer the effect is
lost in the saved picture; with far more, a random mask of the same size begins to work as well. Measured on
the samples."""


@dataclass(frozen=True, slots=True)
class AttackConfig:
    """All that decides an attack, except the picture and the device.

    Attributes:
        victim: Key in the registry of victims.
        method: Key in the registry of methods (``"kaa"``, ``"kaa+er"``, ...).
        layer: Name or index of the K-limiting layer; None is the victim's last.
        goal: Move the pose away (non-target) or towards ``target``.
        target: Name of a library pose, path of a target file, of a frame of motion capture
            (``FILE.bvh:FRAME``) or of a picture, or a pose made by hand as
            :mod:`kaa_gui.core.dragged` writes it; only with goal ``"target"``.
        norm: Of the ε-ball.
        epsilon: Radius of the ball: a fraction of the intensity range under l∞, the Euclidean length
            of the perturbation (intensities in [0, 1], over the crop) under l2.
        step_size: In the unit of ``epsilon``; None takes the method's default.
        iterations: Number of steps.
        loss: Key in the registry of losses; None takes the layer's default.
        reference: What h_k is: the clean activation, Gaussian heatmaps of the pose or of the annotated joints
            (``"truth"``), or the activation of a picture of the target; None takes what fits goal, loss and
            target.
        mask: Key in the registry of mask rules; None takes the method's default.
        alpha: Threshold on the Jacobian, or ``"otsu"``; exclusive with ``keep``.
        keep: Fraction that the mask keeps of the values on the picture and in the region; with both None
            :data:`DEFAULT_KEEP` holds.
        per: Whether each channel of a pixel is judged on its own (``"channel"``) or all three together
            (``"pixel"``).
        region: x, y, width, height in pixels of the picture; the mask is kept inside it. None is everywhere.
        region_mask: Painted region, as :func:`kaa_gui.core.painted.painted_text` writes it: only these pixels
            of the picture may change. With ``region`` as well, only those inside both.
        rows: Which rows of the Jacobian are read (``"auto"``, ``"peaks"``, ``"all"``, ...).
        views: Jittered views of the crop that each step attacks along with it, so that the attack
            survives a new detection (expectation over transformation); 0 is the paper's plain step.
        momentum: Decay of the accumulated gradient (MI-FGSM, Dong et al. 2018); 0 is none.
        restarts: Runs from different random starts, of which the best is kept.
        keep_best: Whether the last snapshot is the best iterate instead of the last one.
        stop_at_success: Whether to stop at the first iterate that meets the criterion of success.
        quantise: Whether each gradient is taken at the picture rounded to 8 bits (rounding in the loop).
        smallest: Whether ε is searched: the smallest one, up to ``epsilon``, whose saved picture succeeds.
            One attack knows nothing of it; its callers search.
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
    region_mask: str | None = None
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
            f"reference must be clean, gaussian, truth or picture, got {self.reference!r}",
        )
        yield (
            self.reference not in ("clean", "truth") or self.goal == "non-target",
            f"reference {self.reference} is what a non-target attack leaves; with a target take gaussian or "
            "picture",
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
        fault = None if self.region_mask is None else painted_fault(self.region_mask)
        yield fault is None, fault or ""
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


def parse_fraction(text: str) -> float:
    """Read ``0.5`` or ``2/255``.

    Raises:
        ValueError: It is neither.
    """
    numerator, slash, denominator = text.partition("/")
    try:
        return float(numerator) / float(denominator) if slash else float(text)
    except ZeroDivisionError:
        raise ValueError("division by zero") from None


def _positive(value: float) -> bool:
    return bool(np.isfinite(value)) and value > 0
