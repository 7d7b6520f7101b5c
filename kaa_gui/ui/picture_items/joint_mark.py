"""Ring the joint that the user points at, in the views that draw no skeleton."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from kaa_gui.colours import POSE_COLOURS
from kaa_gui.core.types import Pose

_SIZE, _DEPTH = 15, 45


class JointMark(pg.ScatterPlotItem):
    """One ring a pose, in the pose's colour, in pixels of the crop."""

    def __init__(self) -> None:
        super().__init__(size=_SIZE, pxMode=True, brush=None)
        self.setZValue(_DEPTH)

    def show_joint(self, joint: str | None, poses: dict[str, Pose | None]) -> None:
        """Ring the joint of this name in every pose that has it; none is no ring.

        Args:
            joint: Name of the joint.
            poses: Poses by name, as in :data:`POSE_COLOURS`.
        """
        spots = []
        for name, pose in poses.items():
            if pose is None or joint is None or joint not in pose.skeleton.joints:
                continue
            at = pose.keypoints[pose.skeleton.index(joint)]
            if np.isfinite(at).all():
                for colour, width in (((0, 0, 0), 4.0), (POSE_COLOURS[name], 2.0)):
                    spots.append({"pos": at.tolist(), "pen": pg.mkPen(colour, width=width)})
        self.setData(spots)

    @property
    def places(self) -> list[tuple[float, float]]:
        """Places of the rings, each once."""
        return list(dict.fromkeys((spot.pos().x(), spot.pos().y()) for spot in self.points()))
