"""Success, pose error and size of the perturbation against one parameter: layer k, the mask's size, ε."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.core.types import GREY_LEVELS
from kaa_gui.figures import palette
from kaa_gui.figures.panels import Heads
from kaa_gui.figures.record import (
    Record,
    count_text,
    criterion_text,
    epsilon_text,
    finite,
    groups,
    norm_title,
    people_text,
    shared_text,
    source_text,
)
from kaa_gui.figures.sheet import heading_mm, lines_fitting
from kaa_gui.figures.style import Style

PANELS = ("success", "pose", "rmse")
PANEL_MM, LEGEND_MM = 46.0, 8.0
MAX_NAMES = 24


@dataclass(frozen=True, slots=True)
class Axis:
    """The parameter of a sweep.

    Attributes:
        title: In words.
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


LAYERS = Axis("layer k", "layer k", lambda record: record.run.scene.layer.index, named=True)
MASK_SIZE = Axis(
    "the threshold α, given by what the mask keeps",
    "mask keeps (% of values)",
    lambda record: round(100 * record.config.kept_fraction, 3),
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
        axis = self._axis(records)
        keys = style.panels or PANELS
        columns = style.columns_of(len(keys))
        rows = -(-len(keys) // columns)
        with mpl.rc_context(style.rc()):
            height = rows * (PANEL_MM * style.stretch + self._names_mm(records, style)) + LEGEND_MM
            height += heading_mm(lines_fitting(style.heading, style), style)
            figure = Figure(figsize=style.inches(height), layout="constrained")
            figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.04)  # type: ignore[union-attr]
            heads, names = Heads(style, len(keys)), _names(records)
            for number, key in enumerate(keys):
                axes = figure.add_subplot(rows, columns, number + 1)
                for members in groups(records).values():
                    _FILL[key](axes, members, axis)
                # room above, where markers would be cut in half
                axes.set_ylim(*((-3, 103) if key == "success" else (0, 1.04 * axes.get_ylim()[1])))
                axes.set_xlabel(_label(axis, records))
                self._ticks(axes, names)
                heads.of(key).put(axes, _TITLES[key])
            handles, labels = figure.axes[0].get_legend_handles_labels()
            figure.legend(
                handles, labels, loc="outside lower center", ncols=min(len(handles), 2 if columns == 1 else 5)
            )
            if style.heading:
                figure.suptitle("\n".join(lines_fitting(style.heading, style)))
        return figure

    def caption(self, records: tuple[Record, ...]) -> str:
        """Return the caption."""
        axis = self._axis(records)
        measured = source_text([record.saved is not None for record in records])
        radii = shared_text([epsilon_text(record.config) for record in records])
        fixed = "" if axis is EPSILON else f" ε = {radii}."
        return (
            f"Success rate (bars: 95 % intervals after Wilson), error of the 3D pose and RMSE "
            f"against {axis.title}, all of {measured}: medians over {people_text(records)} "
            f"(bars: quartiles).{fixed} "
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
    axes.errorbar(at, rates, yerr=(lows, highs), **_looks(members))
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
    axes.errorbar(at, middles, yerr=(lows, highs), **_looks(members))


def _pose(axes: Axes, members: tuple[Record, ...], axis: Axis) -> None:
    targeted = members[0].last.target is not None
    _median(
        axes,
        members,
        axis,
        lambda record: record.judged.target_error_mm if targeted else record.judged.pose_error_mm,
    )
    axes.axhline(members[0].config.success_mm, color="0.4", linewidth=0.7, linestyle=":", zorder=0.8)
    axes.set_ylabel("error to target (mm)" if targeted else "3D pose error (mm)")


def _rmse(axes: Axes, members: tuple[Record, ...], axis: Axis) -> None:
    _median(axes, members, axis, lambda record: record.judged.perturbation_rmse)
    axes.set_ylabel("RMSE (grey levels)")


def _looks(members: tuple[Record, ...]) -> dict[str, Any]:
    config = members[0].config
    title = next(iter(groups(members)))[0]
    colour = palette.METHOD_COLOURS.get(config.method, "0.3")
    return {
        "color": colour,
        "linestyle": palette.NORM_DASHES.get(config.norm, ":"),
        "marker": palette.METHOD_MARKERS.get(config.method, "x"),
        "markerfacecolor": "white" if config.mask else colour,
        "elinewidth": 0.6,
        "capsize": 1.5,
        "label": f"{title}, {norm_title(config.norm)}",
    }


_FILL: dict[str, Callable[[Axes, tuple[Record, ...], Axis], None]] = {
    "success": _success,
    "pose": _pose,
    "rmse": _rmse,
}
_UNITS = {"success": "success rate, %", "pose": "3D pose error, mm", "rmse": "RMSE, grey levels"}
_TITLES = {"success": "success", "pose": "3D pose", "rmse": "perturbation"}
