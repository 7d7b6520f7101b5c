"""Operators that move values without changing them: reshape, transpose, slice, concatenate, pad."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.arithmetic import broadcastable
from kaa_gui.core.importers.ops.call import Call, UnsupportedError
from kaa_gui.core.importers.ops.layout import (
    dense,
    from_file,
    shape_from_file,
    shape_to_file,
    to_file,
    torch_axis,
)
from kaa_gui.core.importers.ops.operator import Operator, Shape, fused_activation
from kaa_gui.core.importers.ops.registry import op


class Reshape(Operator):
    """The same values in another shape, read in the file's order of axes.

    Attributes:
        shape: The new one, without the batch, in the file's order.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the new shape, in torch's order."""
        if math.prod(shapes[0]) != math.prod(self.shape):
            raise UnsupportedError(f"{math.prod(shapes[0])} values do not fit shape {list(self.shape)}")
        return shape_from_file(self.shape)

    def forward(self, x: Tensor) -> Tensor:
        """Return the reshaped tensor; a view where memory allows it."""
        return from_file(to_file(x).reshape(x.shape[0], *self.shape))


@op("RESHAPE")
def reshape(call: Call) -> Operator:
    """Build a change of shape that leaves the batch alone; the file states the result's shape."""
    if call.shape[:1] != (1,):
        raise UnsupportedError("its output must keep the batch as the first axis")
    return Reshape(call.shape[1:])


class Transpose(Operator):
    """Another order of axes.

    Attributes:
        order: The file's axes in their new order.
    """

    def __init__(self, order: Sequence[int]) -> None:
        super().__init__()
        self.order = tuple(order)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape in its new order."""
        sizes = (1, *shape_to_file(shapes[0]))
        return shape_from_file([sizes[axis] for axis in self.order][1:])

    def forward(self, x: Tensor) -> Tensor:
        """Return the transposed tensor."""
        return dense(from_file(to_file(x).permute(self.order)))


@op("TRANSPOSE")
def transpose(call: Call) -> Operator:
    """Build a change of the order of axes that leaves the batch in front."""
    order = call.integers(1)
    if sorted(order) != list(range(len(call.activation().shape))) or order[0] != 0:
        raise UnsupportedError(f"the order must be one of all axes with the batch first, got {order}")
    return Transpose(order)


class Slice(Operator):
    """Every so-many values of each axis.

    Attributes:
        slices: Slices, one for each axis after the batch, in the file's order.
        dropped: Axes of one value that go away, in the file's order, the batch being 0.
    """

    def __init__(self, slices: Sequence[slice], dropped: Sequence[int]) -> None:
        super().__init__()
        self.slices = tuple(slices)
        self.dropped = tuple(dropped)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the number of values taken along each axis that stays."""
        sizes = zip(shape_to_file(shapes[0]), self.slices, strict=True)
        counts = [len(range(*part.indices(size))) for size, part in sizes]
        if not all(counts) or any(counts[axis - 1] != 1 for axis in self.dropped):
            raise UnsupportedError("the slice is empty")
        kept = [count for axis, count in enumerate(counts, start=1) if axis not in self.dropped]
        return shape_from_file(kept)

    def forward(self, x: Tensor) -> Tensor:
        """Return the slice."""
        y = to_file(x)[(slice(None), *self.slices)]
        for axis in reversed(self.dropped):
            y = y.squeeze(axis)
        return dense(from_file(y))


@op("STRIDED_SLICE")
def strided_slice(call: Call) -> Operator:
    """Build a slice of all axes but the batch, forwards.

    A file that drops the batch of one picture gets a result whose batch stays: activations always have
    one.
    """
    shape = call.activation().shape
    begins, ends, steps = (call.integers(position) for position in (1, 2, 3))
    if not len(begins) == len(ends) == len(steps) == len(shape):
        raise UnsupportedError("begin, end and stride must have one value an axis")
    if call.option("EllipsisMask") or call.option("NewAxisMask") or any(step < 1 for step in steps):
        raise UnsupportedError("ellipses, new axes and backward strides are not supported")
    shrink = call.option("ShrinkAxisMask")
    slices = []
    for axis, (begin, end, step) in enumerate(zip(begins, ends, steps, strict=True)):
        start = None if call.option("BeginMask") >> axis & 1 else begin
        stop = None if call.option("EndMask") >> axis & 1 else end
        one = slice(begin, begin + 1 or None)
        slices.append(one if shrink >> axis & 1 else slice(start, stop, step))
    if len(range(*slices[0].indices(shape[0]))) != 1:
        raise UnsupportedError("it must keep the batch")
    dropped = [axis for axis in range(1, len(shape)) if shrink >> axis & 1]
    return Slice(slices[1:], dropped)


class Concatenation(Operator):
    """Tensors side by side.

    Attributes:
        axis: Axis in torch's order.
        constants: Position among the inputs -> constant of batch 1, in torch's order of axes.
    """

    def __init__(self, axis: int, constants: dict[int, Tensor], *, activation: str | None) -> None:
        super().__init__(activation)
        self.axis = axis
        self.constants = nn.ParameterDict(
            {str(position): nn.Parameter(value, requires_grad=False) for position, value in constants.items()}
        )

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the common shape, the sizes along the axis added up."""
        parts = [*shapes, *(tuple(constant.shape[1:]) for constant in self.constants.values())]
        along = self.axis - 1
        common = {(*part[:along], *part[along + 1 :]) for part in parts}
        if len(common) != 1:
            raise UnsupportedError(f"shapes {', '.join(map(str, parts))} do not fit side by side")
        total = sum(part[along] for part in parts)
        return (*parts[0][:along], total, *parts[0][along + 1 :])

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the joined tensor."""
        parts = list(inputs)
        for position, constant in self.constants.items():
            parts.insert(int(position), constant.expand(inputs[0].shape[0], *constant.shape[1:]))
        return self.activate(dense(torch.cat(parts, self.axis)))


@op("CONCATENATION")
def concatenation(call: Call) -> Operator:
    """Build a concatenation along any axis but the batch."""
    rank = len(call.shape)
    call.activations[0]
    constants = {
        position: broadcastable(item, rank)
        for position, item in enumerate(call.operands)
        if item is not None and item.constant is not None
    }
    return Concatenation(torch_axis(call.option("Axis"), rank), constants, activation=fused_activation(call))


class Pad(Operator):
    """Zeros around a tensor.

    Attributes:
        amounts: Before and after each axis but the batch, in torch's order of axes.
    """

    def __init__(self, amounts: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.amounts = tuple(amounts)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape with the zeros added."""
        return tuple(size + sum(amount) for size, amount in zip(shapes[0], self.amounts, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        """Return the padded tensor."""
        return dense(F.pad(x, [amount for pair in reversed(self.amounts) for amount in pair]))


@op("PAD")
def pad(call: Call) -> Operator:
    """Build zeros around all axes but the batch."""
    amounts = np.reshape(call.integers(1), (-1, 2)).tolist()
    rank = len(call.activation().shape)
    if len(amounts) != rank or any(value < 0 for pair in amounts for value in pair) or any(amounts[0]):
        raise UnsupportedError("it must have two amounts of at least 0 an axis, and none for the batch")
    order = [0, 3, 1, 2] if rank == 4 else range(rank)
    return Pad([(amounts[axis][0], amounts[axis][1]) for axis in order][1:])


class DepthToSpace(Operator):
    """Blocks of pixels out of channels: the block's place is the slow part of the channel's number.

    Attributes:
        block: Side of a block.
    """

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return ``(C / block², H · block, W · block)`` for ``(C, H, W)``."""
        channels, height, width = shapes[0]
        return (channels // self.block**2, height * self.block, width * self.block)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C / block², H · block, W · block)`` for ``(N, C, H, W)``."""
        count, channels, height, width = x.shape
        block = self.block
        # torch.pixel_shuffle has the block's place as the fast part
        parts = to_file(x).reshape(count, height, width, block, block, channels // block**2)
        return from_file(
            parts.transpose(2, 3).reshape(count, height * block, width * block, channels // block**2)
        )


@op("DEPTH_TO_SPACE")
def depth_to_space(call: Call) -> Operator:
    """Build an unfolding of channels into pixels."""
    shape = call.activation().shape
    block = call.option("BlockSize")
    if len(shape) != 4 or block < 1 or shape[-1] % block**2:
        raise UnsupportedError(f"blocks of {block} do not fit an input of shape {list(shape)}")
    return DepthToSpace(block)
