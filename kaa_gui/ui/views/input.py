"""Show the attacked picture with its 2D poses; a joint can be dragged to a target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QTransform
from PySide6.QtWidgets import QWidget

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.dragged import CROP_MARGIN_PX, Places, dragged_keypoints, dragged_text, places_between
from kaa_gui.core.types import Pose, Scene, Snapshot, UInt8Image
from kaa_gui.ui.picture_items.decimate import decimated
from kaa_gui.ui.picture_items.joint_drag import JointDrag
from kaa_gui.ui.picture_items.people_item import PeopleItem, affine
from kaa_gui.ui.picture_items.skeleton_item import SkeletonItem
from kaa_gui.ui.picture_items.swipe_item import SwipeItem
from kaa_gui.ui.views.picture_view import STALE_OPACITY, PictureView
from kaa_gui.ui.widgets.buttons import Chip, button
from kaa_gui.ui.widgets.foot_label import FootLabel

SHOWN_SIDE = 2048
"""Longest side of the copy of the whole picture that is drawn."""

_HOVER_RADIUS = 10.0
"""Pixels of the screen within which a joint counts as pointed at."""

_SWIPE_STEP = 8
"""Pixels of the crop that a key moves the divider by."""

_POSE_TIPS = {
    "clean": "Show the pose that the victim finds in the untouched crop",
    "attacked": "Show the pose that the victim finds in the attacked crop",
    "target": "Show the pose that a targeted attack aims at",
}


class InputView(PictureView):
    """The crop, or the whole picture, under up to three poses.

    Dragging a joint draws a target: the attack that follows is for the window to start.
    """

    name = "input"
    title = "Input and 2D pose"
    tooltip = (
        "What the victim sees, with the clean and the attacked 2D pose; drag a joint to attack towards it."
    )
    empty_text = (
        "Drop a picture here, paste one, or choose a sample from the File menu.\nThe attack starts by itself."
    )

    personPicked = Signal(int)
    """Number of the person clicked at in the whole picture."""

    jointHovered = Signal(str)
    """Name of the joint pointed at; empty when it is none."""

    jointPicked = Signal(str)
    """Name of the joint clicked at; empty when it was none."""

    rangeShown = Signal(object)
    """QRectF: the part of the crop that is seen, in its pixels."""

    targetDrawn = Signal(str)
    """A joint has been dragged: the new target, as :func:`~kaa_gui.core.dragged.dragged_text` writes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.skeletons = {
            "clean": SkeletonItem(POSE_COLOURS["clean"], width=2.2),
            "target": SkeletonItem(POSE_COLOURS["target"], width=2.2, dashed=True),
            "attacked": SkeletonItem(POSE_COLOURS["attacked"], width=2.6),
        }
        for depth, skeleton in enumerate(self.skeletons.values()):
            skeleton.setZValue(10 + depth)
            self.view_box.addItem(skeleton, ignoreBounds=True)
        self.people = PeopleItem()
        self.people.setZValue(20)
        self.people.hide()
        self.view_box.addItem(self.people, ignoreBounds=True)
        self.swipe = SwipeItem(self.view_box)
        self._snapshot: Snapshot | None = None
        self._former_target: Pose | None = None
        self._flicking = False
        self._overview: UInt8Image | None = None
        self._crop_range: QRectF | None = None
        self._hovered_joint = ""
        self.drag = JointDrag(self)
        self.drag.moved.connect(self._show_ghost)
        self.drag.dropped.connect(self._draw_target)
        self.drag.cancelled.connect(self._restore_target)
        self._build_controls()
        self.sides = FootLabel(self.canvas, beside=self.caption)
        self.sides.say("● left  ■ right")
        self.sides.setToolTip(
            "The person's own left and right: left joints are round and lighter, right joints square "
            "and darker. Joints that the victim doubts (score below 0.5) are faint."
        )
        self.view_box.clicked.connect(self._clicked)
        self.view_box.sigRangeChanged.connect(lambda *_: self._tell_range())
        self.view_box.carried.connect(lambda at: self.drag.move(self._in_crop(at)))
        self.view_box.dropped.connect(lambda at: self.drag.drop(self._in_crop(at)))
        self._apply_theme()

    def _build_controls(self) -> None:
        row = self.controls
        self.chips = {
            name: Chip(name, colour, tip=_POSE_TIPS[name], dashed=name == "target")
            for name, colour in POSE_COLOURS.items()
        }
        for name, chip in self.chips.items():
            chip.toggled.connect(self.skeletons[name].setVisible)
            row.add(chip)
        self.chips["target"].hide()
        self.clean_button = button(
            "Clean pixels", tip="Show the untouched pixels instead of the attacked ones", checkable=True
        )
        self.clean_button.toggled.connect(self._show_pixels)
        row.add(self.clean_button)
        self.swipe_button = button(
            "Swipe",
            tip="Clean pixels left of a divider, attacked ones right of it; drag the divider, or move it by "
            "Shift and the arrows",
            checkable=True,
        )
        self.swipe_button.toggled.connect(self._show_pixels)
        row.add(self.swipe_button)
        self.whole_button = button(
            "Whole picture",
            tip="Show the whole picture with everybody found in it; click on a person to attack that one",
            checkable=True,
        )
        self.whole_button.toggled.connect(self._set_whole)
        row.add(self.whole_button)

    # -- what the window calls

    def show_scene(self, scene: Scene) -> None:
        """Show the crop and its clean pose; the attack's iterates follow."""
        former = self._scene
        super().show_scene(scene)
        self.set_stale(False)
        same_crop = former is not None and np.array_equal(former.crop, scene.crop)
        if not same_crop:
            self._snapshot = None
            self.skeletons["attacked"].set_pose(None)
        new_picture = former is None or former.picture is not scene.picture
        if new_picture:
            self._overview = None
        self.skeletons["clean"].set_pose(scene.clean)
        self._show_target(scene)
        self.people.set_people(scene.people, scene.person.number, scene.crop.shape[:2])
        self._place_items(scene)
        self._show_pixels()
        if new_picture and self.whole:
            self.view_box.show_whole()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show an iterate's pixels and pose."""
        self.set_stale(False)
        self._snapshot = snapshot
        self.skeletons["clean"].set_pose(snapshot.clean)
        self.skeletons["attacked"].set_pose(snapshot.attacked)
        self._show_target(snapshot)
        self._show_pixels()

    def set_flick(self, on: bool) -> None:
        """Show the other pixels while a key is held: clean for attacked, or attacked for clean."""
        if on != self._flicking:
            self._flicking = on
            self._show_pixels()

    def set_highlight(self, joint: str | None) -> None:
        """Ring the joint of this name in every pose shown, its name written once; or none."""
        shown = [item for item in self.skeletons.values() if item.isVisible() and item.pose is not None]
        for skeleton in self.skeletons.values():
            skeleton.set_highlight(joint, named=skeleton is shown[-1] if shown else True)

    def clear(self) -> None:
        self.drag.cancel()
        self.whole_button.setChecked(False)
        super().clear()
        self._snapshot = None
        self._overview = None
        for skeleton in self.skeletons.values():
            skeleton.set_pose(None)

    def shutdown(self) -> None:
        """Cancel a drag, then take the pane apart."""
        self.drag.cancel()
        super().shutdown()

    @property
    def shows_clean(self) -> bool:
        """Whether the pixels on screen are the untouched ones."""
        return self._snapshot is None or self.whole or self.clean_button.isChecked() != self._flicking

    @property
    def flicking(self) -> bool:
        """Whether the other pixels are shown for a moment."""
        return self._flicking

    @property
    def swipes(self) -> bool:
        """Whether clean and attacked pixels are shown side by side, with a divider."""
        return self.swipe_button.isChecked() and self._snapshot is not None and not self.whole

    @property
    def whole(self) -> bool:
        """Whether the whole picture is shown rather than the crop."""
        return self.whole_button.isChecked()

    # -- drawing

    def to_crop(self) -> QTransform:
        if self.whole and self._scene is not None:
            return affine(self._scene.person.to_crop)
        return QTransform()

    def _show_target(self, source: Scene | Snapshot) -> None:
        if self.drag.joint:
            return  # the hand decides what is shown
        self.skeletons["target"].set_pose(source.target)
        self.chips["target"].setVisible(source.target is not None)

    def _show_pixels(self) -> None:
        if self._scene is None:
            return
        if self.whole:
            if self._overview is None:
                self._overview = decimated(self._scene.picture.pixels, SHOWN_SIDE)
            self.swipe.hide()
            self.set_pixels(self._overview)
            shown, actual = self._overview.shape, self._scene.picture.pixels.shape
            self.image.setTransform(QTransform.fromScale(actual[1] / shown[1], actual[0] / shown[0]))
            self.set_caption(f"whole picture, clean · person {self._scene.person.number}")
            return
        self.image.setTransform(QTransform())
        first = last = ("clean", self._scene.crop)
        if self._snapshot is not None:
            at = f"iteration {self._snapshot.iteration}/{self._snapshot.iterations}"
            last = (f"attacked · {at}", self._snapshot.adversarial)
        if self.swipes:
            if self._flicking:
                first, last = last, first
            self.set_pixels(last[1])
            self.swipe.show_left(first[1])
            self.set_caption(f"{first[0]} | {last[0]}".replace("iteration ", ""))
            return
        self.swipe.hide()
        words, pixels = first if self.shows_clean else last
        self.set_pixels(pixels)
        self.set_caption(words)

    def _set_whole(self, whole: bool) -> None:
        if self._scene is None:
            return
        if whole:
            self._crop_range = None if self.view_box.at_whole else self.view_box.viewRect()
        self.view_box.detached = whole
        self._place_items(self._scene)
        self._show_pixels()
        self.clean_button.setEnabled(not whole)
        self.swipe_button.setEnabled(not whole)
        if whole or self._crop_range is None:
            self.view_box.show_whole()
        else:
            self.view_box.setRange(self._crop_range, padding=0)

    def _place_items(self, scene: Scene) -> None:
        """Put poses and boxes where the pixels are: in the crop's frame or in the picture's."""
        source = scene.picture.pixels if self.whole else scene.crop
        height, width = source.shape[:2]
        self.view_box.set_extent(width, height)
        from_crop, _ = self.to_crop().inverted()
        for item in (*self.skeletons.values(), self.region):
            item.setTransform(from_crop)
        self.people.setVisible(self.whole)
        # a reduced copy is drawn smoothly; pixels of the crop stay squares
        self.canvas.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.whole)

    def _dim(self, stale: bool) -> None:
        super()._dim(stale)
        for item in (self.skeletons["attacked"], self.swipe.pixels):
            item.setOpacity(STALE_OPACITY if stale else 1.0)

    # -- the pointer

    def _clicked(self, at: QPointF) -> None:
        joint = self._joint_near(self.to_crop().map(at))
        if self.whole and not joint and (number := self.people.person_at(at)) is not None:
            self.personPicked.emit(number)
        else:
            self.jointPicked.emit(joint)

    def _pointer_moved(self, position: QPointF) -> None:
        super()._pointer_moved(position)
        if not (self.drag.joint or self.brush.in_hand):
            self._set_hovered_joint(self._joint_near(self._crop_place(position)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -_SWIPE_STEP, Qt.Key.Key_Right: _SWIPE_STEP}
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if self.swipes and shifted and (step := steps.get(Qt.Key(event.key()))):
            self.swipe.move(step)
        else:
            super().keyPressEvent(event)

    def _pointer_left(self) -> None:
        super()._pointer_left()
        if not self.drag.joint:
            self._set_hovered_joint("")

    def _joint_near(self, at: QPointF) -> str:
        """Return the name of the joint at a point of the crop, or an empty text."""
        # one pixel of the screen in pixels of the crop
        step = abs(self.to_crop().mapRect(QRectF(0, 0, *self.view_box.viewPixelSize())).width())
        for skeleton in reversed(self.skeletons.values()):
            if skeleton.isVisible() and skeleton.pose is not None:
                found = skeleton.nearest_joint(at.x(), at.y(), within=_HOVER_RADIUS * step)
                if found is not None:
                    return skeleton.pose.skeleton.joints[found]
        return ""

    def _set_hovered_joint(self, joint: str) -> None:
        if joint != self._hovered_joint:
            self._hovered_joint = joint
            self.set_highlight(joint or None)
            self._show_cursor(Qt.CursorShape.OpenHandCursor if joint else None)
            self.jointHovered.emit(joint)

    def _show_cursor(self, shape: Qt.CursorShape | None) -> None:
        if self._region_tool or self.brush.in_hand:
            return
        viewport = self.canvas.viewport()
        if shape is None:
            viewport.unsetCursor()
        else:
            viewport.setCursor(shape)

    def _tell_range(self) -> None:
        self.rangeShown.emit(self.to_crop().mapRect(self.view_box.viewRect()))

    # -- a joint dragged to where it should go

    def _take_hold(self, at: QPointF) -> bool:
        if super()._take_hold(at):
            return True
        joint = self._joint_near(self.to_crop().map(at))
        if self._scene is None or not joint:
            return False
        self._former_target = self.skeletons["target"].pose
        places = {}
        if self._former_target is not None:
            places = places_between(self._scene.clean, self._former_target)
        self.chips["target"].setChecked(True)
        self._set_hovered_joint(joint)
        self._show_cursor(Qt.CursorShape.ClosedHandCursor)
        self.drag.begin(joint, places)
        return True

    def _in_crop(self, at: QPointF) -> QPointF:
        """Return the nearest place of the crop where a target joint may be."""
        if self._scene is None:
            return at
        at = self.to_crop().map(at)
        height, width = self._scene.crop.shape[:2]
        return QPointF(
            min(max(at.x(), CROP_MARGIN_PX), width - CROP_MARGIN_PX),
            min(max(at.y(), CROP_MARGIN_PX), height - CROP_MARGIN_PX),
        )

    def _show_ghost(self, places: Places) -> None:
        """Show the target as it would be if the joint were dropped here."""
        if self._scene is not None:
            clean, side = self._scene.clean, self._scene.crop.shape[1]
            ghost = replace(clean, keypoints=dragged_keypoints(clean, places, side))
            self.skeletons["target"].set_pose(ghost)
            self.chips["target"].show()

    def _draw_target(self, places: Places) -> None:
        self._show_ghost(places)
        self._show_cursor(Qt.CursorShape.OpenHandCursor)
        self.targetDrawn.emit(dragged_text(places))

    def _restore_target(self) -> None:
        self.skeletons["target"].set_pose(self._former_target)
        self.chips["target"].setVisible(self._former_target is not None)
        self._show_cursor(None)
        self._set_hovered_joint("")
