"""A fixed width for what holds text, which grows and shrinks with the text's size."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QWidget

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
