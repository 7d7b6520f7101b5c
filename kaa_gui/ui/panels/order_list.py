"""Order the rows of a list by dragging, or by Alt and the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QWidget

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class OrderList(QListWidget):
    """A list in an order of the user's.

    Signals:
        reordered: A row has been moved by hand.
    """

    reordered = Signal()

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(f"{tip}; Alt+Up and Alt+Down move the chosen row")
        self.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        self.model().rowsMoved.connect(lambda *_: self.reordered.emit())

    def texts(self) -> tuple[str, ...]:
        """Return what the rows say, in order."""
        return tuple(self.item(row).text() for row in range(self.count()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the chosen row."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
            return
        row = self.currentRow()
        if 0 <= row + step < self.count() and row >= 0:
            self.blockSignals(True)
            item = self.takeItem(row)
            self.insertItem(row + step, item)
            self.blockSignals(False)
            self.setCurrentRow(row + step)
            self.reordered.emit()
