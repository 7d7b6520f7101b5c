"""The gradient by hand against autograd's."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from kaa_gui.core.importers import by_hand
from kaa_gui.core.importers.by_hand import ByHand
from tests.core.correlation.networks import Builder, networks
from tests.core.importers.networks import NETWORKS, network


def gradient(module: nn.Module, images: Tensor, weights: tuple[Tensor, ...]) -> Tensor:
    """Return the gradient of a weighted sum of all outputs."""
    images = images.detach().clone().requires_grad_()
    outputs = module(images)
    total = torch.stack([(y * w).sum() for y, w in zip(outputs, weights, strict=True)]).sum()
    return torch.autograd.grad(total, images)[0]


def weights_for(module: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(y.shape, generator=generator).to(y) for y in module(images))


@settings(max_examples=30, deadline=None)
@given(networks(), st.integers(1, 3))
def test_by_hand_gradient_equals_autograd(net: Builder, number: int) -> None:
    cut = net.cut()
    images = torch.rand(number, *net.shape, generator=torch.Generator().manual_seed(5)).double()
    weights = weights_for(cut, images)
    hand = by_hand(cut)
    assert torch.equal(hand(images)[0], cut(images)[0])
    for shift in (0.0, 0.1):
        # the second time with other masks: nothing of the first picture may linger
        expected = gradient(cut, images + shift, weights)
        found = gradient(hand, images + shift, weights)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("bundle", "name"), NETWORKS)
def test_by_hand_gradient_of_the_real_networks(bundle: str, name: str) -> None:
    _, graph = network(bundle, name)
    cut = graph.truncated(graph.outputs)
    images = torch.rand(2, *graph.input_shape, generator=torch.Generator().manual_seed(3))
    weights = weights_for(cut, images)
    expected, found = gradient(cut, images, weights), gradient(by_hand(cut), images, weights)
    assert expected.abs().max() > 0
    assert (found - expected).abs().max() <= 2e-4 * expected.abs().max()


def test_by_hand_is_asked_for_gradients_only() -> None:
    net = Builder((3, 8, 8))
    net.conv("image", 4)
    cut = net.cut()
    hand = by_hand(cut)
    assert hand(net.picture())[0].grad_fn is None
    with torch.no_grad():
        assert hand(net.picture().requires_grad_())[0].grad_fn is None
    assert by_hand(nn.Identity()).__class__ is nn.Identity


def test_by_hand_goes_inside_what_holds_a_cut() -> None:
    class Holder(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner
            self.shape = (4, 8, 8)

        def forward(self, x: Tensor) -> tuple[Tensor]:
            return (self.inner(x)[0].reshape(len(x), *self.shape),)

    net = Builder((3, 8, 8))
    net.conv("image", 4)
    plain = Holder(net.cut())
    hand = by_hand(plain)
    assert isinstance(hand.inner, ByHand)
    assert not isinstance(plain.inner, ByHand)
    images = net.picture()
    weights = weights_for(plain, images)
    torch.testing.assert_close(gradient(hand, images, weights), gradient(plain, images, weights))


def test_by_hand_leaves_trainable_weights_to_autograd() -> None:
    net = Builder((3, 8, 8))
    net.conv("image", 4)
    cut = net.cut().requires_grad_(True)
    (output,) = by_hand(cut)(net.picture().requires_grad_())
    output.sum().backward()
    assert all(parameter.grad is not None for parameter in cut.parameters())
