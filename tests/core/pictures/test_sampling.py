"""The linear map from picture to crop, and back: what a victim sees is what a paste can bring about."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kaa_gui.core.pictures import sampling
from kaa_gui.core.pictures.sampling import CropSampler, apply_affine, inverse_affine

SIZE = (48, 64)


def similarity(
    scale: float,
    degrees: float,
    *,
    picture: tuple[int, int],
    size: tuple[int, int] = SIZE,
    shift: float = 0.0,
) -> NDArray[np.float64]:
    """Return the map that turns and scales about the picture's centre, which goes to the crop's centre."""
    turn = np.deg2rad(degrees)
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cosine, sine], [-sine, cosine]])
    centre = np.array([picture[1], picture[0]]) / 2
    return np.column_stack((linear, np.array([size[1], size[0]]) / 2 - linear @ centre + shift))


def smooth(height: int, width: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [128 + 100 * np.sin(rows / 17 + number) * np.cos(columns / 13) for number in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def noise(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(40, 216, (height, width, 3), dtype=np.uint8)


def signs(shape: tuple[int, ...], *, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).choice(np.float32([-2, 2]), shape)


maps = st.builds(
    lambda scale, degrees, shift, picture: (
        similarity(scale, degrees, picture=picture, shift=shift),
        picture,
    ),
    st.floats(0.02, 4),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.tuples(st.integers(1, 120), st.integers(1, 120)),
)


@pytest.mark.parametrize("scale", [0.51, 0.7, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("degrees", [0, 33, -120])
def test_crop_is_the_affine_warp_of_opencv(scale: float, degrees: float) -> None:
    picture = smooth(200, 240)
    to_crop = similarity(scale, degrees, picture=(200, 240), shift=9.3)
    sampler = CropSampler.build(to_crop, SIZE, (200, 240))
    # OpenCV's points are at pixel centres, ours half a pixel off
    shifted = to_crop.copy()
    shifted[:, 2] += to_crop[:, :2] @ (0.5, 0.5) - 0.5
    expected = cv2.warpAffine(picture, shifted, SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(sampler.crop(picture).astype(int) - expected).max() <= 1


def test_crop_averages_what_it_shrinks() -> None:
    picture = noise(4 * 48, 4 * 64)
    sampler = CropSampler.build(np.array([[0.25, 0, 0], [0, 0.25, 0]]), SIZE, picture.shape[:2])
    expected = picture.reshape(48, 4, 64, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(sampler.crop(picture), expected, atol=0.51)


@given(maps, st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_crop_weights_are_means(given_map: tuple[NDArray[np.float64], tuple[int, int]], grey: int) -> None:
    to_crop, picture_size = given_map
    sampler = CropSampler.build(to_crop, SIZE, picture_size)
    assert sampler.weights.min() >= 0
    np.testing.assert_allclose(sampler.weights.sum(axis=1), 1, atol=1e-5)
    assert (sampler.crop(np.full((*picture_size, 3), grey, np.uint8)) == grey).all()


@pytest.mark.parametrize("picture_size", [(1, 1), (1, 5000), (10, 5000), (3000, 2)])
@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 20.0])
def test_crop_of_tiny_and_narrow_pictures(picture_size: tuple[int, int], scale: float) -> None:
    picture = noise(*picture_size)
    sampler = CropSampler.build(similarity(scale, 40, picture=picture_size), SIZE, picture_size)
    assert sampler.crop(picture).shape == (*SIZE, 3)
    changed = sampler.paste(picture, signs((*SIZE, 3)), limit=2, allowed=np.ones((*SIZE, 3), bool))
    assert np.abs(changed.astype(int) - picture).max() <= 2


def test_inside_says_where_the_picture_is() -> None:
    to_crop = np.array([[1.0, 0, 20], [0, 1.0, 10]])
    sampler = CropSampler.build(to_crop, SIZE, (200, 200))
    assert not sampler.inside[:10].any()
    assert not sampler.inside[:, :20].any()
    assert sampler.inside[10:, 20:].all()
    # beyond the picture its edge is repeated
    crop = sampler.crop(noise(200, 200))
    assert (crop[:10, 20:] == crop[10, 20:]).all()


def test_crop_beside_the_picture_shows_its_edge() -> None:
    picture = noise(30, 30)
    sampler = CropSampler.build(np.array([[1.0, 0, 500], [0, 1.0, 500]]), SIZE, (30, 30))
    assert not sampler.inside.any()
    assert (sampler.crop(picture) == picture[0, 0]).all()
    pasted = sampler.paste(picture, signs((*SIZE, 3)), limit=2, allowed=np.ones((*SIZE, 3), bool))
    np.testing.assert_array_equal(pasted, picture)


@given(maps, st.sampled_from([None, 0.4, 1.0, 2.0, 7.3]), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_paste_keeps_limit_mask_and_input(
    given_map: tuple[NDArray[np.float64], tuple[int, int]], limit: float | None, seed: int
) -> None:
    to_crop, picture_size = given_map
    picture = noise(*picture_size, seed=seed)
    before = picture.copy()
    allowed = np.random.default_rng(seed).random((*SIZE, 3)) < 0.5
    sampler = CropSampler.build(to_crop, SIZE, picture_size)
    change = 3 * signs((*SIZE, 3), seed=seed)
    pasted = sampler.paste(picture, change, limit=limit, allowed=allowed)
    moved = np.abs(pasted.astype(int) - picture)
    assert limit is None or moved.max() <= limit
    assert not moved[~sampler.allowed_pixels(allowed, picture.shape)].any()
    np.testing.assert_array_equal(picture, before)
    untouched = sampler.paste(picture, np.zeros_like(change), limit=limit, allowed=allowed)
    np.testing.assert_array_equal(untouched, picture)


@pytest.mark.parametrize("scale", [1.0, 0.4, 0.15])
def test_paste_changes_only_pixels_that_lie_in_the_mask(scale: float) -> None:
    picture = noise(300, 300)
    to_crop = similarity(scale, 25, picture=(300, 300))
    sampler = CropSampler.build(to_crop, SIZE, (300, 300))
    allowed = np.zeros((*SIZE, 3), bool)
    allowed[10:30, 20:50, 1] = True
    pasted = sampler.paste(picture, signs((*SIZE, 3)), limit=2, allowed=allowed)
    moved = pasted != picture
    assert moved[..., 1].any()
    assert not moved[..., 0].any()
    assert not moved[..., 2].any()
    rows, columns = np.nonzero(moved[..., 1])
    places = apply_affine(to_crop, np.stack((columns, rows), axis=1) + 0.5)
    # a cell is moved as a whole, so that its corners may lie a little outside
    reach = scale * sampler.cell
    assert places.min(axis=0) == pytest.approx((20, 10), abs=reach + 1)
    assert (places >= np.array((20, 10)) - reach).all()
    assert (places <= np.array((50, 30)) + reach).all()


@pytest.mark.parametrize(("scale", "degrees"), [(1.0, 0), (0.8, 30), (0.5, -75), (0.27, 10), (0.1, 170)])
def test_paste_brings_the_wanted_change_back(scale: float, degrees: float) -> None:
    side = int(90 / scale)
    picture = noise(side, side)
    sampler = CropSampler.build(
        similarity(scale, degrees, picture=(side, side), shift=0.3), SIZE, (side, side)
    )
    wanted = signs((*SIZE, 3))
    everywhere = np.ones_like(wanted, bool)
    clean = sampler.crop(picture).astype(np.float32)

    def share(limit: float | None, change: NDArray[np.float32]) -> float:
        reached = sampler.crop(sampler.paste(picture, change, limit=limit, allowed=everywhere)) - clean
        return float((reached * change).sum() / (change**2).sum())

    assert share(None, wanted) > 0.95
    # neighbouring crop pixels share picture pixels: within the limit a rough change gets half its height
    assert share(2, wanted) > 0.45
    blocks = np.kron(signs((SIZE[0] // 8, SIZE[1] // 8, 3)), np.ones((8, 8, 1), np.float32))
    assert share(2, blocks) > 0.88


def test_paste_stays_in_range_at_black_and_white() -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, 40:] = 255
    sampler = CropSampler.build(np.array([[0.8, 0, 0], [0, 0.8, 0]]), SIZE, (60, 80))
    pasted = sampler.paste(picture, signs((*SIZE, 3)), limit=2, allowed=np.ones((*SIZE, 3), bool))
    assert np.abs(pasted.astype(int) - picture).max() <= 2


@pytest.mark.parametrize("scale", [1.3, 0.3])
def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch, scale: float) -> None:
    picture = noise(170, 131)
    sampler = CropSampler.build(similarity(scale, 20, picture=(170, 131)), SIZE, (170, 131))
    allowed = signs((*SIZE, 3)) > 0

    def results() -> list[NDArray[np.generic]]:
        pasted = sampler.paste(picture, signs((*SIZE, 3)), limit=2, allowed=allowed)
        return [sampler.crop(picture), pasted, sampler.allowed_pixels(allowed, picture.shape)]

    whole = results()
    monkeypatch.setattr(sampling, "STRIP_PIXELS", 1)
    for expected, found in zip(whole, results(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_region_mask_is_the_box_as_the_crop_shows_it() -> None:
    sampler = CropSampler.build(np.array([[0.5, 0, 4], [0, 0.5, 2]]), SIZE, (200, 200))
    mask = sampler.region_mask((10, 20, 40, 12))
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max() + 1) == (4 + 5, 4 + 25)
    assert (rows.min(), rows.max() + 1) == (2 + 10, 2 + 16)
    assert mask.sum() == 20 * 6
    assert sampler.region_mask(None).all()


def test_inverse_affine_undoes_a_map() -> None:
    transform = np.array([[0.3, -0.2, 5.0], [0.1, 0.7, -3.0]])
    points = np.random.default_rng(0).random((5, 2)) * 100
    np.testing.assert_allclose(
        apply_affine(inverse_affine(transform), apply_affine(transform, points)), points
    )


@pytest.mark.parametrize("scale", [0.8, 0.3])
@pytest.mark.parametrize("share", [0.2, 0.9, 3.0])
def test_paste_keeps_the_length_of_the_change(scale: float, share: float) -> None:
    side = int(90 / scale)
    picture = noise(side, side)
    sampler = CropSampler.build(similarity(scale, 20, picture=(side, side)), SIZE, (side, side))
    change = np.random.default_rng(0).normal(0, 3, (*SIZE, 3)).astype(np.float32)
    everywhere = np.ones_like(change, bool)
    length = share * float(np.linalg.norm(change))
    pasted = sampler.paste(picture, change, limit=None, allowed=everywhere, length=length)
    reached = (sampler.sampled(pasted) - sampler.sampled(picture)) * sampler.inside[..., None]
    assert np.linalg.norm(reached) <= length * (1 + 1e-5)
    # nothing is given away: the change is either whole or as long as it may be
    free = sampler.paste(picture, change, limit=None, allowed=everywhere)
    assert np.array_equal(pasted, free) or np.linalg.norm(reached) > 0.9 * length
