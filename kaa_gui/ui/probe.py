"""What is under the pointer, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from kaa_gui.core.types import Scene
from kaa_gui.ui.state import State
from kaa_gui.ui.theme import CLASS_NAMES

_HAIR = 1e-6


def probe_text(state: State, x: float, y: float) -> str:
    """Return a line about a pixel: place, colours, change, extremes of J, class, nearest joint.

    Args:
        state: With scene, and field and snapshot if there are any.
        x: In pixels of the crop, right.
        y: In pixels of the crop, down.
    """
    scene = state.scene
    height, width = scene.crop.shape[:2] if scene is not None else (0, 0)
    if scene is None or not (0 <= x < width and 0 <= y < height):
        return ""
    row, column = int(y), int(x)
    clean = scene.crop[row, column]
    parts = [f"x {column}, y {row}", _colour(clean)]
    if state.shown is not None:
        after = state.shown.adversarial[row, column]
        change = ", ".join(f"{int(b) - int(a):+d}" for a, b in zip(clean, after, strict=True))
        parts[-1] += f" → {_colour(after)} ({change})"
    alpha = state.alpha
    if state.field is not None and alpha is not None and state.field.maximum.shape == scene.crop.shape:
        highest = float(state.field.maximum[row, column].max())
        lowest = float(state.field.minimum[row, column].min())
        both = bool((state.field.strength[row, column] > alpha).any())
        one_sign = 1 if highest >= -lowest else 2
        kind = 3 if both else one_sign if max(highest, -lowest) > alpha else 0
        parts.append(f"J from {lowest:.3g} to {highest:.3g}, {CLASS_NAMES[kind]}")
    parts.append(_nearest_joint(state, x, y))
    return "   ·   ".join(parts)


def _nearest_joint(state: State, x: float, y: float) -> str:
    """Return how far the nearest joint is, and of which pose it is."""
    poses = {} if state.scene is None else {"clean": state.scene.clean}
    if state.shown is not None:
        poses["attacked"] = state.shown.attacked
    found = []
    for name, pose in poses.items():
        distances = np.linalg.norm(pose.keypoints - (x, y), axis=1)
        place = int(distances.argmin())
        found.append((float(distances[place]), pose.skeleton.joints[place].replace("_", " "), name))
    distance, joint, name = min(found)
    return f"{distance:.0f} px from {joint} ({name})"


def box_in_picture(visible: QRectF, scene: Scene) -> tuple[float, float, float, float]:
    """Return the upright box of the picture around a part of the crop, in whole pixels.

    Args:
        visible: In pixels of the crop.
        scene: With the map from picture to crop.

    Returns:
        x, y, width, height, inside the picture and at least one pixel large.
    """
    corners = [(x, y) for x in (visible.left(), visible.right()) for y in (visible.top(), visible.bottom())]
    return box_around(np.array(corners), scene)


def box_around(corners: NDArray[np.float64], scene: Scene) -> tuple[float, float, float, float]:
    """Return the upright box of the picture around points of the crop, in whole pixels.

    Args:
        corners: ``(n, 2)``, in pixels of the crop.
        scene: With the map from picture to crop.

    Returns:
        x, y, width, height, inside the picture and at least one pixel large.
    """
    to_crop = np.vstack([scene.person.to_crop, [0, 0, 1]])
    points = (np.column_stack([corners, np.ones(len(corners))]) @ np.linalg.inv(to_crop).T)[:, :2]
    height, width = scene.picture.pixels.shape[:2]
    # what was drawn at a pixel's edge may come back a hair beside it
    low = np.clip(np.floor(points.min(axis=0) + _HAIR), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(points.max(axis=0) - _HAIR), low + 1, [width, height])
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def _colour(pixel: object) -> str:
    red, green, blue = (int(value) for value in pixel)  # type: ignore[attr-defined]
    return f"rgb {red} {green} {blue}"
