"""Which joint of a 3D scene the pointer is at, and which one is clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from kaa_gui.core.types import Pose
from kaa_gui.ui.elements.frame_3d import to_scene

REACH = 14.0
"""How near the pointer must come to a joint, in logical pixels."""

_CLICK_SLACK = 4.0

Project = Callable[[tuple[float, float, float]], tuple[float, float]]


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
            pane: Where the pointer moves.
            poses: Returns the poses that are seen.
            project: From a place of the scene to logical pixels of the pane.
        """
        super().__init__(pane)
        self._poses, self._project = poses, project
        self._pressed_at = QPointF()
        self._hovered = ""
        pane.setMouseTracking(True)
        pane.installEventFilter(self)

    def joint_at(self, x: float, y: float) -> str:
        """Return the name of the joint nearest to a point of the pane; an empty text if none is near."""
        best, nearest = "", REACH
        for pose in self._poses().values():
            for joint, point in enumerate(to_scene(pose.points_mm)):
                if not np.isfinite(point).all():
                    continue
                across, down = self._project((float(point[0]), float(point[1]), float(point[2])))
                distance = np.hypot(across - x, down - y)
                if distance < nearest:
                    best, nearest = pose.skeleton_3d.joints[joint], distance
        return best

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
