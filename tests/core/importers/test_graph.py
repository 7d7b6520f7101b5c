from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
import torch

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.importers import Graph, read_tflite
from kaa_gui.core.importers.ops.convolution import Convolution
from kaa_gui.core.importers.ops.operator import FUSED
from tests.core.importers.files import File
from tests.core.importers.networks import network

LANDMARKS = ("pose_landmarker_full.task", "pose_landmarks_detector.tflite")


@pytest.fixture(scope="module")
def landmarks() -> Graph:
    return network(*LANDMARKS)[1]


def small() -> Graph:
    """A convolution with a fused activation, and two branches that meet."""
    random = np.random.default_rng(0)
    file = File()
    x = file.input((1, 6, 5, 3))
    weights = [file.constant(random.normal(size=shape).astype(np.float32)) for shape in [(4, 3, 3, 3), (4,)]]
    y = file.operator(
        "CONV_2D",
        [x, *weights],
        [1, 3, 3, 4],
        table="Conv2DOptions",
        strideH=2,
        strideW=2,
        fusedActivationFunction=3,
    )
    left = file.operator("LOGISTIC", [y], [1, 3, 3, 4])
    right = file.operator("NEG", [y], [1, 3, 3, 4])
    z = file.operator("MUL", [left, right], [1, 3, 3, 4], table="MulOptions")
    flat = file.operator("RESHAPE", [z, file.constant([1, 36])], [1, 36])
    return read_tflite(file.data(flat, left), source="small.tflite")


def test_graph_tells_names_shapes_and_what_is_fused(landmarks: Graph) -> None:
    assert landmarks.outputs == ("Identity", "Identity_1", "Identity_2", "Identity_3", "Identity_4")
    assert landmarks.input_shape == (3, 256, 256)
    heatmaps = landmarks.node("Identity_3")
    assert (heatmaps.op, heatmaps.shape, heatmaps.activation) == ("CONV_2D", (39, 64, 64), None)
    assert isinstance(heatmaps.module, Convolution)
    assert heatmaps.module.weight.shape == (39, 48, 1, 1)
    first = landmarks.nodes[0]
    assert (first.inputs, first.shape, first.activation) == (landmarks.inputs, (24, 128, 128), "relu6")


def test_graph_is_frozen_and_in_evaluation_mode(landmarks: Graph) -> None:
    parameters = list(landmarks.parameters())
    assert parameters
    assert not any(value.requires_grad for value in parameters)
    assert not landmarks.training


def test_graph_computes_the_shapes_that_it_tells(landmarks: Graph) -> None:
    names = [node.name for node in landmarks.nodes]
    for value, node in zip(
        landmarks.truncated(names)(torch.rand(2, 3, 256, 256)), landmarks.nodes, strict=True
    ):
        assert tuple(value.shape) == (2, *node.shape)
        if value.dim() == 4:
            assert value.is_contiguous(memory_format=torch.channels_last)


def test_ancestors_are_what_a_layer_needs_and_nothing_else(landmarks: Graph) -> None:
    needed = landmarks.ancestors(["Identity_3"])
    known = set(landmarks.inputs)
    for node in needed:
        assert set(node.inputs) <= known
        known.add(node.name)
    assert needed[-1].name == "Identity_3"
    read = {name for node in needed for name in node.inputs}
    assert all(node.name in read or node.name == "Identity_3" for node in needed)
    assert len(needed) < len(landmarks.nodes)


def test_consumers_are_the_direct_readers() -> None:
    graph = small()
    first = graph.nodes[0].name
    assert [node.op for node in graph.consumers(first)] == ["LOGISTIC", "NEG"]
    assert graph.consumers("input") == graph.nodes[:1]
    assert graph.consumers(graph.outputs[0]) == ()


def test_truncated_agrees_with_the_whole_in_any_order(landmarks: Graph) -> None:
    x = torch.rand(1, 3, 256, 256)
    whole = dict(zip(landmarks.outputs, landmarks(x), strict=True))
    names = ("Identity_3", "Identity", "Identity_3", landmarks.inputs[0])
    cut = landmarks.truncated(names)
    assert cut.names == names
    heatmaps, coordinates, again, picture = cut(x)
    assert torch.equal(heatmaps, whole["Identity_3"])
    assert torch.equal(coordinates, whole["Identity"])
    assert again is heatmaps
    assert torch.equal(picture, x)


def test_truncated_runs_only_the_ancestors(landmarks: Graph) -> None:
    ran: list[str] = []
    handles = [
        node.module.register_forward_hook(lambda *_, name=node.name: ran.append(name))
        for node in landmarks.nodes
    ]
    landmarks.truncated(["Identity_3"])(torch.rand(1, 3, 256, 256))
    for handle in handles:
        handle.remove()
    assert ran == [node.name for node in landmarks.ancestors(["Identity_3"])]


def test_truncated_drops_activations_after_their_last_use() -> None:
    graph = small()
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0

    def watch(_module: object, _inputs: object, output: torch.Tensor) -> None:
        nonlocal most
        gc.collect()
        alive.append(weakref.ref(output))
        most = max(most, sum(reference() is not None for reference in alive))

    for node in graph.nodes:
        node.module.register_forward_hook(watch)
    graph.truncated([graph.outputs[0]])(torch.rand(1, 3, 6, 5))
    # the two branches and what they meet in
    assert most == 3


def test_two_pictures_at_once_equal_two_single_ones(landmarks: Graph) -> None:
    x = torch.rand(2, 3, 256, 256)
    for together, first, second in zip(landmarks(x), landmarks(x[:1]), landmarks(x[1:]), strict=True):
        scale = together.abs().max()
        # the segmentation head amplifies rounding on noise
        assert (together - torch.cat([first, second])).abs().max() <= 1e-3 * scale


def test_gradient_is_the_slope_in_double_precision() -> None:
    graph = small().to(torch.float64)
    x = torch.rand(1, 3, 6, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(graph.truncated(graph.outputs), (x,), fast_mode=True)


@pytest.mark.parametrize(
    ("name", "depth"), [("face_landmarks_detector.tflite", 12), ("face_blendshapes.tflite", 200)]
)
def test_gradient_of_a_real_network_is_the_slope_in_double_precision(name: str, depth: int) -> None:
    graph = copy.deepcopy(network("face_landmarker.task", name)[1]).to(torch.float64)
    cut = graph.truncated([graph.nodes[min(len(graph.nodes) - 1, depth)].name])
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, *graph.input_shape, dtype=torch.float64, generator=generator)
    direction = torch.randn(x.shape, dtype=torch.float64, generator=generator)

    def loss(value: torch.Tensor) -> torch.Tensor:
        return cut(value)[0].square().sum()

    leaf = x.clone().requires_grad_()
    slope = float((torch.autograd.grad(loss(leaf), leaf)[0] * direction).sum())
    # small enough that next to no unit crosses its kink
    step = 1e-8
    difference = float(loss(x + step * direction) - loss(x - step * direction)) / (2 * step)
    assert slope == pytest.approx(difference, rel=1e-3)


@pytest.mark.parametrize("activation", FUSED)
def test_activations_in_place_have_the_gradient_of_those_that_are_not(activation: str) -> None:
    copying = {
        "relu": torch.relu,
        "relu_n1_to_1": torch.nn.Hardtanh(-1, 1),
        "relu6": torch.nn.ReLU6(),
        "tanh": torch.tanh,
    }
    x = torch.linspace(-8, 8, 33, dtype=torch.float64, requires_grad=True)
    one, other = FUSED[activation](x * 1), copying[activation](x * 1)
    assert torch.equal(one, other)
    weights = torch.rand(33, dtype=torch.float64)
    first, second = (torch.autograd.grad((value * weights).sum(), x)[0] for value in (one, other))
    assert torch.equal(first, second)


def test_graph_moves_and_copies_as_a_whole() -> None:
    graph = small()
    double = copy.deepcopy(graph).to(torch.float64)
    x = torch.rand(1, 3, 6, 5)
    assert double(x.double())[0].dtype == torch.float64
    assert graph(x)[0].dtype == torch.float32
    assert double.nodes[0].module is double.operators[0]
    module = double.nodes[0].module
    assert isinstance(module, Convolution)
    assert module.weight.is_contiguous(memory_format=torch.channels_last)


def test_unknown_layers_are_refused_by_name() -> None:
    graph = small()
    with pytest.raises(ConfigError, match=r"one of the 5 layers of small\.tflite, got 'nowhere'"):
        graph.truncated(["nowhere"])
    with pytest.raises(ConfigError, match="at least one layer"):
        graph.truncated([])


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"x must be \(N, 3, 6, 5\), got \(1, 3, 5, 6\)"):
        small()(torch.rand(1, 3, 5, 6))
