"""Operators that convolve, plain and depthwise, and fully connected layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tflite
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.call import LARGEST_TENSOR, Call, UnsupportedError
from kaa_gui.core.importers.ops.layout import from_file, shape_from_file, shape_to_file, to_file
from kaa_gui.core.importers.ops.operator import Operator, Shape, fused_activation
from kaa_gui.core.importers.ops.registry import op

_LARGEST_STEP = 256


class Convolution(Operator):
    """A two-dimensional convolution with bias and fused activation.

    Attributes:
        weight: ``(C_out, C_in / groups, kH, kW)``, channels last in memory.
        bias: ``(C_out,)`` or None.
        stride: Vertical and horizontal.
        dilation: Vertical and horizontal.
        groups: 1, or the number of input channels of a depthwise convolution.
        padding: Zeros around the input: top, bottom, left, right.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        *,
        stride: tuple[int, int],
        dilation: tuple[int, int],
        groups: int,
        padding: Sequence[int],
        activation: str | None,
    ) -> None:
        super().__init__(activation)
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        self.stride = stride
        self.dilation = dilation
        self.groups = groups
        self.pad(padding)

    def pad(self, padding: Sequence[int]) -> None:
        """Set the zeros around the input: top, bottom, left, right."""
        top, bottom, left, right = padding
        self.padding = (top, bottom, left, right)
        self._symmetric = top == bottom and left == right

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return ``(C_out, H', W')`` for ``(C_in, H, W)``."""
        if shapes[0][0] != self.groups * self.weight.shape[1]:
            raise UnsupportedError(f"a kernel over {self.weight.shape[1]} channels gets {shapes[0][0]}")
        reach = [
            (size - 1) * dilation + 1
            for size, dilation in zip(self.weight.shape[2:], self.dilation, strict=True)
        ]
        return (self.weight.shape[0], *windows(shapes[0], reach, self.stride, self.padding))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C_out, H', W')`` for ``(N, C_in, H, W)``."""
        top, bottom, left, right = self.padding
        if not self._symmetric:
            # a copy: torch knows only equal padding on opposite sides
            x = F.pad(x, (left, right, top, bottom))
            top = left = 0
        y = F.conv2d(x, self.weight, self.bias, self.stride, (top, left), self.dilation, self.groups)
        return self.activate(y)


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return the zeros before and after an axis such that it shrinks by the stride alone.

    The odd one goes after, as TensorFlow has it.
    """
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def windows(
    shape: Shape, reach: Sequence[int], stride: Sequence[int], padding: Sequence[int]
) -> tuple[int, int]:
    """Return how many windows fit vertically and horizontally.

    Args:
        shape: ``(C, H, W)``.
        reach: Height and width of the window.
        stride: Vertical and horizontal.
        padding: Top, bottom, left, right.
    """
    _, height, width = shape
    tall, wide = height + padding[0] + padding[1], width + padding[2] + padding[3]
    if tall < reach[0] or wide < reach[1]:
        raise UnsupportedError(f"a window of {reach[0]} × {reach[1]} does not fit into {tall} × {wide}")
    if shape[0] * tall * wide > LARGEST_TENSOR:
        raise UnsupportedError(f"its padded input of {shape[0]} × {tall} × {wide} is too large")
    return (tall - reach[0]) // stride[0] + 1, (wide - reach[1]) // stride[1] + 1


def window(call: Call, kernel: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int], tuple[int, ...]]:
    """Return stride, dilation and padding of a window that moves over the first input."""
    shape = call.activation().shape
    if len(shape) != 4:
        raise UnsupportedError(f"its input must have 4 axes, got {len(shape)}")
    stride = (call.option("StrideH"), call.option("StrideW"))
    dilation = (1, 1)
    if hasattr(call.options, "DilationHFactor"):
        dilation = (call.option("DilationHFactor"), call.option("DilationWFactor"))
    if not all(1 <= step <= _LARGEST_STEP for step in (*stride, *dilation)):
        raise UnsupportedError(f"stride and dilation must be between 1 and {_LARGEST_STEP}")
    if call.option("Padding") == tflite.Padding.VALID:
        return stride, dilation, (0, 0, 0, 0)
    vertical, horizontal = (
        same_padding(shape[1 + axis], kernel[axis], stride[axis], dilation[axis]) for axis in (0, 1)
    )
    return stride, dilation, (*vertical, *horizontal)


@op("CONV_2D")
def convolution(call: Call) -> Operator:
    """Build a convolution; grouped where the input has more channels than the kernel."""
    weight = call.weights(1, rank=4).permute(0, 3, 1, 2)
    channels = call.activation().shape[-1]
    groups, rest = divmod(channels, weight.shape[1])
    if rest or not groups or weight.shape[0] % groups:
        raise UnsupportedError(f"a kernel over {weight.shape[1]} channels does not fit {channels} channels")
    return _convolution(call, weight, groups)


@op("DEPTHWISE_CONV_2D")
def depthwise_convolution(call: Call) -> Operator:
    """Build a depthwise convolution; the multiplier follows from the shapes."""
    weight = call.weights(1, rank=4).permute(3, 0, 1, 2)
    channels = call.activation().shape[-1]
    if weight.shape[1] != 1 or weight.shape[0] % channels:
        raise UnsupportedError(f"a kernel of {weight.shape[0]} channels does not fit {channels} channels")
    return _convolution(call, weight, channels)


def _convolution(call: Call, weight: Tensor, groups: int) -> Convolution:
    """Build what plain and depthwise convolutions have in common."""
    stride, dilation, padding = window(call, (weight.shape[2], weight.shape[3]))
    return Convolution(
        weight,
        call.bias(2, size=weight.shape[0]),
        stride=stride,
        dilation=dilation,
        groups=groups,
        padding=padding,
        activation=fused_activation(call),
    )


class FullyConnected(Operator):
    """A matrix product with bias and fused activation.

    Attributes:
        weight: ``(outputs, inputs)``.
        bias: ``(outputs,)`` or None.
        flatten: Whether all axes after the batch are one vector; otherwise the last axis is.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, *, flatten: bool, activation: str | None) -> None:
        super().__init__(activation)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        self.flatten = flatten

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return ``(outputs,)``, or the input's shape with its last axis (in the file) replaced."""
        outputs, inputs = self.weight.shape
        shape = shape_to_file(shapes[0])
        if inputs != (math.prod(shape) if self.flatten else shape[-1]):
            raise UnsupportedError(f"weights for {inputs} values do not fit an input of {list(shape)}")
        return (outputs,) if self.flatten else shape_from_file((*shape[:-1], outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, outputs)``, or all axes but the last (in the file) kept."""
        x = to_file(x)
        x = x.flatten(1) if self.flatten else x
        return from_file(self.activate(F.linear(x, self.weight, self.bias)))


@op("FULLY_CONNECTED")
def fully_connected(call: Call) -> Operator:
    """Build a matrix product over all values of a picture, or over the last axis."""
    weight = call.weights(1, rank=2)
    if call.option("WeightsFormat") != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        raise UnsupportedError("shuffled weights are not supported")
    flatten = len(call.shape) == 2
    if not flatten and not call.option("KeepNumDims"):
        raise UnsupportedError("its output must have 2 axes")
    return FullyConnected(
        weight,
        call.bias(2, size=weight.shape[0]),
        flatten=flatten,
        activation=fused_activation(call),
    )
