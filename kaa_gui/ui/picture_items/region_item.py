"""Draw the region that the mask is kept in, the box being drawn, and the brush."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kaa_gui.ui.picture_items.painted_item import BrushRing, PaintedItem

_DEPTH = 30
_CASING, _LINE = QColor(0, 0, 0, 170), QColor(255, 255, 255)


class RegionItem(pg.GraphicsObject):
    """Up to two quadrilaterals in pixels of the crop: the region in force, and the one in the making.

    Attributes:
        painted: The painted region.
        ring: Ring that shows the brush.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outline, self.band = QPolygonF(), QPolygonF()
        self.setZValue(_DEPTH)
        self.painted, self.ring = PaintedItem(self), BrushRing(self)

    def set_outline(self, corners: QPolygonF) -> None:
        """Show the region in force; an empty polygon is none."""
        if corners != self.outline:
            self.prepareGeometryChange()
            self.outline = corners
            self.update()

    def set_band(self, corners: QPolygonF) -> None:
        """Show the region being drawn; an empty polygon is none."""
        self.prepareGeometryChange()
        self.band = corners
        self.update()

    def boundingRect(self) -> QRectF:
        bounds = self.outline.boundingRect().united(self.band.boundingRect())
        return bounds.adjusted(-4, -4, 4, 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for corners, dashes in ((self.outline, [5.0, 3.0]), (self.band, [2.0, 2.0])):
            for colour, width in ((_CASING, 3.0), (_LINE, 1.6)):
                pen = QPen(colour, width)
                pen.setCosmetic(True)
                if colour is _LINE:
                    pen.setDashPattern(dashes)
                painter.setPen(pen)
                painter.drawPolygon(corners)
