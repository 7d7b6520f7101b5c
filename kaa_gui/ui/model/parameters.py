"""Define the window's parameters: values, the cost of changing each, and how the window writes them.

Knows no Qt. Titles, tooltips and groups are those of :data:`~kaa_gui.core.config.PARAMETERS`. A parameter
is *view* (drawn again at once), *live* (taken up at the next iteration), *mask* (drawn at once; the attack
starts over from the cached correlations when the hand rests) or *restart* (a new run).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.dragged import dragged_words, is_dragged
from kaa_gui.core.painted import painted_pixels
from kaa_gui.core.parameter import Group
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
NAMES = tuple(PARAMETERS)
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


GROUPS = get_args(Group)
FOLDED = ("Refinements",)
"""Groups that begin folded."""


def _target_words(target: str) -> str:
    return dragged_words(target) if is_dragged(target) else Path(target).name


_FORMS: dict[str, Callable[[Any], str]] = {
    "region": lambda box: f"{box[2]:.0f} × {box[3]:.0f} at {box[0]:.0f}, {box[1]:.0f}",
    "region_mask": lambda text: f"{painted_pixels(text)} px",
    "keep": lambda value: f"{value:.1%}".replace("%", " %"),
    "success_mm": lambda value: f"{value:g} {PARAMETERS['success_mm'].unit}",
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
    return f"{PARAMETERS[name].title} {old} → {formatted(name, after.get(name), after.config)}"


_gestures = itertools.count(1)


def new_gesture() -> int:
    """Return the number of a gesture that begins now."""
    return next(_gestures)
