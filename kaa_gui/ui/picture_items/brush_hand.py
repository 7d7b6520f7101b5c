"""Turn the pointer into a brush while the tool is active."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent

from kaa_gui.ui.picture_items.canvas import Canvas

_DOWN = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)


@dataclass(frozen=True, slots=True)
class Touch:
    """Place where the brush is put down.

    Attributes:
        x: Pixels of the crop, to the right.
        y: Pixels of the crop, downwards.
        other: Whether it is the right button.
        straight: Whether a line leads here from where the last stroke ended (Shift).
    """

    x: float
    y: float
    other: bool = False
    straight: bool = False


class BrushHand(QObject):
    """Takes the left and right button of a canvas; wheel and middle button go on to zoom and pan.

    pyqtgraph's own drags begin some pixels late and skip moves, which a stroke would show.

    Signals:
        began: A :class:`Touch`.
        moved: x and y in pixels of the crop, with the button down.
        ended: The button has been released.
        hovered: QPointF in pixels of the crop, whenever the pointer moves; None when it has gone.
        turned: Notches of the wheel with Ctrl, above 0 away from the hand.
    """

    began = Signal(object)
    moved = Signal(float, float)
    ended = Signal()
    hovered = Signal(object)
    turned = Signal(int)

    def __init__(self, canvas: Canvas, to_crop: Callable[[QPointF], QPointF]) -> None:
        """Watch nothing yet.

        Args:
            canvas: Canvas that the pointer is over.
            to_crop: Maps a place of the canvas's scene to pixels of the crop.
        """
        super().__init__(canvas)
        self._canvas, self._to_crop = canvas, to_crop
        self._button = Qt.MouseButton.NoButton
        self.in_hand = False

    def take(self, on: bool) -> None:
        """Activate or put down the brush."""
        if on == self.in_hand:
            return
        self.in_hand, viewport = on, self._canvas.viewport()
        self._button = Qt.MouseButton.NoButton
        if on:
            viewport.installEventFilter(self)
            viewport.setCursor(Qt.CursorShape.CrossCursor)
        else:
            viewport.removeEventFilter(self)
            viewport.unsetCursor()
            self.hovered.emit(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _DOWN:
            return self._press(cast("QMouseEvent", event))
        if kind is QEvent.Type.MouseMove:
            return self._move(cast("QMouseEvent", event))
        if kind is QEvent.Type.MouseButtonRelease:
            return self._release(cast("QMouseEvent", event))
        if kind is QEvent.Type.Wheel:
            return self._turn(cast("QWheelEvent", event))
        if kind is QEvent.Type.Leave:
            self.hovered.emit(None)
        return kind is QEvent.Type.ContextMenu

    def _press(self, event: QMouseEvent) -> bool:
        if event.button() not in _BUTTONS:
            return False
        if self._button is Qt.MouseButton.NoButton:
            self._button = event.button()
            at = self._place(event)
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            other = event.button() is Qt.MouseButton.RightButton
            self.began.emit(Touch(at.x(), at.y(), other, shifted))
        return True

    def _move(self, event: QMouseEvent) -> bool:
        at = self._place(event)
        self.hovered.emit(at)
        if self._button is Qt.MouseButton.NoButton:
            return False
        self.moved.emit(at.x(), at.y())
        return True

    def _release(self, event: QMouseEvent) -> bool:
        if event.button() not in _BUTTONS:
            return False
        if event.button() is self._button:
            self._button = Qt.MouseButton.NoButton
            self.ended.emit()
        return True

    def _turn(self, event: QWheelEvent) -> bool:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        self.turned.emit(1 if event.angleDelta().y() > 0 else -1)
        return True

    def _place(self, event: QMouseEvent) -> QPointF:
        # not mapToScene, which knows whole pixels alone
        return self._to_crop(self._canvas.viewportTransform().inverted()[0].map(event.position()))
