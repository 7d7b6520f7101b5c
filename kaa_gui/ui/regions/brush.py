"""Turn what a hand paints in any picture view into the painted region."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QAction, QTransform
from PySide6.QtWidgets import QApplication, QInputDialog

from kaa_gui.core.types import Scene
from kaa_gui.ui.picture_items.brush_hand import Touch
from kaa_gui.ui.picture_items.people_item import affine
from kaa_gui.ui.regions.bitmaps import Point, bounds
from kaa_gui.ui.regions.painted_region import PaintedRegion
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views import PictureView
from kaa_gui.ui.workspace import Workspace

SIZES = (1, 128)
"""Smallest and largest diameter, in pixels of the crop: so the brush looks alike over every picture."""

_FIRST_SIZE = 20
_GROWTH = 1.25
_KEY = "brush_size"


class Brush(QObject):
    """The tool in hand, over every picture view.

    Signals:
        told: What the tool does, in one line; empty once it has been put down.
    """

    told = Signal(str)

    def __init__(self, workspace: Workspace, tasks: Tasks) -> None:
        """Take the brush's strokes from the views.

        Args:
            workspace: What a part may use.
            tasks: What a stroke leaves to do, which must not wait for a figure being written.
        """
        super().__init__(workspace.parent)
        self._workspace, self._state, self._tasks = workspace, workspace.state, tasks
        self._views = [view for view in workspace.views.values() if isinstance(view, PictureView)]
        self._actions: Mapping[str, QAction] = {}
        self.region = PaintedRegion(workspace.state, tasks, self)
        self._size = _stored_size(workspace.settings.value(_KEY))
        self._last: Point | None = None
        self._picture = ""
        for view in self._views:
            view.brush.began.connect(self._begin)
            view.brush.moved.connect(self._go_on)
            view.brush.ended.connect(self.region.keep)
            view.brush.hovered.connect(self._show_ring)
            view.brush.turned.connect(self._resize)
        self.region.replaced.connect(self._show_region)
        self.region.failed.connect(workspace.tell_failure)
        self._state.scene_changed.connect(self._on_scene)
        self._state.parameters_changed.connect(lambda _change: self._show_tool())

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Keep the switches and what they do alike."""
        self._actions = actions
        self._show_tool()

    @property
    def in_hand(self) -> bool:
        """Whether a press in a picture paints."""
        return any(view.brush.in_hand for view in self._views)

    @property
    def size(self) -> int:
        """Diameter in pixels of the crop."""
        return self._size

    # --- slots of the actions ---

    def set_on(self, on: bool) -> None:
        """Take the brush in hand, or put it down; a stroke on its way is then kept."""
        if on:
            self._actions["draw_region"].setChecked(False)
            # what is painted is drawn by it, and the first import takes a while
            self._tasks.submit("Fetching the brush", lambda _task: importlib.import_module("cv2"), key=self)
            if QApplication.focusWidget() is None and self._views:
                self._views[0].canvas.setFocus()
        else:
            self.region.keep()
            self._actions["erase"].setChecked(False)
        for view in self._views:
            view.brush.take(on)
            view.region.painted.set_tinted(on)
        self._show_tool()

    def set_erasing(self, on: bool) -> None:
        """Erase with the left button and paint with the right one, or the other way round."""
        if on:
            self._actions["brush"].setChecked(True)
        self._show_tool()

    def larger(self) -> None:
        """Take a larger brush."""
        self._resize(1)

    def smaller(self) -> None:
        """Take a smaller one."""
        self._resize(-1)

    def set_size(self, size: int) -> None:
        """Take a brush of this diameter in pixels of the crop; remembered."""
        self._size = min(max(size, SIZES[0]), SIZES[1])
        self._workspace.settings.setValue(_KEY, self._size)
        self._show_tool()

    def ask_size(self) -> None:
        """Ask for the diameter."""
        dialog = QInputDialog(self._workspace.parent)
        dialog.setWindowTitle("Brush size")
        dialog.setLabelText(f"Diameter in pixels of the crop, {SIZES[0]} to {SIZES[1]}")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(*SIZES)
        dialog.setIntValue(self._size)
        dialog.intValueSelected.connect(self.set_size)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def put_down(self) -> bool:
        """Drop the stroke on its way, else the brush; return whether there was one in hand."""
        if not self.in_hand:
            return False
        if self.region.painting:
            self.region.drop()
        else:
            self._actions["brush"].setChecked(False)
        return True

    # --- a stroke ---

    def _begin(self, touch: Touch) -> None:
        scene = self._state.scene
        if scene is None or self.region.painting:
            return
        erases = self._erases != touch.other
        if not self.region.begin(0 if erases else 1, scene.picture.pixels.shape[:2]):
            if self.region.bitmap is None:
                self.told.emit(
                    "Nothing is painted yet that could be erased: paint, or invert a region, first"
                )
            return
        at = _in_picture(scene, touch.x, touch.y)
        self._dab(scene, self._last if touch.straight and self._last is not None else at, at)

    def _go_on(self, x: float, y: float) -> None:
        scene = self._state.scene
        if scene is not None and self._last is not None and self.region.painting:
            self._dab(scene, self._last, _in_picture(scene, x, y))

    def _dab(self, scene: Scene, first: Point, last: Point) -> None:
        self._last, radius = last, self._size / 2 * _pixels_across(scene)
        self.region.dab(first, last, radius)
        for view in self._views:
            view.region.painted.touch(QRectF(*bounds(first, last, radius)))
        self._workspace.runner.give_way()

    def _resize(self, steps: int) -> None:
        grown = round(self._size * _GROWTH**steps)
        self.set_size(grown if grown != self._size else self._size + steps)

    # --- what is seen ---

    @property
    def _erases(self) -> bool:
        return "erase" in self._actions and self._actions["erase"].isChecked()

    def _on_scene(self, scene: Scene) -> None:
        if scene.picture.sha256 != self._picture and not self.region.painting:
            self._picture, self._last = scene.picture.sha256, None
        self._show_region()
        self._show_tool()

    def _show_region(self) -> None:
        """Show the bitmap over the picture that it is of."""
        scene, bitmap = self._state.scene, self.region.bitmap
        if scene is None or (bitmap is not None and bitmap.shape != scene.picture.pixels.shape[:2]):
            bitmap = None
        to_crop = QTransform() if scene is None else affine(scene.person.to_crop)
        for view in self._views:
            view.region.painted.show_bitmap(bitmap, to_crop)

    def _show_ring(self, at: QPointF | None) -> None:
        for view in self._views:
            view.region.ring.put(at)

    def _show_tool(self) -> None:
        """Show the brush's size, and say what it does while it is in hand."""
        for view in self._views:
            view.region.ring.set_brush(self._size / 2, erases=self._erases)
        for name in ("brush", "erase"):
            if name in self._actions:
                self._actions[name].setEnabled(self._state.scene is not None)
        self.told.emit(self._words() if self.in_hand else "")

    def _words(self) -> str:
        scene, config = self._state.scene, self._state.parameters.config
        across = "" if scene is None else f", {self._size * _pixels_across(scene):.0f} of the picture"
        tool, other = ("Eraser", "paints") if self._erases else ("Brush", "erases")
        parts = [
            f"{tool}: {self._size} px of the crop{across}",
            "[ ] size",
            f"right button {other}",
            "Shift straight line",
            "Esc ends",
        ]
        if config.region is not None:
            parts.insert(1, "only what is inside the box too may change")
        return "   ·   ".join(parts)


def _in_picture(scene: Scene, x: float, y: float) -> Point:
    """Return where a place of the crop lies in the picture."""
    at = affine(scene.person.to_crop).inverted()[0].map(QPointF(x, y))
    return at.x(), at.y()


def _pixels_across(scene: Scene) -> float:
    """Return how many pixels of the picture lie across one of the crop."""
    return 1 / math.sqrt(abs(affine(scene.person.to_crop).determinant()))


def _stored_size(value: object) -> int:
    """Return the size that the settings hold, if it is one."""
    try:
        size = int(str(value))
    except ValueError:
        return _FIRST_SIZE
    return size if SIZES[0] <= size <= SIZES[1] else _FIRST_SIZE
