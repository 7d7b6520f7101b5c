"""Poses made up for tests."""

from __future__ import annotations

import numpy as np

from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17
from kaa_gui.core.types import Pose


def made_up_pose(seed: int = 0, *, score: float = 0.9) -> Pose:
    """Return a pose whose joints lie anywhere in a crop of 256 pixels."""
    rng = np.random.default_rng(seed)
    keypoints = rng.uniform(0, 256, (len(BLAZEPOSE_33), 2)).astype(np.float32)
    points = rng.normal(0, 400, (len(HUMAN36M_17), 3)).astype(np.float32)
    scores = np.full(len(BLAZEPOSE_33), score, np.float32)
    return Pose(keypoints, scores, points - points[0], BLAZEPOSE_33, HUMAN36M_17)
