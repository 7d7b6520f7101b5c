"""Read the tables of a TFLite file as checked values.

The generated reader trusts every offset and every length, so each length is compared with a limit
before anything is looped over, and each shape with the amount of data behind it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

from kaa_gui.core.importers.ops.call import LARGEST_TENSOR, UnsupportedError

LARGEST_FILE = 256 * 2**20
_LARGEST_TABLE = 20_000
_MOST_OPERANDS = 256
_LARGEST_RANK = 8
_LONGEST_NAME = 10_000
_IDENTIFIER = b"TFL3"


def _names(enumeration: type) -> dict[int, str]:
    """Return the names of the schema's enumeration by number."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


OPERATOR_NAMES = _names(tflite.BuiltinOperator)
TYPE_NAMES = _names(tflite.TensorType)
_OPTIONS_NAMES = _names(tflite.BuiltinOptions)
_DTYPES = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
    tflite.TensorType.INT64: np.dtype("<i8"),
}


class DamagedError(Exception):
    """The file contradicts itself or its format; says where, in a few words."""


@dataclass(frozen=True, slots=True, eq=False)
class TensorEntry:
    """A tensor of the file.

    Attributes:
        name: Made unique within the file.
        shape: Channels last, the batch included; at most :data:`LARGEST_TENSOR` elements.
        dtype: None for a type that is neither floating-point nor a whole number of 32 or 64 bits.
        type_name: Type name in the schema.
        raw: The bytes of its values; empty for an activation.
        table: The schema's object.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    type_name: str
    raw: NDArray[np.uint8]
    table: Any

    def values(self) -> NDArray[Any]:
        """Return the values of a dense constant, a read-only view of the file."""
        if self.dtype is None:
            raise UnsupportedError(f"{self.name!r} is of type {self.type_name}")
        if self.raw.size != math.prod(self.shape) * self.dtype.itemsize:
            raise DamagedError(
                f"{self.name!r} of shape {list(self.shape)} has {self.raw.size} bytes of {self.type_name}"
            )
        return self.raw.view(self.dtype).reshape(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class OperatorEntry:
    """An operator of the file.

    Attributes:
        op: Name in the schema, or of the custom operator.
        inputs: Positions of tensors; -1 where an optional one is omitted.
        output: Position of the only output.
        options: The schema's table of options, or None.
    """

    op: str
    inputs: tuple[int, ...]
    output: int
    options: Any


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Contents of a file's main graph.

    Attributes:
        tensors: All of them.
        operators: Operators in order of execution.
        inputs: Positions of tensors.
        outputs: Positions of tensors.
    """

    tensors: tuple[TensorEntry, ...]
    operators: tuple[OperatorEntry, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tables(data: bytes) -> Tables:
    """Read the main graph of a file.

    Args:
        data: The whole file.

    Raises:
        DamagedError: The file contradicts itself.
        UnsupportedError: It keeps its weights elsewhere, or an operator has several outputs.
        Exception: Whatever the generated reader raises on damaged offsets.
    """
    if len(data) > LARGEST_FILE:
        raise DamagedError(f"it is larger than {LARGEST_FILE // 2**20} MiB")
    if data[4:8] != _IDENTIFIER:
        raise DamagedError("it does not begin like a TFLite file")
    model = tflite.Model.GetRootAs(data, 0)
    if model.SubgraphsLength() < 1:
        raise DamagedError("it has no graph")
    graph: Any = model.Subgraphs(0)
    tensors = _tensors(model, graph)
    codes = [_operator_name(model.OperatorCodes(i)) for i in range(_length(model.OperatorCodesLength()))]
    operators = tuple(
        _operator(graph.Operators(i), codes, len(tensors)) for i in range(_length(graph.OperatorsLength()))
    )
    return Tables(
        tensors,
        operators,
        _positions(graph.InputsAsNumpy(), len(tensors)),
        _positions(graph.OutputsAsNumpy(), len(tensors)),
    )


def _length(count: int) -> int:
    """Return a table's length, refusing absurd ones before anything loops over them."""
    if count > _LARGEST_TABLE:
        raise DamagedError(f"it has a table of {count} entries")
    return count


def _positions(values: Any, tensors: int, *, lowest: int = 0) -> tuple[int, ...]:
    """Return a vector of positions of tensors, refusing those out of range."""
    if np.size(values) > _MOST_OPERANDS:
        raise DamagedError(f"it has a list of {np.size(values)} tensors")
    positions = tuple(int(value) for value in values) if np.ndim(values) else ()
    for position in positions:
        if not lowest <= position < tensors:
            raise DamagedError(f"it refers to tensor {position} of {tensors}")
    return positions


def _tensors(model: Any, graph: Any) -> tuple[TensorEntry, ...]:
    """Read all tensors, their names made unique."""
    buffers = [_bytes(model.Buffers(i)) for i in range(_length(model.BuffersLength()))]
    entries: list[TensorEntry] = []
    names: set[str] = set()
    for position in range(_length(graph.TensorsLength())):
        table = graph.Tensors(position)
        name = _text(table.Name()) or f"tensor {position}"
        while name in names:
            name += f"#{position}"
        names.add(name)
        if not 0 <= table.Buffer() < len(buffers):
            raise DamagedError(f"tensor {name!r} refers to buffer {table.Buffer()} of {len(buffers)}")
        entries.append(
            TensorEntry(
                name,
                _shape(table, name),
                _DTYPES.get(table.Type()),
                TYPE_NAMES.get(table.Type(), str(table.Type())),
                buffers[table.Buffer()],
                table,
            )
        )
    return tuple(entries)


def _text(raw: bytes | None) -> str:
    """Return a name, refusing absurdly long ones: many tables may share one."""
    if raw is not None and len(raw) > _LONGEST_NAME:
        raise DamagedError(f"it has a name of {len(raw)} bytes")
    return (raw or b"").decode(errors="replace")


def _bytes(buffer: Any) -> NDArray[np.uint8]:
    """Return the bytes of a buffer, a view of the file."""
    if buffer.Offset() > 1 or buffer.Size() > 1:
        raise UnsupportedError("weights outside of the file's tables")
    return buffer.DataAsNumpy() if buffer.DataLength() else np.empty(0, np.uint8)


def _shape(table: Any, name: str) -> tuple[int, ...]:
    """Return a tensor's shape, refusing absurd ones."""
    rank = table.ShapeLength()
    if rank > _LARGEST_RANK:
        raise DamagedError(f"tensor {name!r} has {rank} axes")
    shape = tuple(int(size) for size in table.ShapeAsNumpy()) if rank else ()
    if any(size < 1 for size in shape) or math.prod(shape) > LARGEST_TENSOR:
        raise DamagedError(f"tensor {name!r} has shape {list(shape)}")
    return shape


def _operator_name(code: Any) -> str:
    """Return the name of an operator code."""
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if number == tflite.BuiltinOperator.CUSTOM:
        return _text(code.CustomCode()) or "CUSTOM"
    return OPERATOR_NAMES.get(number, f"operator {number}")


def _operator(table: Any, codes: list[str], tensors: int) -> OperatorEntry:
    """Read one operator."""
    if not 0 <= table.OpcodeIndex() < len(codes):
        raise DamagedError(f"an operator has code {table.OpcodeIndex()} of {len(codes)}")
    name = codes[table.OpcodeIndex()]
    outputs = _positions(table.OutputsAsNumpy(), tensors)
    if len(outputs) != 1:
        raise UnsupportedError(f"operator {name} has {len(outputs)} outputs instead of one")
    inputs = _positions(table.InputsAsNumpy(), tensors, lowest=-1)
    return OperatorEntry(name, inputs, outputs[0], _options(table))


def _options(table: Any) -> Any:
    """Return an operator's options as the schema's object, or None."""
    union = table.BuiltinOptions()
    name = _OPTIONS_NAMES.get(table.BuiltinOptionsType(), "NONE")
    if union is None or name == "NONE":
        return None
    options = getattr(tflite, name)()
    options.Init(union.Bytes, union.Pos)
    return options
