"""Draw a second picture over the left part of the first, up to a divider that can be dragged."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt

from kaa_gui.core.types import UInt8Image

_DEPTH, _DIVIDER_DEPTH = 1, 40


class SwipeItem:
    """The left picture and its divider, in a view box; hidden until there is something to show.

    Attributes:
        pixels: The part of the left picture that is seen.
        divider: The line between the two.
    """

    def __init__(self, box: pg.ViewBox) -> None:
        self.pixels = pg.ImageItem(axisOrder="row-major")
        self.pixels.setZValue(_DEPTH)
        self.divider = pg.InfiniteLine(
            angle=90,
            movable=True,
            pen=pg.mkPen("w", width=2),
            hoverPen=pg.mkPen("w", width=4),
        )
        self.divider.addMarker("<|>", size=14)
        self.divider.setZValue(_DIVIDER_DEPTH)
        self.divider.setCursor(Qt.CursorShape.SplitHCursor)
        box.addItem(self.pixels)
        box.addItem(self.divider, ignoreBounds=True)
        self._whole: UInt8Image | None = None
        self.divider.sigPositionChanged.connect(self._cut)
        self.hide()

    @property
    def column(self) -> int:
        """The first column right of the divider."""
        return round(self.divider.pos().x())

    def show_left(self, pixels: UInt8Image) -> None:
        """Show an ``(H, W, 3)`` uint8 picture left of the divider, which begins in the middle."""
        width = pixels.shape[1]
        if self._whole is None or self._whole.shape != pixels.shape:
            self.divider.setBounds((0, width))
            self.divider.setValue(width / 2)
        self._whole = pixels
        self.divider.show()
        self._cut()

    def move(self, by: float) -> None:
        """Move the divider by some columns."""
        self.divider.setValue(self.divider.pos().x() + by)

    def hide(self) -> None:
        """Show the other picture alone."""
        self.pixels.hide()
        self.divider.hide()

    def _cut(self) -> None:
        if self._whole is None or not self.divider.isVisible():
            return
        part = self._whole[:, : self.column]
        self.pixels.setVisible(part.size > 0)
        if part.size:
            self.pixels.setImage(part, levels=(0, 255), autoLevels=False)
