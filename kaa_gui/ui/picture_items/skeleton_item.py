"""Draw a 2D skeleton over a picture, left and right told apart by shade and marker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from kaa_gui.colours import Rgb, shaded
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.core.types import Pose

DOUBTED = 0.5
"""Joints with a lower score are drawn faint."""

_FAINT = 0.35
_MINOR = ("eye", "mouth", "ear", "pinky", "index", "thumb", "heel")
_CASING = QColor(0, 0, 0, 150)


@dataclass(frozen=True, slots=True)
class _Anatomy:
    """Parts of a skeleton that drawing needs, looked up once."""

    joint_sides: tuple[str, ...]
    bone_sides: tuple[str, ...]
    minor_joints: tuple[bool, ...]
    minor_bones: tuple[bool, ...]


@lru_cache(maxsize=16)
def _anatomy(skeleton: Skeleton) -> _Anatomy:
    minor = tuple(any(part in name for part in _MINOR) for name in skeleton.joints)
    return _Anatomy(
        joint_sides=tuple(skeleton.side(joint) for joint in range(len(skeleton))),
        bone_sides=tuple(skeleton.bone_side(bone) for bone in skeleton.bones),
        minor_joints=minor,
        minor_bones=tuple(minor[first] or minor[second] for first, second in skeleton.bones),
    )


class SkeletonItem(pg.GraphicsObject):
    """One pose, in pixels of the crop; line widths and markers are in pixels of the screen."""

    def __init__(self, colour: Rgb, *, width: float = 2.4, dashed: bool = False) -> None:
        super().__init__()
        self._colour = colour
        self._width = width
        self._dashed = dashed
        self._pose: Pose | None = None
        self._bounds = QRectF()
        self._highlight: str | None = None
        self._named = True

    @property
    def pose(self) -> Pose | None:
        """The pose that is drawn."""
        return self._pose

    @property
    def points(self) -> NDArray[np.float32]:
        """``(K, 2)``, what is drawn, in pixels of the crop; no row without a pose."""
        return np.zeros((0, 2), np.float32) if self._pose is None else self._pose.keypoints

    def set_pose(self, pose: Pose | None) -> None:
        """Draw another pose, or nothing."""
        self.prepareGeometryChange()
        self._pose = pose
        points = self.points
        points = points[np.all(np.isfinite(points), axis=1)]
        if len(points):
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            # room for markers and a joint's name at any sensible zoom
            pad = 20 + 0.3 * max(right - left, bottom - top)
            self._bounds = QRectF(left, top, right - left, bottom - top).adjusted(-pad, -pad, pad, pad)
        else:
            self._bounds = QRectF()
        self.update()

    def set_highlight(self, joint: str | None, *, named: bool = True) -> None:
        """Ring the joint of this name and, if wanted, write the name beside it; or none."""
        if (joint, named) != (self._highlight, self._named):
            self._highlight, self._named = joint, named
            self.update()

    def nearest_joint(self, x: float, y: float, *, within: float) -> int | None:
        """Return the joint nearest to a point, if it is within this distance (pixels of the crop)."""
        if self._pose is None or not len(self.points):
            return None
        distance = np.hypot(self.points[:, 0] - x, self.points[:, 1] - y)
        distance = np.where(np.isfinite(distance), distance, np.inf)
        joint = int(distance.argmin())
        return joint if distance[joint] <= within else None

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        pose = self._pose
        if pose is None:
            return
        transform = painter.worldTransform()
        painter.resetTransform()  # from here on in pixels of the screen
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        finite = np.all(np.isfinite(pose.keypoints), axis=1)
        at = [
            transform.map(QPointF(float(x), float(y))) if ok else None
            for (x, y), ok in zip(pose.keypoints, finite, strict=True)
        ]
        self._paint_bones(painter, pose, at)
        self._paint_joints(painter, pose, at)
        if self._highlight in pose.skeleton.joints:
            self._paint_highlight(painter, self._highlight, at[pose.skeleton.index(self._highlight)])

    def _paint_bones(self, painter: QPainter, pose: Pose, at: list[QPointF | None]) -> None:
        anatomy, scores = _anatomy(pose.skeleton), pose.scores
        groups: dict[tuple[str, bool, bool], list[QLineF]] = {}
        for bone, (first, second) in enumerate(pose.skeleton.bones):
            start, end = at[first], at[second]
            if start is None or end is None:
                continue
            doubted = bool(min(scores[first], scores[second]) < DOUBTED)
            key = (anatomy.bone_sides[bone], doubted, anatomy.minor_bones[bone])
            groups.setdefault(key, []).append(QLineF(start, end))
        for casing in (True, False):
            for (side, doubted, minor), lines in groups.items():
                colour = QColor(_CASING) if casing else QColor(*shaded(self._colour, side))
                colour.setAlphaF(colour.alphaF() * (_FAINT if doubted else 1.0))
                width = self._width * (0.6 if minor else 1.0) + (1.6 if casing else 0.0)
                pen = QPen(colour, width)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap if self._dashed else Qt.PenCapStyle.RoundCap)
                if self._dashed:
                    pen.setDashPattern([7 / width, 4 / width])
                painter.setPen(pen)
                painter.drawLines(lines)

    def _paint_joints(self, painter: QPainter, pose: Pose, at: list[QPointF | None]) -> None:
        anatomy, opacity = _anatomy(pose.skeleton), painter.opacity()
        for joint, point in enumerate(at):
            if point is None:
                continue
            side = anatomy.joint_sides[joint]
            radius = self._width * (0.85 if anatomy.minor_joints[joint] else 1.45)
            painter.setOpacity(opacity * (_FAINT if pose.scores[joint] < DOUBTED else 1.0))
            painter.setPen(QPen(_CASING, 1.0))
            painter.setBrush(QColor(*shaded(self._colour, side)))
            if side == "right":
                side_length = 1.8 * radius
                painter.drawRect(
                    QRectF(point.x() - 0.9 * radius, point.y() - 0.9 * radius, side_length, side_length)
                )
            else:
                painter.drawEllipse(point, radius, radius)
        painter.setOpacity(opacity)

    def _paint_highlight(self, painter: QPainter, joint: str, point: QPointF | None) -> None:
        if point is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 190), 4.0), (QColor(255, 255, 255), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(point, 9.0, 9.0)
        if not self._named:
            return
        name = joint.replace("_", " ")
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        box = QRectF(metrics.boundingRect(name)).adjusted(-5, -2, 5, 2)
        box.moveTopLeft(QPointF(point.x() + 13, point.y() - box.height() / 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 22, 26, 215))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
