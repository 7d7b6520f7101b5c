"""A small motion written as BVH, under the joint names of several programs."""

from __future__ import annotations

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
    turns: dict[str, tuple[float, float, float]] | None = None,
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
