"""Import a TFLite file as a graph of torch operators."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers.constants import densified, dequantized
from kaa_gui.core.importers.folding import fold_padding
from kaa_gui.core.importers.graph import Graph, Node
from kaa_gui.core.importers.ops import OPERATORS, Call, Operand, UnsupportedError
from kaa_gui.core.importers.ops.layout import shape_from_file
from kaa_gui.core.importers.tables import DamagedError, OperatorEntry, Tables, TensorEntry, read_tables

_LARGEST_CONSTANTS = 2**26
_LARGEST_ACTIVATIONS = 2**28
_REMEDY = "use a float16 or float32 TFLite file as its maker published it"


def read_tflite(data: bytes, *, source: str) -> Graph:
    """Read a network from a TFLite file.

    Half-precision and sparse constants are unpacked, explicit padding is done by the convolution behind
    it where that is exact; the layers that thereby vanish have no name in the graph.

    Args:
        data: The whole file.
        source: Name of the file in messages.

    Returns:
        The network on the CPU in single precision.

    Raises:
        ModelFileError: The file is damaged, too large, or needs what is not supported.
    """
    try:
        return _Assembly(read_tables(data)).graph(source)
    except UnsupportedError as error:
        raise ModelFileError(f"{source} cannot be used: {_line(error)}; {_REMEDY}") from error
    except DamagedError as error:
        raise ModelFileError(f"{source} is damaged: {_line(error)}; get it again") from error
    except Exception as error:
        # the generated reader follows damaged offsets into any exception there is
        kind = type(error).__name__
        raise ModelFileError(
            f"{source} is damaged: its tables cannot be read ({kind}); get it again"
        ) from error


def _line(error: Exception) -> str:
    """Return an error's first line, unprintable characters escaped."""
    text = str(error).strip().split("\n", 1)[0]
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:300]


class _Assembly:
    """The nodes and constants of a graph under construction."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.constants: dict[int, NDArray[Any]] = {}
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.without_batch: set[int] = set()
        self.nodes: list[Node] = []
        self.constants_left = _LARGEST_CONSTANTS
        self.activations_left = _LARGEST_ACTIVATIONS

    def graph(self, source: str) -> Graph:
        """Return the finished graph."""
        tables = self.tables
        if len(tables.inputs) != 1 or not tables.outputs:
            raise UnsupportedError(
                f"it must have one input and at least one output, got {len(tables.inputs)} "
                f"and {len(tables.outputs)}"
            )
        entry = tables.tensors[tables.inputs[0]]
        if len(entry.shape) < 2 or entry.shape[0] != 1 or entry.type_name != "FLOAT32":
            raise UnsupportedError(
                f"its input must be one FLOAT32 picture, got {entry.type_name} of shape {list(entry.shape)}"
            )
        self.shapes[tables.inputs[0]] = shape_from_file(entry.shape[1:])
        for operator in tables.operators:
            self._add(operator)
        for position in tables.outputs:
            if position not in self.shapes:
                raise DamagedError(f"output {tables.tensors[position].name!r} is never computed")
        names = [tables.tensors[position].name for position in tables.outputs]
        return Graph(
            fold_padding(self.nodes, names),
            source=source,
            inputs=[entry.name],
            outputs=names,
            input_shape=shape_from_file(entry.shape[1:]),
        )

    def _add(self, operator: OperatorEntry) -> None:
        """Add one operator, as a folded constant or as a node."""
        output = self.tables.tensors[operator.output]
        if operator.output in self.shapes or operator.output in self.constants or output.raw.size:
            raise DamagedError(f"tensor {output.name!r} is computed twice")
        where = f"operator {operator.op} ({output.name!r})"
        try:
            if not self._folded(operator):
                self._add_node(operator, output)
        except UnsupportedError as error:
            raise UnsupportedError(f"{where}: {error}") from error
        except DamagedError as error:
            raise DamagedError(f"{where}: {error}") from error
        except Exception as error:
            raise DamagedError(f"{where} does not fit its inputs: {error}") from error

    def _folded(self, operator: OperatorEntry) -> bool:
        """Unpack a compressed constant; return whether the operator was one that does."""
        if operator.op not in ("DEQUANTIZE", "DENSIFY") or not operator.inputs:
            return False
        position = operator.inputs[0]
        entry = self.tables.tensors[position]
        if position in self.shapes or (position not in self.constants and not entry.raw.size):
            raise UnsupportedError("its input must be constant")
        if entry.shape != self.tables.tensors[operator.output].shape:
            raise DamagedError("its output differs in shape from its input")
        self._spend(entry.shape)
        if operator.op == "DENSIFY":
            self.constants[operator.output] = densified(entry)
        else:
            self.constants[operator.output] = dequantized(self._constant(position))
        return True

    def _constant(self, position: int) -> NDArray[Any]:
        """Return an unpacked constant or the file's own values."""
        known = self.constants.get(position)
        return self.tables.tensors[position].values() if known is None else known

    def _spend(self, shape: tuple[int, ...]) -> None:
        """Count unpacked values: many tensors may share one buffer, so a small file may ask for much."""
        self.constants_left -= math.prod(shape)
        if self.constants_left < 0:
            raise DamagedError("its constants are too large")

    def _add_node(self, operator: OperatorEntry, output: TensorEntry) -> None:
        """Build an operator's module and check its output's shape without computing anything."""
        if operator.op not in OPERATORS:
            raise UnsupportedError("this operator is not supported")
        operands = tuple(self._operand(position) for position in operator.inputs)
        call = Call(operator.op, operands, output.shape, operator.options)
        if not call.activations:
            raise UnsupportedError("it must have an input that is computed")
        module = OPERATORS[operator.op](call)
        reads = [position for position in operator.inputs if position in self.shapes]
        shape = module.output_shape(*(self.shapes[position] for position in reads))
        if shape == output.shape and operator.op == "STRIDED_SLICE":
            self.without_batch.add(operator.output)
        elif output.shape[:1] != (1,) or shape != shape_from_file(output.shape[1:]):
            raise DamagedError(f"its output has shape {list(shape)}, the file says {list(output.shape)}")
        self.activations_left -= math.prod(shape)
        if self.activations_left < 0:
            raise UnsupportedError("its activations are too large")
        self.shapes[operator.output] = shape
        self.nodes.append(
            Node(
                name=output.name,
                op=operator.op,
                inputs=tuple(self.tables.tensors[position].name for position in reads),
                shape=shape,
                activation=module.activation,
                module=module,
            )
        )

    def _operand(self, position: int) -> Operand | None:
        """Return an operator's input, computed or constant."""
        if position < 0:
            return None
        entry = self.tables.tensors[position]
        if position in self.without_batch:
            raise UnsupportedError(f"it reads {entry.name!r}, which has no batch")
        if position in self.shapes:
            return Operand(entry.name, entry.shape, None)
        if position not in self.constants and not entry.raw.size:
            raise DamagedError(f"it reads {entry.name!r} before that is computed")
        self._spend(entry.shape)
        return Operand(entry.name, entry.shape, self._constant(position))
