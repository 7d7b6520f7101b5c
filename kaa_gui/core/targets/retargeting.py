"""From a motion-capture skeleton to the 17 joints of Human3.6M, by the names of its joints.

Known are the names of CMU's and Mixamo's skeletons, of 3ds Max's Biped, DAZ and Blender's rigs, and plain
ones such as ``left_knee``, as DeepMimic's skeleton has them.
"""

from __future__ import annotations

import re

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.targets.bvh import BvhJoint, Motion, Vector
from kaa_gui.core.types import FloatArray

LEG_MM = 876.0
"""From hip to ankle, of the bodies that the library's poses are of: files state no unit to be trusted."""

_NOSE_PART = 0.13
"""From the head's middle to the nose, in lengths of a leg."""

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
    rest = _upright(motion.at_rest(), found)
    places, turns = motion.posed(frame)
    up = _up_axis(motion.at_rest(), found)
    points = _joints(places @ up.T, found, motion)
    points["nose"] = points["head"] + _NOSE_PART * _leg(points) * (
        up @ turns[found["head"]] @ up.T @ _forward(rest, found)
    )
    leg = _leg(points)
    if not leg > 0:
        raise ConfigError(f"{motion.source} must have legs of some length, got {leg:g}")
    seen = np.array([points[name] for name in HUMAN36M_17.joints]) - points["pelvis"]
    seen = seen @ _facing(points).T * (LEG_MM / leg)
    return (seen * np.array([1, -1, -1])).astype(np.float32)


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


def _up_axis(rest: Vector, found: dict[str, int]) -> Vector:
    """Return the rotation that makes the axis along which the body stands at rest the second one, y."""
    feet = (rest[found["left_ankle"]] + rest[found["right_ankle"]]) / 2
    rise = rest[found["head"]] - feet
    axis = int(np.abs(rise).argmax())
    turn = np.roll(np.eye(3), 1 - axis, axis=0)
    if rise[axis] < 0:
        # half a turn about x: upside down becomes upright, left stays left
        turn = np.diag([1.0, -1.0, -1.0]) @ turn
    return turn


def _upright(rest: Vector, found: dict[str, int]) -> Vector:
    return rest @ _up_axis(rest, found).T


def _forward(rest: Vector, found: dict[str, int]) -> Vector:
    """Return where the body faces at rest, a level unit vector."""
    across = rest[found["left_hip"]] - rest[found["right_hip"]]
    forward = np.cross(across, [0.0, 1.0, 0.0])
    return forward / max(float(np.linalg.norm(forward)), 1e-9)


def _facing(points: dict[str, Vector]) -> Vector:
    """Return the turn about the vertical that makes a person face the camera: their left at the right."""
    across = points["left_hip"] - points["right_hip"] + points["left_shoulder"] - points["right_shoulder"]
    length = float(np.hypot(across[0], across[2]))
    if length < 1e-6 * max(float(np.linalg.norm(across)), 1e-6):
        return np.eye(3)
    cos, sin = across[0] / length, across[2] / length
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
