"""The text of a plot's axes."""

from __future__ import annotations

from collections.abc import Iterable

import pyqtgraph as pg
from PySide6.QtGui import QFont, QFontMetrics


def set_axes_font(plot: pg.PlotItem, font: QFont, *, upright: Iterable[str] = ("left",)) -> None:
    """Write the numbers and the titles of all axes in a font; pyqtgraph keeps the one they were made with.

    Args:
        plot: Whose axes.
        font: As a widget has it.
        upright: Axes whose width is fixed to what four digits take: the plot must not jump when one comes.
    """
    metrics = QFontMetrics(font)
    for side in ("left", "right", "bottom"):
        axis = plot.getAxis(side)
        axis.setTickFont(font)
        axis.label.setFont(font)
        if side in upright:
            axis.setWidth(metrics.height() + metrics.horizontalAdvance("0000") + 14)
        # the title's place was computed from its former size
        axis.resizeEvent()
        if side == "bottom":
            axis.setHeight()
