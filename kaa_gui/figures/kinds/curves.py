"""Draw pose error and perturbation by iteration, and one against the other (the slides' Fig. 7 and 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Metrics
from kaa_gui.core.wording import norm_title
from kaa_gui.figures.captions import (
    Told,
    count_text,
    criterion_text,
    people_text,
    sentence,
    shared_text,
    targets_text,
)
from kaa_gui.figures.drawing.plots import colour, error_label, looks, plots, quartiles, threshold
from kaa_gui.figures.record import Record, epsilon_text, groups
from kaa_gui.figures.style import Style

PANEL_MM = 44.0
BAND_OPACITY = 0.18


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return the three panels, one line a method and norm: the median over the pictures, quartiles shaded."""
    targeted = _goal(records) == "target"

    def fill(axes: Axes, key: str) -> str:
        title, draw_lines = _PANELS[key]
        for members in groups(records).values():
            draw_lines(axes, members, targeted)
        if key != "rmse":
            threshold(axes, records)
        if key == "trade":
            axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        return title

    return plots(records, style, style.panels or PANELS, fill, height_mm=PANEL_MM * style.stretch)


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    configs = [record.config for record in records]
    norms = shared_text(norm_title(config.norm) for config in configs)
    radii = shared_text(f"{epsilon_text(config)} ({norm_title(config.norm)})" for config in configs)
    runs = f"{count_text(len(records), 'run')} on {people_text(records)}{targets_text(records)}"
    spread = f"One run a line ({runs})."
    if max(map(len, groups(records).values())) > 1:
        shaded = ", quartiles shaded" if told.any_of("pose", "rmse") else ""
        spread = f"Medians over the runs of a line ({runs}){shaded}; runs that end early keep their last one."
    won = sum(record.judged.success for record in records)
    error = f"MPJPE of the attacked 3D pose to the {'target' if _goal(records) == 'target' else 'clean pose'}"
    panels = {
        "pose": f"{error} by iteration",
        "rmse": "RMSE of the perturbation by iteration",
        "trade": f"{'the error' if told.any_of('pose') else error} against the RMSE of the perturbation",
    }
    dotted = "Dotted: the threshold of success; " if told.any_of("pose", "trade") else ""
    return (
        f"{sentence(told.enumerated(panels))}, of the iterates as the victim sees them before anything is "
        f"saved; {norms}, ε = {radii}. {spread} {dotted}{won} of "
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


def _by_iteration(axes: Axes, members: tuple[Record, ...], read: Callable[[Metrics], float]) -> None:
    low, middle, high = quartiles(_matrix(members, read))
    iterations = np.arange(len(middle))
    if len(members) > 1:
        axes.fill_between(iterations, low, high, color=colour(members), alpha=BAND_OPACITY, linewidth=0)
    axes.plot(iterations, middle, **_line(members, len(middle)))
    axes.set_xlabel("iteration")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.margins(x=0.02)


def _pose(axes: Axes, members: tuple[Record, ...], targeted: bool) -> None:
    _by_iteration(axes, members, lambda values: _error(values, targeted=targeted))
    axes.set_ylabel(error_label(targeted=targeted))


def _rmse(axes: Axes, members: tuple[Record, ...], _targeted: bool) -> None:
    _by_iteration(axes, members, lambda values: values.perturbation_rmse)
    axes.set_ylabel("RMSE (grey levels)")


def _trade(axes: Axes, members: tuple[Record, ...], targeted: bool) -> None:
    sizes = quartiles(_matrix(members, lambda values: values.perturbation_rmse))[1]
    errors = quartiles(_matrix(members, lambda values: _error(values, targeted=targeted)))[1]
    axes.plot(sizes, errors, **_line(members, len(sizes)))
    axes.set_xlabel("RMSE (grey levels)")
    axes.set_ylabel(error_label(targeted=targeted))
    axes.xaxis.set_major_locator(MaxNLocator(5))


def _line(members: tuple[Record, ...], points: int) -> dict[str, Any]:
    return {**looks(members), "markevery": max(1, points // 6)}


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
