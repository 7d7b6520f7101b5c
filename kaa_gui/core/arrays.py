"""Name the array types that travel between layers, and lock arrays against change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

UInt8Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
_Array = TypeVar("_Array", bound=NDArray[Any])
_Item = TypeVar("_Item")


def read_only(array: _Array) -> _Array:
    """Return the same array, locked against writing."""
    array.setflags(write=False)
    return array


def evenly(items: Sequence[_Item], most: int) -> tuple[_Item, ...]:
    """Return at most so many of the items, evenly chosen, the first and the last among them.

    Args:
        items: Items, in order.
        most: 2 or more.
    """
    if len(items) <= most:
        return tuple(items)
    return tuple(items[round(number * (len(items) - 1) / (most - 1))] for number in range(most))
