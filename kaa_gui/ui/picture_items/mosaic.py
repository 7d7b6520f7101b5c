"""Draw many small pictures as one, and find the channel and cell under a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kaa_gui.core.types import FloatArray

_ASPECT = 2.6
"""Wanted width over height: panels are wider than high."""

_LEAST_LABEL = 44.0
"""Logical pixels; narrower tiles carry no name."""


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Place of each channel's tile.

    Attributes:
        channels: Number of tiles.
        height: Height of a tile, cells.
        width: Width of a tile, cells.
    """

    channels: int
    height: int
    width: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Mosaic:
        """Return the mosaic of an activation: ``(C, h, w)``, or ``(n,)`` as n cells."""
        if len(shape) == 3:
            return cls(*shape)
        return cls(math.prod(shape), 1, 1)

    @property
    def gap(self) -> int:
        """Cells between tiles."""
        return 1 if self.width > 1 else 0

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return min(
            self.channels, max(1, round(math.sqrt(self.channels * _ASPECT * self.height / self.width)))
        )

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.channels // self.columns)

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of the whole, cells."""
        wide, high = self.width + self.gap, self.height + self.gap
        return self.columns * wide - self.gap, self.rows * high - self.gap

    def compose(self, values: FloatArray, *, filling: float) -> FloatArray:
        """Return the picture of an activation, ``filling`` between the tiles."""
        high, wide = self.height + self.gap, self.width + self.gap
        whole = np.full((self.rows * self.columns, high, wide), filling, np.float32)
        whole[: self.channels, : self.height, : self.width] = values.reshape(-1, self.height, self.width)
        grid = whole.reshape(self.rows, self.columns, high, wide).swapaxes(1, 2)
        across, down = self.extent
        return np.ascontiguousarray(grid.reshape(self.rows * high, self.columns * wide)[:down, :across])

    def tile(self, channel: int) -> QRectF:
        """Return where a channel is."""
        row, column = divmod(channel, self.columns)
        step_x, step_y = self.width + self.gap, self.height + self.gap
        return QRectF(column * step_x, row * step_y, self.width, self.height)

    def output_at(self, x: float, y: float) -> int | None:
        """Return the flat index of the output under a point; None between and beside the tiles."""
        column, across = divmod(int(np.floor(x)), self.width + self.gap)
        row, down = divmod(int(np.floor(y)), self.height + self.gap)
        channel = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and channel < self.channels
        if not inside or across >= self.width or down >= self.height:
            return None
        return (channel * self.height + down) * self.width + across


_SHORT = (("left ", "L "), ("right ", "R "), ("auxiliary ", "aux "))
"""An ellipsis would take away what tells two joints apart."""


def short_name(name: str) -> str:
    """Return a joint's name as it fits on a narrow tile."""
    for word, letter in _SHORT:
        name = name.replace(word, letter)
    return name


class TileNames(pg.GraphicsObject):
    """The names of the tiles, at the size of the screen, where there is room for them."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: list[tuple[QRectF, str]] = []
        self._bounds = QRectF()
        self.setZValue(5)

    def set_names(self, mosaic: Mosaic, names: Sequence[str]) -> None:
        """Name the first tiles."""
        self.prepareGeometryChange()
        self._tiles = [(mosaic.tile(channel), name) for channel, name in enumerate(names)]
        self._bounds = QRectF()
        for tile, _ in self._tiles:
            self._bounds = self._bounds.united(tile)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        transform = painter.worldTransform()
        painter.resetTransform()
        font = painter.font()
        font.setPointSizeF(max(6.0, 0.8 * font.pointSizeF()))
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for tile, name in self._tiles:
            seen = transform.mapRect(tile)
            if seen.width() < _LEAST_LABEL:
                return
            strip = QRectF(seen.left(), seen.top(), seen.width(), metrics.height())
            painter.fillRect(strip, QColor(20, 22, 26, 150))
            painter.setPen(QColor(240, 242, 245))
            room = seen.width() - 4
            fitting = name if metrics.horizontalAdvance(name) <= room else short_name(name)
            text = metrics.elidedText(fitting, Qt.TextElideMode.ElideRight, room)
            painter.drawText(strip.adjusted(2, 0, -2, 0), Qt.AlignmentFlag.AlignLeft, text)
