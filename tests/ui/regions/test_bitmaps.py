"""Strokes on a bitmap against what a brush covers by definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa_gui.ui.regions.bitmaps import bounds, dab

_PLACE = st.tuples(st.floats(-20, 70), st.floats(-20, 60))


def _covered(shape: tuple[int, int], first, last, radius: float) -> np.ndarray:
    """Return where a pixel's centre is: its distance from the segment, less the radius."""
    centres = np.moveaxis(np.indices(shape)[::-1] + 0.5, 0, -1)
    start, along = np.array(first), np.subtract(last, first)
    share = ((centres - start) @ along / max(float(along @ along), 1e-12)).clip(0, 1)
    return np.linalg.norm(centres - start - share[..., None] * along, axis=-1) - radius


@given(first=_PLACE, last=_PLACE, radius=st.floats(0.8, 25), value=st.integers(0, 1))
@settings(max_examples=300, deadline=None)
def test_dab_covers_the_pixels_whose_centres_the_brush_passes_over(first, last, radius, value):
    before = np.full((40, 50), 1 - value, np.uint8)
    bitmap = before.copy()
    dab(bitmap, first, last, radius=radius, value=value)
    distance = _covered(bitmap.shape, first, last, radius)
    assert (bitmap[distance < -1e-6] == value).all()
    assert (bitmap[distance > 1e-6] != value).all()
    changed = np.argwhere(bitmap != before)
    if len(changed):
        x, y, width, height = bounds(first, last, radius)
        assert changed[:, 1].min() >= x
        assert changed[:, 1].max() + 1 <= x + width
        assert changed[:, 0].min() >= y
        assert changed[:, 0].max() + 1 <= y + height


def test_smallest_brush_always_covers_the_pixel_it_is_on():
    for place in ((3.0, 4.0), (3.5, 4.5), (3.999, 4.001)):
        bitmap = np.zeros((9, 9), np.uint8)
        dab(bitmap, place, place, radius=0.01, value=1)
        assert bitmap[int(place[1]), int(place[0])]
        assert bitmap.sum() <= 4
