from __future__ import annotations

import re
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers import read_tflite
from kaa_gui.core.importers import tables as tables_module
from tests.core.importers.files import File
from tests.core.importers.networks import network


def small() -> tuple[File, int]:
    """A file with a half-precision kernel, padding, a convolution, and a reshape."""
    random = np.random.default_rng(0)
    file = File()
    x = file.input((1, 8, 8, 3))
    amounts = file.constant([[0, 0], [1, 1], [1, 1], [0, 0]])
    padded = file.operator("PAD", [x, amounts], [1, 10, 10, 3], table="PadOptions")
    half = file.constant(random.normal(size=(4, 3, 3, 3)).astype(np.float16))
    kernel = file.operator("DEQUANTIZE", [half], [4, 3, 3, 3], table="DequantizeOptions")
    bias = file.constant(random.normal(size=4).astype(np.float32))
    options = {"table": "Conv2DOptions", "padding": schema.Padding.VALID, "strideH": 1, "strideW": 1}
    y = file.operator("CONV_2D", [padded, kernel, bias], [1, 8, 8, 4], **options)
    return file, file.operator("RESHAPE", [y, file.constant([1, 256])], [1, 256])


def refused(data: bytes) -> str:
    """Return the message with which a file is refused, after checking its form."""
    with pytest.raises(ModelFileError) as caught:
        read_tflite(data, source="my.tflite")
    message = str(caught.value)
    assert message.startswith("my.tflite ")
    assert message.isprintable()
    assert len(message) < 500
    return message


def survives(data: bytes) -> None:
    """Read a damaged file: it is either refused properly or taken for what it says."""
    try:
        read_tflite(data, source="my.tflite")
    except ModelFileError as error:
        message = str(error)
    else:
        return
    assert message.isprintable()


def test_a_sound_file_is_read() -> None:
    file, output = small()
    assert [node.op for node in read_tflite(file.data(output), source="my").nodes] == ["CONV_2D", "RESHAPE"]


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0" * 64, b"PK\3\4" + b"\0" * 60, b"\xff" * 1000])
def test_what_is_no_model_file_is_refused(data: bytes) -> None:
    assert "damaged" in refused(data)


def test_an_identifier_alone_is_no_model_file() -> None:
    refused(b"\xff\xff\xff\x7fTFL3" + b"\xff" * 100)
    refused(b"\x08\0\0\0TFL3" + b"\0" * 100)


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_module, "LARGEST_FILE", 2**20)
    assert "larger than 1 MiB" in refused(bytes(2**20 + 1))


def test_truncated_files_are_refused_or_complete() -> None:
    file, output = small()
    data = file.data(output)
    for length in range(0, len(data) - 4, 7):
        survives(data[:length])
    refused(data[: len(data) // 2])


def test_flipped_bytes_never_do_harm() -> None:
    file, output = small()
    data = file.data(output)
    random = np.random.default_rng(0)
    for _ in range(2_000):
        damaged = bytearray(data)
        for position in random.integers(0, len(data), random.integers(1, 4)):
            damaged[position] = random.integers(0, 256)
        survives(bytes(damaged))


@pytest.mark.parametrize("name", ["pose_detector.tflite", "pose_landmarks_detector.tflite"])
def test_flipped_bytes_in_the_tables_of_a_real_file_never_do_harm(name: str) -> None:
    data = network("pose_landmarker_full.task", name)[0]
    random = np.random.default_rng(0)
    # the weights are large and come first: everything else is behind them
    start = max(len(data) - 150_000, 0)
    for _ in range(20):
        damaged = bytearray(data)
        for position in random.integers(start, len(data), 20):
            damaged[position] ^= 1 << random.integers(0, 8)
        survives(bytes(damaged))


def test_an_unknown_operator_is_named() -> None:
    file, output = small()
    file.model.operatorCodes[-1].builtinCode = schema.BuiltinOperator.HARD_SWISH
    file.model.operatorCodes[-1].deprecatedBuiltinCode = schema.BuiltinOperator.HARD_SWISH
    assert "operator HARD_SWISH" in refused(file.data(output))


def test_a_custom_operator_is_named_in_one_line() -> None:
    file, output = small()
    code = file.model.operatorCodes[-1]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = "My\nTransform\x1b[31m"
    assert "operator My" in refused(file.data(output))


def _tensor(file: File, position: int, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(file.graph.tensors[position], name, value)


# tensors of `small`: 0 input, 1 amounts, 2 padded, 3 half, 4 kernel, 5 bias, 6 y, 7 shape, 8 output
MISCHIEF: dict[str, tuple[Any, str]] = {
    "position out of range": (lambda f: f.graph.operators[2].inputs.__setitem__(0, 99), "tensor 99 of 9"),
    "negative position": (lambda f: f.graph.operators[2].inputs.__setitem__(0, -7), "tensor -7 of 9"),
    "omitted input": (lambda f: f.graph.operators[2].inputs.__setitem__(0, -1), "CONV_2D"),
    "omitted kernel": (lambda f: f.graph.operators[2].inputs.__setitem__(1, -1), "CONV_2D"),
    "no inputs": (lambda f: setattr(f.graph.operators[2], "inputs", []), "CONV_2D"),
    "many inputs": (lambda f: setattr(f.graph.operators[2], "inputs", [0] * 5_000), "list of 5000 tensors"),
    "two outputs": (lambda f: f.graph.operators[2].outputs.append(8), "CONV_2D has 2 outputs"),
    "a cycle": (lambda f: f.graph.operators[0].inputs.__setitem__(0, 6), "before that is computed"),
    "wrong order": (lambda f: f.graph.operators.reverse(), "before that is computed"),
    "computed twice": (lambda f: f.graph.operators[3].outputs.__setitem__(0, 6), "computed twice"),
    "input computed": (lambda f: f.graph.operators[3].outputs.__setitem__(0, 0), "computed twice"),
    "constant computed": (lambda f: f.graph.operators[3].outputs.__setitem__(0, 5), "computed twice"),
    "output never computed": (lambda f: f.graph.operators.pop(), "never computed"),
    "no operator": (lambda f: f.graph.operators.clear(), "never computed"),
    "buffer out of range": (lambda f: _tensor(f, 5, buffer=77), "buffer 77"),
    "buffer too short": (lambda f: _tensor(f, 5, shape=[5]), "bytes"),
    "negative shape": (lambda f: _tensor(f, 6, shape=[1, -8, -8, 4]), "has shape"),
    "empty shape": (lambda f: _tensor(f, 6, shape=[1, 0, 8, 4]), "has shape"),
    "absurd shape": (lambda f: _tensor(f, 6, shape=[1, 2**30, 2**30, 4]), "has shape"),
    "many axes": (lambda f: _tensor(f, 6, shape=[1] * 500), "500 axes"),
    "another shape": (lambda f: _tensor(f, 6, shape=[1, 8, 7, 4]), r"CONV_2D.*shape \[4, 8, 8\]"),
    "long name": (lambda f: _tensor(f, 6, name="x" * 100_000), "name of 100000 bytes"),
    "quantised": (lambda f: _tensor(f, 3, type=schema.TensorType.INT8), "INT8"),
    "text input": (lambda f: _tensor(f, 0, type=schema.TensorType.STRING), "STRING"),
    "two pictures": (lambda f: _tensor(f, 0, shape=[2, 8, 8, 3]), "one FLOAT32 picture"),
    "two inputs": (lambda f: f.graph.inputs.append(6), "must have one input"),
    "no graph": (lambda f: f.model.subgraphs.clear(), "has no graph"),
    "no options": (
        lambda f: (
            setattr(f.graph.operators[2], "builtinOptions", None),
            setattr(f.graph.operators[2], "builtinOptionsType", 0),
        ),
        "CONV_2D.*options",
    ),
    "other options": (
        lambda f: (
            setattr(f.graph.operators[2], "builtinOptions", schema.AddOptionsT()),
            setattr(f.graph.operators[2], "builtinOptionsType", schema.BuiltinOptions.AddOptions),
        ),
        "CONV_2D",
    ),
    "no stride": (lambda f: setattr(f.graph.operators[2].builtinOptions, "strideH", 0), "CONV_2D.*stride"),
    "huge stride": (lambda f: setattr(f.graph.operators[2].builtinOptions, "strideW", 2**30), "stride"),
    "huge dilation": (
        lambda f: setattr(f.graph.operators[2].builtinOptions, "dilationHFactor", 2**30),
        "dilation",
    ),
    "odd activation": (
        lambda f: setattr(f.graph.operators[2].builtinOptions, "fusedActivationFunction", 5),
        "activation function 5",
    ),
    "external buffer": (lambda f: setattr(f.model.buffers[1], "offset", 4096), "outside"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISCHIEF)
def test_files_that_contradict_themselves_are_refused(case: str) -> None:
    mischief, message = MISCHIEF[case]
    file, output = small()
    mischief(file)
    text = refused(file.data(output))
    assert re.search(message, text), text


def test_non_finite_weights_are_refused() -> None:
    file, output = small()
    file.model.buffers[3].data = list(np.full(4, np.nan, np.float32).tobytes())
    assert "not finite" in refused(file.data(output))


def test_huge_padding_is_refused_without_allocation() -> None:
    file, output = small()
    file.model.buffers[1].data = list(np.full((4, 2), 2**29, np.int32).tobytes())
    tracemalloc.start()
    refused(file.data(output))
    assert tracemalloc.get_traced_memory()[1] < 2**20 * 8
    tracemalloc.stop()


def test_many_tensors_over_one_buffer_do_not_multiply_it() -> None:
    file = File()
    x = file.input((1, 4))
    half = file.constant(np.zeros(2**17, np.float16))
    for _ in range(600):
        file.operator("DEQUANTIZE", [half], [2**17], table="DequantizeOptions")
    started = time.perf_counter()
    assert "constants are too large" in refused(file.data(file.operator("NEG", [x], [1, 4])))
    assert time.perf_counter() - started < 10


def test_equal_names_are_told_apart() -> None:
    file = File()
    first = file.operator("NEG", [file.input((1, 4))], [1, 4])
    second = file.operator("TANH", [first], [1, 4])
    third = file.operator("RELU", [second], [1, 4])
    for position, name in ((first, "same#3"), (second, "same"), (third, "same")):
        file.graph.tensors[position].name = name
    graph = read_tflite(file.data(third), source="my")
    assert len({node.name for node in graph.nodes}) == 3
    assert [node.op for node in graph.ancestors(graph.outputs)] == ["NEG", "TANH", "RELU"]
