"""Draw the histogram of relational strength R, on which α is dragged: C(α) = [R > α]."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from kaa_gui.colours import CLASS_COLOURS, mixed
from kaa_gui.core.types import CorrelationField
from kaa_gui.ui.appearance.theme import theme_of

BINS = 96
_DECADES = 4.0
"""Shown below the largest strength; the rest would be a long empty tail."""

_INTERVAL_S = 0.2
"""At most one histogram in this time while the field grows."""

_ZERO_WIDTH = 8
"""Pixels at the left end that stand for α = 0, which has no logarithm."""

_SIDE = 6


@dataclass(frozen=True, slots=True, eq=False)
class StrengthHistogram:
    """Counts of R over equal steps of its logarithm.

    Attributes:
        counts: ``(BINS,)`` int.
        low: log10 of the lower end.
        high: log10 of the upper end.
    """

    counts: NDArray[np.int64]
    low: float
    high: float

    @classmethod
    def of(cls, field: CorrelationField) -> StrengthHistogram | None:
        """Count a field's strengths; None while nothing is relational."""
        strength = field.strength.ravel()
        largest = float(strength.max(initial=0.0))
        if not (np.isfinite(largest) and largest > 0):
            return None
        high = float(np.log10(largest))
        logarithms = np.log10(strength[strength > 10 ** (high - _DECADES)])
        counts, _ = np.histogram(logarithms, bins=BINS, range=(high - _DECADES, high))
        return cls(counts, high - _DECADES, high)


class StrengthSlider(QWidget):
    """A slider for α in front of the histogram of what it cuts; to the right is what the mask keeps.

    The axis is logarithmic over the four decades below the largest strength; its left end is α = 0.
    """

    alphaDragged = Signal(float)
    """α while the line is dragged, in output units per unit of intensity."""

    alphaReleased = Signal(float)
    """α when the line is let go, or after a key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Threshold α on the histogram of relational strength")
        self.setToolTip(
            "Relational strength R = min(max J, −min J) of the crop's values, both axes logarithmic.\n"
            "Drag the line: C(α) = [R > α]. Right of it is what the mask lets the attack change.\n"
            "Unit: output units per unit of intensity."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._histogram: StrengthHistogram | None = None
        self._alpha = 0.0
        self._pending: CorrelationField | None = None
        self._counted: CorrelationField | None = None
        self._counted_at = -np.inf
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._count_pending)

    # -- what the window calls

    def show_field(self, field: CorrelationField) -> None:
        """Show a field's histogram: once a field, and not more often than five times a second."""
        if field is self._counted or field is self._pending:
            return
        self._pending = field
        wait = self._counted_at + _INTERVAL_S - monotonic()
        if field.complete or wait <= 0:
            self._count_pending()
        elif not self._timer.isActive():
            self._timer.start(int(wait * 1000) + 1)

    def set_alpha(self, alpha: float) -> None:
        """Move the line without emitting anything."""
        if alpha != self._alpha and np.isfinite(alpha):
            self._alpha = max(0.0, alpha)
            self.setAccessibleDescription(f"α = {self._alpha:.4g}")
            self.update()

    def clear(self) -> None:
        """Forget the field."""
        self._timer.stop()
        self._pending = self._counted = self._histogram = None
        self.update()

    def shutdown(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    @property
    def alpha(self) -> float:
        """Where the line is."""
        return self._alpha

    @property
    def histogram(self) -> StrengthHistogram | None:
        """What is drawn; None without a field, or while nothing is relational."""
        return self._histogram

    def _count_pending(self) -> None:
        self._timer.stop()
        if self._pending is not None:
            self._counted, self._pending = self._pending, None
            self._histogram = StrengthHistogram.of(self._counted)
            self._counted_at = monotonic()
            self.update()

    # -- between α and the screen

    def _axis(self) -> tuple[float, float]:
        """Return the left and right end of the logarithmic part, in pixels."""
        return _SIDE + _ZERO_WIDTH, max(_SIDE + _ZERO_WIDTH + 1.0, self.width() - _SIDE)

    def position_of(self, alpha: float) -> float:
        """Return the place of a threshold, in pixels from the left."""
        left, right = self._axis()
        if self._histogram is None or alpha <= 0:
            return float(_SIDE)
        part = (np.log10(alpha) - self._histogram.low) / (self._histogram.high - self._histogram.low)
        return float(left + np.clip(part, 0, 1) * (right - left))

    def alpha_at(self, position: float) -> float:
        """Return the threshold at a place, in pixels from the left."""
        left, right = self._axis()
        if self._histogram is None or position < left:
            return 0.0
        part = min(1.0, (position - left) / (right - left))
        low, high = self._histogram.low, self._histogram.high
        return float(10 ** (low + part * (high - low)))

    # -- the pointer and the keys

    def _drag_to(self, position: float) -> None:
        if self._histogram is not None:
            self.set_alpha(self.alpha_at(position))
            self.alphaDragged.emit(self._alpha)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._histogram is not None:
            self.alphaReleased.emit(self._alpha)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -2,
            Qt.Key.Key_Down: -2,
            Qt.Key.Key_Right: 2,
            Qt.Key.Key_Up: 2,
            Qt.Key.Key_PageDown: -20,
            Qt.Key.Key_PageUp: 20,
            Qt.Key.Key_Home: -self.width(),
            Qt.Key.Key_End: self.width(),
        }
        if event.key() not in steps or self._histogram is None:
            super().keyPressEvent(event)
            return
        left, _ = self._axis()
        start, step = self.position_of(self._alpha), steps[Qt.Key(event.key())]
        if start < left and step > 0:  # out of the zero zone in one step
            start = left - step
        self._drag_to(start + step)
        self.alphaReleased.emit(self._alpha)

    # -- drawing

    def sizeHint(self) -> QSize:
        return QSize(220, 64 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 40 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_of(self.palette())
        foot = self.fontMetrics().height()
        plot = QRectF(_SIDE, 4, self.width() - 2 * _SIDE, self.height() - foot - 8)
        painter.fillRect(plot, QColor(theme.plot))
        if self._histogram is None:
            painter.setPen(QColor(theme.muted))
            painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "relational strength R")
        else:
            self._paint_bars(painter, plot, self._histogram)
            self._paint_decades(painter, plot, self._histogram)
            self._paint_line(painter, plot)
        focused = self.hasFocus()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if focused else theme.line), 1.5 if focused else 1.0))
        painter.drawRect(plot)

    def _paint_bars(self, painter: QPainter, plot: QRectF, histogram: StrengthHistogram) -> None:
        """Fill the outline of the log counts: grey where α cuts, the relational colour where it keeps."""
        theme = theme_of(self.palette())
        heights = np.log1p(histogram.counts)
        heights = heights / max(float(heights.max()), 1e-9) * (plot.height() - 3)
        left, right = self._axis()
        edges = np.linspace(left, right, BINS + 1)
        outline = [QPointF(left, plot.bottom())]
        for start, end, height in zip(edges[:-1], edges[1:], heights, strict=True):
            outline += [QPointF(start, plot.bottom() - height), QPointF(end, plot.bottom() - height)]
        polygon = QPolygonF([*outline, QPointF(right, plot.bottom())])
        at = self.position_of(self._alpha)
        kept = QColor(*mixed(CLASS_COLOURS[3], (0, 0, 0), 0.12 if theme.name == "light" else 0.0))
        painter.setPen(Qt.PenStyle.NoPen)
        for begin, end, colour in ((0.0, at, QColor(theme.line)), (at, float(self.width()), kept)):
            painter.setClipRect(QRectF(begin, 0, max(0.0, end - begin), self.height()))
            painter.setBrush(colour)
            painter.drawPolygon(polygon)
        painter.setClipping(False)

    def _paint_decades(self, painter: QPainter, plot: QRectF, histogram: StrengthHistogram) -> None:
        theme, metrics = theme_of(self.palette()), self.fontMetrics()
        first, last = int(np.ceil(histogram.low)), int(np.floor(histogram.high))
        for decade in range(first, last + 1):
            x = self.position_of(10.0**decade)
            painter.setPen(QPen(QColor(theme.line), 1))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
            label = f"{10.0**decade:g}" if -3 <= decade <= 3 else f"1e{decade}"
            width = metrics.horizontalAdvance(label)
            painter.setPen(QColor(theme.muted))
            spot = min(max(0.0, x - width / 2), self.width() - width)
            painter.drawText(QPointF(spot, plot.bottom() + 3 + metrics.ascent()), label)

    def _paint_line(self, painter: QPainter, plot: QRectF) -> None:
        theme, x = theme_of(self.palette()), self.position_of(self._alpha)
        painter.setPen(QPen(QColor(theme.accent), 2))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(QPen(QColor(theme.base), 1))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(QPointF(x, plot.center().y()), 5, 5)
