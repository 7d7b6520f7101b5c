"""Base of the views of the crop: pan, zoom, crosshair, probe and caption."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPolygonF, QTransform
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kaa_gui.core.types import Pose, Scene, Snapshot, UInt8Image
from kaa_gui.ui.picture_items.brush_hand import BrushHand
from kaa_gui.ui.picture_items.canvas import Canvas, PictureBox
from kaa_gui.ui.picture_items.joint_mark import JointMark
from kaa_gui.ui.picture_items.region_item import RegionItem
from kaa_gui.ui.views.view import View
from kaa_gui.ui.widgets.foot_label import FootLabel

STALE_OPACITY = 0.4


@dataclass(frozen=True, slots=True)
class Probe:
    """Place of the pointer.

    Attributes:
        view: Name of the view under the pointer.
        x: Pixels of the crop, to the right.
        y: Pixels of the crop, downwards; pixel (row, column) is ``(int(y), int(x))``.
    """

    view: str
    x: float
    y: float


class PictureView(View):
    """Base of the views that show the crop.

    Wheel zooms at the pointer, drag pans, double click or 0 shows all, + - and arrows work too.

    Attributes:
        view_box: View box for the window to link (``setXLink``, ``setYLink``).
        image: The picture.
        brush: The pointer, while it paints the region.
    """

    hovered = Signal(object)
    """A :class:`Probe`, or None when the pointer has left the crop."""

    regionDrawn = Signal(object)
    """QPolygonF, four corners in pixels of the crop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view_box = PictureBox()
        self.canvas = Canvas(self.view_box)
        self.canvas.setAccessibleName(f"{self.title}: picture")
        self.image = pg.ImageItem(axisOrder="row-major")
        self.view_box.addItem(self.image)
        self._cross = tuple(
            pg.InfiniteLine(angle=angle, pen=pg.mkPen((255, 255, 255, 150), width=1)) for angle in (90, 0)
        )
        for line in self._cross:
            line.setZValue(50)
            line.hide()
            self.view_box.addItem(line, ignoreBounds=True)
        self.joint_mark = JointMark()
        self.view_box.addItem(self.joint_mark, ignoreBounds=True)
        self._poses: dict[str, Pose | None] = {}
        self._highlight: str | None = None
        self.region = RegionItem()
        self.view_box.addItem(self.region, ignoreBounds=True)
        self.brush = BrushHand(self.canvas, self._crop_place)
        self._region_tool = False
        self._region_from: QPointF | None = None
        self.view_box.take_hold = self._take_hold
        self.view_box.carried.connect(self._stretch_region)
        self.view_box.dropped.connect(self._drop_region)
        self.caption = FootLabel(self.canvas)
        self._body = QWidget()
        self._body_layout = QHBoxLayout(self._body)
        self._body_layout.setContentsMargins(0, 0, 0, 0)
        self._body_layout.setSpacing(0)
        self._body_layout.addWidget(self.canvas, 1)
        self.set_content(self._body)
        self._probe: Probe | None = None
        self.canvas.pointed.connect(self._pointer_moved)
        self.canvas.left.connect(self._pointer_left)
        self._crop_shape: tuple[int, ...] | None = None
        self._scene: Scene | None = None

    # -- what the window calls

    def set_crosshair(self, x: float | None, y: float | None) -> None:
        """Show the crosshair at a place of the crop, in pixels, or hide it with None."""
        at = None if x is None or y is None else self.to_crop().inverted()[0].map(QPointF(x, y))
        for line, value in zip(self._cross, (0, 0) if at is None else (at.x(), at.y()), strict=True):
            line.setPos(value)
            line.setVisible(at is not None)

    def set_highlight(self, joint: str | None) -> None:
        """Ring the joint of this name where it is and where the attack has put it, or none."""
        if joint != self._highlight:
            self._highlight = joint
            self.joint_mark.show_joint(joint, self._poses)

    def reset_range(self) -> None:
        """Show the whole picture."""
        self.view_box.show_whole()

    def shutdown(self) -> None:
        """Take the pane apart while Python still holds its items."""
        super().shutdown()
        if not self.canvas.closed:
            self.canvas.left.disconnect(self._pointer_left)
            self.view_box.close()
            self.canvas.close()

    # -- for subclasses

    def show_scene(self, scene: Scene) -> None:
        """Keep the scene, and show the whole crop if it has another size than the last one."""
        self._scene = scene
        self._set_poses(scene.clean, None)
        self._set_populated(True)
        if scene.crop.shape != self._crop_shape:
            self._crop_shape = scene.crop.shape
            self.view_box.set_extent(scene.crop.shape[1], scene.crop.shape[0])
            self.view_box.show_whole()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Keep the poses, for the joint that is pointed at."""
        self._set_poses(snapshot.clean, snapshot.attacked)

    def _set_poses(self, clean: Pose, attacked: Pose | None) -> None:
        self._poses = {"clean": clean, "attacked": attacked}
        if self._highlight is not None:
            self.joint_mark.show_joint(self._highlight, self._poses)

    def clear(self) -> None:
        super().clear()
        self._scene = None
        self._poses = {}
        self.joint_mark.show_joint(None, {})
        self._crop_shape = None
        self.image.clear()
        self.set_crosshair(None, None)
        self.set_caption("")

    def set_caption(self, text: str) -> None:
        """Set the words in the picture's lower left corner."""
        self.caption.say(text)

    def set_pixels(self, pixels: UInt8Image) -> None:
        """Show an ``(H, W, 3)`` uint8 picture, one colour a pixel."""
        self.image.setImage(pixels, levels=(0, 255), autoLevels=False)

    def to_crop(self) -> QTransform:
        """Return the map from what the view box shows to pixels of the crop."""
        return QTransform()

    def _dim(self, stale: bool) -> None:
        self.image.setOpacity(STALE_OPACITY if stale else 1.0)

    def _apply_theme(self) -> None:
        self.canvas.setBackground(self.theme.canvas)

    # -- the region tool

    def set_region_tool(self, on: bool) -> None:
        """Let the next drag draw a region, or pan again."""
        self._region_tool = on
        self._region_from = None
        self.region.set_band(QPolygonF())
        if on:
            self.canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.canvas.viewport().unsetCursor()

    def _take_hold(self, at: QPointF) -> bool:
        """Return whether a drag that begins here is ours; a subclass may have other uses for it."""
        self._region_from = at if self._region_tool and self._scene is not None else None
        return self._region_from is not None

    def _band_to(self, at: QPointF) -> QPolygonF:
        """Return the corners in pixels of the crop of the box from where the drag began."""
        if self._region_from is None:
            return QPolygonF()
        box = QRectF(self._region_from, at).normalized()
        # without the closing point, which repeats the first
        return QPolygonF(self.to_crop().map(QPolygonF(box)).toList()[:4])

    def _stretch_region(self, at: QPointF) -> None:
        if self._region_from is not None:
            self.region.set_band(self._band_to(at))

    def _drop_region(self, at: QPointF) -> None:
        if self._region_from is not None:
            corners = self._band_to(at)
            self.set_region_tool(False)
            self.regionDrawn.emit(corners)

    # -- the pointer

    def _pointer_moved(self, position: QPointF) -> None:
        if self._scene is None:
            return
        at = self._crop_place(position)
        height, width = self._scene.crop.shape[:2]
        inside = QRectF(0, 0, width, height).contains(at) and at.x() < width and at.y() < height
        self._set_probe(Probe(self.name, at.x(), at.y()) if inside else None)

    def _crop_place(self, position: QPointF) -> QPointF:
        """Return where a place of the canvas's scene lies, in pixels of the crop."""
        return self.to_crop().map(QPointF(self.view_box.mapSceneToView(position)))

    def _pointer_left(self) -> None:
        self._set_probe(None)

    def _set_probe(self, probe: Probe | None) -> None:
        if probe != self._probe:
            self._probe = probe
            self.hovered.emit(probe)

    # -- Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not self.view_box.handle_key(
            event.key()
        ):
            super().keyPressEvent(event)
