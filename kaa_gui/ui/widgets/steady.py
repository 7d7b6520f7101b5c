"""Keep the room of labels whose text changes many times a second."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QLabel, QWidget

SLACK = 48
"""Pixels that a text may be narrower than its label before the label gives them back."""


class SteadyLabel(QLabel):
    """A label that keeps the size of the widest of its last texts.

    Qt lays out the whole window again when any label in it may want another size, which takes longer than a
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


_DIGITS = "0123456789"


def hold_width(widget: QWidget, width: int) -> None:
    """Fix a widget's width, now and whenever its font changes.

    Args:
        widget: Holds a number or a few words.
        width: Pixels, at the system's text size; as many digits fit at every other one.
    """
    held = widget.findChild(_HeldWidth) or _HeldWidth(widget)
    held.hold(width)


class _HeldWidth(QObject):
    """Watches the font of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget, self._width = widget, 0
        widget.installEventFilter(self)

    def hold(self, width: int) -> None:
        self._width = width
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
        return False

    def _fit(self) -> None:
        usual = QFontMetrics(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
        share = self._widget.fontMetrics().horizontalAdvance(_DIGITS) / usual.horizontalAdvance(_DIGITS)
        # smaller text leaves room; frame and caret don't shrink with it
        wanted = round(self._width * max(1.0, share))
        if self._widget.minimumWidth() != wanted:
            self._widget.setFixedWidth(wanted)
