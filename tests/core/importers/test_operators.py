from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers import read_tflite
from kaa_gui.core.importers.ops import OPERATORS
from tests.core.importers.files import File, reference, single

_RANDOM = np.random.default_rng(0)
SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = [
    schema.ActivationFunctionType.NONE,
    schema.ActivationFunctionType.RELU,
    schema.ActivationFunctionType.RELU_N1_TO_1,
    schema.ActivationFunctionType.RELU6,
]

BLOCKS = {"table": "DepthToSpaceOptions"}
CONNECTED = {"table": "FullyConnectedOptions"}


def floats(*shape: int) -> np.ndarray:
    return _RANDOM.normal(size=shape).astype(np.float32)


def check(data: bytes, *, positive: bool = False) -> None:
    """Compare a file's outputs with the reference's, for one picture and for two at once."""
    graph = read_tflite(data, source="test.tflite")
    shape = graph.input_shape
    file_shape = (shape[1], shape[2], shape[0]) if len(shape) == 3 else shape
    pictures = [floats(1, *file_shape) * 2 for _ in range(2)]
    pictures = [np.abs(picture) + 0.1 if positive else picture for picture in pictures]
    batch = torch.from_numpy(np.concatenate(pictures))
    outputs = graph(batch.permute(0, 3, 1, 2) if batch.dim() == 4 else batch)
    for position, picture in enumerate(pictures):
        for expected, output in zip(reference(data, picture).values(), outputs, strict=True):
            found = output[position : position + 1]
            found = found.permute(0, 2, 3, 1) if found.dim() == 4 else found
            np.testing.assert_allclose(found.numpy().reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)
    for output in outputs:
        if output.dim() == 4:
            assert output.is_contiguous(memory_format=torch.channels_last)


CASES: dict[str, tuple[str, tuple[int, ...], list[Any], dict[str, Any]]] = {
    "ADD constant a channel": ("ADD", (1, 3, 4, 5), [floats(5)], {"table": "AddOptions"}),
    "ADD constant a row": ("ADD", (1, 3, 4, 5), [floats(3, 1, 1)], {"table": "AddOptions"}),
    "ADD constant picture": ("ADD", (1, 3, 4, 5), [floats(1, 3, 4, 5)], {"table": "AddOptions"}),
    "ADD widening": ("ADD", (1, 1, 4, 1), [floats(1, 3, 1, 5)], {"table": "AddOptions"}),
    "ADD of three axes": ("ADD", (1, 4, 5), [floats(5)], {"table": "AddOptions"}),
    "SUB": ("SUB", (1, 3, 4, 5), [floats(5)], {"table": "SubOptions"}),
    "SUB constant first": ("SUB", (1, 3, 4, 5), [floats(5)], {"table": "SubOptions", "first": True}),
    "DIV constant first": (
        "DIV",
        (1, 3, 4, 5),
        [floats(5)],
        {"table": "DivOptions", "first": True, "positive": True},
    ),
    "MUL scalar": ("MUL", (1, 3, 4, 5), [np.float32(2)], {"table": "MulOptions"}),
    "SQUARED_DIFFERENCE": ("SQUARED_DIFFERENCE", (1, 3, 4, 5), [floats(5)], {}),
    "PRELU a channel": ("PRELU", (1, 3, 4, 5), [floats(1, 1, 5)], {}),
    "PRELU a place": ("PRELU", (1, 3, 4, 5), [floats(3, 4, 5)], {}),
    "PRELU a row": ("PRELU", (1, 3, 4, 5), [floats(3, 1, 1)], {}),
    "RELU": ("RELU", (1, 3, 4, 5), [], {}),
    "RELU6": ("RELU6", (1, 3, 4, 5), [], {}),
    "LOGISTIC": ("LOGISTIC", (1, 3, 4, 5), [], {}),
    "TANH": ("TANH", (1, 3, 4, 5), [], {}),
    "NEG": ("NEG", (1, 3, 4, 5), [], {}),
    "SQRT": ("SQRT", (1, 3, 4, 5), [], {"positive": True}),
    "RSQRT": ("RSQRT", (1, 3, 4, 5), [], {"positive": True}),
    "MEAN channels": ("MEAN", (1, 3, 4, 5), [[3]], {"table": "ReducerOptions", "keepDims": True}),
    "MEAN picture": ("MEAN", (1, 3, 4, 5), [[1, 2]], {"table": "ReducerOptions", "keepDims": False}),
    "MEAN rows": ("MEAN", (1, 3, 4, 5), [[1]], {"table": "ReducerOptions", "keepDims": False}),
    "MEAN to four axes": ("MEAN", (1, 2, 3, 4, 5), [[2]], {"table": "ReducerOptions", "keepDims": False}),
    "SUM channels": ("SUM", (1, 3, 4, 5), [[-1]], {"table": "ReducerOptions", "keepDims": False}),
    "SUM all": ("SUM", (1, 3, 4, 5), [[1, 2, 3]], {"table": "ReducerOptions", "keepDims": True}),
    "RESHAPE flat": ("RESHAPE", (1, 3, 4, 5), [[1, 60]], {}),
    "RESHAPE free size": ("RESHAPE", (1, 3, 4, 5), [[1, -1, 2]], {}),
    "RESHAPE to a picture": ("RESHAPE", (1, 60), [[1, 3, 4, 5]], {}),
    "RESHAPE picture": ("RESHAPE", (1, 3, 4, 5), [[1, 5, 2, 6]], {}),
    "TRANSPOSE": ("TRANSPOSE", (1, 3, 4, 5), [[0, 3, 1, 2]], {}),
    "TRANSPOSE three axes": ("TRANSPOSE", (1, 4, 5), [[0, 2, 1]], {}),
    "PAD": ("PAD", (1, 3, 4, 5), [[[0, 0], [1, 2], [0, 3], [2, 0]]], {"table": "PadOptions"}),
    "PAD three axes": ("PAD", (1, 4, 5), [[[0, 0], [1, 2], [0, 3]]], {"table": "PadOptions"}),
    "DEPTH_TO_SPACE 2": ("DEPTH_TO_SPACE", (1, 3, 4, 12), [], BLOCKS | {"blockSize": 2}),
    "DEPTH_TO_SPACE 3": ("DEPTH_TO_SPACE", (1, 2, 4, 18), [], BLOCKS | {"blockSize": 3}),
    "CONCATENATION channels": (
        "CONCATENATION",
        (1, 3, 4, 5),
        [floats(1, 3, 4, 2)],
        {"table": "ConcatenationOptions", "axis": 3},
    ),
    "CONCATENATION constant first": (
        "CONCATENATION",
        (1, 3, 4, 5),
        [floats(1, 2, 4, 5)],
        {"table": "ConcatenationOptions", "axis": -3, "first": True},
    ),
    "CONCATENATION three axes": (
        "CONCATENATION",
        (1, 4, 5),
        [floats(1, 2, 5)],
        {"table": "ConcatenationOptions", "axis": 1},
    ),
    "STRIDED_SLICE": (
        "STRIDED_SLICE",
        (1, 6, 7, 5),
        [[0, 1, 0, -3], [1, 5, 7, -1], [1, 2, 3, 1]],
        {"table": "StridedSliceOptions"},
    ),
    "STRIDED_SLICE masks": (
        "STRIDED_SLICE",
        (1, 6, 7, 5),
        [[3, 1, 3, 3], [1, 5, 4, 4], [1, 2, 3, 1]],
        {"table": "StridedSliceOptions", "beginMask": 5, "endMask": 3},
    ),
    "STRIDED_SLICE drop an axis": (
        "STRIDED_SLICE",
        (1, 6, 7, 5),
        [[0, 1, 0, 0], [1, 2, 7, 5], [1, 1, 1, 1]],
        {"table": "StridedSliceOptions", "shrinkAxisMask": 2},
    ),
    "STRIDED_SLICE drop the batch": (
        "STRIDED_SLICE",
        (1, 5),
        [[0, 1], [1, 4], [1, 1]],
        {"table": "StridedSliceOptions", "shrinkAxisMask": 1},
    ),
    "FULLY_CONNECTED": ("FULLY_CONNECTED", (1, 12), [floats(7, 12), floats(7)], CONNECTED),
    "FULLY_CONNECTED no bias": (
        "FULLY_CONNECTED",
        (1, 2, 3, 2),
        [floats(7, 12), None],
        CONNECTED,
    ),
    "FULLY_CONNECTED last axis": (
        "FULLY_CONNECTED",
        (1, 2, 3, 4),
        [floats(7, 4), floats(7)],
        CONNECTED | {"keepNumDims": True},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_operator_computes_what_the_reference_computes(case: str) -> None:
    op, shape, constants, options = CASES[case]
    options = dict(options)
    positive = options.pop("positive", False)
    check(single(op, shape, constants, **options), positive=positive)


def test_operators_are_all_covered_by_a_case() -> None:
    spatial = {"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "RESIZE_BILINEAR"}
    assert {case[0] for case in CASES.values()} | spatial == set(OPERATORS)


side = st.integers(1, 9)
step = st.integers(1, 3)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    size=st.tuples(side, side),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(step, step),
    dilation=st.tuples(step, step),
    kind=st.tuples(st.sampled_from([SAME, VALID]), st.sampled_from(ACTIVATIONS), st.sampled_from([0, 1, 2])),
)
def test_convolution_computes_what_the_reference_computes(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    kind: tuple[int, int, int],
) -> None:
    padding, activation, multiplier = kind
    if padding == VALID and any((k - 1) * d >= s for k, d, s in zip(kernel, dilation, size, strict=True)):
        return
    options = {
        "padding": padding,
        "strideH": stride[0],
        "strideW": stride[1],
        "dilationHFactor": dilation[0],
        "dilationWFactor": dilation[1],
        "fusedActivationFunction": activation,
    }
    shape = (1, *size, 3)
    if multiplier:
        options |= {"table": "DepthwiseConv2DOptions", "depthMultiplier": multiplier}
        constants = [floats(1, *kernel, 3 * multiplier), floats(3 * multiplier)]
        check(single("DEPTHWISE_CONV_2D", shape, constants, **options))
    else:
        check(single("CONV_2D", shape, [floats(4, *kernel, 3), floats(4)], table="Conv2DOptions", **options))


def test_convolution_in_groups_computes_what_the_reference_computes() -> None:
    options = {"table": "Conv2DOptions", "padding": SAME, "strideH": 1, "strideW": 1}
    check(single("CONV_2D", (1, 5, 6, 6), [floats(4, 3, 3, 3), floats(4)], **options))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    size=st.tuples(side, side),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(step, step),
    padding=st.sampled_from([SAME, VALID]),
)
def test_max_pool_computes_what_the_reference_computes(
    size: tuple[int, int], window: tuple[int, int], stride: tuple[int, int], padding: int
) -> None:
    if padding == VALID and any(w > s for w, s in zip(window, size, strict=True)):
        return
    options = {
        "table": "Pool2DOptions",
        "padding": padding,
        "strideH": stride[0],
        "strideW": stride[1],
        "filterHeight": window[0],
        "filterWidth": window[1],
    }
    check(single("MAX_POOL_2D", (1, *size, 3), **options))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    size=st.tuples(side, side),
    wanted=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    convention=st.sampled_from(["half", "corners", "plain"]),
)
def test_resize_bilinear_computes_what_the_reference_computes(
    size: tuple[int, int], wanted: tuple[int, int], convention: str
) -> None:
    options = {
        "table": "ResizeBilinearOptions",
        "alignCorners": convention == "corners",
        "halfPixelCenters": convention == "half",
    }
    check(single("RESIZE_BILINEAR", (1, *size, 3), [list(wanted)], **options))


def conv_options(**changes: Any) -> dict[str, Any]:
    return {"table": "Conv2DOptions", "padding": VALID, "strideH": 2, "strideW": 2} | changes


@pytest.mark.parametrize(
    ("amounts", "padding", "folded"),
    [
        ([[0, 0], [1, 1], [2, 2], [0, 0]], VALID, True),
        ([[0, 0], [1, 2], [2, 2], [0, 0]], VALID, False),
        ([[0, 0], [1, 1], [1, 1], [0, 3]], VALID, False),
        ([[0, 0], [1, 1], [1, 1], [0, 0]], SAME, False),
    ],
)
def test_read_tflite_folds_padding_where_that_is_exact(
    amounts: list[list[int]], padding: int, folded: bool
) -> None:
    file = File()
    x = file.input((1, 8, 8, 3))
    shape = [1, 8 + sum(amounts[1]), 8 + sum(amounts[2]), 3 + sum(amounts[3])]
    padded = file.operator("PAD", [x, file.constant(amounts)], shape, table="PadOptions")
    weights = [file.constant(floats(4, 3, 3, shape[3])), file.constant(floats(4))]
    out = [-(-(size - (2 if padding == VALID else 0)) // 2) for size in shape[1:3]]
    y = file.operator("CONV_2D", [padded, *weights], [1, *out, 4], **conv_options(padding=padding))
    data = file.data(y)
    assert [node.op for node in read_tflite(data, source="test").nodes] == ["PAD"] * (not folded) + [
        "CONV_2D"
    ]
    check(data)


def test_read_tflite_keeps_padding_that_is_read_twice_or_returned() -> None:
    file = File()
    x = file.input((1, 8, 8, 3))
    amounts = file.constant([[0, 0], [1, 1], [1, 1], [0, 0]])
    padded = file.operator("PAD", [x, amounts], [1, 10, 10, 3], table="PadOptions")
    weights = [file.constant(floats(4, 3, 3, 3)), file.constant(floats(4))]
    y = file.operator("CONV_2D", [padded, *weights], [1, 4, 4, 4], **conv_options())
    z = file.operator("NEG", [padded], [1, 10, 10, 3])
    check(file.data(y, z))
    check(file.data(y, padded))


def test_arithmetic_of_two_computed_tensors_broadcasts() -> None:
    file = File()
    x = file.input((1, 4, 5, 3))
    mean = file.operator(
        "MEAN", [x, file.constant([1, 2])], [1, 1, 1, 3], table="ReducerOptions", keepDims=True
    )
    check(file.data(file.operator("SUB", [x, mean], [1, 4, 5, 3], table="SubOptions")))
    check(file.data(file.operator("MUL", [mean, x], [1, 4, 5, 3], table="MulOptions")))
    check(file.data(file.operator("MUL", [x, x], [1, 4, 5, 3], table="MulOptions")))


@pytest.mark.parametrize(
    ("op", "shape", "constants", "options", "message"),
    [
        ("MEAN", (1, 4), [[0]], {"table": "ReducerOptions", "keepDims": True}, "axis 0 is the batch"),
        ("TRANSPOSE", (1, 4), [[1, 0]], {}, "batch first"),
        ("PAD", (1, 4), [[[1, 0], [0, 0]]], {"table": "PadOptions"}, "none for the batch"),
        ("RESHAPE", (1, 4), [[2, 2]], {}, "keep the batch"),
        ("CONCATENATION", (1, 4), [floats(1, 4)], {"table": "ConcatenationOptions"}, "axis 0 is the batch"),
        ("CEIL", (1, 4), [], {}, "operator CEIL"),
        ("ADD", (1, 4), [np.float32([np.nan] * 4)], {"table": "AddOptions"}, "not finite"),
        ("ADD", (1, 4), [np.ones((2, 4), np.float32)], {"table": "AddOptions"}, "does not broadcast"),
    ],
)
def test_read_tflite_names_the_operator_that_it_cannot_do(
    op: str, shape: tuple[int, ...], constants: list[Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        read_tflite(single(op, shape, constants, **options), source="my.tflite")
    assert "my.tflite" in str(caught.value)
    assert f"operator {op}" in str(caught.value)
    assert "\n" not in str(caught.value)
