"""Find the joint of a 3D scene under the pointer, and the one that is clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from kaa_gui.core.types import FloatArray, Pose
from kaa_gui.scene_3d.content import to_scene

REACH = 14.0
"""Reach of the pointer around a joint, in logical pixels."""

_CLICK_SLACK = 4.0

Project = Callable[[FloatArray], FloatArray]
"""From ``(N, 3)`` places of the scene to ``(N, 2)`` logical pixels; NaN where nothing is seen."""


class JointPointer3D(QObject):
    """Watches the pointer over a pane.

    Signals:
        hovered: Name of the joint under the pointer, whenever it is another one; empty for none.
        clicked: Name of the joint clicked at; empty when it was none.
        double_clicked: Anywhere.
    """

    hovered = Signal(str)
    clicked = Signal(str)
    double_clicked = Signal()

    def __init__(self, pane: QWidget, poses: Callable[[], Mapping[str, Pose]], project: Project) -> None:
        """Begin to watch.

        Args:
            pane: Pane that the pointer moves over.
            poses: Returns the poses that are seen.
            project: Projection from the scene to logical pixels of the pane.
        """
        super().__init__(pane)
        self._poses, self._project = poses, project
        self._pressed_at = QPointF()
        self._hovered = ""
        pane.setMouseTracking(True)
        pane.installEventFilter(self)

    def joint_at(self, x: float, y: float) -> str:
        """Return the name of the joint nearest to a point of the pane; an empty text if none is near."""
        poses = self._poses().values()
        if not poses:
            return ""
        # all in one product: the pointer may move a hundred times a second
        places = self._project(np.concatenate([to_scene(pose.points_mm) for pose in poses]))
        distances = np.hypot(places[:, 0] - x, places[:, 1] - y)
        distances[np.isnan(distances)] = np.inf
        nearest = int(distances.argmin())
        names = [name for pose in poses for name in pose.skeleton_3d.joints]
        return names[nearest] if distances[nearest] < REACH else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell joints; a double click goes no further."""
        if event.type() == QEvent.Type.Leave:
            self._hover("")
        elif isinstance(event, QMouseEvent):
            at = event.position()
            if event.type() == QEvent.Type.MouseMove and not event.buttons():
                self._hover(self.joint_at(at.x(), at.y()))
            elif event.button() == Qt.MouseButton.LeftButton:
                return self._press(event.type(), at)
        return super().eventFilter(watched, event)

    def _press(self, kind: QEvent.Type, at: QPointF) -> bool:
        if kind == QEvent.Type.MouseButtonPress:
            self._pressed_at = at
        if kind == QEvent.Type.MouseButtonDblClick:
            self.double_clicked.emit()
            return True
        moved = (at - self._pressed_at).manhattanLength()
        if kind == QEvent.Type.MouseButtonRelease and moved <= _CLICK_SLACK:
            self.clicked.emit(self.joint_at(at.x(), at.y()))
        return False

    def _hover(self, joint: str) -> None:
        if joint != self._hovered:
            self._hovered = joint
            self.hovered.emit(joint)
