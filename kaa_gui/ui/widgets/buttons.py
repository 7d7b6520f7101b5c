"""Make small buttons; with a swatch of colour one is a legend's entry and its switch."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from kaa_gui.colours import Rgb


class Chip(QToolButton):
    """A checkable legend entry: a swatch and a word; unchecked hides what it stands for."""

    def __init__(
        self,
        text: str,
        colour: Rgb | None = None,
        *,
        tip: str = "",
        checked: bool = True,
        dashed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(checked)
        self.setAutoRaise(True)
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if colour is not None:
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.setIconSize(QSize(14, 14))
            self.setIcon(swatch(colour, dashed=dashed, ratio=self.devicePixelRatioF()))

    def room_for(self, text: str) -> QSize:
        """Return the size that the chip needs with another text."""
        shown = self.text()
        self.setText(text)
        size = self.sizeHint()
        self.setText(shown)
        return size


def button(
    text: str, *, tip: str, name: str = "", checkable: bool = False, parent: QWidget | None = None
) -> QToolButton:
    """Return a text button for a view's row of controls; without a name it is called what it says."""
    result = QToolButton(parent)
    result.setObjectName("choice")  # what the style sheet calls it
    result.setText(text)
    result.setToolTip(tip)
    result.setAccessibleName(name or text)
    result.setAccessibleDescription(tip)
    result.setCheckable(checkable)
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return result


def swatch(colour: Rgb, *, dashed: bool = False, ratio: float = 1.0) -> QIcon:
    """Return an icon: a filled square, or a broken stroke for what is drawn dashed; pale when off."""
    icon = QIcon()
    for state, opacity in ((QIcon.State.On, 1.0), (QIcon.State.Off, 0.3)):
        pixmap = QPixmap(QSize(14, 14) * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(opacity)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
        painter.setBrush(QColor(*colour))
        pieces = ((1.5, 5.0), (8.5, 5.0)) if dashed else ((1.5, 11.0),)
        for left, width in pieces:
            top, height = (4.5, 5.0) if dashed else (1.5, 11.0)
            painter.drawRoundedRect(QRectF(left, top, width, height), 2, 2)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon


def push_button(text: str, tip: str, slot: Callable[[], object]) -> QPushButton:
    """Return a button with a tooltip that Enter in a field doesn't press."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked=False: slot())
    return button
