"""Paint strokes on a bitmap of the picture's pixels. Knows no Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Bitmap = NDArray[np.uint8]
"""``(H, W)``: 1 where the picture may change, 0 elsewhere."""

Point = tuple[float, float]
"""x and y in pixels of the picture, continuous: pixel (row, column) covers [column, column + 1)."""

_LEAST_RADIUS = math.sqrt(0.5)
"""In pixels: a smaller disc may cover no pixel's centre."""


def dab(bitmap: Bitmap, first: Point, last: Point, *, radius: float, value: int) -> None:
    """Drag a round brush from one point to another, in place: only rows under it are touched.

    Every pixel whose centre comes within the radius takes the value.

    Args:
        bitmap: Of the picture.
        first: Where the brush comes from.
        last: Where it goes to; the same for a single dab.
        radius: In pixels of the picture.
        value: 1 paints, 0 erases.
    """
    radius = max(radius, _LEAST_RADIUS)
    height, width = bitmap.shape
    top = max(0, math.floor(min(first[1], last[1]) - radius))
    bottom = min(height, math.ceil(max(first[1], last[1]) + radius))
    if top >= bottom:
        return
    low, high = _extents(np.arange(top, bottom) + 0.5, first, last, radius)
    hit = low <= high
    starts = np.ceil(low[hit] - 0.5).clip(0, width).astype(int)
    ends = (np.floor(high[hit] - 0.5) + 1).clip(0, width).astype(int)
    rows = np.flatnonzero(hit) + top
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        bitmap[row, start:end] = value


def bounds(first: Point, last: Point, radius: float) -> tuple[float, float, float, float]:
    """Return x, y, width, height of what a dab covers, in pixels of the picture, with a pixel to spare."""
    reach = max(radius, _LEAST_RADIUS) + 1
    x, y = min(first[0], last[0]) - reach, min(first[1], last[1]) - reach
    return x, y, abs(first[0] - last[0]) + 2 * reach, abs(first[1] - last[1]) + 2 * reach


def _extents(
    rows: NDArray[np.float64], first: Point, last: Point, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the hull of two discs begins and ends on horizontal lines; infinite where it is missed."""
    low, high = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for x, y in (first, last):
        half = np.sqrt(np.maximum(radius**2 - (rows - y) ** 2, 0))
        hit = np.abs(rows - y) <= radius
        low, high = (
            np.where(hit, np.minimum(low, x - half), low),
            np.where(hit, np.maximum(high, x + half), high),
        )
    along = (last[0] - first[0], last[1] - first[1])
    length = math.hypot(*along)
    # the two edges that touch both discs; level ones end on the discs
    if abs(along[1]) > 1e-9:
        for side in (radius / length, -radius / length):
            x, y = first[0] - side * along[1], first[1] + side * along[0]
            share = (rows - y) / along[1]
            hit, at = (share >= 0) & (share <= 1), x + share * along[0]
            low, high = np.where(hit, np.minimum(low, at), low), np.where(hit, np.maximum(high, at), high)
    return low, high
