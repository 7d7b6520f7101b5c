"""Measure how far a pose moved and how visible the perturbation is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.types import GREY_LEVELS, FloatArray, Metrics, Pose, UInt8Image

Points = NDArray[np.floating]

VISIBLE_SCORE = 0.5
"""A joint counts as visible when the victim's score for it is at least this."""
_ROWS = 256
"""Rows of a picture that are compared at once."""


def visible_joints(pose: Pose) -> NDArray[np.bool_]:
    """Return ``(K,)`` bool: joints to measure; all of them where none is confident."""
    visible = pose.scores >= VISIBLE_SCORE
    return visible if visible.any() else np.ones_like(visible)


def displacement_px(clean: Pose, attacked: Pose) -> float:
    """Return the mean distance of the key points visible in the clean pose, in crop pixels."""
    visible = visible_joints(clean)
    return float(joint_displacement_px(clean, attacked)[visible].mean())


def joint_displacement_px(clean: Pose, attacked: Pose) -> FloatArray:
    """Return ``(K,)`` float32, each key point's distance in crop pixels."""
    return np.linalg.norm(attacked.keypoints - clean.keypoints, axis=1).astype(np.float32)


def mpjpe_mm(first: Points, second: Points) -> float:
    """Return the mean per-joint position error in millimetres over the joints that both have.

    Args:
        first: ``(J, 3)`` millimetres; NaN rows are skipped.
        second: Likewise.

    Returns:
        Millimetres; NaN where no joint is common.
    """
    errors = np.linalg.norm(np.asarray(first, np.float64) - second, axis=-1)
    known = np.isfinite(errors)
    return float(errors[known].mean()) if known.any() else float("nan")


def pa_mpjpe_mm(first: Points, second: Points) -> float:
    """Return MPJPE after the similarity that best maps ``second`` onto ``first`` (Procrustes).

    Args:
        first: ``(J, 3)`` millimetres; NaN rows are skipped.
        second: Likewise.
    """
    known = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    if known.sum() < 3:
        return float("nan")
    return mpjpe_mm(first[known], aligned(second[known], first[known]))


def aligned(points: Points, reference: Points) -> NDArray[np.float64]:
    """Return ``points`` rotated, scaled and shifted onto ``reference``, both ``(J, 3)`` (Kabsch, Umeyama)."""
    source = np.asarray(points, np.float64) - points.mean(axis=0)
    target = np.asarray(reference, np.float64) - reference.mean(axis=0)
    left, singular, right = np.linalg.svd(target.T @ source)
    sign = np.ones(3)
    sign[-1] = np.sign(np.linalg.det(left @ right))
    rotation = (left * sign) @ right
    scale = float((singular * sign).sum() / max((source**2).sum(), 1e-12))
    return scale * source @ rotation.T + reference.mean(axis=0)


def rmse_grey(perturbation: NDArray[np.floating]) -> float:
    """Return the root mean square of a perturbation that is given in grey levels."""
    # imported late: the window needs this file before its first paint
    import cv2

    # sums in double precision without a copy in it
    return cv2.norm(perturbation.ravel(), cv2.NORM_L2) / perturbation.size**0.5


def psnr_db(clean: UInt8Image, other: UInt8Image) -> float:
    """Return the peak signal-to-noise ratio in dB; infinite for equal pictures."""
    return _psnr_db(rmse_grey(other.astype(np.float32) - clean))


def _psnr_db(rmse: float) -> float:
    return float(20 * np.log10(GREY_LEVELS / rmse)) if rmse else float("inf")


def ssim(clean: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Return the structural similarity in [-1, 1] (Wang et al. 2004), mean over the channels; grey levels."""
    from skimage.metrics import structural_similarity

    return float(np.asarray(structural_similarity(clean, other, channel_axis=2, data_range=GREY_LEVELS)))


def pckh(clean: Points, other: Points, head_size: float, *, threshold: float = 0.5) -> float:
    """Return the share of key points that moved by less than ``threshold`` head sizes.

    Args:
        clean: ``(K, 2)`` pixels.
        other: Likewise.
        head_size: Length of the head segment in the same pixels.
        threshold: Threshold in head sizes; 0.5 is the usual PCKh@0.5 (Andriluka et al. 2014).
    """
    return float((np.linalg.norm(clean - other, axis=1) < threshold * head_size).mean())


def head_size_px(pose: Pose) -> float:
    """Return the distance from the middle of the shoulders to the middle of the ears, in crop pixels.

    It stands in for MPII's head segment, which no victim's key points mark; NaN where these key points are
    missing.
    """
    ends = []
    for part in ("shoulder", "ear"):
        names = (f"left_{part}", f"right_{part}")
        if not set(names) <= set(pose.skeleton.joints):
            return float("nan")
        ends.append(np.mean([pose.keypoints[pose.skeleton.index(name)] for name in names], axis=0))
    return float(np.linalg.norm(ends[0] - ends[1]))


def perturbation_details(clean: NDArray[np.generic], change: FloatArray) -> dict[str, float | int | None]:
    """Return what is measured once, at the end, of a perturbation: too slow for every iteration.

    Args:
        clean: ``(H, W, 3)`` grey levels.
        change: ``(H, W, 3)`` grey levels, before or after rounding.

    Returns:
        ``l0`` (number of values changed), ``l2`` and ``linf`` (in the unit of ε: intensities in [0, 1]),
        ``psnr_db`` (None for no change at all) and ``ssim``.
    """
    return {
        "l0": int(np.count_nonzero(change)),
        "l2": float(np.linalg.norm(change.astype(np.float64))) / GREY_LEVELS,
        "linf": float(np.abs(change).max()) / GREY_LEVELS,
        "psnr_db": or_none(_psnr_db(rmse_grey(change))),
        "ssim": ssim(clean.astype(np.float32), clean.astype(np.float32) + change),
    }


def picture_details(clean: UInt8Image, other: UInt8Image) -> dict[str, float | int | None]:
    """Return the change of a whole 8-bit picture: ``l0``, ``l2``, ``linf`` and ``rmse`` in grey levels.

    ``l0`` counts the values that changed; ``l2`` and ``linf`` are in the unit of ε. From the histogram of
    the changes, so that no picture is too large.
    """
    import cv2  # late, as above

    counts = np.zeros(256)
    for first in range(0, len(clean), _ROWS):
        rows = slice(first, first + _ROWS)
        # numpy counts 64-bit numbers: eight times the memory of what it counts
        counts += np.bincount(cv2.absdiff(clean[rows], other[rows]).ravel(), minlength=256)
    levels = np.arange(len(counts))
    length = float(np.sqrt((counts * levels**2).sum()))
    return {
        "l0": int(counts[1:].sum()),
        "l2": length / GREY_LEVELS,
        "linf": float(levels[counts > 0].max()) / GREY_LEVELS,
        "rmse": length / float(np.sqrt(clean.size)),
    }


COCO_SIGMAS: dict[str, float] = dict(
    zip(
        ("nose", "eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
        (0.026, 0.025, 0.035, 0.079, 0.072, 0.062, 0.107, 0.087, 0.089),
        strict=True,
    )
)
"""Spread of human annotations by joint, as a share of the person's size (COCO key point evaluation)."""
AREA_SHARE = 0.53
"""Share of its box that a person fills: usual where a data set has boxes and no segmentations."""


def oks(reference: Pose, other: Pose) -> float:
    """Return COCO's object keypoint similarity of two poses of one person, from 0 to 1.

    exp(-d² / (2 s² k²)) averaged over COCO's joints that are visible in the reference, with k twice the
    joint's sigma and s² the person's area: here a share of the box around the reference's key points.

    Args:
        reference: Pose taken for true.
        other: Pose compared with it, in the same frame.

    Returns:
        The similarity; NaN where the skeleton has none of COCO's joints.

    Source:
        Lin et al. 2014, and https://cocodataset.org/#keypoints-eval.
    """
    visible, names = visible_joints(reference), reference.skeleton.joints
    sigmas = np.array(
        [COCO_SIGMAS.get(name.removeprefix("left_").removeprefix("right_"), np.nan) for name in names]
    )
    counted = visible & np.isfinite(sigmas)
    if not counted.any():
        return float("nan")
    box = np.ptp(reference.keypoints[counted], axis=0)
    area = max(AREA_SHARE * float(box[0] * box[1]), 1.0)
    apart = np.square(other.keypoints - reference.keypoints, dtype=np.float64).sum(axis=1)[counted]
    return float(np.exp(-apart / (2 * area * (2 * sigmas[counted]) ** 2)).mean())


def pose_details(clean: Pose, attacked: Pose, target: Pose | None) -> dict[str, float | None]:
    """Return the pose errors that are measured once, at the end.

    Returns:
        ``pckh`` (share of the visible key points that moved by less than half a head), ``pa_mpjpe_mm`` and
        ``oks`` against the clean pose; with a target also ``target_pckh``, ``target_pa_mpjpe_mm`` and
        ``target_oks``.
    """
    head, visible = head_size_px(clean), visible_joints(clean)
    wanted = {"": clean} if target is None else {"": clean, "target_": target}
    values: dict[str, float | None] = {}
    for prefix, other in wanted.items():
        share = pckh(other.keypoints[visible], attacked.keypoints[visible], head)
        values[f"{prefix}pckh"] = share if head > 0 else None
        values[f"{prefix}pa_mpjpe_mm"] = or_none(pa_mpjpe_mm(other.points_mm, attacked.points_mm))
        values[f"{prefix}oks"] = or_none(oks(other, attacked))
    return values


def target_errors(target: Pose, pose: Pose) -> tuple[float, float]:
    """Return a pose's mean distance from the target's key points, crop pixels, and its MPJPE to it, mm."""
    flat = float(joint_displacement_px(target, pose).mean())
    return flat, mpjpe_mm(target.points_mm, pose.points_mm)


def compare(
    clean: Pose,
    attacked: Pose,
    target: Pose | None,
    *,
    iteration: int,
    loss: float,
    change: FloatArray,
    success_mm: float,
) -> Metrics:
    """Return all metrics of one iterate.

    Args:
        clean: Pose of the clean crop.
        attacked: Pose of the perturbed crop, in the clean crop's frame.
        target: Pose wanted, if any.
        iteration: Number of the iterate.
        loss: Its loss.
        change: ``(H, W, 3)`` perturbation, grey levels.
        success_mm: Threshold of success.
    """
    moved_mm = mpjpe_mm(clean.points_mm, attacked.points_mm)
    if target is None:
        target_px = target_mm = float("nan")
        success = moved_mm > success_mm
    else:
        target_px, target_mm = target_errors(target, attacked)
        success = target_mm < min(success_mm, mpjpe_mm(target.points_mm, clean.points_mm))
    return Metrics(
        iteration=iteration,
        loss=loss,
        displacement_px=displacement_px(clean, attacked),
        pose_error_mm=moved_mm,
        perturbation_rmse=rmse_grey(change),
        perturbation_max=float(np.abs(change).max()),
        target_error_px=target_px,
        target_error_mm=target_mm,
        success=bool(success),
    )


def joint_table(clean: Pose, attacked: Pose, target: Pose | None = None) -> list[dict[str, object]]:
    """Return one row a joint: 2D displacement for key points, 3D error for 3D joints, by name.

    With a target there are also the distances to its key points and 3D joints.
    """
    rows: dict[str, dict[str, object]] = {}
    moved = joint_displacement_px(clean, attacked)
    missed = None if target is None else joint_displacement_px(target, attacked)
    for number, name in enumerate(clean.skeleton.joints):
        rows[name] = {
            "joint": name,
            "visible": bool(clean.scores[number] >= VISIBLE_SCORE),
            "displacement_px": or_none(moved[number]),
        }
        if missed is not None:
            rows[name]["target_error_px"] = or_none(missed[number])
    errors = np.linalg.norm(attacked.points_mm - clean.points_mm, axis=1)
    wanted = None if target is None else np.linalg.norm(attacked.points_mm - target.points_mm, axis=1)
    for number, name in enumerate(clean.skeleton_3d.joints):
        row = rows.setdefault(name, {"joint": name})
        row["error_mm"] = or_none(errors[number])
        if wanted is not None:
            row["target_error_mm"] = or_none(wanted[number])
    return list(rows.values())


def or_none(value: float) -> float | None:
    """Return a number as JSON can hold it: None in place of NaN and infinity."""
    return float(value) if np.isfinite(value) else None


def wilson_interval(successes: int, trials: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Return the score interval of a rate (Wilson 1927), each bound in [0, 1].

    Args:
        successes: At least 0 and at most ``trials``.
        trials: At least 1.
        z: Quantile of the normal distribution; the default gives 95 %.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"successes must be from 0 to trials, got {successes} of {trials}")
    rate, spread = successes / trials, z**2 / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z * np.sqrt(rate * (1 - rate) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
