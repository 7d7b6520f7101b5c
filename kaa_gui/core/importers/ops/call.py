"""Give an operator's builder its options, operands and shapes from the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LARGEST_TENSOR = 2**25
"""Elements of the largest activation that is accepted for one picture."""


class UnsupportedError(Exception):
    """The file asks for something that an operator cannot do; says what, in a few words."""


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """An input of an operator.

    Attributes:
        name: Name in the file.
        shape: Shape in the file: channels last, the batch included.
        constant: The values, if the file holds them; None for an activation.
    """

    name: str
    shape: tuple[int, ...]
    constant: NDArray[Any] | None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One operator of the file, as its builder sees it.

    Attributes:
        op: Name of the operator.
        operands: Inputs; None where the file omits an optional one.
        shape: Shape of the output, as in the file: channels last, the batch included.
        options: The operator's table of options (a class of the schema), or None.
    """

    op: str
    operands: tuple[Operand | None, ...]
    shape: tuple[int, ...]
    options: Any

    @property
    def activations(self) -> tuple[Operand, ...]:
        """The inputs that are computed, not constant, in order."""
        return tuple(item for item in self.operands if item is not None and item.constant is None)

    def activation(self, position: int = 0) -> Operand:
        """Return the computed input at ``position``."""
        operand = self._operand(position)
        if operand is None or operand.constant is not None:
            raise UnsupportedError(f"input {position} must be computed, not constant")
        return operand

    def weights(self, position: int, *, rank: int | None = None) -> Tensor:
        """Return the constant input at ``position`` as float32, in the file's order of axes."""
        operand = self._operand(position)
        if operand is None or operand.constant is None:
            raise UnsupportedError(f"input {position} must be constant")
        if rank is not None and len(operand.shape) != rank:
            raise UnsupportedError(f"input {position} must have {rank} axes, got {len(operand.shape)}")
        return float_tensor(operand)

    def bias(self, position: int, *, size: int) -> Tensor | None:
        """Return the optional constant vector of ``size`` at ``position``."""
        if self._operand(position) is None:
            return None
        bias = self.weights(position, rank=1)
        if bias.numel() != size:
            raise UnsupportedError(f"the bias must have {size} values, got {bias.numel()}")
        return bias

    def integers(self, position: int) -> list[int]:
        """Return the constant whole numbers at ``position``, flattened."""
        operand = self._operand(position)
        if operand is None or operand.constant is None or operand.constant.dtype.kind != "i":
            raise UnsupportedError(f"input {position} must be constant whole numbers")
        return [int(value) for value in operand.constant.ravel()]

    def option(self, name: str) -> int:
        """Return an option of the operator, e.g. ``"StrideH"``."""
        if self.options is None:
            raise UnsupportedError("its options are missing")
        return getattr(self.options, name)()

    def _operand(self, position: int) -> Operand | None:
        return self.operands[position] if position < len(self.operands) else None


def float_tensor(operand: Operand) -> Tensor:
    """Return a constant as float32, refusing what is not a finite number."""
    values = operand.constant
    if values is None or values.dtype.kind != "f":
        raise UnsupportedError(f"{operand.name!r} must hold floating-point values")
    if not np.isfinite(values).all():
        raise UnsupportedError(f"{operand.name!r} holds values that are not finite")
    return torch.from_numpy(values.astype(np.float32, copy=not values.flags.writeable))
