"""A label whose text changes many times a second without moving anything else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QLabel

SLACK = 48
"""Pixels that a text may be narrower than its label before the label gives them back."""


class SteadyLabel(QLabel):
    """A label that keeps the size of the widest of its last texts.

    Qt arranges a whole window anew when any label in it may want another size, which takes longer than a
    frame; a label of fixed size is left out of that.
    """

    def setText(self, text: str) -> None:
        """Show a text, and take another size only where it needs one."""
        if text != self.text():
            super().setText(text)
            self._keep_room(SLACK)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._keep_room(0)

    def _keep_room(self, slack: int) -> None:
        needed, here = self._needed(), self.maximumSize()
        if not 0 <= here.width() - needed.width() <= slack or here.height() != needed.height():
            self.setFixedSize(needed)

    def _needed(self) -> QSize:
        # a label never asks for less than its own fixed size, so a hidden one of the same dress is asked
        twin = self.findChild(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if twin is None:
            twin = QLabel(self)
            twin.hide()
        if twin.objectName() != self.objectName():
            twin.setObjectName(self.objectName())
            twin.style().polish(twin)
        # it may hear of another font later than its parent
        twin.setFont(self.font())
        twin.setTextFormat(self.textFormat())
        twin.setText(self.text())
        return twin.sizeHint()
