"""Compute adjoints of the importer's operators: gradients at the output to gradients at the inputs.

Weights are never differentiated. What depends on the picture (which ReLU6 are open, which value a maximum
took) is kept apart from what the shapes alone decide, so that many rows, or many pictures, can share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.importers.ops.activation import Elementwise, PReLU
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from kaa_gui.core.importers.ops.convolution import Convolution, FullyConnected
from kaa_gui.core.importers.ops.layout import from_file, to_file
from kaa_gui.core.importers.ops.operator import Operator
from kaa_gui.core.importers.ops.pooling import MaxPool
from kaa_gui.core.importers.ops.resizing import ResizeBilinear
from kaa_gui.core.importers.ops.shaping import Pad, Reshape

Adjoint = Callable[[Tensor], tuple[Tensor, ...]]
"""From gradients at the output, ``(K, ...)``, to those at each input; may return the same tensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Linearised:
    """An operator at the clean picture.

    Attributes:
        derivative: Derivative of the activation function, ``(1, ...)``, multiplied first; None is 1.
        adjoint: Adjoint of what comes before the activation function.
    """

    derivative: Tensor | None
    adjoint: Adjoint


def linearise(
    module: Operator, inputs: Sequence[Tensor], output: Tensor, *, exact: Operator, dtype: torch.dtype
) -> Linearised:
    """Return an operator's linearisation.

    Args:
        module: The operator.
        inputs: Inputs that it read, each of batch 1, in the precision of ``exact``.
        output: Output that it returned, likewise.
        exact: The operator in the precision of the forward pass, at least that of ``module``.
        dtype: Data type of the gradients.
    """
    if isinstance(module, Elementwise | PReLU):
        return Linearised(_slopes(exact, inputs[0]).to(dtype), lambda gradients: (gradients,))
    adjoint = shape_adjoint(module, inputs)
    if adjoint is None and isinstance(module, MaxPool):
        adjoint = _max_pool(module, inputs)
    if adjoint is None:
        return Linearised(None, _by_autograd(module, [x.to(dtype) for x in inputs]))
    derivative = _derivative(module.activation, output)
    return Linearised(None if derivative is None else derivative.to(dtype), adjoint)


def shape_adjoint(module: Operator, inputs: Sequence[Tensor]) -> Adjoint | None:
    """Return the adjoint of what comes before the activation function, if it depends on shapes alone.

    Args:
        module: The operator.
        inputs: Inputs that it reads, each ``(N, ...)``; only their shapes and identities count.

    Returns:
        None for an operator whose derivative depends on its input.
    """
    build = _SHAPE_ADJOINTS.get(type(module))
    return None if build is None else build(module, inputs)


def _slopes(module: Operator, x: Tensor) -> Tensor:
    """Return the derivative of a function that works value by value."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(module(x).sum(), x)
    return slopes


def _derivative(activation: str | None, output: Tensor) -> Tensor | None:
    """Return a fused activation's derivative, read off its values as autograd does."""
    if activation is None:
        return None
    if activation == "tanh":
        return 1 - output.square()
    low, high = {"relu": (0.0, torch.inf), "relu6": (0.0, 6.0), "relu_n1_to_1": (-1.0, 1.0)}[activation]
    return ((output > low) & (output < high)).to(output.dtype)


def _convolution(module: Operator, inputs: Sequence[Tensor]) -> Adjoint:
    assert isinstance(module, Convolution)  # noqa: S101 - by the table below
    weight = module.weight.detach()
    kernel, stride, dilation = weight.shape[2:], module.stride, module.dilation
    top, bottom, left, right = module.padding
    if kernel == (1, 1) and stride == (1, 1) and module.groups == 1 and not any(module.padding):
        turned = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last)
        return lambda gradients: (F.conv2d(gradients, turned),)
    height, width = inputs[0].shape[2:]
    depthwise = module.groups == weight.shape[0] == inputs[0].shape[1]
    if depthwise and stride == dilation == (1, 1) and top == bottom == left == right < min(kernel):
        # turned by half a turn, a depthwise kernel is its own adjoint: a third quicker than the transpose
        turned = weight.flip(2, 3).contiguous(memory_format=torch.channels_last)
        border = (kernel[0] - 1 - top, kernel[1] - 1 - left)
        return lambda gradients: (F.conv2d(gradients, turned, None, 1, border, 1, module.groups),)
    padded = (height + top + bottom, width + left + right)
    # windows that do not fit leave a rest without a gradient, at the far side
    rest = [(padded[axis] - (kernel[axis] - 1) * dilation[axis] - 1) % stride[axis] for axis in (0, 1)]
    symmetric = top == bottom and left == right
    border = (top, left) if symmetric else (0, 0)

    def adjoint(gradients: Tensor) -> tuple[Tensor, ...]:
        whole = F.conv_transpose2d(
            gradients, weight, None, stride, border, _fitting(rest, stride, dilation), module.groups, dilation
        )
        if symmetric and list(whole.shape[2:]) == [height, width]:
            return (whole,)
        offset = (0, 0) if symmetric else (top, left)
        missing = [offset[axis] + (height, width)[axis] - whole.shape[2 + axis] for axis in (0, 1)]
        if max(missing) > 0:
            whole = F.pad(whole, (0, max(0, missing[1]), 0, max(0, missing[0])))
        return (whole[:, :, offset[0] : offset[0] + height, offset[1] : offset[1] + width],)

    return adjoint


def _fitting(rest: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[int]:
    """Return the output padding that torch accepts: smaller than stride or dilation."""
    return [min(rest[axis], max(stride[axis], dilation[axis]) - 1) for axis in (0, 1)]


def _fully_connected(module: Operator, inputs: Sequence[Tensor]) -> Adjoint:
    assert isinstance(module, FullyConnected)  # noqa: S101 - by the table below
    weight, shape = module.weight.detach(), to_file(inputs[0]).shape[1:]

    def adjoint(gradients: Tensor) -> tuple[Tensor, ...]:
        rows = to_file(gradients) @ weight
        return (from_file(rows.reshape(len(gradients), *shape)),)

    return adjoint


def _arithmetic(module: Operator, inputs: Sequence[Tensor]) -> Adjoint | None:
    assert isinstance(module, Arithmetic)  # noqa: S101 - by the table below
    shapes = [tuple(x.shape[1:]) for x in inputs]
    if module.constant is not None:
        shapes.append(tuple(module.constant.shape[1:]))
        if torch.broadcast_shapes(*shapes) != shapes[0]:
            return None
    elif len(inputs) != 2 or shapes[0] != shapes[1] or len(set(map(id, inputs))) != 2:
        return None
    if module.function is torch.add:
        return lambda gradients: (gradients,) * len(inputs)
    if module.function is torch.sub and module.constant is None:
        return lambda gradients: (gradients, -gradients)
    if module.function is torch.mul and module.constant is not None:
        factor = module.constant.detach()
        return lambda gradients: (gradients * factor,)
    return None


def _max_pool(module: MaxPool, inputs: Sequence[Tensor]) -> Adjoint:
    (x,) = inputs
    top, bottom, left, right = module.padding
    padded = F.pad(x, (left, right, top, bottom), value=float("-inf"))
    _, places = F.max_pool2d(padded, module.kernel, module.stride, return_indices=True)
    places, (height, width) = places.flatten(2), padded.shape[2:]

    def adjoint(gradients: Tensor) -> tuple[Tensor, ...]:
        whole = gradients.new_zeros(len(gradients), gradients.shape[1], height * width)
        whole.scatter_add_(2, places.expand(len(gradients), -1, -1), gradients.flatten(2))
        whole = whole.reshape(*gradients.shape[:2], height, width)
        return (whole[:, :, top : height - bottom, left : width - right],)

    return adjoint


def _resize(module: Operator, inputs: Sequence[Tensor]) -> Adjoint | None:
    assert isinstance(module, ResizeBilinear)  # noqa: S101 - by the table below
    if not (module.align_corners or module.half_pixel_centers):
        return None
    shape = inputs[0].shape[1:]
    return lambda gradients: (
        torch.ops.aten.upsample_bilinear2d_backward(
            gradients, list(module.size), [len(gradients), *shape], module.align_corners, None, None
        ),
    )


def _pad(module: Operator, inputs: Sequence[Tensor]) -> Adjoint:
    assert isinstance(module, Pad)  # noqa: S101 - by the table below
    sizes = inputs[0].shape[1:]
    kept = [slice(before, before + size) for (before, _), size in zip(module.amounts, sizes, strict=True)]
    return lambda gradients: (gradients[(slice(None), *kept)],)


def _reshape(module: Operator, inputs: Sequence[Tensor]) -> Adjoint:
    shape = to_file(inputs[0]).shape[1:]
    return lambda gradients: (from_file(to_file(gradients).reshape(len(gradients), *shape)),)


def _by_autograd(module: Operator, inputs: Sequence[Tensor]) -> Adjoint:
    """Return the adjoint of any operator: run again for each batch of rows, activation included."""
    kept = [x.detach() for x in inputs]

    def adjoint(gradients: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            copies = [x.expand(len(gradients), *x.shape[1:]).clone().requires_grad_() for x in kept]
            return torch.autograd.grad(module(*copies), copies, gradients)

    return adjoint


_SHAPE_ADJOINTS: dict[type[Operator], Callable[[Operator, Sequence[Tensor]], Adjoint | None]] = {
    Arithmetic: _arithmetic,
    Convolution: _convolution,
    FullyConnected: _fully_connected,
    Pad: _pad,
    Reshape: _reshape,
    ResizeBilinear: _resize,
}
