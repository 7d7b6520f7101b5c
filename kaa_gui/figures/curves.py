"""Fig. 7 and 10 of the slides: pose error and perturbation by iteration, and one against the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Metrics
from kaa_gui.figures import palette
from kaa_gui.figures.panels import Heads
from kaa_gui.figures.record import (
    Record,
    count_text,
    criterion_text,
    epsilon_text,
    groups,
    norm_title,
    people_text,
    shared_text,
)
from kaa_gui.figures.sheet import heading_mm, lines_fitting
from kaa_gui.figures.style import Style

PANEL_MM, LEGEND_MM = 44.0, 8.0
BAND_OPACITY = 0.18


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return the three panels, one line a method and norm: the median over the pictures, quartiles shaded."""
    targeted = _goal(records) == "target"
    keys = style.panels or PANELS
    columns = style.columns_of(len(keys))
    rows = -(-len(keys) // columns)
    with mpl.rc_context(style.rc()):
        height = rows * PANEL_MM * style.stretch + LEGEND_MM
        height += heading_mm(lines_fitting(style.heading, style), style)
        figure = Figure(figsize=style.inches(height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.04)  # type: ignore[union-attr]
        heads = Heads(style, len(keys))
        for number, key in enumerate(keys):
            axes = figure.add_subplot(rows, columns, number + 1)
            title, fill = _PANELS[key]
            for members in groups(records).values():
                fill(axes, members, targeted)
            if key != "rmse":
                _threshold(axes, records)
            if key == "trade":
                axes.set_xlim(left=0)
            axes.set_ylim(bottom=0)
            heads.of(key).put(axes, title)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=min(len(handles), 2 if columns == 1 else 5)
        )
        if style.heading:
            figure.suptitle("\n".join(lines_fitting(style.heading, style)))
    return figure


def caption(records: tuple[Record, ...]) -> str:
    """Return the caption."""
    configs = [record.config for record in records]
    norms = shared_text([norm_title(config.norm) for config in configs])
    radii = shared_text([f"{epsilon_text(config)} ({norm_title(config.norm)})" for config in configs])
    runs = f"{count_text(len(records), 'run')} on {people_text(records)}"
    spread = f"One run a line ({runs})."
    if max(map(len, groups(records).values())) > 1:
        spread = (
            f"Medians over the runs of a line ({runs}), quartiles shaded; runs that stopped early keep their "
            "last value."
        )
    won = sum(record.judged.success for record in records)
    against = "target" if _goal(records) == "target" else "clean pose"
    return (
        f"MPJPE of the attacked 3D pose to the {against} and RMSE of the perturbation by iteration, and "
        f"the one against the other, both of the iterates as the victim sees them before anything is saved; "
        f"{norms}, ε = {radii}. {spread} Dotted: the threshold of success; {won} of "
        f"{count_text(len(records), 'run')} succeeded ({criterion_text(records)})."
    )


def _goal(records: tuple[Record, ...]) -> str:
    goals = {record.config.goal for record in records}
    if len(goals) > 1:
        raise ConfigError("goal must be the same in all runs of this figure; draw targeted runs on their own")
    return goals.pop()


def _error(values: Metrics, *, targeted: bool) -> float:
    return values.target_error_mm if targeted else values.pose_error_mm


def _matrix(members: tuple[Record, ...], read: Callable[[Metrics], float]) -> NDArray[np.float64]:
    """Return ``(runs, iterations)``; a run that ended early keeps its last value."""
    longest = max(len(record.run.metrics) for record in members)
    rows = [[read(values) for values in record.run.metrics] for record in members]
    return np.array([row + row[-1:] * (longest - len(row)) for row in rows], np.float64)


def _quartiles(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return lower quartile, median, upper quartile over the runs; NaN where no run has a number."""
    known = ~np.isnan(values).all(axis=0)
    result = np.full((3, values.shape[1]), np.nan)
    result[:, known] = np.nanpercentile(values[:, known], (25, 50, 75), axis=0)
    return result[0], result[1], result[2]


def _by_iteration(axes: Axes, members: tuple[Record, ...], read: Callable[[Metrics], float]) -> None:
    low, middle, high = _quartiles(_matrix(members, read))
    iterations = np.arange(len(middle))
    if len(members) > 1:
        colour = _colour(members)
        axes.fill_between(iterations, low, high, color=colour, alpha=BAND_OPACITY, linewidth=0)
    axes.plot(iterations, middle, **_looks(members, len(middle)))
    axes.set_xlabel("iteration")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.margins(x=0.02)


def _pose(axes: Axes, members: tuple[Record, ...], targeted: bool) -> None:
    _by_iteration(axes, members, lambda values: _error(values, targeted=targeted))
    axes.set_ylabel(_error_label(targeted))


def _rmse(axes: Axes, members: tuple[Record, ...], _targeted: bool) -> None:
    _by_iteration(axes, members, lambda values: values.perturbation_rmse)
    axes.set_ylabel("RMSE (grey levels)")


def _trade(axes: Axes, members: tuple[Record, ...], targeted: bool) -> None:
    sizes = _quartiles(_matrix(members, lambda values: values.perturbation_rmse))[1]
    errors = _quartiles(_matrix(members, lambda values: _error(values, targeted=targeted)))[1]
    axes.plot(sizes, errors, **_looks(members, len(sizes)))
    axes.set_xlabel("RMSE (grey levels)")
    axes.set_ylabel(_error_label(targeted))
    axes.xaxis.set_major_locator(MaxNLocator(5))


def _error_label(targeted: bool) -> str:
    return "error to target (mm)" if targeted else "3D pose error (mm)"


def _threshold(axes: Axes, records: tuple[Record, ...]) -> None:
    for limit in sorted({record.config.success_mm for record in records}):
        axes.axhline(limit, color="0.4", linewidth=0.7, linestyle=":", zorder=0.8)


def _colour(members: tuple[Record, ...]) -> str:
    return palette.METHOD_COLOURS.get(members[0].config.method, "0.3")


def _looks(members: tuple[Record, ...], points: int) -> dict[str, Any]:
    config = members[0].config
    title = next(iter(groups(members)))[0]
    return {
        "color": _colour(members),
        "linestyle": palette.NORM_DASHES.get(config.norm, ":"),
        "marker": palette.METHOD_MARKERS.get(config.method, "x"),
        # a control of the mask: the same method, hollow
        "markerfacecolor": "white" if config.mask else _colour(members),
        "markevery": max(1, points // 6),
        "label": f"{title}, {norm_title(config.norm)}",
    }


_PANELS: dict[str, tuple[str, Callable[[Axes, tuple[Record, ...], bool], None]]] = {
    "pose": ("3D pose", _pose),
    "rmse": ("perturbation", _rmse),
    "trade": ("pose against picture", _trade),
}
LIMITS = {
    "pose": {"x": "iteration", "y": "3D pose error, mm"},
    "rmse": {"x": "iteration", "y": "RMSE, grey levels"},
    "trade": {"x": "RMSE, grey levels", "y": "3D pose error, mm"},
}
PANELS = tuple(_PANELS)
"""Keys of the panels, in order."""
