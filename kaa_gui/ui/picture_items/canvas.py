"""Pan and zoom the pane that picture views draw in; several can share one range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QWidget

_KEY_STEP = 0.12
"""Part of the visible range that an arrow key pans by."""

_ZOOM_KEYS = {
    Qt.Key.Key_Plus: 0.8,
    Qt.Key.Key_Equal: 0.8,
    Qt.Key.Key_Minus: 1.25,
}
_PAN_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PictureBox(pg.ViewBox):
    """A view box in pixels, y down, square pixels: wheel zooms, drag pans, double click shows all.

    Boxes linked with ``setXLink`` and ``setYLink`` keep the same centre and magnification, whatever the
    shapes of their panes and wherever they lie on the screen.

    Attributes:
        detached: While true the box neither leads nor follows its links: it shows other coordinates.
        take_hold: Asked where a plain drag begins, in pixels; it pans only if the answer is no.
    """

    clicked = Signal(object)
    """QPointF in pixels, on a click that was no drag."""

    carried = Signal(object)
    """QPointF in pixels: where what was taken hold of is now."""

    dropped = Signal(object)
    """QPointF in pixels: position where the button was released."""

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0.0)
        self.detached = False
        self.take_hold: Callable[[QPointF], bool] = lambda _at: False
        self._holding = False
        self._whole = QRectF(0, 0, 1, 1)
        self._at_whole = False
        self.disableAutoRange()

    @property
    def whole(self) -> QRectF:
        """Range that :meth:`show_whole` shows."""
        return self._whole

    def set_extent(self, width: float, height: float) -> None:
        """Tell the size of the picture in pixels: limits of zoom and pan follow from it."""
        self._whole = QRectF(0, 0, width, height)
        longest = max(width, height)
        self.setLimits(
            xMin=-2 * longest,
            xMax=width + 2 * longest,
            yMin=-2 * longest,
            yMax=height + 2 * longest,
            minXRange=min(4, longest),
            minYRange=min(4, longest),
        )

    @property
    def at_whole(self) -> bool:
        """Whether the whole picture is shown, and will be in a pane of any other size."""
        return self._at_whole

    def show_whole(self) -> None:
        """Show the whole picture, until something else is asked for."""
        # before those who are linked hear of it
        self._at_whole = True
        super().setRange(self._whole, padding=0)

    def setRange(self, *ranges: Any, **settings: Any) -> None:
        self._at_whole = False
        super().setRange(*ranges, **settings)

    def resizeEvent(self, ev: QGraphicsSceneResizeEvent) -> None:
        super().resizeEvent(ev)
        if self._at_whole:
            # a pane that was a sliver for a moment would stay zoomed in
            self.show_whole()

    def linkedViewChanged(self, view: pg.ViewBox | None, axis: int) -> None:
        # pyqtgraph aligns linked views by their places on the screen; pictures want the same centre and
        # the same shorter side instead
        if self.linksBlocked or view is None or self.detached or getattr(view, "detached", False):
            return
        at_whole = isinstance(view, PictureBox) and view.at_whole
        if at_whole and self._at_whole:
            return
        theirs, mine = view.viewRect(), self.viewRect()
        side = min(theirs.width(), theirs.height())
        offset = theirs.center() - mine.center()
        tolerance = 1e-6 * side
        if max(abs(offset.x()), abs(offset.y()), abs(min(mine.width(), mine.height()) - side)) < tolerance:
            return
        square = QRectF(0, 0, side, side)
        square.moveCenter(theirs.center())
        view.blockLink(True)
        try:
            self.setRange(square, padding=0)
            self._at_whole = at_whole
        finally:
            view.blockLink(False)

    def mouseDragEvent(self, ev: MouseDragEvent, axis: int | None = None) -> None:
        if ev.isStart():
            plain = ev.button() == Qt.MouseButton.LeftButton and not ev.modifiers()
            self._holding = plain and self.take_hold(QPointF(self.mapSceneToView(ev.buttonDownScenePos())))
        if not self._holding:
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        at = QPointF(self.mapSceneToView(ev.scenePos()))
        if ev.isFinish():
            self._holding = False
            self.dropped.emit(at)
        else:
            self.carried.emit(at)

    def mouseClickEvent(self, ev: MouseClickEvent) -> None:
        if ev.button() != Qt.MouseButton.LeftButton:
            return
        ev.accept()
        if ev.double():
            self.show_whole()
        else:
            self.clicked.emit(QPointF(self.mapSceneToView(ev.scenePos())))

    def zoom(self, factor: float) -> None:
        """Scale the visible range about its centre; below 1 magnifies."""
        self.scaleBy((factor, factor))

    def pan(self, right: float, down: float) -> None:
        """Move by parts of the visible range."""
        seen = self.viewRect()
        self.translateBy(x=right * seen.width(), y=down * seen.height())

    def handle_key(self, key: int) -> bool:
        """Zoom, pan or reset by a key (+, -, 0, Home, arrows); return whether it was one of them."""
        if key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_whole()
        elif key in _ZOOM_KEYS:
            self.zoom(_ZOOM_KEYS[Qt.Key(key)])
        elif key in _PAN_KEYS:
            right, down = _PAN_KEYS[Qt.Key(key)]
            self.pan(right * _KEY_STEP, down * _KEY_STEP)
        else:
            return False
        return True


class Canvas(pg.GraphicsView):
    """A pane around one central item that lets its keys through and tells when the pointer leaves."""

    pointed = Signal(object)
    """QPointF, where the pointer is, in the scene, whenever it moves."""

    clicked = Signal(object)
    """A pyqtgraph MouseClickEvent."""

    left = Signal()
    """The pointer has gone."""

    def __init__(self, item: pg.GraphicsWidget, *, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False)
        self.setBackground(None)
        self.setCentralItem(item)
        self.setMinimumSize(80, 60)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # the window takes what is dropped, wherever that is
        for target in (self, self.viewport()):
            target.setAcceptDrops(False)
        scene: Any = self.scene()
        scene.sigMouseMoved.connect(self.pointed)
        scene.sigMouseClicked.connect(self.clicked)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        ev.ignore()  # pyqtgraph would swallow every key; the view decides

    def leaveEvent(self, ev: QEvent) -> None:
        super().leaveEvent(ev)
        self.left.emit()
