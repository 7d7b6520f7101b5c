"""Base of all operators: a shape known beforehand and a fused activation function."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tflite
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.importers.ops.call import Call, UnsupportedError

Shape = tuple[int, ...]

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


class Operator(nn.Module):
    """A layer's computation.

    Attributes:
        activation: Name of the fused activation function, a key of :data:`FUSED`, or None.
    """

    def __init__(self, activation: str | None = None) -> None:
        super().__init__()
        self.activation = activation

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the shape of one picture's result, without computing it.

        Args:
            shapes: Shapes of the inputs, in order; one picture's, in torch's order, without the batch.

        Raises:
            UnsupportedError: The inputs do not fit.
        """
        raise NotImplementedError(type(self).__name__)

    def activate(self, fresh: Tensor) -> Tensor:
        """Apply the activation function in place to a result that nothing else holds."""
        return fresh if self.activation is None else FUSED[self.activation](fresh)


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that all shapes broadcast to."""
    try:
        # torch's own function imports half of its compiler, most of a second
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise UnsupportedError(f"shapes {', '.join(map(str, shapes))} do not broadcast") from None
