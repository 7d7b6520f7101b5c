from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers import Graph, read_tflite
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from tests.core.importers.files import File


def index_vector(values: list[int], kind: str) -> dict[str, Any]:
    vector = getattr(schema, f"{kind}VectorT")()
    vector.values = values
    return {"type": getattr(schema.SparseIndexVector, f"{kind}Vector"), "vector": vector}


def compressed(dense: np.ndarray, order: list[int], sparse: list[bool], kind: str) -> tuple[Any, np.ndarray]:
    """Return the description of a sparse tensor and its values, in the order of traversal."""
    turned = dense.transpose(order)
    description = schema.SparsityParametersT()
    description.traversalOrder, description.dimMetadata, description.blockMap = order, [], None
    prefixes: list[tuple[int, ...]] = [()]
    for level, size in enumerate(turned.shape):
        metadata = schema.DimensionMetadataT()
        following, segments = [], [0]
        for prefix in prefixes:
            kept = [i for i in range(size) if not sparse[level] or np.any(turned[(*prefix, i)])]
            following += [(*prefix, i) for i in kept]
            segments.append(len(following))
        if sparse[level]:
            metadata.format = schema.DimensionType.SPARSE_CSR
            for name, values in (("Segments", segments), ("Indices", [prefix[-1] for prefix in following])):
                vector = index_vector(values, kind)
                setattr(metadata, f"array{name}", vector["vector"])
                setattr(metadata, f"array{name}Type", vector["type"])
        else:
            metadata.format = schema.DimensionType.DENSE
            metadata.denseSize = size
        description.dimMetadata.append(metadata)
        prefixes = following
    return description, np.array([turned[prefix] for prefix in prefixes], dense.dtype)


def sparse_file(dense: np.ndarray, description: Any, values: np.ndarray) -> bytes:
    """Return a file that adds a sparse half-precision constant to its input."""
    file = File()
    x = file.input((1, *dense.shape))
    stored = file.constant(values)
    file.graph.tensors[stored].shape = list(dense.shape)
    file.graph.tensors[stored].sparsity = description
    half = file.operator("DENSIFY", [stored], dense.shape, dtype=np.float16)
    single = file.operator("DEQUANTIZE", [half], dense.shape, table="DequantizeOptions")
    return file.data(file.operator("ADD", [x, single], [1, *dense.shape], table="AddOptions"))


def constant(graph: Graph) -> np.ndarray:
    module = graph.nodes[-1].module
    assert isinstance(module, Arithmetic)
    assert module.constant is not None
    values = module.constant.numpy()[0]
    return values.transpose(1, 2, 0) if values.ndim == 3 else values


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_densify_restores_the_zeros(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 4))
    shape = data.draw(st.tuples(*[st.integers(1, 4)] * rank))
    order = data.draw(st.permutations(range(rank)))
    sparse = data.draw(st.lists(st.booleans(), min_size=rank, max_size=rank))
    kind = data.draw(st.sampled_from(["Uint8", "Uint16", "Int32"]))
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    dense = (random.normal(size=shape) * (random.random(shape) < 0.3)).astype(np.float16)
    description, values = compressed(dense, list(order), sparse, kind)
    if values.size == 0:
        return
    graph = read_tflite(sparse_file(dense, description, values), source="sparse")
    np.testing.assert_array_equal(constant(graph), dense.astype(np.float32))


def _csr(description: Any) -> Any:
    return description.dimMetadata[1]


DAMAGE: dict[str, tuple[Any, str]] = {
    "index beyond the axis": (lambda d: _csr(d).arrayIndices.values.__setitem__(0, 9), "sparse index"),
    "segments fall": (lambda d: _csr(d).arraySegments.values.__setitem__(1, 60), "segments"),
    "segments end early": (lambda d: _csr(d).arraySegments.values.__setitem__(-1, 1), "segments"),
    "segments too few": (lambda d: _csr(d).arraySegments.values.pop(), "segments"),
    "no indices": (lambda d: setattr(_csr(d), "arrayIndicesType", 0), "lacks"),
    "dense size": (lambda d: setattr(d.dimMetadata[0], "denseSize", 2**30), "dense axis"),
    "order": (lambda d: setattr(d, "traversalOrder", [0, 0]), "traverses axes"),
    "axes": (lambda d: d.dimMetadata.pop(), "number of axes"),
    "blocks": (lambda d: setattr(d, "blockMap", [1]), "in blocks"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_densify_refuses_lists_that_do_not_fit(case: str) -> None:
    mischief, message = DAMAGE[case]
    dense = np.eye(3, 4, dtype=np.float16)
    description, values = compressed(dense, [0, 1], [False, True], "Int32")
    mischief(description)
    with pytest.raises(ModelFileError) as caught:
        read_tflite(sparse_file(dense, description, values), source="sparse")
    assert re.search(f"DENSIFY.*{message}", str(caught.value))


def test_densify_refuses_values_that_do_not_fit() -> None:
    dense = np.eye(3, 4, dtype=np.float16)
    description, values = compressed(dense, [0, 1], [False, True], "Int32")
    with pytest.raises(ModelFileError, match="bytes for 3 sparse values"):
        read_tflite(sparse_file(dense, description, values[:2]), source="sparse")


def test_dequantize_of_a_computed_tensor_is_refused() -> None:
    file = File()
    half = file.operator("NEG", [file.input((1, 4))], [1, 4])
    data = file.data(file.operator("DEQUANTIZE", [half], [1, 4], table="DequantizeOptions"))
    with pytest.raises(ModelFileError, match=r"DEQUANTIZE.*must be constant"):
        read_tflite(data, source="my")
