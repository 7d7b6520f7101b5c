"""Small TFLite files, made to order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
}


class File:
    """A network under construction; ``model`` is the schema's own object, open to any mischief."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.subgraphs = [self.graph]
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]

    def tensor(self, shape: Sequence[int], *, dtype: Any = np.float32, name: str | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name = f"t{len(self.graph.tensors)}" if name is None else name
        tensor.shape = list(shape)
        tensor.type = _TYPES[np.dtype(dtype)]
        tensor.buffer = 0
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, shape: Sequence[int]) -> int:
        position = self.tensor(shape, name="input")
        self.graph.inputs.append(position)
        return position

    def constant(self, values: Any) -> int:
        array = np.asarray(values)
        array = array.astype(np.int32) if array.dtype == np.int64 else array
        position = self.tensor(array.shape, dtype=array.dtype)
        buffer = schema.BufferT()
        buffer.data = list(array.tobytes())
        self.model.buffers.append(buffer)
        self.graph.tensors[position].buffer = len(self.model.buffers) - 1
        return position

    def operator(
        self, op: str, inputs: Sequence[int], shape: Sequence[int], *, dtype: Any = np.float32, **options: Any
    ) -> int:
        """Add an operator; ``options`` may hold ``table``, the name of its options' class."""
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, op)
        code.version = 1
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs = list(inputs)
        table = options.pop("table", None)
        if table is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, table)
            operator.builtinOptions = getattr(schema, table + "T")()
            for name, value in options.items():
                assert hasattr(operator.builtinOptions, name)
                setattr(operator.builtinOptions, name, value)
        output = self.tensor(shape, dtype=dtype)
        operator.outputs = [output]
        self.graph.operators.append(operator)
        return output

    def data(self, *outputs: int) -> bytes:
        self.graph.outputs = list(outputs)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def reference(data: bytes, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the reference interpreter makes of ``values`` (in the file's order), by output."""
    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return {
        entry["name"]: interpreter.get_tensor(entry["index"]) for entry in interpreter.get_output_details()
    }


def single(
    op: str, shape: Sequence[int], constants: Sequence[Any] = (), *, first: bool = False, **options: Any
) -> bytes:
    """Return a file of one operator on one input of ``shape``; ``first`` puts the constants before it.

    The output's shape is the reference interpreter's.
    """
    declared: Sequence[int] = (1,)
    data = b""
    for _ in range(2):
        file = File()
        position = file.input(shape)
        others = [-1 if value is None else file.constant(value) for value in constants]
        inputs = [*others, position] if first else [position, *others]
        data = file.data(file.operator(op, inputs, declared, **options))
        interpreter = Interpreter(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
        declared = [int(size) for size in interpreter.get_output_details()[0]["shape"]]
    return data
