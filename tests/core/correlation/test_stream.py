"""Streaming against the whole Jacobian: the same extremes, in memory that never holds it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from kaa_gui.core.correlation import Extremes, relational, stream_extremes
from tests.core.networks import small_crop, small_network


def dense_jacobian(network: nn.Module, crop: Tensor) -> Tensor:
    """Return ``(outputs, 3, H, W)``."""
    (rows,) = (jacobian(lambda image: network(image).flatten(), crop),)
    assert isinstance(rows, Tensor)
    return rows.reshape(-1, *crop.shape[1:])


def streamed(network: nn.Module, crop: Tensor, rows: Tensor) -> Extremes:
    extremes = Extremes.empty(rows, crop[0])
    for _ in stream_extremes(network, crop, extremes):
        pass
    return extremes


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(1, 64))
def test_stream_gives_the_extremes_of_the_dense_jacobian(seed: int, count: int) -> None:
    network, crop = small_network(seed), small_crop(seed)
    rows = torch.randperm(64, generator=torch.Generator().manual_seed(seed))[:count]
    dense = dense_jacobian(network, crop)[rows]
    found = streamed(network, crop, rows)
    torch.testing.assert_close(found.maximum, dense.amax(dim=0), rtol=0, atol=1e-12)
    torch.testing.assert_close(found.minimum, dense.amin(dim=0), rtol=0, atol=1e-12)
    assert found.complete
    # the identity of the mission: two images decide what the rows of signs decide
    alpha = float(dense.abs().median())
    signs = (dense > alpha).any(dim=0) & (dense < -alpha).any(dim=0)
    assert torch.equal(relational(found.maximum, found.minimum) > alpha, signs)
    torch.testing.assert_close(found.strength, torch.minimum(dense.amax(dim=0), -dense.amin(dim=0)))


def test_a_partial_stream_is_a_lower_bound_that_only_grows() -> None:
    network, crop = small_network(), small_crop()
    extremes = Extremes.empty(torch.arange(64), crop[0])
    before = extremes.maximum.clone(), extremes.minimum.clone()
    kept = torch.zeros(3, 8, 8, dtype=torch.bool)
    for number, partial in enumerate(stream_extremes(network, crop, extremes), start=1):
        assert partial is extremes
        assert partial.done == number
        assert (partial.maximum >= before[0]).all()
        assert (partial.minimum <= before[1]).all()
        mask = relational(partial.maximum, partial.minimum) > 0.01
        assert not (kept & ~mask).any()
        kept, before = mask, (partial.maximum.clone(), partial.minimum.clone())
    assert extremes.complete
    assert kept.any()


def test_an_interrupted_stream_goes_on_where_it_was() -> None:
    network, crop = small_network(), small_crop()
    extremes = Extremes.empty(torch.arange(64), crop[0])
    for stop in (5, 6, 40):
        stream = stream_extremes(network, crop, extremes)
        while extremes.done < stop:
            next(stream)
        stream.close()
        assert extremes.done == stop
    for _ in stream_extremes(network, crop, extremes):
        pass
    whole = streamed(network, crop, torch.arange(64))
    assert torch.equal(extremes.maximum, whole.maximum)
    assert torch.equal(extremes.minimum, whole.minimum)


def test_a_complete_stream_computes_nothing() -> None:
    crop = small_crop()
    extremes = streamed(small_network(), crop, torch.arange(3))

    class Untouchable(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            pytest.fail("the network ran")

    assert list(stream_extremes(Untouchable(), crop, extremes)) == []


def test_stream_leaves_the_crop_alone() -> None:
    network, crop = small_network(), small_crop()
    before = crop.clone()
    streamed(network, crop, torch.arange(4))
    assert torch.equal(crop, before)
    assert not crop.requires_grad


def test_per_pixel_takes_the_extremes_over_the_channels() -> None:
    extremes = streamed(small_network(), small_crop(), torch.arange(64))
    pixel = extremes.per_pixel()
    for channel in range(3):
        assert torch.equal(pixel.maximum[channel], extremes.maximum.amax(dim=0))
        assert torch.equal(pixel.minimum[channel], extremes.minimum.amin(dim=0))
    assert pixel.done == extremes.done


def test_steady_chunks_follow_no_clock() -> None:
    network, crop = small_network(3), small_crop(3)
    rows = torch.arange(64)
    first, second = Extremes.empty(rows, crop[0]), Extremes.empty(rows, crop[0])
    for extremes in (first, second):
        for _ in stream_extremes(network, crop, extremes, steady=True):
            pass
    assert torch.equal(first.maximum, second.maximum)
    torch.testing.assert_close(first.maximum, streamed(network, crop, rows).maximum)
