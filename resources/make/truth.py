"""Exact ground truth: where the joints of a posed body are, in space and in the picture."""

from __future__ import annotations

from functools import cache

import mitsuba as mi
import numpy as np
from body import Array, PosedBody, Shape, bone_index, bone_names, bone_weights, groups, painted, rest_body
from numpy.typing import NDArray
from photograph import Camera

from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, Skeleton, convert

_JOINTS = {
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "pinky": "finger5-1",
    "index": "finger2-1",
    "thumb": "finger1-2",
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
}
# how far in front of a joint its own flesh, clothes or hair may lie, metres
_DEPTH = {"shoulder": 0.13, "hip": 0.18, "knee": 0.10, "elbow": 0.08, "ankle": 0.09, "ear": 0.05}
_SURFACE_DEPTH = 0.05


@cache
def _surface_points() -> dict[str, tuple[int, ...]]:
    """Return the vertices whose mean is each landmark on the skin, found on the average body."""
    rest = rest_body(Shape()).vertices
    points: dict[str, tuple[int, ...]] = {}
    body = np.unique(groups()["body"]["faces"])
    head = body[
        bone_weights()[body][:, _bones("head", "jaw", "special", "oris", "levator")].sum(axis=1) > 0.5
    ]
    middle = head[np.abs(rest[head, 0]) < 0.004]
    points["nose"] = (int(middle[rest[middle, 1].argmin()]),)
    for side, letter, sign in (("left", "l", 1.0), ("right", "r", -1.0)):
        eye = np.unique(groups()[f"helper-{letter}-eye"]["faces"])
        lids = np.unique(
            np.concatenate([groups()[f"helper-{letter}-eyelashes-{row}"]["faces"].ravel() for row in (1, 2)])
        )
        lips = body[(painted("lips")[body] > 0.5) & (rest[body, 0] * sign > 0)]
        ear = body[(painted("ears")[body] > 0.5) & (rest[body, 0] * sign > 0)]
        front = ear[rest[ear, 1] < np.quantile(rest[ear, 1], 0.3)]
        points[f"{side}_eye"] = (int(eye[rest[eye, 1].argmin()]),)
        points[f"{side}_eye_inner"] = (int(lids[(rest[lids, 0] * sign).argmin()]),)
        points[f"{side}_eye_outer"] = (int(lids[(rest[lids, 0] * sign).argmax()]),)
        points[f"mouth_{side}"] = (int(lips[(rest[lips, 0] * sign).argmax()]),)
        points[f"{side}_ear"] = tuple(int(vertex) for vertex in front)
        capital = letter.upper()
        foot = body[bone_weights()[body][:, bone_index(f"foot.{capital}")] > 0.5]
        low = foot[rest[foot, 2] < rest[foot, 2].min() + 0.04]
        points[f"{side}_heel"] = (int(low[rest[low, 1].argmax()]),)
        toes = []
        for toe in ("toe1-2", "toe2-3"):
            tip = body[bone_weights()[body][:, bone_index(f"{toe}.{capital}")] > 0.5]
            toes.append(int(tip[rest[tip, 1].argmin()]))
        points[f"{side}_foot_index"] = tuple(toes)
    return points


def _bones(*prefixes: str) -> NDArray[np.bool_]:
    return np.array([name.startswith(prefixes) for name in bone_names()])


def landmarks(body: PosedBody) -> Array:
    """Return the 33 points of BlazePose's skeleton, ``(33, 3)`` metres in the world.

    Limb joints are joint centres, fingers their knuckles, the rest points on the skin.
    """
    points = np.empty((len(BLAZEPOSE_33), 3))
    for number, name in enumerate(BLAZEPOSE_33.joints):
        side, _, part = name.partition("_")
        if part in _JOINTS:
            points[number] = body.joint(f"{_JOINTS[part]}.{side[0].upper()}")
        else:
            points[number] = body.vertices[list(_surface_points()[name])].mean(axis=0)
    return points


def describe(body: PosedBody, camera: Camera, scene: mi.Scene) -> dict[str, dict]:
    """Return a figure's joints by skeleton and name, as written to the ground-truth file.

    Args:
        body: In its place in the world.
        camera: Of the picture.
        scene: For the visibility.

    Returns:
        ``{skeleton: {joint: {"px": [x, y], "mm": [x, y, z], "visible": bool}}}``, millimetres in camera
        coordinates.
    """
    world = landmarks(body)
    visible = np.array(
        [
            _visible(point, _DEPTH.get(name.rpartition("_")[2], _SURFACE_DEPTH), camera, scene)
            for name, point in zip(BLAZEPOSE_33.joints, world, strict=True)
        ]
    )
    return {
        skeleton.name: _joints(skeleton, world, visible, camera) for skeleton in (BLAZEPOSE_33, HUMAN36M_17)
    }


def _joints(skeleton: Skeleton, world: Array, visible: NDArray[np.bool_], camera: Camera) -> dict[str, dict]:
    points = np.round(_convert(camera.to_camera_mm(world), skeleton), 3)
    pixels = np.round(camera.project(points), 3)
    # a joint between others is visible where most of them are
    seen = _convert(visible[:, None].astype(float), skeleton)[:, 0] > 0.5
    return {
        name: {"px": pixels[i].tolist(), "mm": points[i].tolist(), "visible": bool(seen[i])}
        for i, name in enumerate(skeleton.joints)
    }


def _convert(points: Array, skeleton: Skeleton) -> Array:
    if skeleton is BLAZEPOSE_33:
        return points
    # convert() works in float32; keep the millimetres' fractions by converting about the mean
    centre = points.mean(axis=0)
    return convert(points - centre, BLAZEPOSE_33, skeleton).astype(float) + centre


def _visible(point: Array, depth: float, camera: Camera, scene: mi.Scene) -> bool:
    x, y = camera.project(camera.to_camera_mm(point))
    if not (0 <= x <= camera.width - 1 and 0 <= y <= camera.height - 1):
        return False
    away = point - np.asarray(camera.position)
    distance = float(np.linalg.norm(away))
    ray = mi.Ray3f(list(camera.position), list(away / distance))
    hit = scene.ray_intersect(ray)
    return not hit.is_valid() or hit.t > distance - depth
