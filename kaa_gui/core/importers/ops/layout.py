"""Convert between the file's order of axes (channels last) and torch's (channels first).

Only tensors with four axes are stored differently; the batch is always axis 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kaa_gui.core.importers.ops.call import UnsupportedError

_FROM_FILE = (0, 3, 1, 2)
_TO_FILE = (0, 2, 3, 1)


def to_file(x: Tensor) -> Tensor:
    """Return a view in the file's order of axes."""
    return x.permute(_TO_FILE) if x.dim() == 4 else x


def from_file(x: Tensor) -> Tensor:
    """Return a view in torch's order of axes; channels-last memory if ``x`` is contiguous."""
    return x.permute(_FROM_FILE) if x.dim() == 4 else x


def dense(x: Tensor) -> Tensor:
    """Return ``x`` in the memory order that the graph keeps: channels last, or contiguous."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x.contiguous()


def shape_from_file(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without batch in torch's order, from one in the file's order."""
    return (shape[2], shape[0], shape[1]) if len(shape) == 3 else tuple(shape)


def shape_to_file(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without batch in the file's order, from one in torch's order."""
    return (shape[1], shape[2], shape[0]) if len(shape) == 3 else tuple(shape)


def file_axis(axis: int, rank: int) -> int:
    """Return the file's ``axis`` counted from the front, refusing the batch.

    Args:
        axis: Negative ones count from the end.
        rank: Number of axes, the batch included.
    """
    if not -rank <= axis < rank:
        raise UnsupportedError(f"axis must be between {-rank} and {rank - 1}, got {axis}")
    if axis % rank == 0:
        raise UnsupportedError("axis 0 is the batch and cannot be worked along")
    return axis % rank


def torch_axis(axis: int, rank: int) -> int:
    """Return torch's axis for the file's ``axis``, refusing the batch."""
    axis = file_axis(axis, rank)
    return _FROM_FILE.index(axis) if rank == 4 else axis
