"""A label whose text changes many times a second without moving anything else."""

from __future__ import annotations

from PySide6.QtCore import QEvent
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
        needed, here = self.sizeHint(), self.maximumSize()
        if not 0 <= here.width() - needed.width() <= slack or here.height() != needed.height():
            self.setFixedSize(needed)
