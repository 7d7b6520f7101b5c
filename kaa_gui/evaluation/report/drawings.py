"""Draw skeletons as inline SVG, over a crop or in 3D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaa_gui.colours import BLUE, VERMILLION, hexadecimal
from kaa_gui.core.skeletons import SKELETONS, Skeleton

SIDE_COLOURS = {"left": hexadecimal(BLUE), "right": hexadecimal(VERMILLION), "centre": "#555555"}
CROP_SIDE = 256
_REACH_MM = 1100.0
_TURN, _TILT = np.radians(25.0), np.radians(12.0)


def flat_skeleton(keypoints: Sequence[float | None], name: str, crop_side: int = CROP_SIDE) -> str:
    """Return the SVG of key points over a crop; empty without a pose.

    Args:
        keypoints: x and y in turn, crop pixels.
        name: Name of their skeleton.
        crop_side: Side of the crop.
    """
    points = _points(keypoints, 2, name)
    if points is None:
        return ""
    return _drawing(SKELETONS[name], points, f"0 0 {crop_side} {crop_side}", 2.5)


def solid_skeleton(points_mm: Sequence[float | None], name: str) -> str:
    """Return the SVG of a 3D pose seen from the front, a little from the side and from above.

    Args:
        points_mm: x, y and z in turn, millimetres, y down, z away.
        name: Name of their skeleton.
    """
    points = _points(points_mm, 3, name)
    if points is None:
        return ""
    skeleton = SKELETONS[name]
    x, y, z = points.T
    x, z = np.cos(_TURN) * x + np.sin(_TURN) * z, np.cos(_TURN) * z - np.sin(_TURN) * x
    y = np.cos(_TILT) * y - np.sin(_TILT) * z
    seen = np.stack((x, y), axis=1)
    seen -= (np.nanmin(seen, axis=0) + np.nanmax(seen, axis=0)) / 2
    return _drawing(skeleton, seen, f"{-_REACH_MM} {-_REACH_MM} {2 * _REACH_MM} {2 * _REACH_MM}", 22.0)


def _points(values: Sequence[float | None], width: int, name: str) -> NDArray[np.float64] | None:
    """Return a pose's points; None without any, or where they are not those of the skeleton."""
    joints = SKELETONS[name].joints if name in SKELETONS else ()
    if not values or len(values) != width * len(joints) or not any(value is not None for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values], np.float64).reshape(-1, width)


def _drawing(skeleton: Skeleton, points: NDArray[np.float64], box: str, stroke: float) -> str:
    lines = []
    for start, end in skeleton.bones:
        if np.isfinite(points[[start, end]]).all():
            (x1, y1), (x2, y2) = points[start], points[end]
            colour = SIDE_COLOURS[skeleton.bone_side((start, end))]
            lines.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="{colour}"/>')
    return f'<svg viewBox="{box}" stroke-width="{stroke}" stroke-linecap="round">{"".join(lines)}</svg>'
