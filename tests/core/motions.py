"""A small motion written as BVH, under the joint names of several programs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kaa_gui.core.targets.bvh import Motion

_CMU = "Hips {S}UpLeg {S}Leg {S}Foot Spine {S}Shoulder {S}Arm {S}ForeArm {S}Hand Neck Head"
_BIPED = "Bip01 {L}_Thigh {L}_Calf {L}_Foot Spine {L}_Clavicle {L}_UpperArm {L}_Forearm {L}_Hand Neck Head"
_BLENDER = "hips thigh.{L} shin.{L} foot.{L} spine clav.{L} upper_arm.{L} forearm.{L} hand.{L} neck head"

NAMES: dict[str, str] = {
    "cmu": _CMU,
    "mixamo": " ".join(f"mixamorig:{word}" for word in _CMU.split()),
    "deepmimic": "root {s}_hip {s}_knee {s}_ankle chest {s}_clav {s}_shoulder {s}_elbow {s}_wrist neck head",
    "daz": "hip {l}Thigh {l}Shin {l}Foot abdomen {l}Collar {l}Shldr {l}ForeArm {l}Hand neck head",
    "blender": _BLENDER,
    "biped": " ".join(f"Bip01_{word}" for word in _BIPED.split()),
    "asf": "root {l}femur {l}tibia {l}foot lowerback {l}clavicle {l}humerus {l}radius {l}wrist neck0 head",
    "plain": "Hips {S}Hip {S}Knee {S}Ankle Chest {S}Collar {S}Shoulder {S}Elbow {S}Wrist Neck Head",
}
"""Naming -> root, hip, knee, ankle, spine, collar, shoulder, elbow, wrist, neck, head."""


def bvh_text(
    naming: str = "mixamo",
    *,
    turns: Mapping[str, tuple[float, float, float]] | None = None,
    unit: float = 1.0,
    z_up: bool = False,
    frames: int = 2,
) -> str:
    """Return a standing body with its arms spread, facing +z; each frame has the same turns.

    Args:
        naming: Key of :data:`NAMES`.
        turns: Joint -> degrees about Z, X and Y, in that order; joints: ``root``, ``left_elbow``, ...
        unit: Of a centimetre.
        z_up: Whether z points up and the body faces -y.
        frames: How many.
    """
    words = NAMES[naming].split()
    lines, numbers = ["HIERARCHY"], []

    def title(part: int, side: str = "") -> str:
        sides = {"S": side.capitalize(), "s": side, "l": side[:1], "L": side[:1].upper()}
        return words[part].format(**sides)

    def vector(x: float, y: float, z: float) -> str:
        values = (x, -z, y) if z_up else (x, y, z)
        return " ".join(f"{value * unit:.6f}" for value in values)

    def begin(name: str, joint: str, offset: tuple[float, float, float], *, root: bool = False) -> None:
        lines.append(f"{'ROOT' if root else 'JOINT'} {name} {{ OFFSET {vector(*offset)}")
        about = "Yrotation Xrotation Zrotation" if z_up else "Zrotation Xrotation Yrotation"
        places = "Xposition Yposition Zposition " if root else ""
        lines.append(f"CHANNELS {6 if root else 3} {places}{about}")
        z, x, y = (turns or {}).get(joint, (0, 0, 0))
        if root:
            numbers.extend(vector(3, 91, -7).split())
        numbers.extend(f"{value:.6f}" for value in ((-z, x, y) if z_up else (z, x, y)))

    begin(title(0), "root", (0, 0, 0), root=True)
    for side, sign in (("left", 1), ("right", -1)):
        begin(title(1, side), f"{side}_hip", (9 * sign, -4, 0))
        begin(title(2, side), f"{side}_knee", (0, -43, 0))
        begin(title(3, side), f"{side}_ankle", (0, -42, 0))
        lines.append(f"End Site {{ OFFSET {vector(0, -7, 14)} }} }} }} }}")
    begin(title(4), "spine", (0, 20, 0))
    for side, sign in (("left", 1), ("right", -1)):
        begin(title(5, side), f"{side}_collar", (3 * sign, 25, 0))
        begin(title(6, side), f"{side}_shoulder", (15 * sign, 0, 0))
        begin(title(7, side), f"{side}_elbow", (28 * sign, 0, 0))
        begin(title(8, side), f"{side}_wrist", (26 * sign, 0, 0))
        lines.append(f"End Site {{ OFFSET {vector(9 * sign, 0, 0)} }} }} }} }} }}")
    begin(title(9), "neck", (0, 28, 0))
    begin(title(10), "head", (0, 9, 0))
    lines.append(f"End Site {{ OFFSET {vector(0, 20, 0)} }} }} }} }} }}")
    motion = ["MOTION", f"Frames: {frames}", "Frame Time: 0.0333"]
    return "\n".join([*lines, *motion, *[" ".join(numbers)] * frames]) + "\n"


def at_another_rest(motion: Motion, frame: int, own: Mapping[str, np.ndarray]) -> str:
    """Return a frame of a motion as a file with other axes of its joints, hence another rest; the pose stays.

    Args:
        motion: Of joints with three rotations each, the root with three positions before them.
        frame: Of it.
        own: Joint -> ``(3, 3)``, the new axes of the joint in its old ones; others keep theirs.
    """
    places, turns = motion.posed(frame)
    axes = [turn @ own.get(joint.name, np.eye(3)) for joint, turn in zip(motion.joints, turns, strict=True)]
    lines, numbers, depth = ["HIERARCHY"], [], [-1]
    for index, joint in enumerate(motion.joints):
        while depth[-1] != joint.parent:
            depth.pop()
            lines.append("}")
        depth.append(index)
        parent = np.eye(3) if joint.parent < 0 else axes[joint.parent]
        start = np.zeros(3) if joint.parent < 0 else places[joint.parent]
        offset = " ".join(f"{value:.6f}" for value in parent.T @ (places[index] - start))
        kind = "ROOT" if joint.parent < 0 else "JOINT" if joint.channels else "End"
        lines.append(f"{kind} {joint.name if joint.channels else 'Site'} {{ OFFSET {offset}")
        if joint.channels:
            root = "Xposition Yposition Zposition " if joint.parent < 0 else ""
            lines.append(f"CHANNELS {6 if root else 3} {root}Zrotation Yrotation Xrotation")
            numbers += [*(places[index] if root else ()), *_zyx(parent.T @ axes[index])]
    lines += ["}"] * (len(depth) - 1)
    row = " ".join(f"{value:.6f}" for value in numbers)
    return "\n".join([*lines, "MOTION", "Frames: 1", "Frame Time: 0.0333", row]) + "\n"


def _zyx(turn: np.ndarray) -> tuple[float, float, float]:
    y = np.arcsin(-np.clip(turn[2, 0], -1, 1))
    if abs(turn[2, 0]) > 0.999999:
        return float(np.degrees(np.arctan2(-turn[0, 1], turn[1, 1]))), float(np.degrees(y)), 0.0
    z, x = np.arctan2(turn[1, 0], turn[0, 0]), np.arctan2(turn[2, 1], turn[2, 2])
    return float(np.degrees(z)), float(np.degrees(y)), float(np.degrees(x))


def along_x(motion: Motion) -> dict[str, np.ndarray]:
    """Return axes whose x points along each bone of an upright skeleton, as LAFAN1 and suits have them."""
    rest, own = motion.at_rest(), {}
    for index, joint in enumerate(motion.joints):
        ends = [child for child, each in enumerate(motion.joints) if each.parent == index]
        bone = rest[ends[-1]] - rest[index] if ends and joint.parent >= 0 else np.array([0, 1.0, 0])
        x = bone / np.linalg.norm(bone)
        side = np.cross(x, [0, 0, 1.0])
        side /= np.linalg.norm(side)
        own[joint.name] = np.stack([x, np.cross(side, x), side], axis=1)
    return own


def turned(axis: int, degrees: float) -> np.ndarray:
    """Return the rotation about an axis."""
    angle, turn = np.radians(degrees), np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn[first, first] = turn[second, second] = np.cos(angle)
    turn[second, first] = np.sin(angle)
    turn[first, second] = -turn[second, first]
    return turn
