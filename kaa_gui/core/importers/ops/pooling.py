"""What makes one value of many: pooling, mean, sum."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.activation import Fusing, fused_activation
from kaa_gui.core.importers.ops.convolution import window
from kaa_gui.core.importers.ops.layout import torch_axis
from kaa_gui.core.importers.ops.registry import Call, UnsupportedError, op

_LARGEST_WINDOW = 1024


class MaxPool(Fusing):
    """The largest value of a moving window.

    Attributes:
        kernel: Height and width of the window.
        stride: Vertical and horizontal.
        padding: Around the input, never chosen: top, bottom, left, right.
    """

    def __init__(
        self,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int],
        padding: Sequence[int],
        activation: str | None,
    ) -> None:
        super().__init__(activation)
        self.kernel = kernel
        self.stride = stride
        self.padding = tuple(padding)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, H', W')`` for ``(N, C, H, W)``."""
        if any(self.padding):
            top, bottom, left, right = self.padding
            x = F.pad(x, (left, right, top, bottom), value=float("-inf"))
        return self.activate(F.max_pool2d(x, self.kernel, self.stride))


@op("MAX_POOL_2D")
def max_pool(call: Call) -> nn.Module:
    """Build a maximum over a moving window."""
    kernel = (call.option("FilterHeight"), call.option("FilterWidth"))
    if not all(1 <= size <= _LARGEST_WINDOW for size in kernel):
        raise UnsupportedError(f"the window must be between 1 and {_LARGEST_WINDOW} wide, got {kernel}")
    stride, _, padding = window(call, kernel)
    return MaxPool(kernel, stride=stride, padding=padding, activation=fused_activation(call))


class Reduction(nn.Module):
    """Mean or sum over axes other than the batch.

    Attributes:
        function: ``torch.mean`` or ``torch.sum``.
        axes: In torch's order.
        keep: Whether the axes stay, with one value each.
    """

    def __init__(self, op_name: str, axes: Sequence[int], *, keep: bool) -> None:
        super().__init__()
        self.function = _REDUCTIONS[op_name]
        self.axes = tuple(axes)
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        """Return the reduced tensor; the remaining axes are in the file's order if any is dropped."""
        y = self.function(x, self.axes, keepdim=True)
        if self.keep:
            return y
        kept = [axis for axis in range(x.dim()) if axis not in self.axes]
        order = _file_order(kept) if x.dim() == 4 else kept
        return y.permute(*order, *self.axes).flatten(len(kept) - 1) if len(kept) > 1 else y.flatten(1)


def _file_order(axes: Sequence[int]) -> list[int]:
    """Return torch's axes of a four-axis tensor, sorted as the file has them: channels last."""
    return sorted(axes, key=lambda axis: (axis == 1, axis))


_REDUCTIONS = {"MEAN": torch.mean, "SUM": torch.sum}


@op(*_REDUCTIONS)
def reduction(call: Call) -> nn.Module:
    """Build a mean or a sum."""
    rank = len(call.activation().shape)
    axes = {torch_axis(axis, rank) for axis in call.integers(1)}
    if not axes:
        raise UnsupportedError("it must have at least one axis to work along")
    keep = bool(call.option("KeepDims"))
    if not keep and len(call.shape) == 4:
        raise UnsupportedError("dropping axes of a tensor of more than 4 axes is not supported")
    return Reduction(call.op, sorted(axes), keep=keep)
