"""Show a small picture under its clean and attacked pose, with a heading."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.types import Scene, Snapshot
from kaa_gui.ui.appearance.theme import theme_of
from kaa_gui.ui.picture_items.canvas import Canvas, PictureBox
from kaa_gui.ui.picture_items.skeleton_item import SkeletonItem

_FAINT = 0.45


class PosePicture(QWidget):
    """Shows one attacked crop; pans and zooms like every picture."""

    def __init__(self, title: str, *, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(tip)
        self.title = title
        self.heading = QLabel(title)
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.heading.setTextFormat(Qt.TextFormat.RichText)
        # the pictures beside each other stay equally wide, whatever their headings say
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.box = PictureBox()
        self.canvas = Canvas(self.box)
        self.canvas.setAccessibleName(f"{title}: attacked picture")
        self.image = pg.ImageItem(axisOrder="row-major")
        self.box.addItem(self.image)
        self.skeletons = {name: SkeletonItem(POSE_COLOURS[name], width=1.8) for name in ("clean", "attacked")}
        for depth, skeleton in enumerate(self.skeletons.values()):
            skeleton.setZValue(10 + depth)
            self.box.addItem(skeleton, ignoreBounds=True)
        self.skeletons["clean"].setOpacity(_FAINT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.canvas, 1)
        self._take_theme()

    def show_run(self, scene: Scene, snapshot: Snapshot) -> None:
        """Show an iterate's pixels and poses."""
        height, width = scene.crop.shape[:2]
        self.image.setImage(snapshot.adversarial, levels=(0, 255), autoLevels=False)
        self.box.set_extent(width, height)
        self.box.show_whole()
        self.skeletons["clean"].set_pose(snapshot.clean)
        self.skeletons["attacked"].set_pose(snapshot.attacked)

    def set_heading(self, html: str) -> None:
        """Set the words above the picture."""
        self.heading.setText(html)

    def clear(self) -> None:
        """Show nothing."""
        self.image.clear()
        for skeleton in self.skeletons.values():
            skeleton.set_pose(None)
        self.heading.setText(self.title)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._take_theme()

    def _take_theme(self) -> None:
        self.canvas.setBackground(theme_of(self.palette()).canvas)

    def shutdown(self) -> None:
        """Take the pane apart while Python still holds its items."""
        if not self.canvas.closed:
            self.box.close()
            self.canvas.close()
