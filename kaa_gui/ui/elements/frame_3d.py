"""The 3D scene's frame and measures."""

from __future__ import annotations

import numpy as np

from kaa_gui.core.types import FloatArray

BONE_RADIUS_MM = 18.0
JOINT_RADIUS_MM = 29.0
THICKNESS = {"clean": 0.86, "attacked": 1.0, "target": 0.72}
"""Of the bodies; where two coincide the thicker one is seen, instead of both flickering."""

GRID_MM = 250.0
"""Between two lines of the floor."""


def to_scene(points_mm: FloatArray) -> FloatArray:
    """Turn x right, y down, z away from the camera into x right, y up, z towards the viewer."""
    return (points_mm * np.array([1, -1, -1], np.float32)).astype(np.float32)
