"""Make a button at a pane's corner: drag it to take the view out of the window, click to copy."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from kaa_gui.ui.appearance.icons import icon
from kaa_gui.ui.appearance.theme import theme_of


class Grip(QToolButton):
    """Takes no focus: the keyboard's way to a copy is the command palette.

    Signals:
        dragged: A drag has begun; whether vectors are wanted (Ctrl) rather than pixels.
    """

    dragged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("grip")
        self.setAccessibleName("Copy this view")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setIconSize(QSize(14, 14))
        self._pressed_at: QPointF | None = None
        self.offer(vectors=False)
        self._take_theme()

    def offer(self, *, vectors: bool) -> None:
        """Say what a drag gives."""
        tip = (
            "Drag: take this view to a folder or another program, as a PNG"
            + (", with Ctrl as a PDF" if vectors else "")
            + ". Click: copy it"
        )
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note where a drag would begin."""
        super().mousePressEvent(event)
        self._pressed_at = event.position() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag once the hand has moved for certain."""
        super().mouseMoveEvent(event)
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        moved = (event.position() - self._pressed_at).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed_at = None
            # the drag takes the release, which would have been a click
            self.setDown(False)
            self.dragged.emit(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icon in the theme's ink."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._take_theme()

    def _take_theme(self) -> None:
        theme = theme_of(self.palette())
        self.setIcon(icon("drag_out", theme.text, theme.muted))
