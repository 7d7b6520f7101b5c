"""Define skeletons as data, and maps between them.

Joint names are the same in every skeleton wherever the anatomy is the same, so that a map between two
skeletons is mostly a look-up by name; only midpoints (pelvis, thorax, ...) need a rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError

CARRIED: dict[str, tuple[str, ...]] = {
    "nose": (
        *(
            f"{side}_{part}"
            for side in ("left", "right")
            for part in ("eye_inner", "eye", "eye_outer", "ear")
        ),
        "mouth_left",
        "mouth_right",
    ),
    **{
        f"{side}_wrist": tuple(f"{side}_{part}" for part in ("pinky", "index", "thumb"))
        for side in ("left", "right")
    },
    **{
        f"{side}_ankle": tuple(f"{side}_{part}" for part in ("heel", "foot_index"))
        for side in ("left", "right")
    },
}
"""Joint -> the small joints that hang on it."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Named joints and the bones between them.

    Attributes:
        name: Identifier, a key of :data:`SKELETONS`.
        joints: Names of the joints, in the order of the arrays.
        bones: Pairs of joint indices.
        midpoints: Joints of *other* skeletons that this one can supply, as the mean of its own joints.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    midpoints: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False, compare=False)

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Return the position of a joint, or raise :class:`ConfigError`."""
        try:
            return self.joints.index(joint)
        except ValueError:
            raise ConfigError(f"joint must be one of {', '.join(self.joints)}, got {joint!r}") from None

    def side(self, joint: int) -> str:
        """Return ``"left"``, ``"right"`` or ``"centre"`` of the person, not of the picture."""
        name = self.joints[joint]
        if name.startswith("left_") or name.endswith("_left"):
            return "left"
        if name.startswith("right_") or name.endswith("_right"):
            return "right"
        return "centre"

    def bone_side(self, bone: tuple[int, int]) -> str:
        """Return the side of a bone: that of its joints where they agree, else ``"centre"``."""
        first, second = (self.side(joint) for joint in bone)
        return first if first == second else "centre"

    def carried_by(self, joint: int) -> tuple[int, ...]:
        """Return the small joints that go where a joint goes: its hand, foot or face."""
        return tuple(
            self.joints.index(name) for name in CARRIED.get(self.joints[joint], ()) if name in self.joints
        )

    def mirrored(self) -> tuple[int, ...]:
        """Return, for each joint, the index of its counterpart on the other side."""
        swap = {"left": "right", "right": "left"}
        names = []
        for joint, name in enumerate(self.joints):
            side = self.side(joint)
            names.append(name.replace(side, swap[side], 1) if side in swap else name)
        return tuple(self.joints.index(name) for name in names)


def _skeleton(
    name: str,
    joints: str,
    bones: str,
    midpoints: dict[str, tuple[str, ...]] | None = None,
) -> Skeleton:
    """Read a skeleton from words: joints by spaces, bones as chains ``a-b-c``."""
    names = tuple(joints.split())
    pairs = [
        (names.index(start), names.index(end))
        for chain in bones.split()
        for start, end in zip(chain.split("-")[:-1], chain.split("-")[1:], strict=True)
    ]
    return Skeleton(name, names, tuple(pairs), midpoints or {})


_LIMBS = (
    "left_shoulder-left_elbow-left_wrist right_shoulder-right_elbow-right_wrist "
    "left_hip-left_knee-left_ankle right_hip-right_knee-right_ankle "
)
_TRUNK = "left_shoulder-right_shoulder left_shoulder-left_hip right_shoulder-right_hip left_hip-right_hip "
_MIDPOINTS: dict[str, tuple[str, ...]] = {
    "pelvis": ("left_hip", "right_hip"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "spine": ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
    "neck": ("left_shoulder", "right_shoulder"),
}

BLAZEPOSE_33 = _skeleton(
    "blazepose-33",
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer "
    "left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb "
    "left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel "
    "left_foot_index right_foot_index",
    _TRUNK + _LIMBS + "nose-left_eye_inner-left_eye-left_eye_outer-left_ear "
    "nose-right_eye_inner-right_eye-right_eye_outer-right_ear mouth_left-mouth_right "
    "left_wrist-left_thumb left_wrist-left_pinky-left_index-left_wrist "
    "right_wrist-right_thumb right_wrist-right_pinky-right_index-right_wrist "
    "left_ankle-left_heel-left_foot_index-left_ankle "
    "right_ankle-right_heel-right_foot_index-right_ankle",
    _MIDPOINTS | {"head": ("left_ear", "right_ear")},
)

HUMAN36M_17 = _skeleton(
    "human36m-17",
    "pelvis right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax nose head "
    "left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist",
    "pelvis-spine-thorax-nose-head pelvis-right_hip-right_knee-right_ankle "
    "pelvis-left_hip-left_knee-left_ankle thorax-left_shoulder-left_elbow-left_wrist "
    "thorax-right_shoulder-right_elbow-right_wrist",
    {"neck": ("thorax",)},
)

COCO_17 = _skeleton(
    "coco-17",
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle",
    _TRUNK + _LIMBS + "nose-left_eye-left_ear nose-right_eye-right_ear",
    _MIDPOINTS | {"head": ("left_ear", "right_ear")},
)

MPII_16 = _skeleton(
    "mpii-16",
    "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis thorax neck head "
    "right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist",
    "pelvis-thorax-neck-head pelvis-right_hip-right_knee-right_ankle "
    "pelvis-left_hip-left_knee-left_ankle thorax-left_shoulder-left_elbow-left_wrist "
    "thorax-right_shoulder-right_elbow-right_wrist",
    {"spine": ("pelvis", "thorax")},
)

SKELETONS: dict[str, Skeleton] = {
    skeleton.name: skeleton for skeleton in (BLAZEPOSE_33, HUMAN36M_17, COCO_17, MPII_16)
}


def convert(points: NDArray[np.floating], source: Skeleton, target: Skeleton) -> NDArray[np.float32]:
    """Map joints of one skeleton to another by name and midpoint.

    Args:
        points: ``(..., len(source), D)``.
        source: Skeleton of ``points``.
        target: Skeleton wanted.

    Returns:
        ``(..., len(target), D)`` float32; joints that the source cannot supply are NaN.
    """
    shape = (*points.shape[:-2], len(target), points.shape[-1])
    result = np.full(shape, np.nan, np.float32)
    for position, joint in enumerate(target.joints):
        names = (joint,) if joint in source.joints else source.midpoints.get(joint, ())
        if names:
            columns = [source.joints.index(name) for name in names]
            result[..., position, :] = points[..., columns, :].mean(axis=-2)
    return result


def with_carried(
    points: NDArray[np.floating], skeleton: Skeleton, reference: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Fill in small joints without a place (NaN): as they lie about the joint that they hang on elsewhere.

    Args:
        points: ``(J, D)``.
        skeleton: Skeleton of both poses.
        reference: ``(J, D)``, in the same unit: another pose of the same body.

    Returns:
        ``(J, D)`` float32; a joint that hangs on nothing known stays NaN.
    """
    filled = np.array(points, np.float32)
    for carrier in range(len(skeleton)):
        for joint in skeleton.carried_by(carrier):
            if not np.isfinite(filled[joint]).all():
                filled[joint] = filled[carrier] + reference[joint] - reference[carrier]
    return filled
