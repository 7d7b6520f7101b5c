"""Put what is under the pointer into words."""

from __future__ import annotations

import numpy as np

from kaa_gui.colours import CLASS_NAMES
from kaa_gui.ui.model.state import State


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


def _colour(pixel: object) -> str:
    red, green, blue = (int(value) for value in pixel)  # type: ignore[attr-defined]
    return f"rgb {red} {green} {blue}"
