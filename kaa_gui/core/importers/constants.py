"""Unpack constants that a file stores compressed: half precision and sparse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from kaa_gui.core.importers.ops import UnsupportedError
from kaa_gui.core.importers.tables import DamagedError, TensorEntry

_INDEX_VECTORS = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}

_LARGEST_SPARSE = 2**23
"""Elements of the largest sparse constant: little data may announce many zeros."""


def dequantized(values: NDArray[Any]) -> NDArray[Any]:
    """Return half-precision values in single precision."""
    if values.dtype.kind != "f":
        raise UnsupportedError("only half precision can be dequantized")
    return values.astype(np.float32)


def densified(tensor: TensorEntry) -> NDArray[Any]:
    """Return a sparse constant with its zeros.

    Each axis, in the order of traversal, is either dense or lists the indices present behind each
    prefix of indices before it (compressed sparse rows). Blocks are not supported.

    Raises:
        DamagedError: The lists contradict the shape or each other.
        UnsupportedError: The values come in blocks.
    """
    sparsity = tensor.table.Sparsity()
    if sparsity is None:
        return tensor.values()
    rank = len(tensor.shape)
    if math.prod(tensor.shape) > _LARGEST_SPARSE:
        raise UnsupportedError(f"{tensor.name!r} of shape {list(tensor.shape)} is too large to be sparse")
    if sparsity.BlockMapLength():
        raise UnsupportedError(f"{tensor.name!r} is sparse in blocks")
    if tensor.dtype is None:
        raise UnsupportedError(f"{tensor.name!r} is of type {tensor.type_name}")
    if not sparsity.TraversalOrderLength() == sparsity.DimMetadataLength() == rank:
        raise DamagedError(f"{tensor.name!r} describes its sparsity for another number of axes")
    order = [int(axis) for axis in sparsity.TraversalOrderAsNumpy()]
    if sorted(order) != list(range(rank)):
        raise DamagedError(f"{tensor.name!r} traverses axes {order}")
    # flat[i]: where in the dense tensor the i-th value of the traversal so far lies
    flat = np.zeros(1, np.int64)
    strides = [math.prod(tensor.shape[axis + 1 :]) for axis in range(rank)]
    for level, axis in enumerate(order):
        metadata = sparsity.DimMetadata(level)
        parents, indices = _level(metadata, len(flat), tensor.shape[axis], tensor.name)
        flat = flat[parents] + indices * strides[axis]
    values = tensor.raw
    if values.size != len(flat) * tensor.dtype.itemsize:
        raise DamagedError(f"{tensor.name!r} has {values.size} bytes for {len(flat)} sparse values")
    dense = np.zeros(math.prod(tensor.shape), tensor.dtype)
    dense[flat] = values.view(tensor.dtype)
    return dense.reshape(tensor.shape)


def _level(metadata: Any, prefixes: int, size: int, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each value behind ``prefixes`` indices, its prefix and its index along one axis."""
    if metadata.Format() == tflite.DimensionType.DENSE:
        if metadata.DenseSize() != size:
            raise DamagedError(f"{name!r} has a dense axis of {metadata.DenseSize()} instead of {size}")
        return np.repeat(np.arange(prefixes), size), np.tile(np.arange(size), prefixes)
    segments = _index_vector(metadata.ArraySegmentsType(), metadata.ArraySegments(), name)
    indices = _index_vector(metadata.ArrayIndicesType(), metadata.ArrayIndices(), name)
    counts = np.diff(segments)
    if len(counts) != prefixes or segments[0] != 0 or segments[-1] != len(indices) or (counts < 0).any():
        raise DamagedError(f"{name!r} has sparse segments that do not fit")
    if len(indices) and not (indices.min() >= 0 and indices.max() < size):
        raise DamagedError(f"{name!r} has a sparse index beyond {size}")
    return np.repeat(np.arange(prefixes), counts), indices


def _index_vector(kind: int, union: Any, name: str) -> NDArray[np.int64]:
    """Return the whole numbers of one of the schema's three index vectors."""
    if union is None or kind not in _INDEX_VECTORS:
        raise DamagedError(f"{name!r} lacks its sparse indices")
    vector = _INDEX_VECTORS[kind]()
    vector.Init(union.Bytes, union.Pos)
    values = vector.ValuesAsNumpy()
    return np.asarray(values, np.int64) if np.ndim(values) else np.empty(0, np.int64)
