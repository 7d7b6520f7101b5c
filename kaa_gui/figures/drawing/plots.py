"""Draw plots side by side over one legend, with lines and markers by method and norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaa_gui.colours import hexadecimal, method_colour
from kaa_gui.core.wording import norm_title
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.panels import Heads
from kaa_gui.figures.drawing.sheet import heading_mm, lines_fitting
from kaa_gui.figures.record import Record, groups
from kaa_gui.figures.style import POINT_MM, Style

LEGEND_MM = 8.0
MOST_COLUMNS = 5
_HANDLE_LETTERS = 5
"""Room for the marker before each entry and the gap after it."""


def plots(
    records: tuple[Record, ...],
    style: Style,
    keys: tuple[str, ...],
    fill: Callable[[Axes, str], str],
    *,
    height_mm: float,
    columns: int | None = None,
) -> Figure:
    """Return a page of plots.

    Args:
        records: Those drawn; name the legend's entries.
        style: Settings.
        keys: Keys of the panels, in order.
        fill: Draws a panel, by its key, into its axes; returns its title.
        height_mm: Height of a row of panels, labels included.
        columns: Panels side by side; None is as many as have room.
    """
    across = style.columns_of(len(keys)) if columns is None else columns
    rows = -(-len(keys) // across)
    lines = lines_fitting(style.heading, style)
    beside = len(keys) < rows * across and _legend_fits(records, style, style.width_mm / across, height_mm)
    entries = 1 if beside else legend_columns(records, style)
    below = 0.0 if beside else LEGEND_MM + _lines_mm(-(-len(groups(records)) // entries) - 1, style)
    with mpl.rc_context(style.rc()):
        height = rows * height_mm + below + heading_mm(lines, style)
        figure = Figure(figsize=style.inches(height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.04)  # type: ignore[union-attr]
        heads = Heads(style, len(keys))
        for number, key in enumerate(keys):
            axes = figure.add_subplot(rows, across, number + 1)
            heads.of(key).put(axes, fill(axes, key))
        handles, labels = figure.axes[0].get_legend_handles_labels()
        if beside:
            free = figure.add_subplot(rows, across, rows * across)
            free.set_axis_off()
            free.legend(handles, labels, loc="center", borderaxespad=0.0)
        else:
            figure.legend(handles, labels, loc="outside lower center", ncols=entries)
        if lines:
            figure.suptitle("\n".join(lines))
    return figure


def _legend_fits(records: tuple[Record, ...], style: Style, width_mm: float, height_mm: float) -> bool:
    """Whether the legend has room in a panel's place, an entry a line."""
    wide = max(map(len, _entries(records))) + _HANDLE_LETTERS
    return wide * style.letter_mm <= width_mm and _lines_mm(len(groups(records)), style) <= height_mm / 2


def _lines_mm(lines: int, style: Style) -> float:
    return 1.3 * lines * style.text_pt * POINT_MM


def _entries(records: tuple[Record, ...]) -> list[str]:
    return [f"{title}, {norm_title(norm)}" for title, norm in groups(records)]


def legend_columns(records: tuple[Record, ...], style: Style) -> int:
    """Return how many entries of the legend stand side by side."""
    titles = _entries(records)
    longest = max(map(len, titles)) + _HANDLE_LETTERS
    most = max(1, min(MOST_COLUMNS, len(titles), int(style.width_mm / (longest * style.letter_mm))))
    lines = -(-len(titles) // most)
    # as many in each line as can be
    return -(-len(titles) // lines)


def looks(members: tuple[Record, ...]) -> dict[str, Any]:
    """Return colour, dashes, marker and label of the runs of one method and norm."""
    config = members[0].config
    title = next(iter(groups(members)))[0]
    shade = colour(members)
    return {
        "color": shade,
        "linestyle": palette.NORM_DASHES.get(config.norm, ":"),
        "marker": palette.MASK_MARKERS.get(config.mask or "", palette.METHOD_MARKERS.get(config.method, "x")),
        # another mask than the method's own: hollow
        "markerfacecolor": "white" if config.mask else shade,
        "label": f"{title}, {norm_title(config.norm)}",
    }


def colour(members: tuple[Record, ...]) -> str:
    """Return the colour of a method's runs."""
    config = members[0].config
    return hexadecimal(method_colour(config.method, config.mask))


def threshold(axes: Axes, records: tuple[Record, ...]) -> None:
    """Draw the thresholds of success, dotted."""
    for limit in sorted({record.config.success_mm for record in records}):
        axes.axhline(limit, color="0.4", linewidth=0.7, linestyle=":", zorder=0.8)


def error_label(*, targeted: bool) -> str:
    """Return the label of an axis of pose errors."""
    return "error to target (mm)" if targeted else "3D pose error (mm)"


def quartiles(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ``(3, iterations)``: lower quartile, median, upper quartile over ``(runs, iterations)``.

    NaN where no run has a number.
    """
    known = ~np.isnan(values).all(axis=0)
    result = np.full((3, values.shape[1]), np.nan)
    result[:, known] = np.nanpercentile(values[:, known], (25, 50, 75), axis=0)
    return result
