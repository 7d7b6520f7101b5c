"""Compare the size that was annotated with the picture at hand, and map one to the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.decoding import opened

# EXIF's orientation -> the map from unit squares as stored to upright ones
_TURNS: dict[int, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    2: ((-1, 0, 1), (0, 1, 0)),
    3: ((-1, 0, 1), (0, -1, 1)),
    4: ((1, 0, 0), (0, -1, 1)),
    5: ((0, 1, 0), (1, 0, 0)),
    6: ((0, -1, 1), (1, 0, 0)),
    7: ((0, -1, 1), (-1, 0, 1)),
    8: ((0, 1, 0), (-1, 0, 1)),
}
_SIDEWAYS = (5, 6, 7, 8)


def picture_from_list(path: Path, size: tuple[float, float]) -> NDArray[np.float64] | None:
    """Return the map from annotated pixels to those of the upright picture.

    Args:
        path: Of the picture; only its header is read.
        size: Width and height that were annotated.

    Returns:
        ``(2, 3)``, or None where nothing has to be mapped, or the picture cannot be read: loading it says
        why.

    Raises:
        ValueError: The sizes are those of two pictures.
    """
    stored = _stored(path)
    if stored is None:
        return None
    width, height, orientation = stored
    upright = _upright(*stored)
    if size == upright:
        return None
    if _scaled(size, upright):
        return np.diag([upright[0] / size[0], upright[1] / size[1]]) @ np.eye(2, 3)
    if _scaled(size, (width, height)):
        # annotated by a tool that passes the orientation over
        turn = np.array(_TURNS[orientation], np.float64)
        turn[:, :2] /= size
        return turn * np.array(upright, np.float64)[:, None]
    raise ValueError(
        f"annotated was a picture of {size[0]:g} x {size[1]:g} pixels, {path.name} has "
        f"{upright[0]} x {upright[1]}; give the pictures that were annotated"
    )


def picture_size(path: Path) -> tuple[int, int] | None:
    """Return the width and height of the upright picture, from its header; None where it has none."""
    stored = _stored(path)
    return None if stored is None else _upright(*stored)


def _upright(width: int, height: int, orientation: int) -> tuple[int, int]:
    return (height, width) if orientation in _SIDEWAYS else (width, height)


def moved(points: NDArray[np.float64], to_picture: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return annotated points ``(N, 2)`` in the picture; a map of None leaves them."""
    return points if to_picture is None else points @ to_picture[:, :2].T + to_picture[:, 2]


def turned(points: NDArray[np.float64], to_picture: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return points in space ``(N, 3)``, x right and y down, turned as their picture is."""
    if to_picture is None:
        return points
    turn = np.eye(3)
    turn[:2, :2] = np.sign(to_picture[:, :2])
    return points @ turn.T


def _stored(path: Path) -> tuple[int, int, int] | None:
    """Return width, height and orientation of a picture as stored."""
    try:
        with opened(path, path.name) as image:
            tags, size = image.getexif(), image.size
            if image.format == "TIFF":
                # Pillow has turned this size already
                size = tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength]
            return int(size[0]), int(size[1]), int(tags.get(ExifTags.Base.Orientation, 1))
    except PictureError:
        return None


def _scaled(first: tuple[float, float], second: tuple[int, int]) -> bool:
    """Whether one size is the other one scaled, each side rounded to whole pixels."""
    apart = abs(first[0] * second[1] - first[1] * second[0])
    return apart <= max(first[0], second[0]) + max(first[1], second[1])
