"""Bodies in any posture: a skeleton with an anny body's proportions, or the skinned anny body itself.

Both give the fifteen points that a pose network reports (:data:`POINTS`), in metres, x forward, y up,
z to the body's right. The skeleton is quick and its proportions can be varied without limit; the
skinned body knows how shoulders, hips and face really move.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from lifter.motions import BALLS, Postures
from lifter.rotations import about, between, blend, to_matrix

POINTS = (
    "nose", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip

_LENGTHS = ("thigh", "shin", "upper_arm", "forearm")
_OFFSETS = ("hip", "chest", "shoulder", "neck", "ear", "nose")
_CENTRES = {
    f"{side}_{joint}": f"{bone}.{side[0].upper()}"
    for side in ("left", "right")
    for joint, bone in {
        "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
        "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot",
    }.items()
}  # fmt: skip
_DOWN = torch.tensor([0.0, -1.0, 0.0])
# anny: x to the body's left, y backward, z up
_FROM_ANNY = torch.tensor([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
_IDENTITY = torch.tensor([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Proportions:
    """Sizes of many bodies, metres.

    Attributes:
        lengths: ``(N, 4)``: thigh, shin, upper arm, forearm.
        offsets: ``(N, 6, 3)``, of the right side: hip from the pelvis, chest joint from the pelvis,
            shoulder from the chest joint, neck joint from the chest joint, ear and nose from the neck.
    """

    lengths: Tensor
    offsets: Tensor

    def __len__(self) -> int:
        return len(self.lengths)

    def drawn(self, count: int, generator: Generator, *, jitter: float = 0.05) -> Proportions:
        """Return ``count`` bodies drawn at random, each measure off by ``jitter`` (relative)."""
        rows = torch.randint(len(self), (count,), generator=generator)
        scale = 1 + jitter * torch.randn(count, len(_LENGTHS), generator=generator)
        stretch = 1 + jitter * torch.randn(count, len(_OFFSETS), 3, generator=generator)
        return Proportions(self.lengths[rows] * scale, self.offsets[rows] * stretch)


def place(postures: Postures, proportions: Proportions, *, shrug: Tensor | None = None) -> Tensor:
    """Return the points of jointed skeletons (forward kinematics).

    Args:
        postures: N of them.
        proportions: As many.
        shrug: ``(N, 2, 3)`` displacement of right and left shoulder in the chest's frame, metres.

    Returns:
        ``(N, 15, 3)`` metres, pelvis at the origin.
    """
    turn = dict(zip(BALLS, to_matrix(postures.balls).unbind(1), strict=True))
    thigh, shin, upper_arm, forearm = proportions.lengths[..., None].unbind(1)
    hip, chest, shoulder, neck, ear, nose = proportions.offsets.unbind(1)
    root = turn["root"]
    trunk = root @ turn["chest"]
    head = trunk @ turn["neck"]
    chest_at = _apply(root, chest)
    neck_at = chest_at + _apply(trunk, neck)
    across = torch.tensor([1.0, 1.0, -1.0])
    at = {"nose": neck_at + _apply(head, nose)}
    for number, (side, mirrored) in enumerate((("right", torch.ones(3)), ("left", across))):
        at[f"{side}_ear"] = neck_at + _apply(head, ear * mirrored)
        leg = root @ turn[f"{side}_hip"]
        lower = leg @ to_matrix(about("z", -postures.hinges[:, number]))
        at[f"{side}_hip"] = _apply(root, hip * mirrored)
        at[f"{side}_knee"] = at[f"{side}_hip"] + _apply(leg, thigh * _DOWN)
        at[f"{side}_ankle"] = at[f"{side}_knee"] + _apply(lower, shin * _DOWN)
        arm = trunk @ turn[f"{side}_shoulder"]
        fore = arm @ to_matrix(about("z", postures.hinges[:, 2 + number]))
        socket = shoulder * mirrored if shrug is None else shoulder * mirrored + shrug[:, number]
        at[f"{side}_shoulder"] = chest_at + _apply(trunk, socket)
        at[f"{side}_elbow"] = at[f"{side}_shoulder"] + _apply(arm, upper_arm * _DOWN)
        at[f"{side}_wrist"] = at[f"{side}_elbow"] + _apply(fore, forearm * _DOWN)
    return torch.stack([at[name] for name in POINTS], dim=1)


def random_shrug(postures: Postures, generator: Generator) -> Tensor:
    """Return shoulder displacements ``(N, 2, 3)``: a raised arm lifts its shoulder and draws it in."""
    arms = [BALLS.index("right_shoulder"), BALLS.index("left_shoulder")]
    raised = 0.5 + 0.5 * _apply(to_matrix(postures.balls[:, arms]), _DOWN)[..., 1]  # 0 hanging, 1 up
    amount = raised * (0.03 + 0.06 * torch.rand(len(postures), 1, generator=generator))
    inwards = torch.tensor([-0.35, 0.35])
    lift = torch.stack([torch.zeros_like(amount), amount, amount * inwards], dim=-1)
    return lift + 0.012 * torch.randn(len(postures), 2, 3, generator=generator)


class AnnyBodies:
    """The anny body model, driven by :class:`motions.Postures`."""

    def __init__(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # it greets with a page about its kernels
            import anny

            self._model = anny.Anny().to(dtype=torch.float32)
        regressor = anny.KeypointsRegressor.coco(self._model, labels=list(POINTS))
        self._points = regressor.to(dtype=torch.float32)
        self._bone = {name: index for index, name in enumerate(self._model.bone_labels)}

    def shapes(self, count: int, generator: Generator) -> Tensor:
        """Return ``(count, 7)`` adults of both sexes, from slight to heavy, short to tall.

        Gender, age, muscle, weight, height, proportions as anny has them, and where the annotator sees the
        joints: 0 as in COCO's pictures, 1 at the centres of rotation.
        """
        low = torch.tensor([0.0, 0.55, 0.15, 0.15, 0.2, 0.2, 0.0])
        high = torch.tensor([1.0, 0.9, 0.85, 0.85, 0.8, 1.0, 1.0])
        return low + (high - low) * torch.rand(count, len(low), generator=generator)

    def proportions(self, shapes: Tensor) -> Proportions:
        """Measure bodies at rest; both sides are averaged."""
        points, bones = self._posed(shapes, torch.eye(4).repeat(len(shapes), len(self._bone), 1, 1))
        at = dict(zip(POINTS, points.unbind(1), strict=True))
        chest, neck = (bones[:, self._bone[name]] for name in ("spine03", "neck01"))
        across = torch.tensor([1.0, 1.0, -1.0])

        def right(name: str, origin: Tensor) -> Tensor:
            pair = (at[f"right_{name}"] - origin) + (at[f"left_{name}"] - origin) * across
            return pair / 2

        pelvis = (at["left_hip"] + at["right_hip"]) / 2
        chains = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
        lengths = [(at[f"right_{a}"] - at[f"right_{b}"]).norm(dim=-1) for a, b in chains]
        offsets = [right("hip", pelvis), chest - pelvis, right("shoulder", chest), neck - chest]
        offsets += [right("ear", neck), at["nose"] - neck]
        return Proportions(torch.stack(lengths, dim=1), torch.stack(offsets, dim=1))

    def place(self, postures: Postures, shapes: Tensor, *, chunk: int = 64) -> Tensor:
        """Return the points ``(N, 15, 3)`` of skinned bodies, metres, pelvis at the origin."""
        parts = []
        for start in range(0, len(postures), chunk):
            rows = torch.arange(start, min(start + chunk, len(postures)))
            parts.append(self._posed(shapes[rows], self.pose_parameters(postures[rows], shapes[rows]))[0])
        points = torch.cat(parts)
        hips = [POINTS.index("left_hip"), POINTS.index("right_hip")]
        return points - points[:, hips].mean(dim=1, keepdim=True)

    def pose_parameters(self, postures: Postures, shapes: Tensor) -> Tensor:
        """Return anny's ``(N, bones, 4, 4)`` rotations of each bone relative to its parent.

        The body at rest spreads its limbs, so every limb is first brought to hang down.
        """
        rest = self._rest_bones(shapes)
        turn = dict(zip(BALLS, postures.balls.unbind(1), strict=True))
        local = {"root": to_matrix(turn["root"])}
        for name, share in (("spine04", 0.3), ("spine03", 0.4), ("spine02", 0.3)):
            local[name] = to_matrix(_part(turn["chest"], share))
        for name, share in (("neck01", 0.4), ("head", 0.6)):
            local[name] = to_matrix(_part(turn["neck"], share))
        for number, side in enumerate(("right", "left")):
            letter = side[0].upper()
            self._leg(local, letter, turn[f"{side}_hip"], postures.hinges[:, number], rest)
            self._arm(local, letter, turn[f"{side}_shoulder"], postures.hinges[:, 2 + number], rest)
        pose = torch.eye(4).repeat(len(postures), len(self._bone), 1, 1)
        for name, matrix in local.items():
            pose[:, self._bone[name], :3, :3] = _FROM_ANNY.T @ matrix @ _FROM_ANNY
        return pose

    def _leg(self, local: dict[str, Tensor], side: str, hip: Tensor, knee: Tensor, rest: Tensor) -> None:
        thigh = self._hanging(rest, f"upperleg01.{side}", f"lowerleg01.{side}")
        shin = self._hanging(rest, f"lowerleg01.{side}", f"foot.{side}")
        local[f"upperleg01.{side}"] = to_matrix(hip) @ thigh
        local[f"lowerleg01.{side}"] = thigh.mT @ to_matrix(about("z", -knee)) @ shin

    def _arm(self, local: dict[str, Tensor], side: str, ball: Tensor, elbow: Tensor, rest: Tensor) -> None:
        upper = self._hanging(rest, f"upperarm01.{side}", f"lowerarm01.{side}")
        fore = self._hanging(rest, f"lowerarm01.{side}", f"wrist.{side}")
        # the collar bone takes part of the swing from rest; the arm ends where it should
        swing = to_matrix(ball) @ upper
        spread = between(_DOWN.expand(len(ball), 3), _apply(swing, self._along(rest, side)))
        raised = _apply(spread, _DOWN)[..., 1].clamp(-0.7, 1)
        collar = about("x", (0.18 if side == "L" else -0.18) * (raised + 0.7))
        local[f"shoulder01.{side}"] = to_matrix(collar)
        local[f"upperarm01.{side}"] = to_matrix(collar).mT @ swing
        local[f"lowerarm01.{side}"] = upper.mT @ to_matrix(about("z", elbow)) @ fore

    def _along(self, rest: Tensor, side: str) -> Tensor:
        return rest[:, self._bone[f"lowerarm01.{side}"]] - rest[:, self._bone[f"upperarm01.{side}"]]

    def _hanging(self, rest: Tensor, start: str, end: str) -> Tensor:
        """Return the rotations that bring a bone from its direction at rest to straight down."""
        along = rest[:, self._bone[end]] - rest[:, self._bone[start]]
        return between(along, _DOWN.expand_as(along))

    def _rest_bones(self, shapes: Tensor) -> Tensor:
        output = self._run(shapes, torch.eye(4).repeat(len(shapes), len(self._bone), 1, 1))
        return output["rest_bone_heads"] @ _FROM_ANNY.T

    def _run(self, shapes: Tensor, pose: Tensor) -> dict[str, Tensor]:
        columns = dict(zip(self._model.phenotype_labels, shapes[:, :-1].unbind(1), strict=True))
        with torch.no_grad():
            return self._model(pose_parameters=pose, phenotype_kwargs=columns)

    def _posed(self, shapes: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        output = self._run(shapes, pose)
        points, bones = self._points(output), output["bone_poses"][..., :3, 3]
        centres = bones[:, [self._bone[name] for name in _CENTRES.values()]]
        columns = [POINTS.index(name) for name in _CENTRES]
        points[:, columns] += shapes[:, -1, None, None] * (centres - points[:, columns])
        return points @ _FROM_ANNY.T, bones @ _FROM_ANNY.T


def _apply(matrices: Tensor, vectors: Tensor) -> Tensor:
    return (matrices @ vectors.expand(*matrices.shape[:-2], 3)[..., None])[..., 0]


def _part(quaternion: Tensor, share: float) -> Tensor:
    """Return a fraction of a rotation."""
    return blend(_IDENTITY.expand_as(quaternion), quaternion, torch.tensor(share))
