"""Colours of joint errors, from small to large."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.types import FloatArray
from kaa_gui.ui.theme import ERROR_ANCHORS, interpolated

LEAST_TOP_MM = 20.0
"""The scale never ends below this: noise of a few millimetres must not look like success."""

_STEPS = (1, 1.5, 2, 3, 4, 6, 8, 10)
_UNKNOWN = (128, 128, 128)


@cache
def error_table() -> NDArray[np.uint8]:
    """Return the map's ``(256, 3)`` uint8 colours, from no error to the largest."""
    return interpolated(ERROR_ANCHORS)


def error_colours(errors_mm: FloatArray, top_mm: float) -> NDArray[np.uint8]:
    """Return the colour of each error.

    Args:
        errors_mm: ``(J,)``; NaN where unknown.
        top_mm: Upper end of the scale.

    Returns:
        ``(J, 3)`` uint8; grey where unknown.
    """
    known = np.isfinite(errors_mm)
    at = np.where(known, errors_mm, 0) / top_mm * 255
    colours = error_table()[at.clip(0, 255).astype(np.intp)]
    return np.where(known[:, None], colours, np.array(_UNKNOWN, np.uint8))


def round_top(largest_mm: float) -> float:
    """Return a round upper end for a scale that has to hold this value: 20, 30, 40, 60, 80, 100, 150, ..."""
    if not largest_mm > LEAST_TOP_MM:
        return LEAST_TOP_MM
    decade = 10 ** math.floor(math.log10(largest_mm))
    return float(next(step * decade for step in _STEPS if step * decade >= largest_mm))
