"""Draw a vertical colour bar with ticks in the unit of what it explains."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from kaa_gui.colours import ERROR_ANCHORS, interpolated
from kaa_gui.core.types import FloatArray

_BAR = 14
_MARGIN = 9


class ColourBar(QWidget):
    """Colours from the lower to the upper level, five ticks, and the unit above."""

    def __init__(self, *, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = unit
        self._levels = (-1.0, 1.0)
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Colour bar, {unit}")

    @property
    def levels(self) -> tuple[float, float]:
        """Lower and upper end."""
        return self._levels

    def set_levels(self, low: float, high: float) -> None:
        """Set the ends, in the unit."""
        if (low, high) != self._levels:
            self._levels = (low, high)
            self.setAccessibleDescription(f"from {low:g} to {high:g} {self._unit}")
            self.update()

    def set_table(self, table: NDArray[np.uint8]) -> None:
        """Set the colours, ``(256, 3)`` uint8, from the lower to the upper end."""
        column = np.ascontiguousarray(table[::-1, None, :])
        self._image = QImage(column.data, 1, len(table), 3, QImage.Format.Format_RGB888).copy()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        label = max(metrics.horizontalAdvance(text) for text in ("−0.0000", self._unit))
        return QSize(max(_BAR + 10 + metrics.horizontalAdvance("−0.000"), label) + 12, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), 80)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        painter.setPen(self.palette().color(self.palette().ColorRole.WindowText))
        head = metrics.height() + _MARGIN
        painter.drawText(
            QRectF(6, 3, self.width() - 8, metrics.height()), Qt.AlignmentFlag.AlignLeft, self._unit
        )
        bar = QRectF(8, head + 4, _BAR, self.height() - head - metrics.height() / 2 - 8)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(128, 128, 128), 1))
        painter.drawRect(bar)
        low, high = self._levels
        count = 5 if bar.height() > 5 * metrics.height() else 3
        for step in range(count):
            part = step / (count - 1)
            y = bar.bottom() - part * bar.height()
            painter.setPen(QPen(QColor(128, 128, 128), 1))
            painter.drawLine(int(bar.right()), int(y), int(bar.right()) + 4, int(y))
            painter.setPen(self.palette().color(self.palette().ColorRole.WindowText))
            text = signed(low + part * (high - low), sign=low < 0)
            painter.drawText(
                QRectF(bar.right() + 7, y - metrics.height() / 2, self.width(), metrics.height()),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                text,
            )


def signed(value: float, *, sign: bool = True) -> str:
    """Return a number to three figures with a real minus, and a plus if signs matter."""
    if value == 0:
        return "0"
    # three figures, but never as a power of ten
    text = f"{abs(value):.3g}" if abs(value) < 1000 else f"{abs(value):.0f}"
    return ("−" if value < 0 else "+" if sign else "") + text


LEAST_TOP_MM = 20.0
"""The scale never ends below this: noise of a few millimetres must not look like success."""

_STEPS = (1, 1.5, 2, 3, 4, 6, 8, 10)
_UNKNOWN = (128, 128, 128)


@cache
def error_table() -> NDArray[np.uint8]:
    """Return the map's ``(256, 3)`` uint8 colours, from no error to the largest."""
    return interpolated(ERROR_ANCHORS)


def error_colours(errors_mm: FloatArray, top_mm: float) -> NDArray[np.uint8]:
    """Return the colour of each error.

    Args:
        errors_mm: ``(J,)``; NaN where unknown.
        top_mm: Upper end of the scale.

    Returns:
        ``(J, 3)`` uint8; grey where unknown.
    """
    known = np.isfinite(errors_mm)
    at = np.where(known, errors_mm, 0) / top_mm * 255
    colours = error_table()[at.clip(0, 255).astype(np.intp)]
    return np.where(known[:, None], colours, np.array(_UNKNOWN, np.uint8))


def round_top(largest_mm: float) -> float:
    """Return a round upper end for a scale that has to hold this value: 20, 30, 40, 60, 80, 100, 150, ..."""
    if not largest_mm > LEAST_TOP_MM:
        return LEAST_TOP_MM
    decade = 10 ** math.floor(math.log10(largest_mm))
    return float(next(step * decade for step in _STEPS if step * decade >= largest_mm))
