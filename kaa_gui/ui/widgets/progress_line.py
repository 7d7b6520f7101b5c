"""Draw a thin bar of progress with everything else.

``QProgressBar.setValue`` repaints at once, outside the frame: with an OpenGL pane in the window each of
its steps has the whole window composed once more.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from kaa_gui.ui.appearance.theme import theme_of

_HEIGHT, _WIDTH = 6, 140


class ProgressLine(QWidget):
    """A share of a whole; a whole of nothing is drawn as "busy"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value, self._total = 0, 0

    @property
    def value(self) -> int:
        """Amount done."""
        return self._value

    @property
    def total(self) -> int:
        """Amount to do; 0 when unknown."""
        return self._total

    def show_progress(self, value: int, total: int) -> None:
        """Show how much of how much is done; a total of 0 means that nobody knows."""
        if (value, total) != (self._value, self._total):
            self._value, self._total = value, total
            self.setAccessibleDescription(f"{value} of {total}" if total else "busy")
            self.update()

    def sizeHint(self) -> QSize:
        """Return a short, thin line."""
        return QSize(_WIDTH, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove and bar."""
        theme, painter = theme_of(self.palette()), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole, radius = QRectF(self.rect()), self.height() / 2
        painter.setBrush(QColor(theme.line))
        painter.drawRoundedRect(whole, radius, radius)
        accent = QColor(theme.accent)
        if self._total:
            whole.setWidth(max(2 * radius, whole.width() * min(1.0, self._value / self._total)))
        else:
            accent.setAlphaF(0.45)
        painter.setBrush(accent)
        painter.drawRoundedRect(whole, radius, radius)
