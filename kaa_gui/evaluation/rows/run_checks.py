"""Run a row's checks: change its picture or show it to another victim, and measure again."""

from __future__ import annotations

from dataclasses import replace

from kaa_gui.core.attacks.saved import sampler_of, seen_again
from kaa_gui.core.skeletons import convert
from kaa_gui.core.types import Pose, Run, Scene, UInt8Image, VictimSpec
from kaa_gui.core.victims import Victim, victims
from kaa_gui.core.victims.input import pose_in
from kaa_gui.engine.engine import Engine
from kaa_gui.evaluation.plan.checks import CHECKS, Check
from kaa_gui.evaluation.plan.plan import Job
from kaa_gui.evaluation.results.outcome import Record

_COLUMNS = ("displacement_px", "pose_error_mm", "target_error_px", "target_error_mm", "success")


def seen_by_others(engine: Engine, job: Job, run: Run, pixels: UInt8Image) -> list[Record]:
    """Return one record a check, and one a victim for the transfer check.

    Args:
        engine: That made the run.
        job: Names the checks.
        run: The finished run.
        pixels: ``(H, W, 3)`` uint8, its adversarial picture.
    """
    records = []
    for name in job.checks:
        check = CHECKS[name]
        own = run.scene.spec.name
        others = [other for other in victims() if other != own] if check.other_victim else [own]
        records += [
            _record(engine.victim(victim), job, name, scene=run.scene, pixels=pixels) for victim in others
        ]
    return records


def _record(victim: Victim, job: Job, name: str, *, scene: Scene, pixels: UInt8Image) -> Record:
    check: Check = CHECKS[name]
    redetect = job.source.crops == "detection" if check.redetect is None else check.redetect
    viewed = _as_seen_by(victim, scene)
    attacked, pose, _ = seen_again(victim, viewed, check.change(pixels), job.config, redetect=redetect)
    clean, found, _ = seen_again(
        victim, viewed, check.change(scene.picture.pixels), job.config, redetect=redetect
    )
    adverse, control = attacked.as_json(), clean.as_json()
    return {
        "row": job.row,
        "check": name,
        "victim": victim.spec.name,
        "person_found": pose is not None,
        "control_person_found": found is not None,
        **{column: adverse[column] for column in _COLUMNS},
        **{f"control_{column}": control[column] for column in _COLUMNS},
    }


def _as_seen_by(victim: Victim, scene: Scene) -> Scene:
    """Return a scene with another victim's clean pose, and the target in that victim's joints."""
    if victim.spec.name == scene.spec.name:
        return scene
    clean = pose_in(victim, sampler_of(scene).crop(scene.picture.pixels))
    return replace(
        scene, clean=clean, target=None if scene.target is None else _in_joints(scene.target, victim.spec)
    )


def _in_joints(pose: Pose, spec: VictimSpec) -> Pose:
    """Return a pose in another victim's skeletons; joints that it lacks are NaN and not measured."""
    keypoints = convert(pose.keypoints, pose.skeleton, spec.skeleton)
    points = convert(pose.points_mm, pose.skeleton_3d, spec.skeleton_3d)
    scores = convert(pose.scores[:, None], pose.skeleton, spec.skeleton)[:, 0]
    return Pose(keypoints, scores, points, spec.skeleton, spec.skeleton_3d)
