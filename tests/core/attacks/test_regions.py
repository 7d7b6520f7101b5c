"""Regions, drawn and painted: where they lie in the crop, and that the saved picture keeps to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa_gui.core.attacks.checks import check_saved
from kaa_gui.core.attacks.regions import region_in_crop, region_in_picture
from kaa_gui.core.attacks.resolved import resolved
from kaa_gui.core.attacks.saved import paste, sampler_of
from kaa_gui.core.errors import AttackError, ConfigError
from kaa_gui.core.painted import painted_text
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import AttackConfig, AttackRequest, Picture, Run
from kaa_gui.engine.engine import Engine, collect

SIDE = 96


def _disc(size: tuple[int, ...], x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.indices(size[:2])
    return np.hypot(rows + 0.5 - y, columns + 0.5 - x) < radius


@st.composite
def samplers(draw: st.DrawFn) -> CropSampler:
    """Crops of a picture, turned, magnified or reduced, and partly beside it."""
    angle, scale = draw(st.floats(-3, 3)), draw(st.sampled_from([0.15, 0.34, 0.5, 0.9, 1.0, 2.3]))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([draw(st.floats(20, 80)), draw(st.floats(20, 80))])
    return CropSampler.build(
        np.column_stack([turn, 16 - turn @ middle]), (32, 32), (SIDE, SIDE + draw(st.integers(0, 9)))
    )


@settings(deadline=None)
@given(samplers(), st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2), st.integers(0, 9))
def test_a_painted_box_is_the_box(sampler: CropSampler, box: tuple[int, int, int, int], wider: int) -> None:
    x, y, width, height = box
    bitmap = np.zeros((SIDE + 4, SIDE + 4 + wider), bool)
    bitmap[y : y + height, x : x + width] = True
    drawn = AttackConfig(region=tuple(map(float, box)))  # type: ignore[arg-type]
    painted = AttackConfig(region_mask=painted_text(bitmap))
    np.testing.assert_array_equal(region_in_crop(sampler, drawn), region_in_crop(sampler, painted))
    np.testing.assert_array_equal(region_in_picture(drawn, bitmap.shape), bitmap)
    np.testing.assert_array_equal(region_in_picture(painted, bitmap.shape), bitmap)


@settings(deadline=None, max_examples=30)
@given(samplers(), st.floats(10, 80), st.floats(10, 80), st.floats(6, 40), st.integers(0, 99))
def test_paste_changes_painted_pixels_alone(
    sampler: CropSampler, x: float, y: float, radius: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    columns = max(sampler.region[2], SIDE)
    bitmap = _disc((max(SIDE, sampler.region[3]), columns), x, y, radius)
    pixels = generator.integers(10, 245, (*bitmap.shape, 3), np.uint8)
    change = generator.choice(np.array([-4, 4], np.float32), (32, 32, 3))
    everywhere = np.ones((32, 32, 3), bool)
    pasted = sampler.paste(
        pixels, change, limit=4, allowed=everywhere, within=sampler.whole_cells(bitmap)
    ).astype(int)
    assert not (pasted - pixels)[~bitmap].any()
    assert np.abs(pasted - pixels).max() <= 4


def test_box_and_paint_together_are_what_lies_in_both() -> None:
    sampler = CropSampler.build(np.array([[0.5, 0, 0], [0, 0.5, 0.0]]), (32, 32), (64, 64))
    bitmap = _disc((64, 64), 30, 30, 20)
    both = AttackConfig(region=(0.0, 0.0, 30.0, 64.0), region_mask=painted_text(bitmap))
    expected = bitmap.copy()
    expected[:, 30:] = False
    np.testing.assert_array_equal(region_in_picture(both, bitmap.shape), expected)
    paint = region_in_crop(sampler, both.with_changes(region=None))
    box = region_in_crop(sampler, both.with_changes(region_mask=None))
    np.testing.assert_array_equal(region_in_crop(sampler, both), paint & box)
    assert region_in_picture(AttackConfig(), (3, 3)) is None
    assert region_in_crop(sampler, AttackConfig()).all()


@pytest.fixture(scope="module")
def painted_run(engine: Engine, walking: Picture) -> Run:
    """Return a run whose region was painted around the middle of the person."""
    (person, *_) = engine.people(walking, "blazepose-heatmap")
    x, y, width, height = person.box
    bitmap = _disc(walking.pixels.shape, x + width / 2, y + height / 2, width / 3)
    config = AttackConfig(iterations=3, epsilon=8 / 255, views=0, region_mask=painted_text(bitmap), keep=0.9)
    return collect(engine.attack(AttackRequest(walking, config)))


def test_saved_picture_changes_on_the_paint_alone(painted_run: Run) -> None:
    scene, last = painted_run.scene, painted_run.snapshots[-1]
    sampler = sampler_of(scene)
    pasted = paste(scene, last, sampler)
    verdicts = check_saved(scene, last, pasted, sampler)
    assert verdicts == {"size": True, "ball": True, "mask": True, "region": True}
    bitmap = region_in_picture(last.config, scene.picture.pixels.shape)
    changed = (pasted != scene.picture.pixels).any(axis=2)
    assert changed.any()
    assert bitmap is not None
    assert not changed[~bitmap].any()
    assert not last.mask[~region_in_crop(sampler, last.config)].any()
    mask = resolved(painted_run)["mask"]
    assert mask["region_pixels"] == bitmap.sum()
    assert mask["kept"] > mask["kept_crop"]
    assert painted_run.mask_share == pytest.approx(mask["kept"])


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_saved_picture_stays_in_a_box_that_cuts_pixels_of_the_crop(
    engine: Engine, walking: Picture, norm: str
) -> None:
    (person, *_) = engine.people(walking, "blazepose-heatmap")
    x, y, width, height = (float(round(value)) for value in person.box)
    config = AttackConfig(
        iterations=2, views=0, mask="everywhere", method="kaa", norm=norm,  # type: ignore[arg-type]
        epsilon=8 / 255 if norm == "linf" else 8,
        region=(x + 1, y + 1, width / 2 + 0.4, height / 2 + 0.7),
    )  # fmt: skip
    run = collect(engine.attack(AttackRequest(walking, config)))
    pasted = paste(run.scene, run.snapshots[-1], sampler_of(run.scene))
    region = region_in_picture(config, walking.pixels.shape)
    assert region is not None
    changed = (pasted != walking.pixels).any(axis=2)
    assert changed.any()
    assert not changed[~region].any()


def test_check_finds_a_pixel_beside_the_paint(painted_run: Run) -> None:
    scene, last = painted_run.scene, painted_run.snapshots[-1]
    sampler = sampler_of(scene)
    everywhere = replace(last, mask=np.ones_like(last.mask))
    bitmap = region_in_picture(last.config, scene.picture.pixels.shape)
    assert bitmap is not None
    free = sampler.allowed_pixels(everywhere.mask, scene.picture.pixels.shape)[..., 0] & ~bitmap
    row, column = np.argwhere(free)[0]
    beside = scene.picture.pixels.copy()
    beside[row, column, 0] ^= 1
    with pytest.raises(AttackError, match="check of its region"):
        check_saved(scene, everywhere, beside, sampler)


def test_paint_for_another_picture_and_paint_beside_the_person_are_refused(
    engine: Engine, walking: Picture
) -> None:
    height, width = walking.pixels.shape[:2]
    other = AttackConfig(region_mask=painted_text(np.ones((height, width + 1), bool)))
    with pytest.raises(ConfigError, match=f"must be as large as the picture, {width} x {height}"):
        next(engine.attack(AttackRequest(walking, other)))
    corner = np.zeros((height, width), bool)
    corner[0, 0] = True
    with pytest.raises(ConfigError, match="region must meet"):
        collect(engine.attack(AttackRequest(walking, AttackConfig(region_mask=painted_text(corner)))))
