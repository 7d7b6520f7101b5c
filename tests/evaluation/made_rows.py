"""Rows and outcomes without an attack, and a tiny real plan."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from kaa_gui.core.pictures.image import load_picture, save_png
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.datasets import Entry, Source
from kaa_gui.evaluation.plan.plan import Job, Plan
from kaa_gui.evaluation.results.outcome import Outcome

ROOT = Path(__file__).parents[2]
SIDE = 224


def tiny_plan(folder: Path) -> Plan:
    """Return a plan of real attacks on two small pictures, which it writes: a few seconds."""
    samples = {path.stem: path for path in list_samples().values()}
    for name in ("standing", "walking"):
        if not (folder / f"{name}.png").exists():
            pixels = load_picture(samples[name]).pixels
            size = (SIDE * pixels.shape[1] // pixels.shape[0], SIDE)
            save_png(
                folder / f"{name}.png", np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
            )
    configs = [AttackConfig(method=method, iterations=1, space="crop") for method in ("kaa", "kaa+er")]
    return Plan(Source("folder", str(folder)), tuple(configs))


def entries(count: int) -> list[Entry]:
    return [Entry(f"{number}.png", f"/nowhere/{number}.png") for number in range(count)]


def plan(*, methods: tuple[str, ...] = ("kaa", "kaa+er")) -> Plan:
    return Plan(Source("folder", "/nowhere"), tuple(AttackConfig(method=method) for method in methods))


def record(job: Job, *, success: bool = True, error: float = 200.0, **changes: object) -> dict[str, object]:
    config = job.config
    towards = config.target is not None
    return {
        "row": job.row,
        "dataset": job.source.kind,
        "entry": job.entry.key,
        "person": 0,
        **config.as_json(),
        "layer_name": "heatmap",
        "mask_used": "everywhere",
        "saved_perturbation_rmse": 1.0,
        "saved_pose_error_mm": error,
        "saved_target_error_mm": error if towards else None,
        "target_error_before_mm": 400.0 if towards else None,
        "first_success_rmse": 0.5 if success else None,
        "noise_success": False,
        "person_found": True,
        "met_before": False,
        "success": success,
        "clean_truth_mpjpe_mm": 50.0,
        "trajectory_pose_mm": [0.0, error / 2, error],
        "trajectory_rmse": [0.0, 0.5, 1.0],
        "trajectory_target_mm": [400.0, 300.0, error] if towards else [None] * 3,
        "clean_keypoints": [10.0, 20.0] * 33,
        "clean_points_mm": [0.0, 1.0, 2.0] * 17,
        "saved_keypoints": [12.0, 22.0] * 33,
        "saved_points_mm": [0.0, 1.0, 3.0] * 17,
        "skeleton": "blazepose-33",
        "skeleton_3d": "human36m-17",
        **changes,
    }


def outcome(job: Job, **changes: object) -> Outcome:
    check = {"row": job.row, "check": "jpeg75", "victim": job.config.victim, "person_found": True}
    check |= {"success": True, "control_success": False}
    return Outcome(job.row, job.entry.key, record(job, **changes), timings={"attack": 1.0}, checks=[check])
