from __future__ import annotations

import numpy as np
import pytest

from kaa_gui.ui.picture_items.decimate import decimated


def test_decimated_averages_areas():
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, ::2] = 200
    np.testing.assert_array_equal(decimated(pixels, 40), np.full((20, 40, 3), 100, np.uint8))
    assert decimated(pixels, 100) is pixels


@pytest.mark.parametrize("shape", [(9000, 1200), (1, 9000), (300, 301)])
def test_decimated_keeps_the_shape_of_the_picture(shape):
    small = decimated(np.full((*shape, 3), 77, np.uint8), 256)
    assert max(small.shape) == 256
    assert small.shape[0] / small.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.05, abs=1 / 256)
    assert (small == 77).all()
