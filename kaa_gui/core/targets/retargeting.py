"""From a motion-capture skeleton to the 17 joints of Human3.6M, by the names of its joints.

Known are the names of CMU's and Mixamo's skeletons, of 3ds Max's Biped, DAZ and Blender's rigs, and plain
ones such as ``left_knee``, as DeepMimic's skeleton has them.

Which way is up and where the face is are read from the recorded frames: without any rotation, many
skeletons are no standing body (LAFAN1 and motion-capture suits lay every bone along x).
"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.targets.bvh import BvhJoint, Motion, Vector
from kaa_gui.core.types import FloatArray

LEG_MM = 876.0
"""From hip to ankle, of the bodies that the library's poses are of: files state no unit to be trusted."""

_NOSE_PART = 0.13
"""From the head's middle to the nose, in lengths of a leg."""

_LOOKED_AT = 32
"""Frames, evenly over the motion, that tell its axes."""
_GROUNDED, _LYING = 0.15, 0.3
"""Most distance of a body's lowest joint from a floor at 0, and the hips' height below which a floor counts
less, in lengths of a leg."""
_STRAIGHT, _UPRIGHT, _NEAR_AXIS = 0.8, 0.95, 0.8
"""Least cosines: of a standing body's leg bones, of its legs with its trunk, and of a face with the axis
taken for it."""
_FLOOR_WEIGHT, _REST_WEIGHT = 2.5, 0.6
"""Weights against upright bodies, which count 1: a floor outweighs a body that stands on its head, and a
skeleton that stands without rotations decides where bodies are neither upright nor on a floor."""

# in order of preference: where there is a "LeftArm", "LeftShoulder" is the collar bone.
# {side} is left or right, {s} its first letter
_LIMBS: dict[str, str] = {
    "hip": "{side}upleg {side}upperleg {side}thigh {s}thigh thigh{s} upperleg{s} {s}upleg {side}femur "
    "{s}femur {side}hip {s}hip hip{s}",
    "knee": "{side}lowleg {side}lowerleg {side}knee {side}shin {side}calf {s}shin shin{s} {s}calf calf{s} "
    "lowerleg{s} {s}lowleg {s}knee knee{s} {s}tibia {side}leg {s}leg",
    "ankle": "{side}ankle {s}ankle ankle{s} {side}foot {s}foot foot{s}",
    "shoulder": "{side}uparm {side}upperarm {side}arm {s}upperarm upperarm{s} {s}uparm {s}shldr {s}humerus "
    "{side}shoulder {s}shoulder shoulder{s}",
    "elbow": "{side}forearm {side}lowarm {side}lowerarm {side}elbow {s}forearm forearm{s} {s}lowerarm "
    "lowerarm{s} {s}elbow elbow{s} {s}radius",
    "wrist": "{side}wrist {s}wrist wrist{s} {side}hand {s}hand hand{s}",
}
_HEAD = ("head", "neck1", "neck01", "neck")
_PREFIXES = re.compile(r"^(mixamorig\d*|bip0*1|character\d*|def|hips?bone)(?=.)")


def pose_of_frame(motion: Motion, frame: int) -> FloatArray:
    """Return a frame as a pose in front of a level camera, the person facing it.

    Args:
        motion: Whose joints have names that can be mapped.
        frame: Counted from 0.

    Returns:
        ``(17, 3)`` float32: Human3.6M's joints, millimetres, mid-hip at the origin, x right, y down, z away
        from the camera. The file's turn about the vertical and its unit are left out: a leg is as long
        as :data:`LEG_MM`.

    Raises:
        ConfigError: A joint is missing, or the file is damaged.
    """
    found = mapped(motion)
    places, turns = motion.posed(frame)
    looked_at = _looked_at(motion)
    up = _up_axis(motion, found, [*(each for each, _ in looked_at), places])
    points = _joints(places @ up.T, found, motion)
    forward = _face(motion, found, [*looked_at, (places, turns)])
    points["nose"] = points["head"] + _NOSE_PART * _leg(points) * (up @ turns[found["head"]] @ forward)
    leg = _leg(points)
    if not leg > 0:
        raise ConfigError(f"{motion.source} must have legs of some length, got {leg:g}")
    seen = np.array([points[name] for name in HUMAN36M_17.joints]) - points["pelvis"]
    seen = seen @ _facing(points).T * (LEG_MM / leg)
    return (seen * np.array([1, -1, -1])).astype(np.float32)


def _looked_at(motion: Motion) -> list[tuple[Vector, Vector]]:
    """Return the places and turns of some frames, evenly over the motion; damaged ones are left out."""
    frames = np.unique(np.linspace(0, motion.frames - 1, _LOOKED_AT).astype(int))
    found = []
    for frame in frames:
        with suppress(ConfigError):
            found.append(motion.posed(int(frame)))
    return found


def mapped(motion: Motion) -> dict[str, int]:
    """Return the index of each limb's joint and of the head in a motion's skeleton.

    Raises:
        ConfigError: Some cannot be told by their names.
    """
    plain = {_plain(joint.name): index for index, joint in reversed(list(enumerate(motion.joints)))}
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for part, aliases in _LIMBS.items():
            names = aliases.format(side=side, s=side[0]).split()
            known = [plain[name] for name in names if name in plain]
            if known:
                found[f"{side}_{part}"] = known[0]
    heads = [plain[name] for name in _HEAD if name in plain]
    if heads:
        found["head"] = heads[0]
    wanted = [*(f"{side}_{part}" for side in ("left", "right") for part in _LIMBS), "head"]
    if missing := [name for name in wanted if name not in found]:
        raise ConfigError(
            f"{motion.source} must name its joints as CMU, Mixamo or DeepMimic do; found none for "
            f"{', '.join(missing)} among {', '.join(_sample(motion.joints))}; rename them, e.g. to left_knee"
        )
    return found


def _sample(joints: tuple[BvhJoint, ...]) -> list[str]:
    names = [joint.name[:24] for joint in joints if not joint.name.endswith("_end")]
    return [*names[:12], "…"] if len(names) > 12 else names


def _plain(name: str) -> str:
    """Return a joint's name in small letters and digits, without namespace and rig's prefix."""
    letters = re.sub(r"[^a-z0-9]", "", name.rpartition(":")[2].lower())
    return _PREFIXES.sub("", letters)


def _joints(places: Vector, found: dict[str, int], motion: Motion) -> dict[str, Vector]:
    """Return Human3.6M's joints but the nose; those between are means, as in the conversion of skeletons."""
    points = {name: places[index] for name, index in found.items()}
    points["pelvis"] = (points["left_hip"] + points["right_hip"]) / 2
    points["thorax"] = (points["left_shoulder"] + points["right_shoulder"]) / 2
    points["spine"] = (points["pelvis"] + points["thorax"]) / 2
    base = found["head"]
    ends = [index for index, joint in enumerate(motion.joints) if joint.parent == base]
    # the joint is where the head begins; its child, if there is one, is the top
    top = max(ends, key=lambda index: float(np.linalg.norm(places[index] - places[base])), default=base)
    points["head"] = (places[base] + places[top]) / 2
    return points


def _leg(points: dict[str, Vector]) -> float:
    lengths = [
        np.linalg.norm(points[f"{side}_{upper}"] - points[f"{side}_{lower}"])
        for side in ("left", "right")
        for upper, lower in (("hip", "knee"), ("knee", "ankle"))
    ]
    return float(sum(lengths)) / 2


def _up_axis(motion: Motion, found: dict[str, int], frames: list[Vector]) -> Vector:
    """Return the rotation that makes the file's vertical axis the second one, y.

    Bodies are mostly upright, and their lowest joint is mostly near a floor at 0.

    Args:
        motion: Whose joints have been mapped.
        found: As :func:`mapped` returns it.
        frames: Each ``(J, 3)``, where the joints are.
    """
    votes = np.zeros((2, 3))
    for places in frames:
        points = {name: places[index] for name, index in found.items()}
        hips, leg = _middle(points, "hip"), max(_leg(points), 1e-9)
        rise = (_unit(points["head"] - hips) + _unit(hips - _middle(points, "ankle"))) / 2
        for row, sign in enumerate((1, -1)):
            lowest, height = (sign * places).min(axis=0), sign * hips / (_LYING * leg)
            floor = (np.abs(lowest) < _GROUNDED * leg) * np.clip(height, 0, 1)
            votes[row] += sign * rise + _FLOOR_WEIGHT * floor
    if (standing := _standing_axis(motion.at_rest(), found)) is not None:
        votes[int(standing[1]), standing[0]] += _REST_WEIGHT * len(frames)
    # most programs have y up, some z
    axes = [(axis, down) for down in (False, True) for axis in (1, 2, 0)]
    return _made_second(*max(axes, key=lambda each: votes[int(each[1]), each[0]]))


def _standing_axis(rest: Vector, found: dict[str, int]) -> tuple[int, bool] | None:
    """Return along which axis a body stands, and whether upside down; None where it does not stand."""
    points = {name: rest[index] for name, index in found.items()}
    trunk = _unit(points["head"] - _middle(points, "hip"))
    legs = _unit(_middle(points, "ankle") - _middle(points, "hip"))
    bones = [
        _unit(points[f"{side}_{lower}"] - points[f"{side}_{upper}"])
        for side in ("left", "right")
        for upper, lower in (("hip", "knee"), ("knee", "ankle"))
    ]
    hips, shoulders = (points[f"left_{part}"] - points[f"right_{part}"] for part in ("hip", "shoulder"))
    straight = min(float(bone @ legs) for bone in bones) > _STRAIGHT and -trunk @ legs > _UPRIGHT
    if not straight or _unit(hips) @ _unit(shoulders) < _STRAIGHT:
        return None
    rise = points["head"] - _middle(points, "ankle")
    axis = int(np.abs(rise).argmax())
    return axis, bool(rise[axis] < 0)


def _made_second(axis: int, upside_down: bool) -> Vector:
    turn = np.roll(np.eye(3), 1 - axis, axis=0)
    # half a turn about x: upside down becomes upright, left stays left
    return np.diag([1.0, -1.0, -1.0]) @ turn if upside_down else turn


def _face(motion: Motion, found: dict[str, int], frames: list[tuple[Vector, Vector]]) -> Vector:
    """Return where the face points in the head's own axes, a unit vector.

    On average a head faces where its body does. The skeleton without rotations says it exactly where that is
    a standing body; elsewhere it is the nearest of the head's axes, which follow the anatomy.

    Args:
        motion: Whose joints have been mapped.
        found: As :func:`mapped` returns it.
        frames: Places and turns of joints.
    """
    rest = _face_at_rest(motion.at_rest(), found)
    if rest is not None:
        return rest
    head = found["head"]
    seen = _unit(sum((turns[head].T @ _body_faces(places, found) for places, turns in frames), np.zeros(3)))
    axis = int(np.abs(seen).argmax())
    nearest = np.sign(seen[axis]) * np.eye(3)[axis]
    return nearest if nearest @ seen > _NEAR_AXIS else seen


def _body_faces(places: Vector, found: dict[str, int]) -> Vector:
    """Return where a body's chest points, a unit vector; zero where its joints coincide."""
    points = {name: places[index] for name, index in found.items()}
    trunk = _middle(points, "shoulder") - _middle(points, "hip")
    return _unit(np.cross(_across(points), trunk))


def _face_at_rest(rest: Vector, found: dict[str, int]) -> Vector | None:
    """Return where the face points in the skeleton without rotations; None where that is no standing body."""
    standing = _standing_axis(rest, found)
    if standing is None:
        return None
    up = _made_second(*standing)
    forward = np.cross(up @ (rest[found["left_hip"]] - rest[found["right_hip"]]), [0.0, 1.0, 0.0])
    return up.T @ _unit(forward)


def _middle(points: dict[str, Vector], part: str) -> Vector:
    return (points[f"left_{part}"] + points[f"right_{part}"]) / 2


def _across(points: dict[str, Vector]) -> Vector:
    return points["left_hip"] - points["right_hip"] + points["left_shoulder"] - points["right_shoulder"]


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _facing(points: dict[str, Vector]) -> Vector:
    """Return the turn about the vertical that makes a person face the camera: their left at the right."""
    across = _across(points)
    length = float(np.hypot(across[0], across[2]))
    if length < 1e-6 * max(float(np.linalg.norm(across)), 1e-6):
        return np.eye(3)
    cos, sin = across[0] / length, across[2] / length
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
