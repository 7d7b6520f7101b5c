"""Limit where the picture may change, by a box or paint, undoable like every parameter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QObject, QPointF
from PySide6.QtGui import QAction, QPolygonF

from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.picture_items.people_item import affine
from kaa_gui.ui.regions.boxes import box_around, box_in_picture
from kaa_gui.ui.regions.brush import Brush
from kaa_gui.ui.regions.files import RegionFiles
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views import PictureView
from kaa_gui.ui.workspace import Workspace


class Regions(QObject):
    """Joins the picture views' region tools with the parameters ``region`` and ``region_mask``.

    Attributes:
        brush: Paints.
        files: Opens, writes and inverts.
        tasks: What a stroke leaves to do, which must not wait for a figure being written.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        state = self._state = workspace.state
        self._views = [view for view in workspace.views.values() if isinstance(view, PictureView)]
        self._actions: Mapping[str, QAction] = {}
        self.tasks = Tasks(self)
        self.brush, self.files = Brush(workspace, self.tasks), RegionFiles(workspace)
        for view in self._views:
            view.regionDrawn.connect(self._on_drawn)
        state.parameters_changed.connect(lambda _change: self._show())
        state.scene_changed.connect(lambda _scene: self._show())

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Keep the switches and what they do alike."""
        self._actions = actions
        self.brush.use(actions)
        self._show()

    def put_down(self) -> bool:
        """Let go of a tool in hand, as Escape does; return whether there was one."""
        if self._actions["draw_region"].isChecked():
            self._actions["draw_region"].setChecked(False)
            return True
        return self.brush.put_down()

    def close(self, timeout_s: float) -> bool:
        """Stop for good; return whether the thread has ended in time."""
        return self.tasks.close(timeout_s)

    # --- slots of the actions ---

    def set_drawing(self, on: bool) -> None:
        """Let the next drag in a picture draw the region, or let it pan again."""
        if on:
            self._actions["brush"].setChecked(False)
        for view in self._views:
            view.set_region_tool(on)

    def clear(self) -> None:
        """Let the mask be everywhere again."""
        self._state.apply(Edit({"region": None, "region_mask": None}, new_gesture()))

    def take_visible(self) -> None:
        """Limit the mask to the part of the picture that the input view shows."""
        view, scene = next(iter(self._views), None), self._state.scene
        if view is not None and scene is not None:
            visible = view.to_crop().mapRect(view.view_box.viewRect())
            self._state.apply(Edit({"region": box_in_picture(visible, scene)}, new_gesture()))

    # --- inside ---

    def _on_drawn(self, corners: QPolygonF) -> None:
        self._actions["draw_region"].setChecked(False)
        if self._state.scene is not None:
            points = np.array([(corner.x(), corner.y()) for corner in corners.toList()])
            box = box_around(points, self._state.scene)
            self._state.apply(Edit({"region": box}, new_gesture()))

    def _show(self) -> None:
        """Draw the outline of the region in force."""
        config, scene = self._state.parameters.config, self._state.scene
        box, painted = config.region, config.region_mask is not None
        outline = QPolygonF()
        if box is not None and scene is not None:
            x, y, width, height = box
            picture = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            to_crop = affine(scene.person.to_crop)
            outline = QPolygonF([to_crop.map(QPointF(*corner)) for corner in picture])
        for view in self._views:
            view.region.set_outline(outline)
        for name, possible in (
            ("draw_region", scene is not None),
            ("clear_region", box is not None or painted),
            ("invert_region", box is not None or painted),
            ("export_region", box is not None or painted),
            ("open_region", scene is not None),
        ):
            if name in self._actions:
                self._actions[name].setEnabled(possible)
