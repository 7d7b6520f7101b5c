"""Draw a slim bar of iterations: how far the run is, where it is looked at, what stands out."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from kaa_gui.colours import BLUISH_GREEN, VERMILLION
from kaa_gui.ui.appearance.theme import theme_of

_HEIGHT, _GROOVE, _HANDLE = 24, 6.0, 6.0
_GRAB = 7.0
"""Logical pixels within which a press beside a mark goes to the mark."""


class ScrubBar(QSlider):
    """A slider over the planned iterations of which only those that exist can be gone to.

    Press or drag goes there at once; the keys are a slider's. The best iterate carries a triangle above
    the groove, the first success one below it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Iterate shown")
        self.setRange(0, 0)
        self._newest = 0
        self._best: int | None = None
        self._first_success: int | None = None

    @property
    def marks(self) -> tuple[int | None, int | None]:
        """The best iterate and the first success."""
        return self._best, self._first_success

    def show_run(
        self, newest: int, planned: int, *, best: int | None = None, first_success: int | None = None
    ) -> None:
        """Show how far a run is.

        Args:
            newest: Number of the newest iterate.
            planned: Number of the last one to come.
            best: Number of the best iterate so far.
            first_success: Number of the first iterate that succeeded.
        """
        state = (newest, best, first_success)
        if state == (self._newest, self._best, self._first_success) and planned == self.maximum():
            return
        self._newest, self._best, self._first_success = state
        self.setMaximum(max(planned, newest))
        self.update()

    def show_iteration(self, iteration: int) -> None:
        """Put the handle at an iterate, without emitting a signal."""
        blocked = self.blockSignals(True)
        self.setValue(iteration)
        self.blockSignals(blocked)
        self.setAccessibleDescription(f"iteration {iteration} of {self.maximum()}")

    def iteration_at(self, x: float) -> int:
        """Return the iteration under a place of the bar, a mark if one is near; at most the newest."""
        for mark in (self._best, self._first_success):
            if mark is not None and abs(self._x(mark) - x) <= _GRAB:
                return mark
        left, width = self._groove()
        share = min(max((x - left) / width, 0.0), 1.0)
        return min(round(share * self.maximum()), self._newest)

    # -- drawing

    def sizeHint(self) -> QSize:
        """Return a slim bar."""
        return QSize(240, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the narrowest bar worth having."""
        return QSize(80, _HEIGHT)

    def _groove(self) -> tuple[float, float]:
        """Return the groove's left end and its length."""
        return _HANDLE + 2, max(1.0, self.width() - 2 * _HANDLE - 4)

    def _x(self, iteration: int) -> float:
        left, width = self._groove()
        return left + width * iteration / max(1, self.maximum())

    def paintEvent(self, ev: QPaintEvent) -> None:
        """Draw groove, marks and handle in the theme's colours."""
        theme, painter = theme_of(self.palette()), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        left, width = self._groove()
        middle = self.height() / 2
        groove = QRectF(left, middle - _GROOVE / 2, width, _GROOVE)
        painter.setBrush(QColor(theme.line))
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        accent = QColor(theme.accent)
        done = QColor(accent)
        done.setAlphaF(0.4)
        painter.setBrush(done)
        groove.setRight(max(left + _GROOVE, self._x(self._newest)))
        painter.drawRoundedRect(groove, _GROOVE / 2, _GROOVE / 2)
        for mark, colour, side in ((self._best, VERMILLION, -1), (self._first_success, BLUISH_GREEN, 1)):
            if mark is not None:
                painter.setBrush(QColor(*colour))
                painter.drawPolygon(_arrow(self._x(mark), middle, side))
        painter.setBrush(accent)
        outline = QColor(theme.text if self.hasFocus() else theme.window)
        painter.setPen(QPen(outline, 2.0))
        painter.drawEllipse(QPointF(self._x(self.value()), middle), _HANDLE, _HANDLE)

    # -- the pointer

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Go where the pointer is."""
        if ev.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go(ev.position().x())
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Follow the pointer."""
        if ev.buttons() & Qt.MouseButton.LeftButton:
            self._go(ev.position().x())
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)
        ev.accept()

    def wheelEvent(self, e: QWheelEvent) -> None:
        """Go one iterate a notch: up is on, as on every slider."""
        notches = e.angleDelta().y() / 120
        self.setValue(min(self.value() + round(notches), self._newest))
        e.accept()

    def _go(self, x: float) -> None:
        self.setValue(self.iteration_at(x))


def _arrow(x: float, middle: float, side: int) -> QPolygonF:
    """Return a triangle that points at the groove from above (side −1) or below (1)."""
    tip, base = middle + side * (_GROOVE / 2 + 0.5), middle + side * (_GROOVE / 2 + 7.5)
    return QPolygonF([QPointF(x, tip), QPointF(x - 4.5, base), QPointF(x + 4.5, base)])
