"""What the saved picture keeps of an attack: checked without trust, measured through everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.core.attacks.checks import check_saved
from kaa_gui.core.attacks.saved import (
    crop_change,
    found_again,
    in_frame,
    mask_leak,
    noise_picture,
    paste,
    remeasure,
    sampler_of,
)
from kaa_gui.core.errors import AttackError
from kaa_gui.core.metrics import rmse_grey
from kaa_gui.core.pictures.image import picture_from_array
from kaa_gui.core.pictures.sampling import CropSampler, apply_affine
from kaa_gui.core.types import AttackConfig, AttackRequest, Metrics, Picture, Pose, Run, Scene, UInt8Image
from kaa_gui.engine.engine import Engine, collect
from tests.core.poses import made_up_pose


def test_the_sampler_of_a_scene_gives_its_crop_again(finished: Run) -> None:
    scene = finished.scene
    np.testing.assert_array_equal(sampler_of(scene).crop(scene.picture.pixels), scene.crop)


def test_a_pasted_picture_is_8_bits_inside_ball_and_mask(finished: Run) -> None:
    scene, last = finished.scene, finished.snapshots[-1]
    sampler = sampler_of(scene)
    pasted = paste(scene, last, sampler)
    assert check_saved(scene, last, pasted, sampler) == {"size": True, "ball": True, "mask": True}
    change = pasted.astype(int) - scene.picture.pixels
    assert np.abs(change).max() == 4
    # its crop is the iterate, nearly
    reached, wanted = sampler.sampled(pasted) - sampler.sampled(scene.picture.pixels), last.perturbation
    assert (reached * wanted).sum() > 0.7 * (wanted**2).sum()


def test_a_pasted_l2_change_is_no_longer_than_epsilon(engine: Engine, walking: Picture) -> None:
    config = AttackConfig(method="kaa", norm="l2", epsilon=1.2, iterations=3, space="crop")
    run = collect(engine.attack(AttackRequest(walking, config)))
    sampler = sampler_of(run.scene)
    pasted = paste(run.scene, run.snapshots[-1], sampler)
    assert all(check_saved(run.scene, run.snapshots[-1], pasted, sampler).values())
    reached = (sampler.sampled(pasted) - sampler.sampled(walking.pixels)) * sampler.inside[..., None] / 255
    assert 0.9 * 1.2 < np.linalg.norm(reached) <= 1.2 * (1 + 1e-4)


def test_the_saved_picture_of_a_fractional_ball_stays_in_the_smaller_one(finished: Run) -> None:
    scene, last = finished.scene, finished.snapshots[-1]
    within = replace(last, config=last.config.with_changes(epsilon=1.9 / 255))
    change = paste(scene, within, sampler_of(scene)).astype(int) - scene.picture.pixels
    assert np.abs(change).max() == pytest.approx(within.config.saved_epsilon * 255) == 1


def test_little_of_the_saved_perturbation_leaks_out_of_the_mask(finished: Run) -> None:
    scene, last = finished.scene, finished.snapshots[-1]
    sampler = sampler_of(scene)
    leak = mask_leak(crop_change(scene, paste(scene, last, sampler), sampler), last.mask)
    # beyond the picture the crop repeats its edge: that is no leak
    assert 0 < leak < 0.06
    assert mask_leak(crop_change(scene, scene.picture.pixels, sampler), last.mask) == 0
    everywhere = replace(last, mask=np.ones_like(last.mask))
    assert mask_leak(crop_change(scene, paste(scene, last, sampler), sampler), everywhere.mask) == 0


def test_the_crop_does_not_change_beyond_the_picture(finished: Run) -> None:
    scene, sampler = finished.scene, sampler_of(finished.scene)
    change = crop_change(scene, 255 - scene.picture.pixels, sampler)
    assert not sampler.inside.all()
    assert not change[~sampler.inside].any()
    assert change[sampler.inside].any()
    assert change.dtype == np.float32


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_the_check_finds_what_leaves_the_ball(finished: Run, norm: str) -> None:
    scene, last = finished.scene, finished.snapshots[-1]
    sampler = sampler_of(scene)
    config = last.config.with_changes(norm=norm, epsilon=4 / 255 if norm == "linf" else 0.3)
    too_far = paste(scene, last, sampler).copy()
    changed = np.argwhere(too_far != scene.picture.pixels)
    for place in map(tuple, changed[:2000]):
        too_far[place] = scene.picture.pixels[place] ^ 0x40
    with pytest.raises(AttackError, match="ball"):
        check_saved(scene, replace(last, config=config), too_far, sampler)


def test_the_check_finds_what_leaves_mask_or_size(finished: Run) -> None:
    scene, last = finished.scene, finished.snapshots[-1]
    sampler = sampler_of(scene)
    outside = scene.picture.pixels.copy()
    row, column, channel = np.argwhere(~sampler.allowed_pixels(last.mask, outside.shape))[0]
    outside[row, column, channel] ^= 1
    with pytest.raises(AttackError, match="mask"):
        check_saved(scene, last, outside, sampler)
    with pytest.raises(AttackError, match="size"):
        check_saved(scene, last, outside[:-1], sampler)


@pytest.mark.parametrize("rmse", [0.4, 3.0])
def test_noise_has_the_rmse_that_was_asked_for(finished: Run, rmse: float) -> None:
    scene = finished.scene
    sampler = sampler_of(scene)
    noise = noise_picture(scene, sampler, rmse, seed=0)
    reached = rmse_grey(crop_change(scene, noise, sampler))
    assert reached == pytest.approx(rmse, rel=0.15)
    assert not np.array_equal(noise, noise_picture(scene, sampler, rmse, seed=1))


def test_noise_of_no_rmse_is_the_picture(finished: Run) -> None:
    scene = finished.scene
    np.testing.assert_array_equal(noise_picture(scene, sampler_of(scene), 0.0, seed=0), scene.picture.pixels)


def measured_again(engine: Engine, scene: Scene, pixels: UInt8Image) -> tuple[Metrics, Pose | None]:
    victim = engine.victim(scene.spec.name)
    person = found_again(victim, scene, pixels)
    return remeasure(victim, scene, pixels, AttackConfig(), person=person)


def test_the_clean_picture_measures_as_unmoved(engine: Engine, finished: Run) -> None:
    scene = finished.scene
    values, pose = measured_again(engine, scene, scene.picture.pixels)
    assert pose is not None
    assert (values.displacement_px, values.perturbation_rmse, values.perturbation_max) == (0, 0, 0)
    assert values.pose_error_mm == pytest.approx(0, abs=1e-3)
    assert not values.success


@pytest.mark.parametrize("wiped", ["all", "person"])
def test_a_person_who_is_no_longer_found_gives_no_numbers(engine: Engine, finished: Run, wiped: str) -> None:
    scene = finished.scene
    pixels = np.full_like(scene.picture.pixels, 127)
    if wiped == "person":
        # somebody is found, but far from where the attacked person was
        small = scene.picture.pixels[::3, ::3]
        pixels[: len(small), : small.shape[1]] = small
    values, pose = measured_again(engine, scene, pixels)
    assert pose is None
    assert np.isnan(values.displacement_px)
    assert np.isnan(values.pose_error_mm)
    assert values.perturbation_rmse > 0
    assert values.as_json()["displacement_px"] is None


def test_in_frame_takes_a_pose_to_another_crop_and_back() -> None:
    pose = made_up_pose()
    first = np.array([[0.5, 0.1, 3.0], [-0.1, 0.5, 7.0]])
    second = np.array([[0.0, 0.8, -5.0], [-0.8, 0.0, 90.0]])
    moved = in_frame(pose, first, second)
    back = in_frame(moved, second, first)
    np.testing.assert_allclose(back.keypoints, pose.keypoints, atol=1e-3)
    np.testing.assert_allclose(back.points_mm, pose.points_mm, atol=1e-2)
    # the same places in the picture, the same sizes in space
    inverse = np.linalg.inv(np.vstack((first, [0, 0, 1])))[:2]
    places = apply_affine(inverse, pose.keypoints)
    np.testing.assert_allclose(apply_affine(second, places), moved.keypoints, atol=1e-3)
    np.testing.assert_allclose(
        np.linalg.norm(moved.points_mm, axis=1), np.linalg.norm(pose.points_mm, axis=1), rtol=1e-5
    )


def test_in_frame_of_the_same_crop_changes_nothing() -> None:
    pose = made_up_pose()
    to_crop = np.array([[0.5, 0.1, 3.0], [-0.1, 0.5, 7.0]])
    same = in_frame(pose, to_crop, to_crop)
    np.testing.assert_allclose(same.keypoints, pose.keypoints, atol=1e-4)
    np.testing.assert_allclose(same.points_mm, pose.points_mm, atol=1e-4)


def test_what_lies_beyond_the_picture_is_never_attacked(engine: Engine, walking: Picture) -> None:
    # cut off at the knees, so that the crop reaches far below the picture
    height = int(0.62 * len(walking.pixels))
    picture = picture_from_array(np.ascontiguousarray(walking.pixels[:height]), "cut")
    config = AttackConfig(method="kaa", iterations=2, space="crop")
    run = collect(engine.attack(AttackRequest(picture, config)))
    sampler = sampler_of(run.scene)
    assert not sampler.inside.all()
    last = run.snapshots[-1]
    assert not last.mask[~sampler.inside].any()
    assert not last.perturbation[~sampler.inside].any()
    np.testing.assert_array_equal(last.adversarial[~sampler.inside], run.scene.crop[~sampler.inside])
    pasted = paste(run.scene, last, sampler)
    assert isinstance(sampler, CropSampler)
    assert all(check_saved(run.scene, last, pasted, sampler).values())


def test_without_detection_the_clean_crop_is_measured(engine: Engine, finished: Run) -> None:
    scene = finished.scene
    blank = np.full_like(scene.picture.pixels, 255)
    victim = engine.victim(scene.spec.name)
    assert measured_again(engine, scene, blank)[1] is None
    # where crops are annotated nobody needs to be found
    assert remeasure(victim, scene, blank, AttackConfig(), person=scene.person)[1] is not None
