"""Distances between poses and pictures: invariances first, hand-made numbers second."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kaa_gui.core.metrics import (
    AREA_SHARE,
    COCO_SIGMAS,
    VISIBLE_SCORE,
    aligned,
    compare,
    displacement_px,
    head_size_px,
    joint_displacement_px,
    joint_table,
    mpjpe_mm,
    oks,
    pa_mpjpe_mm,
    pckh,
    perturbation_details,
    picture_details,
    pose_details,
    psnr_db,
    rmse_grey,
    ssim,
    visible_joints,
)
from kaa_gui.core.skeletons import COCO_17, SKELETONS
from tests.core.poses import made_up_pose

seeds = st.integers(0, 2**32 - 1)


def rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return turn * np.sign(np.linalg.det(turn))


def test_displacement_counts_joints_visible_in_the_clean_pose() -> None:
    clean = made_up_pose()
    moved = clean.keypoints.copy()
    moved[0] += (3, 4)
    moved[1] += (600, 800)
    scores = np.full(len(moved), 0.9, np.float32)
    scores[1] = 0.1
    clean, attacked = replace(clean, scores=scores), replace(clean, keypoints=moved)
    assert displacement_px(clean, attacked) == pytest.approx(5 / (len(moved) - 1), rel=1e-5)
    np.testing.assert_allclose(joint_displacement_px(clean, attacked)[:3], (5, 1000, 0), rtol=1e-5)


def test_displacement_counts_all_joints_when_none_is_visible() -> None:
    clean = made_up_pose(score=0.1)
    assert visible_joints(clean).all()
    attacked = replace(clean, keypoints=clean.keypoints + np.float32((6, 8)))
    assert displacement_px(clean, attacked) == pytest.approx(10, rel=1e-5)


def test_mpjpe_is_the_mean_over_joints_that_both_have() -> None:
    first = np.zeros((4, 3))
    second = np.array([[3.0, 4, 0], [0, 0, 1], [np.nan] * 3, [np.nan, 0, 0]])
    assert mpjpe_mm(first, second) == pytest.approx(3)
    assert mpjpe_mm(second, first) == pytest.approx(3)
    assert np.isnan(mpjpe_mm(first, np.full((4, 3), np.nan)))


@given(seeds, st.floats(0.1, 10))
def test_procrustes_undoes_similarities(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 300, (17, 3))
    moved = scale * points @ rotation(rng).T + rng.normal(0, 1000, 3)
    np.testing.assert_allclose(aligned(moved, points), points, atol=1e-6)
    assert pa_mpjpe_mm(points, moved) == pytest.approx(0, abs=1e-6)


@given(seeds)
def test_procrustes_never_loses_to_no_alignment_in_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(0, 300, (2, 17, 3))
    best = ((aligned(second, first) - first) ** 2).sum()
    for _ in range(5):
        other = rng.uniform(0.2, 2) * second @ rotation(rng).T
        other += (first - other).mean(axis=0)
        assert best <= ((other - first) ** 2).sum() + 1e-6


def test_procrustes_does_not_mirror() -> None:
    points = np.random.default_rng(0).normal(0, 300, (17, 3))
    assert pa_mpjpe_mm(points, points * (-1, 1, 1)) > 50


def test_procrustes_skips_unknown_joints_and_needs_three() -> None:
    points = np.random.default_rng(0).normal(0, 300, (6, 3))
    moved = points + 10
    moved[0] = np.nan
    assert pa_mpjpe_mm(points, moved) == pytest.approx(0, abs=1e-6)
    moved[:4] = np.nan
    assert np.isnan(pa_mpjpe_mm(points, moved))


def test_picture_metrics_of_hand_made_changes() -> None:
    clean = np.full((32, 32, 3), 100, np.uint8)
    other = clean.copy()
    other[::2] += 4
    assert rmse_grey(other.astype(np.float32) - clean) == pytest.approx(np.sqrt(8))
    assert psnr_db(clean, other) == pytest.approx(20 * np.log10(255 / np.sqrt(8)))
    assert psnr_db(clean, clean) == np.inf
    assert ssim(clean, clean) == pytest.approx(1)
    assert ssim(clean, other) < 1


def test_pckh_counts_joints_within_half_a_head() -> None:
    clean = np.zeros((4, 2))
    other = np.array([[0, 4.9], [5.1, 0], [np.nan, 0], [3, 3]])
    assert pckh(clean, other, 10) == 0.5


def test_head_size_is_measured_between_shoulders_and_ears() -> None:
    pose = made_up_pose()
    keypoints = pose.keypoints.copy()
    for side in ("left", "right"):
        keypoints[pose.skeleton.index(f"{side}_shoulder")] = (10, 40)
        keypoints[pose.skeleton.index(f"{side}_ear")] = (10, 15)
    assert head_size_px(replace(pose, keypoints=keypoints)) == 25
    # a skeleton without ears has no such head
    assert np.isnan(head_size_px(replace(pose, skeleton=SKELETONS["human36m-17"])))


def test_details_of_a_hand_made_perturbation() -> None:
    clean, change = np.full((32, 32, 3), 100, np.uint8), np.zeros((32, 32, 3), np.float32)
    change[:16] = -5.1
    values = perturbation_details(clean, change)
    assert values["l0"] == 16 * 32 * 3
    assert values["linf"] == pytest.approx(0.02)
    assert values["l2"] == pytest.approx(0.02 * np.sqrt(16 * 32 * 3))
    assert values["psnr_db"] == pytest.approx(20 * np.log10(255 / (5.1 / np.sqrt(2))), rel=1e-5)
    assert 0 < (values["ssim"] or 0) < 1
    untouched = perturbation_details(clean, 0 * change)
    assert untouched["psnr_db"] is None
    assert untouched["ssim"] == pytest.approx(1)


@given(seed=seeds)
def test_details_of_a_picture_are_the_norms_of_its_change(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clean, other = rng.integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    change = (other.astype(np.float64) - clean) / 255
    values = picture_details(clean, other)
    assert values["l0"] == np.count_nonzero(change)
    assert values["l2"] == pytest.approx(np.linalg.norm(change))
    assert values["linf"] == pytest.approx(np.abs(change).max())
    assert values["rmse"] == pytest.approx(255 * np.sqrt((change**2).mean()))
    assert set(picture_details(clean, clean).values()) == {0}


def test_pose_details_count_joints_and_align_poses() -> None:
    clean = made_up_pose()
    moved = replace(clean, points_mm=2 * clean.points_mm + np.float32(70))
    values = pose_details(clean, moved, None)
    assert values["pckh"] == 1
    assert values["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-2)
    far = replace(clean, keypoints=clean.keypoints + np.float32(1000))
    assert pose_details(clean, far, None)["pckh"] == 0
    assert set(pose_details(clean, far, far)) == {
        *("pckh", "pa_mpjpe_mm", "oks"),
        *("target_pckh", "target_pa_mpjpe_mm", "target_oks"),
    }
    assert pose_details(clean, far, far)["target_pckh"] == 1


def test_compare_without_a_target_succeeds_when_the_pose_is_far_enough() -> None:
    clean = made_up_pose()
    attacked = replace(clean, points_mm=clean.points_mm + np.float32((0, 0, 160)))
    change = np.full((8, 8, 3), -2, np.float32)
    values = compare(clean, attacked, None, iteration=3, loss=0.5, change=change, success_mm=150)
    assert (values.iteration, values.loss, values.success) == (3, 0.5, True)
    assert values.pose_error_mm == pytest.approx(160, rel=1e-5)
    assert (values.perturbation_rmse, values.perturbation_max) == (2, 2)
    assert np.isnan(values.target_error_mm)
    assert not compare(clean, attacked, None, iteration=3, loss=0, change=change, success_mm=161).success


def test_compare_with_a_target_succeeds_only_nearer_than_the_clean_pose() -> None:
    clean, change = made_up_pose(), np.zeros((8, 8, 3), np.float32)
    target = replace(clean, points_mm=clean.points_mm + np.float32((100, 0, 0)))

    def success(offset_mm: float) -> bool:
        attacked = replace(clean, points_mm=clean.points_mm + np.float32((offset_mm, 0, 0)))
        return compare(clean, attacked, target, iteration=0, loss=0, change=change, success_mm=150).success

    assert success(50)
    assert success(199)
    assert not success(0)
    assert not success(-10)


def test_joint_table_has_a_row_for_every_joint_of_both_skeletons() -> None:
    clean = made_up_pose()
    points = clean.points_mm.copy()
    points[-1] = np.nan
    rows = {row["joint"]: row for row in joint_table(clean, replace(clean, points_mm=points), clean)}
    assert set(rows) == {*clean.skeleton.joints, *clean.skeleton_3d.joints}
    assert rows["nose"]["displacement_px"] == rows["nose"]["error_mm"] == rows["nose"]["target_error_mm"] == 0
    assert rows[clean.skeleton_3d.joints[-1]]["error_mm"] is None
    assert "displacement_px" not in rows["pelvis"]


def test_oks_is_coco_s_formula() -> None:
    clean = made_up_pose()
    assert oks(clean, clean) == 1
    moved = replace(clean, keypoints=clean.keypoints + np.float32(7))
    counted, similarity = 0, 0.0
    sides = np.ptp(
        [
            point
            for name, point, score in zip(clean.skeleton.joints, clean.keypoints, clean.scores, strict=True)
            if name in COCO_17.joints and score >= VISIBLE_SCORE
        ],
        axis=0,
    )
    for name, score in zip(clean.skeleton.joints, clean.scores, strict=True):
        if name in COCO_17.joints and score >= VISIBLE_SCORE:
            sigma = COCO_SIGMAS[name.split("_")[-1]]
            similarity += np.exp(-(2 * 7**2) / (2 * AREA_SHARE * sides[0] * sides[1] * (2 * sigma) ** 2))
            counted += 1
    assert counted
    assert oks(clean, moved) == pytest.approx(similarity / counted, rel=1e-5)
    far = replace(clean, keypoints=clean.keypoints + np.float32(1000))
    assert oks(clean, far) == pytest.approx(0, abs=1e-3)
