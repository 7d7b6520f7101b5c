"""Operators on two tensors, one of which may be constant."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from kaa_gui.core.importers.ops.call import Call, Operand, UnsupportedError, float_tensor
from kaa_gui.core.importers.ops.layout import dense, from_file
from kaa_gui.core.importers.ops.operator import Operator, Shape, broadcast, fused_activation
from kaa_gui.core.importers.ops.registry import op

_Function = Callable[[Tensor, Tensor], Tensor]


def squared_difference(left: Tensor, right: Tensor) -> Tensor:
    """Return ``(left − right)²``."""
    return (left - right).square()


class Arithmetic(Operator):
    """A function of two broadcast tensors.

    Attributes:
        function: Function of the left and the right tensor.
        constant: The constant one, in torch's order of axes, or None.
        constant_first: Whether the constant is the left one.
    """

    def __init__(
        self,
        function: _Function,
        *,
        activation: str | None,
        constant: Tensor | None = None,
        constant_first: bool = False,
    ) -> None:
        super().__init__(activation)
        self.function = function
        self.constant = None if constant is None else nn.Parameter(constant, requires_grad=False)
        self.constant_first = constant_first

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return what the inputs and the constant broadcast to."""
        constant = () if self.constant is None else (tuple(self.constant.shape[1:]),)
        return broadcast(*shapes, *constant)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """Return the function of the two inputs, or of the only one and the constant."""
        other = self.constant if other is None else other
        assert other is not None  # noqa: S101 - one of the two is there by construction
        y = self.function(other, x) if self.constant_first else self.function(x, other)
        return self.activate(dense(y))


_FUNCTIONS: dict[str, _Function] = {
    "ADD": torch.add,
    "SUB": torch.sub,
    "MUL": torch.mul,
    "DIV": torch.div,
    "SQUARED_DIFFERENCE": squared_difference,
}


@op(*_FUNCTIONS)
def arithmetic(call: Call) -> Operator:
    """Build a function of two tensors."""
    if len(call.operands) != 2 or None in call.operands:
        raise UnsupportedError(f"it must have 2 inputs, got {len(call.operands)}")
    fuses = hasattr(call.options, "FusedActivationFunction")
    activation = fused_activation(call) if fuses else None
    function = _FUNCTIONS[call.op]
    rank = len(call.shape)
    if any(len(item.shape) != rank for item in call.activations):
        raise UnsupportedError("its inputs must have as many axes as its output")
    constants = [item for item in call.operands if item is not None and item.constant is not None]
    if not constants:
        return Arithmetic(function, activation=activation)
    return Arithmetic(
        function,
        activation=activation,
        constant=broadcastable(constants[0], rank),
        constant_first=constants[0] is call.operands[0],
    )


def broadcastable(operand: Operand, rank: int) -> Tensor:
    """Return a constant with ``rank`` axes in torch's order, the batch being 1."""
    shape = (1,) * (rank - len(operand.shape)) + operand.shape
    if len(shape) != rank or shape[:1] not in ((), (1,)):
        raise UnsupportedError(f"constant {operand.name!r} of shape {list(operand.shape)} does not broadcast")
    return from_file(float_tensor(operand).reshape(shape))
