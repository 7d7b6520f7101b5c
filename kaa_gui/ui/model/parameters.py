"""Define the window's parameters: values, the cost of changing each, and their words.

Knows no Qt. A parameter is *view* (drawn again at once), *live* (taken up at the next iteration),
*mask* (drawn at once; the attack starts over from the cached correlations when the hand rests) or
*restart* (a new run).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from kaa_gui.core.dragged import dragged_words, is_dragged
from kaa_gui.core.painted import painted_pixels
from kaa_gui.core.types import GREY_LEVELS, AttackConfig

WINDOW_ITERATIONS = 250
"""A run in the window is for looking at: longer than the command line's."""


class Effort(IntEnum):
    """What a change asks for; of several, the largest counts."""

    NOTHING = 0
    VIEW = 1
    LIVE = 2
    MASK = 3
    RESTART = 4


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that the controls set.

    Attributes:
        config: Of the attack.
        person: Number of the person under attack; 0 is the most confident.
        device: Where to compute.
    """

    config: AttackConfig = field(default_factory=lambda: AttackConfig(iterations=WINDOW_ITERATIONS))
    person: int = 0
    device: str = "auto"

    def get(self, name: str) -> Any:
        """Return a parameter by name, wherever it is kept."""
        return getattr(self if name in _OWN else self.config, name)

    def with_changes(self, changes: Mapping[str, Any]) -> Parameters:
        """Return a copy with some parameters replaced.

        Raises:
            ConfigError: A value is out of its range.
        """
        own = {name: value for name, value in changes.items() if name in _OWN}
        attack = {name: value for name, value in changes.items() if name not in _OWN}
        config = self.config.with_changes(**attack) if attack else self.config
        return replace(self, config=config, **own)

    def differences(self, other: Parameters) -> tuple[str, ...]:
        """Return the names of the parameters that differ."""
        return tuple(name for name in NAMES if self.get(name) != other.get(name))

    def as_json(self) -> dict[str, Any]:
        """Return the values as JSON, for presets and sessions."""
        return {"config": self.config.as_json(), "person": self.person, "device": self.device}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Parameters:
        """Read what :meth:`as_json` wrote."""
        return cls(AttackConfig.from_json(values["config"]), int(values["person"]), str(values["device"]))


_OWN = ("person", "device")
NAMES = (*(item.name for item in fields(AttackConfig)), *_OWN)
_EFFORTS = {
    "epsilon": Effort.LIVE,
    "step_size": Effort.LIVE,
    "iterations": Effort.LIVE,
    "alpha": Effort.MASK,
    "keep": Effort.MASK,
}


def effort(before: Parameters, after: Parameters) -> Effort:
    """Return what going from one set of parameters to another asks for."""
    changed = before.differences(after)
    if after.config.smallest and "epsilon" in changed:
        # where the search begins
        return Effort.RESTART
    return max((_EFFORTS.get(name, Effort.RESTART) for name in changed), default=Effort.NOTHING)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change made by hand.

    Attributes:
        changes: Parameter name -> new value.
        gesture: Edits of one gesture (a drag, a burst of key presses) share a number and one undo step.
        settled: False while a drag goes on.
    """

    changes: Mapping[str, Any]
    gesture: int
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """What the window says of a parameter.

    Attributes:
        title: Label in the panel and in undo texts.
        group: Heading it stands under.
        tip: Rich text: what it does, the formula it sets, the unit.
    """

    title: str
    group: str
    tip: str


GROUPS = ("Attack", "Guidance", "Budget", "Refinements", "Run")
FOLDED = ("Refinements",)
"""Groups that begin folded."""

WORDS: dict[str, Words] = {
    "victim": Words("Victim", "Attack", "The attacked estimator F and the route that decodes its pose."),
    "method": Words(
        "Method",
        "Attack",
        "<b>KAA</b>: maximise L(F<sup>k</sup>(x̃), h<sub>k</sub>) subject to ‖x̃ − x‖<sub>p</sub> ≤ ε.<br>"
        "<b>KAA+ER</b>: the same, on the pixels with C = 1 only:<br>"
        "x̃<sup>q</sup> = x̃<sup>q−1</sup> + step · sign(C ∘ ∇L)",
    ),
    "layer": Words(
        "Layer k",
        "Attack",
        "The K-limiting layer. F<sup>k</sup> is the network from the image up to here; nothing after it "
        "is computed. The last stop lies right before the step without a gradient.",
    ),
    "goal": Words(
        "Goal",
        "Attack",
        "Non-target: maximise L(F<sup>k</sup>(x̃), h<sub>k</sub>).<br>"
        "Target: minimise L(F<sup>k</sup>(x̃), h*<sub>k</sub>).",
    ),
    "target": Words(
        "Target",
        "Attack",
        "The pose whose reference h*<sub>k</sub> the attack approaches: of the list, of a file, or drawn by "
        "dragging joints in the picture.",
    ),
    "loss": Words(
        "Loss", "Attack", "L, the distance between F<sup>k</sup>(x̃) and its reference h<sub>k</sub>."
    ),
    "reference": Words(
        "Reference",
        "Refinements",
        "h<sub>k</sub>, what L compares F<sup>k</sup>(x̃) with: the clean activation (non-target), Gaussian "
        "heatmaps of the pose or of the joints annotated in the picture (non-target; known of the rendered "
        "samples and of data sets), or the activation of the target's picture. For mean squared error, "
        "cosine and KL; the other losses compare with the pose itself, found or annotated.",
    ),
    "mask": Words(
        "Mask C",
        "Guidance",
        "Which pixels may change.<br>Relational: C[i] = 1 where pixel i pushes some outputs of layer k up "
        "and others down.<br>The random mask of equal size is the control for any claim about C.",
    ),
    "alpha": Words(
        "Threshold α",
        "Guidance",
        "I[i, p] = +1 if J[i, p] &gt; α, −1 if J[i, p] &lt; −α, else 0;<br>"
        "C(α) = [R &gt; α] with R[i] = min(max<sub>p</sub> J, −min<sub>p</sub> J).<br>"
        "Unit: output of layer k per unit of intensity.",
    ),
    "keep": Words(
        "Keep",
        "Guidance",
        "α by the size of its mask: the smallest α that keeps at most this share of the values "
        "that may be attacked (on the picture, inside the region), in percent.",
    ),
    "per": Words(
        "Judged by",
        "Refinements",
        "Whether each channel of a pixel has a C of its own, or all three share one.",
    ),
    "region": Words(
        "Region",
        "Refinements",
        "The mask is kept inside this box of the picture (pixels). Draw it in any picture (R), or zoom in on "
        "what may change and take the visible part. Or paint it (B); with box and paint, only what is inside "
        "both may change.",
    ),
    "region_mask": Words(
        "Painted region",
        "Refinements",
        "Only these pixels of the picture may change, in the saved picture too: a bitmap, as the command "
        "line takes it (<code>--region-mask</code>). Paint it in any picture (B). Clearing the region "
        "clears it.",
    ),
    "rows": Words(
        "Rows p",
        "Guidance",
        "Which outputs p of layer k are read for J[i, p] = ∂F<sup>k</sup>(x)<sub>p</sub> / ∂x<sub>i</sub>. "
        "All is exact; peaks are the outputs that decide the joints.",
    ),
    "norm": Words("Norm p", "Budget", "Norm of the ball ‖x̃ − x‖<sub>p</sub> ≤ ε and of the step."),
    "epsilon": Words(
        "Radius ε",
        "Budget",
        "‖x̃ − x‖<sub>p</sub> ≤ ε.<br>Under ℓ∞ in grey levels of 255; under ℓ2 the Euclidean length over "
        "the crop, intensities in [0, 1].<br>Acts live, at the next iteration.",
    ),
    "smallest": Words(
        "Search the smallest ε",
        "Budget",
        "Bisect between 0 and ε for the smallest radius whose saved 8-bit picture, put through the whole "
        "pipeline, meets the criterion of success; whole grey levels under ℓ∞. Ends on that run, or on the "
        "one at ε if that fails.",
    ),
    "iterations": Words(
        "Iterations", "Budget", "Number of steps q.<br>Acts live: a running attack goes on until there."
    ),
    "step_size": Words(
        "Step",
        "Budget",
        "x̃<sup>q</sup> = x̃<sup>q−1</sup> + step · sign(∇L), in the unit of ε. Auto: the method's "
        "default share of ε.<br>Acts live.",
    ),
    "views": Words(
        "Views",
        "Refinements",
        "Jittered views of the crop that each step attacks along with it: the saved picture goes through "
        "detection again, and its crop comes out turned and scaled by a little.<br>0: the exact crop alone, "
        "faster. Each view costs one more pass an iteration.",
    ),
    "momentum": Words(
        "Momentum",
        "Refinements",
        "g<sup>q</sup> = μ · g<sup>q−1</sup> + ∇L / ‖∇L‖<sub>1</sub>; the step follows g (MI-FGSM, Dong "
        "et al. 2018). 0: none.",
    ),
    "restarts": Words(
        "Restarts",
        "Refinements",
        "Runs from different random points of the ball, one after another; the best is kept.",
    ),
    "keep_best": Words(
        "Keep the best iterate",
        "Refinements",
        "End on the best iterate instead of the last one.",
    ),
    "stop_at_success": Words(
        "Stop at success",
        "Refinements",
        "End at the first iterate that meets the criterion below.",
    ),
    "quantise": Words(
        "Round in the loop",
        "Refinements",
        "Take each gradient at the picture rounded to 8 bits, so that the saved picture is as adversarial as "
        "the iterate.",
    ),
    "success_mm": Words(
        "Success at",
        "Refinements",
        "Non-target: the attacked 3D pose is farther than this from the clean one (MPJPE, millimetres). "
        "Target: it is nearer than this to the target, and nearer than the clean pose is.",
    ),
    "seed": Words("Seed", "Run", "Of the random start, the sampled rows and the random mask."),
    "person": Words("Person", "Run", "Who is attacked; or click a person's frame in the picture."),
    "device": Words("Device", "Run", "Where the network runs."),
}


def _target_words(target: str) -> str:
    return dragged_words(target) if is_dragged(target) else Path(target).name


_FORMS: dict[str, Callable[[Any], str]] = {
    "region": lambda box: f"{box[2]:.0f} × {box[3]:.0f} at {box[0]:.0f}, {box[1]:.0f}",
    "region_mask": lambda text: f"{painted_pixels(text)} px",
    "keep": lambda value: f"{value:.1%}".replace("%", " %"),
    "success_mm": lambda value: f"{value:g} mm",
    "target": _target_words,
}
_NONE = {"region": "everywhere", "region_mask": "everywhere", "target": "none"}


def formatted(name: str, value: Any, config: AttackConfig) -> str:
    """Return a parameter's value as the window writes it, with its unit."""
    if value is None:
        return _NONE.get(name, "auto")
    if isinstance(value, bool):
        return "on" if value else "off"
    if name in ("epsilon", "step_size"):
        return f"{value * GREY_LEVELS:.2f}/255" if config.norm == "linf" else f"{value:.3g}"
    if name in _FORMS:
        return _FORMS[name](value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def describe(before: Parameters, after: Parameters) -> str:
    """Return the text of an undo step, e.g. ``"Radius ε 2.00/255 → 4.00/255"``."""
    changed = before.differences(after)
    if not changed:
        return "No change"
    if len(changed) > 2:
        return f"Change {len(changed)} parameters"
    # with a pair such as α and keep, the one that is now set is the one that was meant
    name = max(changed, key=lambda item: after.get(item) is not None)
    if "target" in changed:
        name = "target"  # the goal goes with it
    old = formatted(name, before.get(name), before.config)
    return f"{WORDS[name].title} {old} → {formatted(name, after.get(name), after.config)}"


_gestures = itertools.count(1)


def new_gesture() -> int:
    """Return the number of a gesture that begins now."""
    return next(_gestures)
