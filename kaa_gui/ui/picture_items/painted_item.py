"""Draw the painted region over a picture, and the ring that is the brush."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_CASING, _TINT, _LINE = QColor(0, 0, 0, 150), QColor(0, 158, 115, 105), QColor(255, 255, 255)
_NOTHING = QColor(0, 0, 0, 0)
_OUTLINE = 3
_LONGEST = 32_000
"""Longest side, in pixels, that OpenCV warps."""


class PaintedItem(pg.GraphicsObject):
    """A bitmap of the picture, outlined, and tinted while the brush is active.

    It is looked at through the view's transform at the screen's own pixels: what that costs depends on the
    pane alone, however large the picture is and however ragged the outline, which stays thin at any zoom.
    """

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.bitmap: NDArray[np.uint8] | None = None
        self._tinted = False
        self._revision = 0
        self._drawn: tuple[tuple[object, ...], QImage] = ((), QImage())

    def show_bitmap(self, bitmap: NDArray[np.uint8] | None, to_crop: QTransform) -> None:
        """Show ``(H, W)`` of 0 and 1, or nothing; it is not copied.

        Args:
            bitmap: Bitmap of the picture.
            to_crop: Map from pixels of the picture to those of the crop.
        """
        self.prepareGeometryChange()
        self.bitmap = bitmap
        self.setTransform(to_crop)
        self.touch(self.boundingRect())

    def set_tinted(self, tinted: bool) -> None:
        """Fill it with colour as well, or draw only its outline."""
        self._tinted = tinted
        self.touch(self.boundingRect())

    def touch(self, changed: QRectF) -> None:
        """Draw a part of the picture again: the bitmap has changed there."""
        self._revision += 1
        seen = self.sceneTransform()
        scale = math.hypot(seen.m11(), seen.m12())
        # the outline has its width on the screen
        pad = _OUTLINE / scale if scale else 0.0
        self.update(changed.adjusted(-pad, -pad, pad, pad))

    def boundingRect(self) -> QRectF:
        if self.bitmap is None:
            return QRectF()
        height, width = self.bitmap.shape
        return QRectF(-2, -2, width + 4, height + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.bitmap is None:
            return
        size = painter.viewport().size() if widget is None else widget.size()
        ratio, transform = painter.device().devicePixelRatioF(), painter.worldTransform()
        key = (self._revision, size, ratio, transform)
        if key != self._drawn[0]:
            self._drawn = (key, self._seen(self.bitmap, transform, size=size, ratio=ratio))
        painter.resetTransform()
        painter.drawImage(QPointF(), self._drawn[1])

    def _seen(self, bitmap: NDArray[np.uint8], transform: QTransform, *, size: QSize, ratio: float) -> QImage:
        """Return what covers a pane of this size, in the screen's pixels."""
        import cv2  # late: the window is painted before it is needed

        step = -(-max(bitmap.shape) // _LONGEST)
        bitmap = np.ascontiguousarray(bitmap[::step, ::step])
        back = (QTransform.fromScale(step, step) * transform * QTransform.fromScale(ratio, ratio)).inverted()[
            0
        ]
        # both sides count from the centres of their pixels
        across, down = back.m11() + back.m21(), back.m12() + back.m22()
        matrix = np.array(
            [
                [back.m11(), back.m21(), back.dx() + across / 2 - 0.5],
                [back.m12(), back.m22(), back.dy() + down / 2 - 0.5],
            ]
        )
        pane = (max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
        seen = cv2.warpAffine(bitmap, matrix, pane, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        kernel = np.ones((2 * round(ratio) + 1,) * 2, np.uint8)
        # nothing 0, around it 1, inside 2, its edge 3
        codes = cv2.dilate(seen, kernel) + 2 * seen - cv2.erode(seen, kernel)
        image = QImage(codes.data, pane[0], pane[1], pane[0], QImage.Format.Format_Indexed8)
        colours = (_NOTHING, _CASING, _TINT if self._tinted else _NOTHING, _LINE)
        image.setColorTable([colour.rgba() for colour in colours])
        image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        return image


class BrushRing(pg.GraphicsObject):
    """A circle around the pointer, as large as the brush."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.radius, self._erases = 0.0, False
        self.hide()

    def set_brush(self, radius: float, *, erases: bool) -> None:
        """Take the brush's radius in pixels of the crop; the eraser's line is dashed."""
        if (radius, erases) != (self.radius, self._erases):
            self.prepareGeometryChange()
            self.radius, self._erases = radius, erases
            self.update()

    def put(self, at: QPointF | None) -> None:
        """Move it to a place of the crop, or hide it."""
        if at is not None:
            self.setPos(at)
        self.setVisible(at is not None)

    def boundingRect(self) -> QRectF:
        reach = self.radius + 2
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (_LINE, 1.4)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            if self._erases and colour is _LINE:
                pen.setDashPattern([3.0, 3.0])
            painter.setPen(pen)
            painter.drawEllipse(QPointF(), self.radius, self.radius)
