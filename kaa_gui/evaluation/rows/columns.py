"""Define the columns of a row. Their names are a contract: they are added to, never renamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kaa_gui.core import metrics
from kaa_gui.core.attacks.methods import find_method, step_size
from kaa_gui.core.attacks.saved import in_frame
from kaa_gui.core.metrics import or_none
from kaa_gui.core.pictures.annotated import annotated_joints
from kaa_gui.core.skeletons import Skeleton, convert
from kaa_gui.core.types import Metrics, Pose, Run, Scene
from kaa_gui.evaluation.datasets import Truth
from kaa_gui.evaluation.plan.plan import Job
from kaa_gui.evaluation.results.outcome import Record, rounded
from kaa_gui.runs.folder import Measured

PIXELS = np.array([[1.0, 0, 0], [0, 1.0, 0]])
_PELVIS = Skeleton("pelvis", ("pelvis",), ())
_HEAD = Skeleton("head", ("neck", "head"), ())


def record_of(
    job: Job, run: Run, measured: Measured, pose: Pose | None, *, weights: str, batch: int = 1
) -> Record:
    """Return a row.

    Args:
        job: Job that was asked for.
        run: Run that came of it.
        measured: Metrics of the saved picture and of noise.
        pose: Pose of the saved picture in the clean crop's frame; None where the person is no longer found.
        weights: SHA-256 of the victim's file.
        batch: Number of attacks computed in the same pass.
    """
    scene, last = run.scene, run.snapshots[-1]
    before_px, before_mm = (
        (float("nan"), float("nan"))
        if scene.target is None
        else metrics.target_errors(scene.target, scene.clean)
    )
    return {
        "row": job.row,
        "dataset": job.source.kind,
        "entry": job.entry.key,
        "crops": job.source.crops,
        "picture": scene.picture.name,
        "picture_sha256": scene.picture.sha256,
        "person": scene.person.number,
        "people": len(scene.people),
        "weights_sha256": weights,
        "batch": batch,
        **_configuration(job, run),
        "reference_joints": _reference_joints(job, scene),
        **_prefixed("final", last.metrics),
        **_prefixed("saved", measured.saved),
        **{f"noise_{name}": value for name, value in measured.noise.items()},
        **_details("final", measured.final_details),
        **_details("saved", measured.saved_details),
        "person_found": measured.person_found,
        "success": measured.saved.success,
        "met_before": bool(before_mm < job.config.success_mm),
        "target_error_before_px": or_none(before_px),
        "target_error_before_mm": or_none(before_mm),
        **_first_success(run),
        "truth_note": (job.entry.truth and job.entry.truth.note) or None,
        **truth_errors("clean", job.entry.truth, scene, scene.clean),
        **truth_errors("saved", job.entry.truth, scene, pose),
        "trajectory_pose_mm": [or_none(round(values.pose_error_mm, 4)) for values in run.metrics],
        "trajectory_rmse": [or_none(round(values.perturbation_rmse, 6)) for values in run.metrics],
        "trajectory_target_mm": [or_none(round(values.target_error_mm, 4)) for values in run.metrics],
        **_drawn(scene, pose),
    }


def _configuration(job: Job, run: Run) -> Record:
    last, layer = run.snapshots[-1], run.scene.layer
    asked = job.config.as_json()
    asked["region"] = None if asked["region"] is None else ",".join(f"{value:g}" for value in asked["region"])
    asked["alpha"] = None if asked["alpha"] is None else str(asked["alpha"])
    asked["layer"] = None if asked["layer"] is None else str(asked["layer"])
    return {
        **asked,
        "layer_name": layer.name,
        "layer_index": layer.index,
        "layer_outputs": layer.outputs,
        "step_used": step_size(job.config),
        "mask_used": job.config.mask or find_method(job.config.method).mask,
        "mask_kept": last.kept,
        "mask_alpha": or_none(last.alpha),
        "rows_read": run.field.rows_total if run.field else None,
    }


def _reference_joints(job: Job, scene: Scene) -> int | None:
    """Return how many annotated joints h_k is made of; None where it is made of something else."""
    if job.config.reference != "truth":
        return None
    height, width = scene.crop.shape[:2]
    joints = annotated_joints(scene.picture, scene.person, (height, width), scene.spec.skeleton)
    return int(np.isfinite(joints).all(axis=1).sum())


def _prefixed(prefix: str, values: Metrics) -> Record:
    return {f"{prefix}_{name}": value for name, value in values.as_json().items()}


def _details(prefix: str, values: Mapping[str, Any]) -> Record:
    """Return nested details as columns: ``saved_l2``, ``saved_picture_l2``, ..."""
    columns: Record = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            columns |= _details(f"{prefix}_{name}", value)
        else:
            columns[f"{prefix}_{name}"] = value
    return columns


def _first_success(run: Run) -> Record:
    """Return the first iterate that meets the criterion: the second reading of the slides' RMSE."""
    first = run.first_success
    return {
        "first_success_iteration": None if first is None else first.iteration,
        "first_success_rmse": None if first is None else or_none(first.perturbation_rmse),
    }


def truth_errors(prefix: str, truth: Truth | None, scene: Scene, pose: Pose | None) -> Record:
    """Return a pose's errors against the data set's ground truth.

    Args:
        prefix: Prefix of the columns.
        truth: Ground truth of the person, if known.
        scene: Scene of the attack.
        pose: Pose in the clean crop's frame; None where the person was not found.

    Returns:
        Mean distance in pixels of the picture, PCKh@0.5, MPJPE and PA-MPJPE in millimetres (root-relative);
        None for what the truth or the pose doesn't give.
    """
    names = ("truth_px", "truth_pckh", "truth_mpjpe_mm", "truth_pa_mpjpe_mm")
    columns: Record = {f"{prefix}_{name}": None for name in names}
    if truth is None or pose is None:
        return columns
    # the crop may be turned; the truth is in the picture's own axes
    pose = in_frame(pose, scene.person.to_crop, PIXELS)
    found = convert(pose.keypoints, pose.skeleton, truth.skeleton)
    apart = np.linalg.norm(found - truth.keypoints, axis=1)
    known = np.isfinite(apart)
    if known.any():
        neck, head = convert(truth.keypoints, truth.skeleton, _HEAD)
        length = float(np.linalg.norm(head - neck))
        columns[f"{prefix}_truth_px"] = or_none(float(apart[known].mean()))
        columns[f"{prefix}_truth_pckh"] = (
            or_none(float((apart[known] < length / 2).mean())) if np.isfinite(length) else None
        )
    solid = _rooted(convert(pose.points_mm, pose.skeleton_3d, truth.skeleton), truth.skeleton)
    true = _rooted(truth.points_mm, truth.skeleton)
    columns[f"{prefix}_truth_mpjpe_mm"] = or_none(metrics.mpjpe_mm(true, solid))
    columns[f"{prefix}_truth_pa_mpjpe_mm"] = or_none(metrics.pa_mpjpe_mm(true, solid))
    return columns


def _rooted(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    return points - convert(points, skeleton, _PELVIS)[0]


def _drawn(scene: Scene, pose: Pose | None) -> Record:
    """Return what the report draws: poses in the crop's pixels and in millimetres."""
    nothing: list[float | None] = []
    return {
        "clean_keypoints": rounded(scene.clean.keypoints),
        "clean_points_mm": rounded(scene.clean.points_mm, 1),
        "saved_keypoints": nothing if pose is None else rounded(pose.keypoints),
        "saved_points_mm": nothing if pose is None else rounded(pose.points_mm, 1),
        "target_keypoints": nothing if scene.target is None else rounded(scene.target.keypoints),
        "target_points_mm": nothing if scene.target is None else rounded(scene.target.points_mm, 1),
        "skeleton": scene.clean.skeleton.name,
        "skeleton_3d": scene.clean.skeleton_3d.name,
    }
