"""Draw parts of plots: one joint's curve, and fonts of the axes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics

from kaa_gui.colours import Rgb
from kaa_gui.ui.model.trajectory import JointCourse

_FIELDS = {"pose_error_mm": "error_mm", "displacement_px": "displacement_px"}
"""Field of a joint that belongs to each quantity of the pose."""


class JointCurve:
    """A thin line with the joint's name at its end; nothing where the axis doesn't measure joints.

    Attributes:
        curve: The line.
        label: The name.
    """

    def __init__(self, box: pg.ViewBox) -> None:
        self.curve = pg.PlotDataItem(connect="finite", antialias=True)
        self.label = pg.TextItem(anchor=(1, 1))
        for depth, item in enumerate((self.curve, self.label), start=8):
            item.setZValue(depth)
            item.hide()
        box.addItem(self.curve)
        box.addItem(self.label, ignoreBounds=True)
        self._colour: Rgb = (0, 0, 0)

    def set_colour(self, colour: Rgb, ratio: float) -> None:
        """Draw in a colour.

        Args:
            colour: 0-255 each.
            ratio: Physical pixels in one of the screen's.
        """
        self._colour = colour
        # pyqtgraph's pens are cosmetic: their widths are in physical pixels
        self.curve.setPen(pg.mkPen(colour, width=1.5 * ratio, style=Qt.PenStyle.DotLine))
        self.label.setColor(colour)

    def show_course(self, course: JointCourse | None, quantity: str) -> None:
        """Draw a joint's way.

        Args:
            course: None draws nothing.
            quantity: Field of :class:`~kaa_gui.core.types.Metrics` that the axis stands for.
        """
        field = _FIELDS.get(quantity)
        values = np.empty(0) if course is None or field is None else getattr(course, field)
        known = np.flatnonzero(np.isfinite(values))
        visible = course is not None and len(known) > 0
        self.curve.setVisible(visible)
        self.label.setVisible(visible)
        if course is None or not visible:
            self.curve.setData([], [])
            return
        self.curve.setData(course.iterations, values)
        self.label.setText(course.joint.replace("_", " "), color=self._colour)
        # inside the plot: below a line that ends high, above one that ends low
        high = values[known[-1]] > values[known].max() / 2
        self.label.setAnchor((1, 0) if high else (1, 1))
        self.label.setPos(float(course.iterations[known[-1]]), float(values[known[-1]]))


def set_axes_font(plot: pg.PlotItem, font: QFont, *, upright: Iterable[str] = ("left",)) -> None:
    """Write the numbers and the titles of all axes in a font; pyqtgraph keeps the one they were made with.

    Args:
        plot: Plot that the axes belong to.
        font: Font as a widget has it.
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
