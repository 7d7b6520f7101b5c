"""Turn boxes of the crop into boxes of the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from kaa_gui.core.types import Scene

_HAIR = 1e-6


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
