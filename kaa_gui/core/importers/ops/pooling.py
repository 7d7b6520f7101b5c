"""Operators that reduce: pooling, mean, sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.importers.ops.call import Call, UnsupportedError
from kaa_gui.core.importers.ops.convolution import window, windows
from kaa_gui.core.importers.ops.layout import file_axis, from_file, shape_from_file, shape_to_file, to_file
from kaa_gui.core.importers.ops.operator import Operator, Shape, fused_activation
from kaa_gui.core.importers.ops.registry import op

_LARGEST_WINDOW = 1024


class MaxPool(Operator):
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

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return ``(C, H', W')`` for ``(C, H, W)``."""
        return (shapes[0][0], *windows(shapes[0], self.kernel, self.stride, self.padding))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, H', W')`` for ``(N, C, H, W)``."""
        if any(self.padding):
            top, bottom, left, right = self.padding
            x = F.pad(x, (left, right, top, bottom), value=float("-inf"))
        return self.activate(F.max_pool2d(x, self.kernel, self.stride))


@op("MAX_POOL_2D")
def max_pool(call: Call) -> Operator:
    """Build a maximum over a moving window."""
    kernel = (call.option("FilterHeight"), call.option("FilterWidth"))
    if not all(1 <= size <= _LARGEST_WINDOW for size in kernel):
        raise UnsupportedError(f"the window must be between 1 and {_LARGEST_WINDOW} wide, got {kernel}")
    stride, _, padding = window(call, kernel)
    return MaxPool(kernel, stride=stride, padding=padding, activation=fused_activation(call))


class Reduction(Operator):
    """Mean or sum over axes other than the batch.

    Attributes:
        function: ``torch.mean`` or ``torch.sum``.
        axes: Axes in the file's order, the batch being 0.
        keep: Whether the axes stay, with one value each.
    """

    def __init__(self, function: Callable[..., Tensor], axes: Sequence[int], *, keep: bool) -> None:
        super().__init__()
        self.function = function
        self.axes = tuple(axes)
        self.keep = keep

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape with the axes gone, or 1."""
        sizes = [
            1 if axis in self.axes else size
            for axis, size in enumerate(shape_to_file(shapes[0]), start=1)
            if self.keep or axis not in self.axes
        ]
        return shape_from_file(sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean or the sum."""
        return from_file(self.function(to_file(x), self.axes, self.keep))


_REDUCTIONS: dict[str, Callable[..., Tensor]] = {"MEAN": torch.mean, "SUM": torch.sum}


@op(*_REDUCTIONS)
def reduction(call: Call) -> Operator:
    """Build a mean or a sum."""
    rank = len(call.activation().shape)
    axes = {file_axis(axis, rank) for axis in call.integers(1)}
    if not axes:
        raise UnsupportedError("it must have at least one axis to work along")
    return Reduction(_REDUCTIONS[call.op], sorted(axes), keep=bool(call.option("KeepDims")))
