"""Activation functions, fused into another operator or on their own."""

from __future__ import annotations

from collections.abc import Callable

import tflite
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.layout import from_file
from kaa_gui.core.importers.ops.registry import Call, UnsupportedError, op

FUSED: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "relu_n1_to_1": lambda x: F.hardtanh_(x, -1.0, 1.0),
    "relu6": lambda x: F.hardtanh_(x, 0.0, 6.0),
    "tanh": torch.tanh_,
}
"""Fused activation functions by name. They work in place: on a fresh result that no gradient needs."""

_NAMES = {
    tflite.ActivationFunctionType.NONE: None,
    tflite.ActivationFunctionType.RELU: "relu",
    tflite.ActivationFunctionType.RELU_N1_TO_1: "relu_n1_to_1",
    tflite.ActivationFunctionType.RELU6: "relu6",
    tflite.ActivationFunctionType.TANH: "tanh",
}


def fused_activation(call: Call) -> str | None:
    """Return the name of the activation function fused into an operator."""
    code = call.option("FusedActivationFunction")
    if code not in _NAMES:
        raise UnsupportedError(f"fused activation function {code} is not supported")
    return _NAMES[code]


class Fusing(nn.Module):
    """A module with a fused activation function.

    Attributes:
        activation: Its name, a key of :data:`FUSED`, or None.
    """

    def __init__(self, activation: str | None) -> None:
        super().__init__()
        self.activation = activation

    def activate(self, fresh: Tensor) -> Tensor:
        """Apply the activation function in place to a result that nothing else holds."""
        return fresh if self.activation is None else FUSED[self.activation](fresh)


class Elementwise(nn.Module):
    """A function of one tensor, value by value."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

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
def elementwise(call: Call) -> nn.Module:
    """Build a function of one tensor."""
    call.activation()
    return Elementwise(_FUNCTIONS[call.op])


class PReLU(nn.Module):
    """``x`` where positive, ``slope · x`` elsewhere.

    Attributes:
        slope: ``(C,)``, or ``(1, C, H, W)`` where it differs from place to place.
    """

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation, of the shape of ``x``."""
        if self.slope.dim() == 1:
            return F.prelu(x, self.slope)
        return torch.where(x > 0, x, self.slope * x)


@op("PRELU")
def prelu(call: Call) -> nn.Module:
    """Build a PReLU with a slope a channel or a place."""
    rank = len(call.activation().shape)
    slope_rank = len(call.operands[1].shape) if len(call.operands) > 1 and call.operands[1] else 0
    slope = call.weights(1, rank=slope_rank)
    if rank == 4 and slope.numel() == call.activation().shape[-1] == slope.shape[-1]:
        return PReLU(slope.reshape(-1))
    if slope_rank > rank:
        raise UnsupportedError("the slope has more axes than the input")
    return PReLU(from_file(slope.reshape((1,) * (rank - slope_rank) + tuple(slope.shape))))
