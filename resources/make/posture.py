"""Postures in the words of anatomy, and the bone rotations that they mean.

Angles are degrees. The trunk bends bone by bone, arms are given by where the upper arm points and how
the elbow bends, legs either by joint angles or by where the foot stands (two-bone inverse kinematics).
Twists are spread along the limb, the collar bones follow a raised arm, as in the living.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from body import Array, RestBody, bone_index, bone_names, bone_parents

DOWN = np.array([0.0, 0.0, -1.0])
FRONT = np.array([0.0, -1.0, 0.0])
LEFT = np.array([1.0, 0.0, 0.0])
SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
NECK = ("neck01", "neck02", "neck03", "head")


@dataclass(frozen=True, slots=True)
class Bend:
    """How a chain of the trunk is bent.

    Attributes:
        forward: Flexion.
        left: Side bend, to the person's left.
        turn: Rotation, to the person's left.
    """

    forward: float = 0.0
    left: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm; the same numbers mirror on the other side.

    Attributes:
        lift: From hanging (0) over horizontal (90) to overhead (180).
        plane: In which the arm is lifted: 0 sideways, 90 forwards, 180 across the body.
        twist: Of the upper arm about its axis, inwards.
        elbow: Flexion.
        pronation: Of the forearm: 0 thumb forwards when the arm hangs, 90 thumb inwards.
        wrist: Flexion towards the palm.
        curl: Of the fingers, per joint.
        spread: Of the fingers.
    """

    lift: float = 8.0
    plane: float = 0.0
    twist: float = 0.0
    elbow: float = 12.0
    pronation: float = 15.0
    wrist: float = 0.0
    curl: float = 14.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg by its angles; the same numbers mirror on the other side.

    Attributes:
        flexion: Of the hip, forwards.
        abduction: Of the hip, outwards.
        twist: Of the thigh, outwards.
        knee: Flexion.
        ankle: Toes up (dorsiflexion).
        toes: Bend upwards.
    """

    flexion: float = 0.0
    abduction: float = 3.0
    twist: float = 6.0
    knee: float = 3.0
    ankle: float = 0.0
    toes: float = 0.0


@dataclass(frozen=True, slots=True)
class Stance:
    """One leg by where its foot stands.

    Attributes:
        forward: Of the ankle before the hips' centre, metres.
        out: Of the ankle from the middle, to the leg's own side, metres.
        toe_out: Heading of the foot.
        pitch: Toes up; negative lifts the heel.
        toes: Bend upwards.
        knee: Least flexion: what keeps the pelvis from rising further.
        knee_out: Turns the knee outwards about the line from hip to ankle.
        height: Of the foot's lowest point above the floor, metres.
    """

    forward: float = 0.0
    out: float = 0.1
    toe_out: float = 8.0
    pitch: float = 0.0
    toes: float = 0.0
    knee: float = 4.0
    knee_out: float = 4.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Posture:
    """A whole body's posture.

    Attributes:
        pelvis: Tilt of the pelvis.
        spine: Bend of the five vertebral bones together.
        head: Bend of neck and head together.
        left_arm: The person's left.
        right_arm: The person's right.
        left_leg: The person's left.
        right_leg: The person's right.
        seat: Height of the hip joints above the floor, metres; None lets the legs carry the body.
        gaze: Turn of the eyes relative to the head: to the left, and up.
    """

    pelvis: Bend = field(default_factory=Bend)
    spine: Bend = field(default_factory=Bend)
    head: Bend = field(default_factory=Bend)
    left_arm: Arm = field(default_factory=Arm)
    right_arm: Arm = field(default_factory=Arm)
    left_leg: Leg | Stance = field(default_factory=Stance)
    right_leg: Leg | Stance = field(default_factory=Stance)
    seat: float | None = None
    gaze: tuple[float, float] = (0.0, 0.0)


def about(axis: Array, degrees: float) -> Array:
    """Return the rotation about an axis, right-handed, ``(3, 3)``."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def shortest_turn(start: Array, end: Array) -> Array:
    """Return the smallest rotation that takes one direction to another."""
    start, end = unit(start), unit(end)
    axis = np.cross(start, end)
    length = np.linalg.norm(axis)
    if length < 1e-9:
        return np.eye(3) if start @ end > 0 else about(np.cross(start, [0.31, 0.87, 0.4]), 180)
    return about(axis, np.degrees(np.arctan2(length, start @ end)))


def unit(vector: Array) -> Array:
    """Return the direction of a vector."""
    return np.asarray(vector, float) / np.linalg.norm(vector)


def frame(direction: Array, hinge: Array) -> Array:
    """Return the right-handed frame of a limb segment: along it, its hinge, and across; as columns."""
    along = unit(direction)
    hinge = unit(hinge - (hinge @ along) * along)
    return np.stack([along, hinge, np.cross(along, hinge)], axis=1)


def trunk_turn(bend: Bend, share: float = 1.0) -> Array:
    """Return a share of a bend as a rotation about the person's axes."""
    return (
        about(-DOWN, bend.turn * share) @ about(FRONT, -bend.left * share) @ about(LEFT, bend.forward * share)
    )


class Skeleton:
    """The rotations of all bones while a posture is being built, parents first."""

    def __init__(self, rest: RestBody) -> None:
        self.rest = rest
        self.turns = np.tile(np.eye(3), (len(bone_names()), 1, 1))
        self._set: set[int] = set()

    def head(self, bone: str) -> Array:
        """Return where a bone begins at rest."""
        return self.rest.heads[bone_index(bone)]

    def turn(self, bone: str) -> Array:
        """Return the rotation of a bone so far."""
        return self.turns[bone_index(bone)]

    def set(self, bone: str, turn: Array) -> None:
        """Set a bone's rotation; bones below it follow unless set themselves."""
        self.turns[bone_index(bone)] = turn
        self._set.add(bone_index(bone))
        self.settle()

    def add(self, bone: str, turn: Array) -> None:
        """Turn a bone relative to its parent, in the axes of the body at rest."""
        parent = bone_parents()[bone_index(bone)]
        self.set(bone, self.turns[parent] @ turn)

    def settle(self) -> None:
        """Let every bone that has not been set follow its parent."""
        for bone, parent in enumerate(bone_parents()):
            if bone not in self._set and parent >= 0:
                self.turns[bone] = self.turns[parent]

    def posed_head(self, bone: str) -> Array:
        """Return where a bone begins in the posture so far; the root stays in place."""
        chain = [bone_index(bone)]
        while bone_parents()[chain[-1]] >= 0:
            chain.append(bone_parents()[chain[-1]])
        point = self.rest.heads[chain[-1]].copy()
        for child, parent in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            point += self.turns[parent] @ (self.rest.heads[child] - self.rest.heads[parent])
        return point

    def segment(self, bones: tuple[str, ...], shares: tuple[float, ...], turn: Array) -> None:
        """Turn a limb segment that consists of several bones, spreading the twist along it.

        Args:
            bones: From the joint outwards.
            shares: Of the twist that each bone takes, ending with 1.
            turn: Rotation of the whole segment from rest.
        """
        parent = self.turns[bone_parents()[bone_index(bones[0])]]
        axis = self._axis(bones)
        along = turn @ axis
        plain = shortest_turn(parent @ axis, along) @ parent
        remaining = turn @ plain.T
        twist = np.degrees(np.arctan2(along @ _curl(remaining) / 2, (np.trace(remaining) - 1) / 2))
        for bone, share in zip(bones, shares, strict=True):
            self.set(bone, about(along, twist * share) @ plain)

    def _axis(self, bones: tuple[str, ...]) -> Array:
        names, parents = bone_names(), bone_parents()
        child = next(names[i] for i, parent in enumerate(parents) if parent == bone_index(bones[-1]))
        return self.head(child) - self.head(bones[0])


def _curl(rotation: Array) -> Array:
    """Return the antisymmetric part of a rotation as a vector: its axis times twice the sine."""
    return np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )


def build(rest: RestBody, posture: Posture) -> Skeleton:
    """Return the bone rotations of a posture (facing -y)."""
    skeleton = Skeleton(rest)
    skeleton.set("root", trunk_turn(posture.pelvis))
    for bone in SPINE:
        skeleton.add(bone, trunk_turn(posture.spine, 1 / len(SPINE)))
    for bone, share in zip(NECK, (0.2, 0.2, 0.2, 0.4), strict=True):
        skeleton.add(bone, trunk_turn(posture.head, share))
    for side in "LR":
        skeleton.add(f"eye.{side}", about(-DOWN, posture.gaze[0]) @ about(LEFT, -posture.gaze[1]))
    for side, arm in (("L", posture.left_arm), ("R", posture.right_arm)):
        _pose_arm(skeleton, side, arm)
    legs = (("L", posture.left_leg), ("R", posture.right_leg))
    for side, leg in legs:
        if isinstance(leg, Leg):
            _pose_leg(skeleton, side, leg)
    stances = tuple((side, leg) for side, leg in legs if isinstance(leg, Stance))
    if stances:
        from stance import stand

        stand(skeleton, stances, posture.seat)
    return skeleton


def _pose_arm(skeleton: Skeleton, side: str, arm: Arm) -> None:
    out = 1.0 if side == "L" else -1.0
    lift, plane = np.radians(arm.lift), np.radians(arm.plane)
    aim = np.array([out * np.sin(lift) * np.cos(plane), -np.sin(lift) * np.sin(plane), -np.cos(lift)])
    # the collar bone takes a share of a lift beyond 30 degrees, and follows the arm forwards
    rise = 0.28 * max(0.0, arm.lift - 30)
    reach = 0.14 * arm.lift * np.sin(plane)
    girdle = about(FRONT, -out * rise) @ about(-DOWN, -out * reach)
    skeleton.add(f"clavicle.{side}", girdle)
    skeleton.add(f"shoulder01.{side}", about(FRONT, -out * 0.5 * rise))
    chest = skeleton.turn("spine01")

    upper = skeleton.head(f"lowerarm01.{side}") - skeleton.head(f"upperarm01.{side}")
    fore = skeleton.head(f"wrist.{side}") - skeleton.head(f"lowerarm01.{side}")
    hinge_rest = np.cross(upper, fore)
    carried = shortest_turn(DOWN, aim)
    hinge = about(aim, out * arm.twist) @ carried @ -LEFT
    hinge_world, aim_world = chest @ hinge, chest @ aim
    turn = frame(aim_world, hinge_world) @ frame(upper, hinge_rest).T
    skeleton.segment((f"upperarm01.{side}", f"upperarm02.{side}"), (0.5, 1.0), turn)

    fore_aim = about(hinge_world, arm.elbow) @ aim_world
    # thumb forwards where the arm hangs, turning inwards with pronation
    angle = np.radians(arm.pronation)
    thumb = -np.cos(angle) * np.cross(fore_aim, hinge_world) + out * np.sin(angle) * hinge_world
    turn = frame(fore_aim, thumb) @ frame(fore, thumb_side(skeleton, side)).T
    skeleton.segment((f"lowerarm01.{side}", f"lowerarm02.{side}"), (0.35, 0.8), turn)
    _pose_hand(skeleton, side, arm, turn)


def thumb_side(skeleton: Skeleton, side: str) -> Array:
    """Return the direction across the hand at rest, from the little finger's side to the thumb's."""
    return unit(skeleton.head(f"finger2-1.{side}") - skeleton.head(f"finger5-1.{side}"))


def _pose_hand(skeleton: Skeleton, side: str, arm: Arm, fore: Array) -> None:
    out = 1.0 if side == "L" else -1.0
    # a positive turn about this axis closes the hand
    close = thumb_side(skeleton, side) * -out
    skeleton.set(f"wrist.{side}", fore @ about(close, arm.wrist))
    palm = np.cross(close, skeleton.head(f"finger3-1.{side}") - skeleton.head(f"wrist.{side}"))
    for finger in range(2, 6):
        for joint in range(1, 4):
            # the little finger closes more than the index, the first joint less than the others
            more = (1.0 + 0.12 * (finger - 2)) * (0.8 if joint == 1 else 1.0)
            turn = about(close, arm.curl * more)
            if joint == 1:
                turn = turn @ about(palm, (3 - finger) * arm.spread * out)
            skeleton.add(f"finger{finger}-{joint}.{side}", turn)
    for joint in (2, 3):
        skeleton.add(f"finger1-{joint}.{side}", about(close, 0.4 * arm.curl))


def _pose_leg(skeleton: Skeleton, side: str, leg: Leg) -> None:
    out = 1.0 if side == "L" else -1.0
    pelvis = skeleton.turn("root")
    turn = about(FRONT, -out * leg.abduction) @ about(LEFT, -leg.flexion) @ about(DOWN, -out * leg.twist)
    aim, hinge = pelvis @ turn @ DOWN, pelvis @ turn @ LEFT
    shank = about(hinge, leg.knee) @ aim
    set_leg(skeleton, side, aim, shank, hinge)
    foot = about(hinge, leg.knee - leg.ankle) @ pelvis @ turn
    set_foot(skeleton, side, foot, leg.toes)


def set_leg(skeleton: Skeleton, side: str, thigh: Array, shank: Array, hinge: Array) -> None:
    """Turn thigh and shank to the given directions, the knee bending about ``hinge``."""
    hip, knee, ankle = (skeleton.head(f"{bone}.{side}") for bone in ("upperleg01", "lowerleg01", "foot"))
    axis = np.cross(foot_forward(skeleton, side), DOWN)
    turn = frame(thigh, hinge) @ frame(knee - hip, axis).T
    skeleton.segment((f"upperleg01.{side}", f"upperleg02.{side}"), (0.5, 1.0), turn)
    turn = frame(shank, hinge) @ frame(ankle - knee, axis).T
    skeleton.segment((f"lowerleg01.{side}", f"lowerleg02.{side}"), (0.6, 1.0), turn)


def set_foot(skeleton: Skeleton, side: str, turn: Array, toes: float) -> None:
    """Turn the foot, given the rotation of one that stands flat and straight ahead."""
    forward = foot_forward(skeleton, side)
    straight = shortest_turn(forward, FRONT)
    skeleton.set(f"foot.{side}", turn @ straight)
    axis = np.cross(forward, DOWN)
    for toe in range(1, 6):
        skeleton.add(f"toe{toe}-1.{side}", about(axis, -toes))


def foot_forward(skeleton: Skeleton, side: str) -> Array:
    """Return the horizontal direction of the foot at rest."""
    forward = skeleton.head(f"toe3-1.{side}") - skeleton.head(f"foot.{side}")
    return unit(forward * [1, 1, 0])
