"""Feet on the floor: inverse kinematics of the legs."""

from __future__ import annotations

import numpy as np
from body import Array, bone_names, bone_weights
from posture import DOWN, FRONT, LEFT, Skeleton, Stance, about, set_foot, set_leg, unit


def stand(skeleton: Skeleton, stances: tuple[tuple[str, Stance], ...], seat: float | None) -> None:
    """Bend the legs so that the feet stand where they should.

    The pelvis is as high as the legs allow with the least flexion asked for each knee, or at ``seat``.

    Args:
        skeleton: With pelvis and trunk already turned; its legs are set.
        stances: Side (``"L"`` or ``"R"``) and stance.
        seat: Height of the hip joints' centre above the floor, metres, or None.
    """
    hips = {side: skeleton.posed_head(f"upperleg01.{side}") for side in "LR"}
    centre = (hips["L"] + hips["R"]) / 2
    ankles = {side: _ankle(skeleton, side, stance) for side, stance in stances}
    if seat is None:
        seat = min(
            _highest_hip(skeleton, side, stance, hips[side] - centre, ankles[side])
            for side, stance in stances
        )
    for side, stance in stances:
        target = centre + ankles[side] - np.array([0, 0, seat])
        _reach(skeleton, side, stance, hips[side], target)


def _lengths(skeleton: Skeleton, side: str) -> tuple[float, float]:
    hip, knee, ankle = (skeleton.head(f"{b}.{side}") for b in ("upperleg01", "lowerleg01", "foot"))
    return float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))


def _foot_turn(side: str, stance: Stance) -> Array:
    out = 1.0 if side == "L" else -1.0
    return about(-DOWN, out * stance.toe_out) @ about(LEFT, -stance.pitch)


def _ankle(skeleton: Skeleton, side: str, stance: Stance) -> Array:
    """Return where the ankle must be for the foot to touch the floor, relative to below the hips."""
    set_foot(skeleton, side, _foot_turn(side, stance), stance.toes)
    lowest = float(_posed_foot(skeleton, side)[:, 2].min())
    out = 1.0 if side == "L" else -1.0
    return np.array([out * stance.out, -stance.forward, stance.height - lowest])


def _posed_foot(skeleton: Skeleton, side: str) -> Array:
    """Return the foot's vertices, toes bent, relative to the ankle."""
    bones = [
        index
        for index, name in enumerate(bone_names())
        if name.startswith(("foot", "toe")) and name.endswith(side)
    ]
    weights = bone_weights()[:, bones]
    mine = weights.sum(axis=1) > 0.999
    ankle = skeleton.posed_head(f"foot.{side}")
    result = np.zeros((int(mine.sum()), 3))
    for weight, bone in zip(weights[mine].T, bones, strict=True):
        moved = (skeleton.rest.vertices[mine] - skeleton.rest.heads[bone]) @ skeleton.turns[bone].T
        result += weight[:, None] * (moved + skeleton.posed_head(bone_names()[bone]) - ankle)
    return result


def _highest_hip(skeleton: Skeleton, side: str, stance: Stance, hip: Array, ankle: Array) -> float:
    """Return the height of the hips' centre at which this knee has its least flexion."""
    thigh, shank = _lengths(skeleton, side)
    reach2 = thigh**2 + shank**2 + 2 * thigh * shank * np.cos(np.radians(stance.knee))
    across2 = float(((hip - ankle)[:2] ** 2).sum())
    if across2 >= reach2:
        raise ValueError(f"the {side} foot must be within reach of the leg, got {stance}")
    return float(ankle[2] - hip[2] + np.sqrt(reach2 - across2))


def _reach(skeleton: Skeleton, side: str, stance: Stance, hip: Array, ankle: Array) -> None:
    thigh, shank = _lengths(skeleton, side)
    line = ankle - hip
    distance = min(float(np.linalg.norm(line)), 0.9999 * (thigh + shank))
    along = unit(line)
    forward = _foot_turn(side, Stance(toe_out=stance.toe_out + stance.knee_out)) @ FRONT
    hinge = unit(np.cross(forward, along))
    if hinge @ LEFT < 0:
        hinge = -hinge
    inner = np.degrees(np.arccos((thigh**2 + distance**2 - shank**2) / (2 * thigh * distance)))
    aim = about(hinge, -inner) @ along
    knee = hip + thigh * aim
    set_leg(skeleton, side, aim, unit(ankle - knee), hinge)
    set_foot(skeleton, side, _foot_turn(side, stance), stance.toes)
