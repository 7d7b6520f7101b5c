"""Read the limits of axes from words, check them against the kind, put them onto the figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from kaa_gui.core.errors import ConfigError

AxisUnits = Mapping[str, Mapping[str, str]]
"""Panel -> axis, ``"x"`` or ``"y"`` -> its quantity with the unit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Ends of an axis.

    Attributes:
        axis: ``"x"`` or ``"y"``.
        panel: Key of a panel; empty means every panel with such an axis.
        low: None leaves it to the figure.
        high: None leaves it to the figure.
    """

    axis: str
    panel: str = ""
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.low, self.high) if value is not None]
        if not all(math.isfinite(value) for value in given):
            raise ConfigError(f"{self.name} must be finite numbers, got {self.range_text}")
        if len(given) == 2 and given[0] >= given[1]:
            raise ConfigError(f"{self.name} must rise from low to high, got {self.range_text}")

    @property
    def name(self) -> str:
        """As the command line calls it."""
        return f"{self.axis}lim of {self.panel}" if self.panel else f"{self.axis}lim"

    @property
    def range_text(self) -> str:
        """As the command line takes it."""
        return ":".join("" if value is None else f"{value:g}" for value in (self.low, self.high))

    def as_json(self) -> dict[str, Any]:
        """Return JSON values."""
        ends = {"low": self.low, "high": self.high}
        exact = {name: None if value is None else float(value) for name, value in ends.items()}
        return {"axis": self.axis, "panel": self.panel, **exact}


def parse_limits(axis: str, texts: Iterable[str]) -> tuple[Limit, ...]:
    """Read limits.

    Args:
        axis: ``"x"`` or ``"y"``.
        texts: Each ``LOW:HIGH`` or ``PANEL=LOW:HIGH``, several separated by commas; one side may be empty.

    Raises:
        ConfigError: A text says something else, or a range does not rise.
    """
    found = []
    for part in (part.strip() for text in texts for part in text.split(",")):
        panel, equals, spread = part.rpartition("=")
        low, colon, high = spread.partition(":")
        try:
            ends = [float(end) if end.strip() else None for end in (low, high)]
        except ValueError:
            ends = [None, None]
        if not colon or ends == [None, None] or (equals and not panel.strip()):
            raise ConfigError(f"{axis}lim must be LOW:HIGH or PANEL=LOW:HIGH, e.g. 0:50, got {part!r}")
        found.append(Limit(axis, panel.strip(), ends[0], ends[1]))
    return tuple(found)


def check_limits(limits: tuple[Limit, ...], kind: str, units: AxisUnits) -> None:
    """Refuse limits of axes that a kind of figure does not have.

    Raises:
        ConfigError: Says which it has.
    """
    for limit in limits:
        having = [panel for panel, axes in units.items() if limit.axis in axes]
        if not having:
            raise ConfigError(f"{limit.name}: {kind} has no {limit.axis} axis with limits; leave it out")
        if limit.panel and limit.panel not in having:
            raise ConfigError(
                f"{limit.axis}lim of {kind} must be of {', '.join(having)}, got {limit.panel!r}"
            )


def put_limits(figure: Figure, limits: tuple[Limit, ...], units: AxisUnits) -> None:
    """Give the axes their limits; those of a named panel win. Axes are found by their label, the panel.

    Raises:
        ConfigError: Nothing would be left to see, or a logarithmic axis would reach 0.
    """
    for limit in sorted(limits, key=lambda limit: bool(limit.panel)):
        for axes in figure.axes:
            panel = str(axes.get_label())
            if limit.axis not in units.get(panel, {}) or limit.panel not in ("", panel):
                continue
            across = limit.axis == "x"
            automatic = axes.get_xlim() if across else axes.get_ylim()
            low, high = (
                usual if wanted is None else wanted
                for wanted, usual in zip((limit.low, limit.high), automatic, strict=True)
            )
            if low >= high:
                raise ConfigError(
                    f"{limit.axis}lim of {panel} must leave something to see: here it would run from "
                    f"{low:g} to {high:g}; give both ends"
                )
            if low <= 0 and (axes.get_xscale() if across else axes.get_yscale()) == "log":
                raise ConfigError(f"{limit.axis}lim of {panel} must be above 0: the axis is logarithmic")
            (axes.set_xlim if across else axes.set_ylim)(low, high)
