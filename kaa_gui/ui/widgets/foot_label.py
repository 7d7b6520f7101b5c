"""Show a few words at the foot of a pane, wherever its foot is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget

MARGIN = 8


def overlay_label(text: str, parent: QWidget) -> QLabel:
    """Return a small label to lay over a picture, legible on any pixels and deaf to the mouse."""
    return _dressed(QLabel(text, parent))


class FootLabel(QLabel):
    """An overlay label that stays in the lower left corner of its parent and takes as many lines as it must.

    A second one stands to the right of the first, where there is room: half a label is none.
    """

    def __init__(self, parent: QWidget, *, beside: FootLabel | None = None) -> None:
        super().__init__(parent)
        _dressed(self)
        self.hide()
        self._beside: FootLabel | None = None
        self._parent, self._first = parent, beside or self
        if beside is None:
            parent.installEventFilter(self)
        else:
            beside._beside = self

    def say(self, text: str) -> None:
        """Set the words; none hides the label."""
        if text == self.text():
            return
        self.setText(text)
        self.setVisible(bool(text))
        self._first.place()

    def place(self, left: int = MARGIN) -> None:
        """Go to the foot, to the right of what is there already."""
        leads, most = self._first is self, self._parent.width() - left - MARGIN
        self.setWordWrap(False)
        self.adjustSize()
        if leads and self.width() > most > 0:
            self.setWordWrap(True)
            self.resize(most, self.heightForWidth(most))
        self.setVisible(bool(self.text()) and (leads or self.width() <= most))
        self.move(left, self._parent.height() - self.height() - MARGIN)
        self.raise_()
        if self._beside is not None:
            self._beside.place(left + self.width() + 4 if self.text() else left)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the parent's size."""
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)


def _dressed(label: QLabel) -> QLabel:
    label.setObjectName("overlay")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setStyleSheet(
        "QLabel#overlay { background: rgba(20, 22, 26, 175); color: #f0f2f5; border-radius: 4px;"
        " padding: 1px 6px; }"
    )
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
