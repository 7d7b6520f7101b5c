"""Quaternions (w first) and rotation matrices, in batches."""

from __future__ import annotations

import torch
from torch import Tensor


def from_axis_angle(axis: Tensor, angle: Tensor) -> Tensor:
    """Return ``(..., 4)`` quaternions; ``axis`` ``(..., 3)`` of unit length, ``angle`` ``(...)`` radians."""
    half = angle[..., None] / 2
    return torch.cat([half.cos().expand(*angle.shape, 1), half.sin() * axis], dim=-1)


def about(axis: str, angle: Tensor) -> Tensor:
    """Return quaternions turning by ``angle`` (radians) about ``"x"``, ``"y"`` or ``"z"``."""
    return from_axis_angle(torch.eye(3)["xyz".index(axis)].expand(*angle.shape, 3), angle)


def multiply(first: Tensor, second: Tensor) -> Tensor:
    """Return the Hamilton product: ``second`` is applied first."""
    a, b = first.unbind(-1), second.unbind(-1)
    return torch.stack(
        [
            a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
            a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
            a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
            a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
        ],
        dim=-1,
    )


def blend(start: Tensor, end: Tensor, fraction: Tensor) -> Tensor:
    """Return the normalised linear interpolation along the shorter arc; ``fraction`` broadcasts."""
    sign = torch.where((start * end).sum(-1, keepdim=True) < 0, -1.0, 1.0)
    mixed = start + fraction * (sign * end - start)
    return mixed / mixed.norm(dim=-1, keepdim=True).clamp_min(1e-9)


def to_matrix(quaternion: Tensor) -> Tensor:
    """Return ``(..., 3, 3)`` rotation matrices."""
    w, x, y, z = quaternion.unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def between(start: Tensor, end: Tensor) -> Tensor:
    """Return the shortest rotation matrices turning directions ``start`` to ``end``, each ``(..., 3)``."""
    start = start / start.norm(dim=-1, keepdim=True)
    end = end / end.norm(dim=-1, keepdim=True)
    w = 1 + (start * end).sum(-1, keepdim=True)
    quaternion = torch.cat([w, torch.linalg.cross(start, end)], dim=-1)
    return to_matrix(quaternion / quaternion.norm(dim=-1, keepdim=True).clamp_min(1e-9))


def random_axes(count: int, generator: torch.Generator) -> Tensor:
    """Return ``(count, 3)`` directions, uniform on the sphere."""
    axes = torch.randn(count, 3, generator=generator)
    return axes / axes.norm(dim=-1, keepdim=True).clamp_min(1e-9)
