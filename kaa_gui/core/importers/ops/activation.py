"""Operators on one tensor, value by value."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.call import Call, UnsupportedError
from kaa_gui.core.importers.ops.layout import from_file
from kaa_gui.core.importers.ops.operator import Operator, Shape, broadcast
from kaa_gui.core.importers.ops.registry import op


class Elementwise(Operator):
    """A function without parameters.

    Attributes:
        function: Function from a tensor to one of the same shape.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        return shapes[0]

    def forward(self, x: Tensor) -> Tensor:
        """Return the function's values, of the shape of ``x``."""
        return self.function(x)


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "RELU": torch.relu,
    "RELU6": F.relu6,
    "LOGISTIC": torch.sigmoid,
    "TANH": torch.tanh,
    "NEG": torch.neg,
    "SQRT": torch.sqrt,
    "RSQRT": torch.rsqrt,
}


@op(*_FUNCTIONS)
def elementwise(call: Call) -> Operator:
    """Build a function without parameters."""
    call.activation()
    return Elementwise(_FUNCTIONS[call.op])


class PReLU(Operator):
    """``x`` where positive, ``slope · x`` elsewhere.

    Attributes:
        slope: ``(C,)``, or of the shape of one picture's input where it differs from place to place.
    """

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope, requires_grad=False)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape."""
        if self.slope.dim() > 1 and broadcast(shapes[0], tuple(self.slope.shape[1:])) != shapes[0]:
            raise UnsupportedError("the slope has more places than the input")
        return shapes[0]

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation, of the shape of ``x``."""
        if self.slope.dim() == 1:
            return F.prelu(x, self.slope)
        return torch.where(x > 0, x, self.slope * x)


@op("PRELU")
def prelu(call: Call) -> Operator:
    """Build a PReLU with a slope a channel or a place."""
    shape = call.activation().shape
    slope = call.weights(1)
    if len(shape) == 4 and slope.numel() == shape[-1] == slope.shape[-1]:
        return PReLU(slope.reshape(-1))
    if not len(slope.shape) < len(shape):
        raise UnsupportedError("the slope must have fewer axes than the input")
    return PReLU(from_file(slope.reshape((1,) * (len(shape) - slope.dim()) + tuple(slope.shape))))
