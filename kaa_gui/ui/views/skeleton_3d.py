"""Show the 3D poses, clean, attacked and wanted, in a scene to walk around in.

VTK and what is built of it (:mod:`kaa_gui.scene_3d.bodies`) are imported late, in
:meth:`Skeleton3DView.prepare`: they take a second that the first paint must not wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.core.types import Pose, Scene, Snapshot
from kaa_gui.scene_3d.content import GRID_MM, THICKNESS, Content3D, to_scene
from kaa_gui.ui.scene_pane.camera import CAMERAS, RESET, camera_place, stand, stand_at_picture
from kaa_gui.ui.scene_pane.joint_pointer import JointPointer3D
from kaa_gui.ui.views.view import View
from kaa_gui.ui.widgets.buttons import Chip, button
from kaa_gui.ui.widgets.colour_bar import LEAST_TOP_MM, ColourBar, error_colours, error_table, round_top
from kaa_gui.ui.widgets.foot_label import FootLabel

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from kaa_gui.scene_3d.bodies import Arrows, Body, Floor
    from kaa_gui.ui.scene_pane.raster_pane import RasterPane

_KEY_DEGREES, _KEY_ZOOM = 10.0, 1.1
_STALE_OPACITY = 0.35


class Skeleton3DView(View):
    """The poses as tubes and spheres over a floor: drag orbits, Shift and drag pans, wheel zooms."""

    name = "skeleton_3d"
    title = "3D pose"
    vectors = False
    slow_modules = ("kaa_gui.scene_3d.bodies", "kaa_gui.ui.scene_pane.raster_pane")
    tooltip = "The 3D pose before and under the attack, in millimetres around the hip."
    empty_text = "The 3D pose appears here when a picture is open."

    jointHovered = Signal(str)
    """Name of the joint under the pointer; empty when it is none."""

    jointPicked = Signal(str)
    """Name of the joint clicked at; empty when it was none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pane: RasterPane | None = None
        self._poses: dict[str, Pose | None] = dict.fromkeys(POSE_COLOURS)
        self._bodies: dict[str, Body] = {}
        self._arrows: Arrows | None = None
        self._floor: Floor | None = None
        self._highlight: str | None = None
        self._picture_range = QRectF(0, 0, 256, 256)
        self._error_top = LEAST_TOP_MM
        self.bar = ColourBar(unit="mm")
        self.bar.set_table(error_table())
        self.bar.setToolTip("Distance of the attacked joint from its clean place")
        self.bar.hide()
        self._closed = False
        self._build_controls()

    def _build_controls(self) -> None:
        row = self.controls
        self.chips = {
            name: Chip(name, colour, tip=f"Show the {name} pose") for name, colour in POSE_COLOURS.items()
        }
        for chip in self.chips.values():
            chip.toggled.connect(self._refresh)
            row.add(chip)
        self.chips["target"].hide()
        self.arrows_button = button(
            "Arrows", tip="Arrows from each joint's clean to its attacked place", checkable=True
        )
        self.errors_button = button(
            "Errors",
            tip="Colour the attacked body by each joint's distance from its clean place, millimetres",
            checkable=True,
        )
        for toggle in (self.arrows_button, self.errors_button):
            toggle.toggled.connect(self._refresh)
            row.add(toggle)
        tips = {"Front": "from the camera's side", "Side": "from the picture's right", "Top": "from above"}
        for name, direction in CAMERAS.items():
            press = button(name, tip=f"Look {tips[name]}")
            press.clicked.connect(lambda _=False, direction=direction: self.look_from(direction))
            row.add(press)
        self.picture_button = button(
            "Picture",
            tip="Look from the picture's camera, and follow the zoom of the input view until turned by hand",
            checkable=True,
        )
        self.picture_button.toggled.connect(self._link_camera)
        row.add(self.picture_button)
        press = button("Reset", tip="Look at the whole body from half left (0)")
        press.clicked.connect(self.reset_camera)
        row.add(press)
        self.caption = FootLabel(self._pages)
        self.caption.hide()

    # -- what the window calls

    @property
    def pending(self) -> bool:
        """Whether the scene is about to be rendered."""
        return self.pane is not None and self.pane.pending

    def prepare(self) -> None:
        """Import VTK and build the 3D scene: about a second."""
        if self.pane is not None or self._closed:
            return
        from kaa_gui.scene_3d.bodies import Arrows, Floor
        from kaa_gui.ui.scene_pane.raster_pane import RasterPane

        content = QWidget()
        pane = RasterPane(content)
        pane.setAccessibleName(self.title)
        pane.installEventFilter(self)
        self.pointer = JointPointer3D(pane, self._seen, pane.places_of)
        self.pointer.hovered.connect(self.jointHovered)
        self.pointer.clicked.connect(self._pick)
        self.pointer.double_clicked.connect(self.reset_camera)
        pane.moved.connect(lambda: self.picture_button.setChecked(False))
        self.pane = pane
        layout = QHBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(pane, 1)
        layout.addWidget(self.bar)
        self._floor, self._arrows = Floor(pane.renderer), Arrows(pane.renderer)
        self.set_content(content)
        self._apply_theme()
        if any(self._poses.values()):
            self._set_populated(True)
            self._refresh()
            self.reset_camera()

    def show_scene(self, scene: Scene) -> None:
        """Show the clean pose; look at all of it if it is another body than before."""
        former = self._poses["clean"]
        self._error_top = LEAST_TOP_MM
        self._poses = {"clean": scene.clean, "attacked": None, "target": scene.target}
        self.set_stale(False)
        self.prepare()
        self._set_populated(True)
        self._refresh()
        if former is None or former.skeleton_3d != scene.clean.skeleton_3d:
            self.reset_camera()
        elif self.picture_button.isChecked():
            self._link_camera(linked=True)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Move the bodies to an iterate's poses."""
        self._poses = {"clean": snapshot.clean, "attacked": snapshot.attacked, "target": snapshot.target}
        self.set_stale(False)
        self.prepare()
        self._set_populated(True)
        self._refresh()

    def set_highlight(self, joint: str | None) -> None:
        """Enlarge the joint of this name in every body and tell its error, or none."""
        if joint != self._highlight:
            self._highlight = joint
            self._refresh()

    def clear(self) -> None:
        super().clear()
        self._poses = dict.fromkeys(POSE_COLOURS)
        self._highlight = None
        self._refresh()

    def to_image(self) -> QImage:
        return super().to_image() if self.pane is None else self.pane.to_image()

    def content(self) -> Content3D | None:
        """Return what is seen as a value, to be drawn or written elsewhere; None before there is anything."""
        if self.pane is None or self._poses["clean"] is None:
            return None
        return Content3D(
            poses=self._seen(),
            level_of=self._poses["clean"],
            arrows=self.arrows_button.isChecked(),
            attacked_colours=self._error_colours(),
            highlight=self._highlight,
            camera=camera_place(self.pane.renderer.GetActiveCamera()),
            theme=self.theme,
            pane=(self.pane.width(), self.pane.height()),
        )

    def shutdown(self) -> None:
        """Close the pane; call it after the worker has stopped and before the window closes."""
        super().shutdown()
        self._closed = True
        if self.pane is not None:
            self.pane.removeEventFilter(self)
            self.pane.close_scene()
            self.pane = None
        self._bodies.clear()
        self._arrows = self._floor = None

    # -- camera

    def reset_camera(self) -> None:
        """Look at the whole clean body, slightly from the left and above."""
        self.look_from(RESET)

    def look_from(self, direction: tuple[float, float, float]) -> None:
        """Stand in a direction from the body's middle, upright, so far away that all of it is seen."""
        clean = self._poses["clean"]
        if self.pane is None or clean is None:
            return
        self.picture_button.setChecked(False)
        stand(self.pane.renderer.GetActiveCamera(), direction, clean.points_mm)
        self.pane.renderer.ResetCameraClippingRange()
        self._repaint()

    def set_picture_range(self, seen: QRectF) -> None:
        """Take the part of the crop that the input view shows, pixels; followed while linked to it."""
        self._picture_range = seen
        self._link_camera(self.picture_button.isChecked())

    def _link_camera(self, linked: bool) -> None:
        """Stand at the picture's camera, or leave it: the view then stays, in perspective."""
        clean = self._poses["clean"]
        if self.pane is None or clean is None:
            return
        camera = self.pane.renderer.GetActiveCamera()
        if linked:
            aspect = self.pane.width() / max(1, self.pane.height())
            stand_at_picture(camera, clean, self._picture_range, aspect)
        else:
            camera.ParallelProjectionOff()
        self.pane.renderer.ResetCameraClippingRange()
        self._repaint()

    # -- drawing

    def _refresh(self) -> None:
        """Move everything to the current poses and repaint."""
        if self.pane is None or self._arrows is None or self._floor is None:
            return
        self.chips["target"].setVisible(self._poses["target"] is not None)
        for name, pose in self._poses.items():
            self._body(self.pane.renderer, name, pose).show(
                pose,
                visible=self.chips[name].isChecked(),
                highlight=self._highlight,
                colours=self._error_colours() if name == "attacked" else None,
            )
        clean, attacked = self._poses["clean"], self._poses["attacked"]
        self._arrows.show(clean, attacked if self.arrows_button.isChecked() else None)
        if clean is not None:
            level = self._floor.put_under(to_scene(clean.points_mm))
            for body in self._bodies.values():
                body.cast_shadow(level)
        self._tell_highlight()
        self.pane.renderer.ResetCameraClippingRange()
        self._repaint()

    def _error_colours(self) -> NDArray[np.uint8] | None:
        """Return the attacked joints' colours by error, or None while that is not asked for."""
        clean, attacked = self._poses["clean"], self._poses["attacked"]
        shown = self.errors_button.isChecked()
        self.bar.setVisible(shown)
        if not shown or clean is None or attacked is None or clean.skeleton_3d != attacked.skeleton_3d:
            return None
        errors = np.linalg.norm(attacked.points_mm - clean.points_mm, axis=1)
        largest = float(np.nanmax(errors)) if np.isfinite(errors).any() else 0.0
        # within a run the scale only grows: colours that mean another error each frame mean nothing
        self._error_top = max(self._error_top, round_top(largest))
        self.bar.set_levels(0, self._error_top)
        return error_colours(errors, self._error_top)

    def _body(self, renderer: vtkRenderer, name: str, pose: Pose | None) -> Body:
        """Return the body for a pose, a new one if the skeleton has changed."""
        from kaa_gui.scene_3d.bodies import Body

        body = self._bodies.get(name)
        if body is None or (pose is not None and body.skeleton != pose.skeleton_3d):
            if body is not None:
                body.remove()
            skeleton = pose.skeleton_3d if pose is not None else Skeleton("none", (), ())
            body = Body(renderer, skeleton, POSE_COLOURS[name], thickness=THICKNESS[name])
            body.take_theme(self.theme)
            self._bodies[name] = body
        return body

    def _tell_highlight(self) -> None:
        clean, attacked = self._poses["clean"], self._poses["attacked"]
        text = f"grid {GRID_MM:g} mm"
        if clean is not None and self._highlight in clean.skeleton_3d.joints:
            text = self._highlight.replace("_", " ")
            if attacked is not None:
                joint = clean.skeleton_3d.index(self._highlight)
                offset = attacked.points_mm[joint] - clean.points_mm[joint]
                text += f": {np.linalg.norm(offset):.0f} mm"
        self.caption.say(text if self.populated else "")

    def _repaint(self) -> None:
        if self.pane is not None:
            self.pane.redraw()

    def _dim(self, stale: bool) -> None:
        for body in self._bodies.values():
            body.set_opacity(_STALE_OPACITY if stale else 1.0)
        self._repaint()

    def _apply_theme(self) -> None:
        if self.pane is None or self._floor is None or self._arrows is None:
            return
        from kaa_gui.scene_3d.bodies import rgb

        theme = self.theme
        self.pane.renderer.SetBackground(*(part / 255 for part in rgb(theme.scene_bottom)))
        self.pane.renderer.SetBackground2(*(part / 255 for part in rgb(theme.scene_top)))
        self.pane.renderer.GradientBackgroundOn()
        self._floor.take_theme(theme)
        self._arrows.take_theme(theme)
        for body in self._bodies.values():
            body.take_theme(theme)
        self._repaint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.picture_button.isChecked():
            self._link_camera(linked=True)

    # -- the pointer and the keys

    def _seen(self) -> dict[str, Pose]:
        return {
            name: pose
            for name, pose in self._poses.items()
            if pose is not None and self.chips[name].isChecked()
        }

    def _pick(self, joint: str) -> None:
        self.set_highlight(joint or None)
        self.jointPicked.emit(joint)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.pane is not None and self._handle_key(self.pane, Qt.Key(event.key()))
        return super().eventFilter(watched, event)

    def _handle_key(self, pane: RasterPane, key: Qt.Key) -> bool:
        """Orbit, zoom or reset by a key; VTK's own keys (quit, wireframe, ...) are not let through."""
        turns = {
            Qt.Key.Key_Left: (_KEY_DEGREES, 0.0),
            Qt.Key.Key_Right: (-_KEY_DEGREES, 0.0),
            Qt.Key.Key_Up: (0.0, _KEY_DEGREES),
            Qt.Key.Key_Down: (0.0, -_KEY_DEGREES),
        }
        if key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_camera()
        elif key in turns:
            pane.orbit(*turns[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            pane.zoom(1 / _KEY_ZOOM if key == Qt.Key.Key_Minus else _KEY_ZOOM)
        else:
            return False
        return True
