"""Lift 2D joints to a 3D pose by a residual network after Martinez et al. 2017 (arXiv:1705.03098).

The lifter sees only the shape of a pose: joints are centred and scaled first, so where a person stands in
the crop and how large does not matter. It answers in the camera's axes (x right, y down, z away from the
viewer) at a nominal size, since a single picture cannot tell a tall person far away from a short one nearby.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kaa_gui.core.errors import ConfigError, ModelFileError
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.untrusted.paths import is_file

JOINTS = len(HUMAN36M_17)
SEEN_SCORE = 0.4
"""A joint that scores less is treated as missing: on photographs, BlazePose's peaks for joints out of the
picture stay below it, those of joints in it lie above 0.5; in between are occluded ones, worth keeping."""
MILLIMETRES = 1000.0
WEIGHTS = "lifter/lifter.safetensors"

_MIRRORED = list(HUMAN36M_17.mirrored())
_PER_JOINT = 3
_LARGEST_FILE = 64 * 2**20
_LARGEST_WIDTH, _MOST_BLOCKS = 4096, 16


class ResidualBlock(nn.Module):
    """Two linear layers with a way round them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return ``(N, width)``."""
        return hidden + self.second(self.first(hidden).relu()).relu()


class Lifter(nn.Module):
    """Lifts the 17 joints of Human3.6M from the picture into space.

    Attributes:
        width: Units of a hidden layer.
    """

    def __init__(self, *, width: int = 512, blocks: int = 2) -> None:
        super().__init__()
        self.width = width
        self.entry = nn.Linear(JOINTS * _PER_JOINT, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(blocks))
        self.exit = nn.Linear(width, JOINTS * _PER_JOINT + 1)

    def forward(self, observed: Tensor) -> Tensor:
        """Return the pose in metres, root-relative, of normalised joints.

        Args:
            observed: ``(N, 17, 3)``: x and y of :func:`normalised` joints, and 1 where seen, else 0.

        Returns:
            ``(N, 17, 3)``. Most of x and y is the picture itself, at a scale that the network chooses.
        """
        hidden = self.entry(observed.flatten(1)).relu()
        for block in self.blocks:
            hidden = block(hidden)
        answer = self.exit(hidden)
        flat = observed[..., :2] * (0.4 * answer[:, -1].exp())[:, None, None]
        pose = answer[:, :-1].unflatten(1, (JOINTS, _PER_JOINT)) + nn.functional.pad(flat, (0, 1))
        return pose - pose[:, :1]

    def lift(self, keypoints: Tensor, scores: Tensor | None = None) -> Tensor:
        """Return the 3D poses of 2D poses; differentiable with respect to ``keypoints``.

        The mean of the answers to the pose and to its mirror image, so that left and right are treated
        alike, exactly.

        Args:
            keypoints: ``(N, 17, 2)`` joints of Human3.6M in pixels, of any crop; NaN where missing.
            scores: ``(N, 17)`` in [0, 1]; joints below :data:`SEEN_SCORE` are ignored.

        Returns:
            ``(N, 17, 3)`` millimetres, pelvis at the origin; a missing joint gets the network's guess.

        Raises:
            ConfigError: The shapes are not those of Human3.6M poses.
        """
        _check_shapes(keypoints, scores)
        observed = normalised(keypoints.to(self.entry.weight), scores)
        plain, mirrored = self(torch.cat([observed, _mirror(observed)])).chunk(2)
        return (plain + _mirror(mirrored)) / 2 * MILLIMETRES


_NUMBER = re.compile("[0-9]{1,3}")


def normalised(keypoints: Tensor, scores: Tensor | None = None) -> Tensor:
    """Return joints centred on their mean, in units of their mean distance from it, with their visibility.

    Mean distances, not their squares: one stray joint must not shrink the person much.

    Args:
        keypoints: ``(N, 17, 2)``, NaN where missing.
        scores: ``(N, 17)`` or None.

    Returns:
        ``(N, 17, 3)``: x, y and 1 for joints that are seen, zeros for the others.
    """
    seen = keypoints.isfinite().all(dim=-1)
    if scores is not None:
        seen = seen & (scores.to(keypoints.device) >= SEEN_SCORE)
    there = seen[..., None]
    # masked before any arithmetic: a NaN times zero would poison the gradient
    known = torch.where(there, keypoints, torch.zeros_like(keypoints))
    number = there.sum(dim=1, keepdim=True).clamp_min(1)
    offset = torch.where(there, known - known.sum(dim=1, keepdim=True) / number, torch.zeros_like(known))
    # the gradient of a length is undefined at 0, where one joint alone always is
    distance = (offset.square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()
    size = (distance * there).sum(dim=1, keepdim=True) / number
    return torch.cat([offset / size.clamp_min(1e-6), there.to(offset)], dim=-1)


def load_lifter(path: Path | None = None) -> Lifter:
    """Return a lifter, frozen, on the CPU.

    Args:
        path: A safetensors file with the tensors of :class:`Lifter` (float16, bfloat16 or float32; width and
            number of blocks are read from their shapes); None takes the one that comes with the program.

    Raises:
        ModelFileError: The file is missing, damaged, too large, or holds another network.
    """
    file = path or resources_dir() / WEIGHTS
    tensors = _read(file)
    entry = tensors.get("entry.weight")
    numbers = [
        int(name.split(".")[1])
        for name in tensors
        if name.startswith("blocks.") and _NUMBER.fullmatch(name.split(".")[1])
    ]
    if (
        entry is None
        or entry.ndim != 2
        or not 1 <= len(entry) <= _LARGEST_WIDTH
        or max(numbers, default=0) >= _MOST_BLOCKS
    ):
        raise ModelFileError(
            f"{file.name} holds no lifter: entry.weight must be (width, {JOINTS * _PER_JOINT})"
        )
    lifter = Lifter(width=len(entry), blocks=max(numbers, default=-1) + 1)
    _check_tensors(tensors, lifter, file)
    lifter.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return lifter.eval().requires_grad_(requires_grad=False)


def _read(file: Path) -> dict[str, Tensor]:
    if not is_file(file):
        raise ModelFileError(f"no lifter at {file}; give a .safetensors file")
    if file.suffix != ".safetensors":
        # torch's own formats, exported programs included, unpickle: opening one can run anything
        raise ModelFileError(
            f"lifter must be a .safetensors file, got {file.name}; save its tensors with safetensors"
        )
    if file.stat().st_size > _LARGEST_FILE:
        raise ModelFileError(
            f"{file.name} must be at most {_LARGEST_FILE >> 20} MiB, got {file.stat().st_size >> 20}"
        )
    try:
        return load_file(file)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{file.name} is no intact safetensors file: {' '.join(str(error).split())}"
        ) from error


def _check_tensors(tensors: dict[str, Tensor], lifter: Lifter, file: Path) -> None:
    expected = lifter.state_dict()
    if wrong := [name[:60] for name in sorted(expected.keys() ^ tensors.keys())[:4]]:
        raise ModelFileError(f"{file.name} must hold exactly the lifter's tensors; check {', '.join(wrong)}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            shapes = f"{tuple(expected[name].shape)}, got {tuple(tensor.shape)}"
            raise ModelFileError(f"{file.name}: {name} must be {shapes}")
        if not tensor.is_floating_point() or not tensor.float().isfinite().all():
            raise ModelFileError(f"{file.name}: {name} must hold finite floating-point numbers")


def _check_shapes(keypoints: Tensor, scores: Tensor | None) -> None:
    if keypoints.ndim != 3 or keypoints.shape[1:] != (JOINTS, 2):
        raise ConfigError(
            f"keypoints must be (N, {JOINTS}, 2), got {tuple(keypoints.shape)}; convert the skeleton first"
        )
    if scores is not None and scores.shape != keypoints.shape[:2]:
        raise ConfigError(f"scores must be {tuple(keypoints.shape[:2])}, got {tuple(scores.shape)}")


def _mirror(values: Tensor) -> Tensor:
    """Return ``(N, 17, D)`` seen in a mirror: sides exchanged, x reversed."""
    exchanged = values[:, _MIRRORED]
    return torch.cat([-exchanged[..., :1], exchanged[..., 1:]], dim=-1)
