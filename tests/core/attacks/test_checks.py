"""The independent check agrees with what pasting permits, pixel by pixel, by a route of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kaa_gui.core.attacks.checks import respects_mask
from kaa_gui.core.pictures.sampling import CropSampler


def to_crop_of(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack((linear, shift))


@given(
    scale=st.sampled_from([0.21, 0.34, 0.47, 0.71, 1.0, 1.6]),
    degrees=st.sampled_from([0.0, 7.0, 90.0, -33.0]),
    shift=st.tuples(st.floats(-6, 6), st.floats(-6, 6)),
    seed=st.integers(0, 99),
)
@example(scale=1.6, degrees=90.0, shift=(4.999999999999999, 1.0), seed=0)
def test_the_check_permits_what_pasting_permits_and_nothing_else(
    scale: float, degrees: float, shift: tuple[float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size, shape = (12, 14), (23, 31, 3)
    to_crop = to_crop_of(scale, degrees, shift)
    mask = rng.random((*size, 3)) < 0.5
    allowed = CropSampler.build(to_crop, size, shape[:2]).allowed_pixels(mask, shape)
    assert respects_mask(allowed.astype(np.uint8), mask, to_crop)
    refused = np.argwhere(~allowed)
    for place in refused[rng.permutation(len(refused))[:20]]:
        change = np.zeros(shape, np.uint8)
        change[tuple(place)] = 1
        assert not respects_mask(change, mask, to_crop) or _at_a_border(place, to_crop)


def _at_a_border(place: np.ndarray, to_crop: np.ndarray) -> bool:
    """Whether the block's centre lies so near to a crop pixel's border that it may count to either."""
    side = max(1, int(1 / np.sqrt(abs(np.linalg.det(to_crop[:, :2])))))
    centre = place[1::-1] // side * side + side / 2
    at = to_crop[:, :2] @ centre + to_crop[:, 2]
    return bool((np.abs(at - np.rint(at)) < 1e-5).any())


@pytest.mark.parametrize("scale", [0.25, 1.0])
def test_the_check_knows_one_pixel_from_its_neighbour(scale: float) -> None:
    to_crop = to_crop_of(scale, 0.0, (0.0, 0.0))
    mask = np.zeros((8, 8, 3), bool)
    mask[2, 5, 1] = True
    block = round(1 / scale)
    change = np.zeros((8 * block, 8 * block, 3), np.uint8)
    change[2 * block : 3 * block, 5 * block : 6 * block, 1] = 3
    assert respects_mask(change, mask, to_crop)
    for row, column, channel in ((2, 5, 0), (2, 4, 1), (3, 5, 1)):
        stray = change.copy()
        stray[row * block, column * block, channel] = 1
        assert not respects_mask(stray, mask, to_crop)
