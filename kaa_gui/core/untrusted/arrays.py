"""The arrays of a session: written as safetensors, which cannot run code, and checked when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from kaa_gui.core.errors import SessionError
from kaa_gui.core.types import read_only


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an array must be.

    Attributes:
        shape: Its shape.
        dtype: Its type.
        most: Largest magnitude.
        gaps: Whether NaN may stand for what is unknown.
    """

    shape: tuple[int, ...]
    dtype: type[np.generic] = np.float32
    most: float = 1e30
    gaps: bool = False


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the arrays by name as one block."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def unpack_arrays(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Read what :func:`pack_arrays` wrote.

    Raises:
        SessionError: It is damaged.
    """
    try:
        return load(data)
    except (SafetensorError, KeyError, ValueError, TypeError, MemoryError) as error:
        raise SessionError(f"{name}: the arrays are damaged ({error})") from None


def take(arrays: Mapping[str, NDArray[Any]], key: str, wanted: Wanted) -> NDArray[Any]:
    """Return an array, read-only.

    Raises:
        SessionError: It is missing, of another shape or type, or holds what it should not.
    """
    array = arrays.get(key)
    if array is None:
        raise SessionError(f"array {key} must be in the file; it is missing")
    if array.shape != wanted.shape or array.dtype != wanted.dtype:
        raise SessionError(
            f"array {key} must be {np.dtype(wanted.dtype)} {wanted.shape}, got {array.dtype} {array.shape}"
        )
    if array.dtype == np.bool_ and array.size and int(array.view(np.uint8).max()) > 1:
        raise SessionError(f"array {key} must be true or false everywhere")
    if array.dtype.kind == "f":
        held = np.isnan(array) if wanted.gaps else np.False_
        if not bool(np.all(held | (np.abs(array) <= wanted.most))):
            raise SessionError(f"array {key} must be finite and at most {wanted.most:g} in magnitude")
    return read_only(array)
