"""Draw everybody found in a picture as numbered frames to click at."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.types import Person


class PeopleItem(pg.GraphicsObject):
    """The crops of everybody found, as numbered quadrilaterals in pixels of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self._quads: list[tuple[int, QPolygonF]] = []
        self._current = 0

    def set_people(self, people: tuple[Person, ...], current: int, crop_size: tuple[int, int]) -> None:
        """Draw these people's crops of ``(height, width)`` pixels; the current one stands out."""
        self.prepareGeometryChange()
        height, width = crop_size
        frame = QPolygonF(QRectF(0, 0, width, height))
        self._quads = [(person.number, affine(person.to_crop).inverted()[0].map(frame)) for person in people]
        self._current = current
        self.update()

    def person_at(self, point: QPointF) -> int | None:
        """Return the person whose crop contains a point of the picture; the nearest centre wins."""
        inside = [
            (_distance(quad, point), number)
            for number, quad in self._quads
            if quad.containsPoint(point, Qt.FillRule.OddEvenFill)
        ]
        return min(inside)[1] if inside else None

    def boundingRect(self) -> QRectF:
        bounds = QRectF()
        for _, quad in self._quads:
            bounds = bounds.united(quad.boundingRect())
        pad = 0.2 * max(bounds.width(), bounds.height())
        return bounds.adjusted(-pad, -pad, pad, pad)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        transform = painter.worldTransform()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        for number, polygon in sorted(self._quads, key=lambda entry: entry[0] == self._current):
            quad, current = transform.map(polygon), number == self._current
            colour = QColor(*POSE_COLOURS["clean"]) if current else QColor(235, 238, 242)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(QColor(0, 0, 0, 150), 4.0), QPen(colour, 2.4 if current else 1.4)):
                painter.setPen(pen)
                painter.drawPolygon(quad)
            badge = QRectF(0, 0, 22, 20)
            badge.moveCenter(quad.at(0))
            painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0))
            painter.setBrush(colour)
            painter.drawRoundedRect(badge, 5, 5)
            painter.setPen(QColor(15, 18, 22))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(number))


def _distance(quad: QPolygonF, point: QPointF) -> float:
    offset = quad.boundingRect().center() - point
    return float(np.hypot(offset.x(), offset.y()))


def affine(matrix: np.ndarray) -> QTransform:
    """Return a ``(2, 3)`` affine map as Qt's."""
    (a, b, tx), (c, d, ty) = matrix.astype(float).tolist()
    return QTransform(a, c, b, d, tx, ty)
