"""Draw success, pose error and perturbation against one parameter: layer k, the mask's size, ε."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kaa_gui.core.config import heading
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.core.types import GREY_LEVELS
from kaa_gui.figures.captions import (
    Told,
    count_text,
    criterion_text,
    people_text,
    sentence,
    shared_text,
    source_text,
    targets_text,
)
from kaa_gui.figures.drawing.plots import error_label, looks, plots, threshold
from kaa_gui.figures.record import Record, epsilon_text, finite, groups
from kaa_gui.figures.style import Style

PANELS = ("success", "pose", "rmse")
PANEL_MM = 46.0
MAX_NAMES = 24
DODGE = 0.015
"""Share of the axis by which the methods stand apart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The parameter of a sweep.

    Attributes:
        title: Title in words.
        label: Below the axis, with the unit.
        read: A record's value.
        named: Whether the ticks are the layers' names.
    """

    title: str
    label: str
    read: Callable[[Record], float]
    named: bool = False


def _epsilon(record: Record) -> float:
    config = record.config
    return config.epsilon * (GREY_LEVELS if config.norm == "linf" else 1)


LAYERS = Axis(heading("layer"), heading("layer"), lambda record: record.run.scene.layer.index, named=True)
MASK_SIZE = Axis(
    "the threshold α, given by what the mask keeps",
    "mask keeps (% of values)",
    lambda record: round(100 * (1.0 if record.run.field is None else record.config.kept_fraction), 3),
)
EPSILON = Axis("the radius ε", "ε (ℓ∞: grey levels; ℓ2: length)", _epsilon)


def _alpha(record: Record) -> float:
    alpha = record.config.alpha
    return float(alpha) if isinstance(alpha, float | int) else record.last.alpha


ALPHA = Axis("the threshold α", "α (output / unit intensity)", _alpha)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A figure over one axis; its methods are what the registry wants."""

    axis: Axis

    @property
    def limits(self) -> dict[str, dict[str, str]]:
        """Panel -> axis -> quantity with unit; layers stand by name, where no limit can be told."""
        across = {} if self.axis.named else {"x": self.axis.label}
        return {panel: {**across, "y": unit} for panel, unit in _UNITS.items()}

    def draw(self, records: tuple[Record, ...], style: Style) -> Figure:
        """Return the panels: success rate with its interval, medians with quartiles."""
        axis, names = self._axis(records), _names(records)

        def fill(axes: Axes, key: str) -> str:
            for members, moved in _side_by_side(records, axis):
                _FILL[key](axes, members, moved)
            # room above and below, where markers would be cut in half
            top = 100.0 if key == "success" else 1.01 * axes.get_ylim()[1]
            axes.set_ylim(-0.03 * top, 1.03 * top)
            axes.set_xlabel(_label(axis, records))
            self._ticks(axes, names)
            return _TITLES[key]

        height = PANEL_MM * style.stretch + self._names_mm(records, style)
        return plots(records, style, style.panels or PANELS, fill, height_mm=height)

    def caption(self, records: tuple[Record, ...], told: Told) -> str:
        """Return the caption."""
        axis = self._axis(records)
        measured = source_text([record.saved is not None for record in records])
        radii = shared_text(epsilon_text(record.config) for record in records)
        fixed = "" if axis is EPSILON else f" ε = {radii}."
        targeted = records[0].last.target is not None
        panels = {
            "success": "success rate (bars: 95 % intervals after Wilson)",
            "pose": "error to the target" if targeted else "error of the 3D pose",
            "rmse": "RMSE of the perturbation",
        }
        spread = "medians" if told.any_of("pose", "rmse") else "rates"
        bars = " (bars: quartiles)" if told.any_of("pose", "rmse") else ""
        dotted = " Dotted: the threshold of success." if told.any_of("pose") else ""
        unmasked = axis is MASK_SIZE and any(record.run.field is None for record in records)
        whole = " 100% where there is no mask." if unmasked else ""
        beside = " Methods stand a little beside each other." if len(groups(records)) > 1 else ""
        return (
            f"{sentence(told.enumerated(panels))} against {axis.title}, all of {measured}: {spread} over "
            f"{people_text(records)}{targets_text(records)}{bars}.{fixed}{dotted}{whole}{beside} "
            f"Success: {criterion_text(records)}; {count_text(len(records), 'run')}."
        )

    def _axis(self, records: tuple[Record, ...]) -> Axis:
        """Return the axis, α itself where the runs give it; ConfigError where they don't differ in it."""
        given = all(record.config.alpha is not None for record in records)
        axis = ALPHA if self.axis is MASK_SIZE and given else self.axis
        values = {axis.read(record) for record in records}
        if len(values) < 2:
            raise ConfigError(
                f"runs must differ in {axis.title} for this figure, all have {values.pop():g}; "
                "add saved runs, or let the figure command make them (--sweep)"
            )
        return axis

    def _names_mm(self, records: tuple[Record, ...], style: Style) -> float:
        """Return the height of the layers' names, which stand upright below the axis."""
        longest = max(len(name) for name in _names(records).values())
        return longest * style.letter_mm if self.axis.named else 0.0

    def _ticks(self, axes: Axes, names: dict[int, str]) -> None:
        if not self.axis.named:
            return
        step = -(-len(names) // MAX_NAMES)
        shown = dict(list(names.items())[::step])
        axes.set_xticks(list(shown), labels=list(shown.values()), rotation=90)


def _side_by_side(records: tuple[Record, ...], axis: Axis) -> Iterator[tuple[tuple[Record, ...], Axis]]:
    """Yield each method's runs with the axis a hair beside the others', so that none hides another."""
    values = [axis.read(record) for record in records]
    found = groups(records)
    for number, members in enumerate(found.values()):
        shift = (number - (len(found) - 1) / 2) * DODGE * (max(values) - min(values))
        yield members, replace(axis, read=lambda record, shift=shift: axis.read(record) + shift)


def _label(axis: Axis, records: tuple[Record, ...]) -> str:
    norms = {record.config.norm for record in records}
    if axis is not EPSILON or len(norms) > 1:
        return axis.label
    return "ε (grey levels)" if norms == {"linf"} else "ε (Euclidean length)"


def _names(records: tuple[Record, ...]) -> dict[int, str]:
    layers = {record.run.scene.layer.index: record.run.scene.layer.name for record in records}
    return dict(sorted(layers.items()))


def _by_value(members: tuple[Record, ...], axis: Axis) -> dict[float, list[Record]]:
    found: dict[float, list[Record]] = {}
    for record in members:
        found.setdefault(axis.read(record), []).append(record)
    return dict(sorted(found.items()))


def _success(axes: Axes, members: tuple[Record, ...], axis: Axis) -> None:
    at, rates, lows, highs = [], [], [], []
    for value, records in _by_value(members, axis).items():
        won = sum(record.judged.success for record in records)
        low, high = wilson_interval(won, len(records))
        at.append(value)
        rates.append(100 * won / len(records))
        lows.append(max(0.0, rates[-1] - 100 * low))
        highs.append(max(0.0, 100 * high - rates[-1]))
    axes.errorbar(at, rates, yerr=(lows, highs), **_points(members))
    axes.set_ylabel("success rate (%)")


def _median(axes: Axes, members: tuple[Record, ...], axis: Axis, read: Callable[[Record], float]) -> None:
    at, middles, lows, highs = [], [], [], []
    for value, records in _by_value(members, axis).items():
        numbers = finite([read(record) for record in records])
        if not numbers:
            continue
        low, middle, high = np.percentile(numbers, (25, 50, 75))
        at.append(value)
        middles.append(middle)
        lows.append(middle - low)
        highs.append(high - middle)
    axes.errorbar(at, middles, yerr=(lows, highs), **_points(members))


def _pose(axes: Axes, members: tuple[Record, ...], axis: Axis) -> None:
    targeted = members[0].last.target is not None
    _median(
        axes,
        members,
        axis,
        lambda record: record.judged.target_error_mm if targeted else record.judged.pose_error_mm,
    )
    threshold(axes, members)
    axes.set_ylabel(error_label(targeted=targeted))


def _rmse(axes: Axes, members: tuple[Record, ...], axis: Axis) -> None:
    _median(axes, members, axis, lambda record: record.judged.perturbation_rmse)
    axes.set_ylabel("RMSE (grey levels)")


def _points(members: tuple[Record, ...]) -> dict[str, Any]:
    return {**looks(members), "elinewidth": 0.6, "capsize": 1.5}


_FILL: dict[str, Callable[[Axes, tuple[Record, ...], Axis], None]] = {
    "success": _success,
    "pose": _pose,
    "rmse": _rmse,
}
_UNITS = {"success": "success rate, %", "pose": "3D pose error, mm", "rmse": "RMSE, grey levels"}
_TITLES = {"success": "success", "pose": "3D pose", "rmse": "perturbation"}
