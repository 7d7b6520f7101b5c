"""Read the DeepMimic motion-capture clips that the ``pybullet`` wheel carries.

A clip is a JSON text: ``Frames`` of 44 numbers. In order: duration, root position (3), then rotations
as quaternions (w first) or hinge angles: root, chest, neck, right hip, right knee*, right ankle, right
shoulder, right elbow*, left hip, left knee*, left ankle, left shoulder, left elbow* (* one angle,
radians). Axes of the humanoid: x forward, y up, z to its right; at rest arms and legs hang down, so a
hinge turns about z, knees negative, elbows positive.

Source: Peng et al., "DeepMimic", SIGGRAPH 2018; ``pybullet_data/humanoid/humanoid.urdf``.
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

BALLS = ("root", "chest", "neck", "right_hip", "left_hip", "right_shoulder", "left_shoulder")
"""Joints with three degrees of freedom, in the order of :attr:`Postures.balls`."""
HINGES = ("right_knee", "left_knee", "right_elbow", "left_elbow")
"""Joints with one, in the order of :attr:`Postures.hinges`."""

_BALL_COLUMNS = (4, 8, 12, 16, 30, 25, 39)
_HINGE_COLUMNS = (20, 34, 29, 43)
_HINGE_SIGNS = (-1.0, -1.0, 1.0, 1.0)
_FRAME_LENGTH = 44
_FOLDER = "pybullet_data/data/motions"


@dataclass(frozen=True, slots=True, eq=False)
class Postures:
    """Joint rotations of many bodies, without their proportions.

    Attributes:
        balls: ``(N, 7, 4)`` unit quaternions, w first, in the order of :data:`BALLS`; each relative to
            its parent, the root to the world (y up).
        hinges: ``(N, 4)`` flexion in radians, positive, in the order of :data:`HINGES`.
    """

    balls: Tensor
    hinges: Tensor

    def __len__(self) -> int:
        return len(self.balls)

    def __getitem__(self, rows: Tensor) -> Postures:
        return Postures(self.balls[rows], self.hinges[rows])


def join(parts: list[Postures]) -> Postures:
    """Return all postures in one."""
    return Postures(torch.cat([part.balls for part in parts]), torch.cat([part.hinges for part in parts]))


def read_clips(source: Path | None = None) -> dict[str, Postures]:
    """Return every humanoid clip by its short name (``walk``, ``dance_b``, ...).

    Args:
        source: A pybullet wheel, or a folder with the clips; None looks for the installed package.

    Returns:
        Clips in alphabetical order, a posture a frame.

    Raises:
        FileNotFoundError: No clips there.
    """
    texts = _texts(source or _installed_folder())
    clips = {}
    for file_name in sorted(texts):
        frames = json.loads(texts[file_name])["Frames"]
        if len(frames[0]) == _FRAME_LENGTH:  # the same folder holds a quadruped
            clips[file_name.removesuffix(".txt").removeprefix("humanoid3d_")] = _postures(frames)
    if not clips:
        raise FileNotFoundError(f"no humanoid clips in {source}; pip install pybullet==3.2.7")
    return clips


def _installed_folder() -> Path:
    spec = importlib.util.find_spec("pybullet_data")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("pybullet is not installed; pip install pybullet==3.2.7, or name its wheel")
    return Path(spec.origin).parent / "data" / "motions"


def _texts(source: Path) -> dict[str, str]:
    if source.suffix != ".whl":
        return {path.name: path.read_text("utf-8") for path in source.rglob("*.txt")}
    with zipfile.ZipFile(source) as wheel:
        names = [PurePosixPath(name) for name in wheel.namelist()]
        return {
            name.name: wheel.read(str(name)).decode("utf-8")
            for name in names
            if name.is_relative_to(_FOLDER) and name.suffix == ".txt"
        }


def _postures(frames: list[list[float]]) -> Postures:
    table = torch.tensor(frames, dtype=torch.float64)
    balls = torch.stack([table[:, start : start + 4] for start in _BALL_COLUMNS], dim=1)
    hinges = table[:, list(_HINGE_COLUMNS)] * torch.tensor(_HINGE_SIGNS, dtype=torch.float64)
    return Postures((balls / balls.norm(dim=-1, keepdim=True)).float(), hinges.float())
