"""The streamed extremes against a dense Jacobian."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kaa_gui.core.correlation import Extremes, stream_extremes
from kaa_gui.core.correlation import stream as stream_module
from kaa_gui.core.correlation.colouring import colour_rows
from kaa_gui.core.correlation.pyramid import pyramid_of
from kaa_gui.core.correlation.receptive import receptive_fields
from kaa_gui.core.correlation.reverse import Reverse
from kaa_gui.core.importers.graph import Cut
from tests.core.correlation.networks import Builder, Decoder, hourglass, jacobian, networks


def streamed(cut: Cut, picture: Tensor, rows: Tensor, threads: int = 1) -> Extremes:
    extremes = Extremes.empty(rows, picture[0])
    for _ in stream_extremes(cut, picture, extremes, threads=threads):
        pass
    return extremes


def assert_extremes(extremes: Extremes, rows: Tensor, tolerance: float = 1e-12) -> None:
    size = rows.abs().max()
    assert extremes.complete
    assert float((extremes.maximum - rows.amax(0)).abs().max()) <= tolerance * size
    assert float((extremes.minimum - rows.amin(0)).abs().max()) <= tolerance * size


@settings(max_examples=30, deadline=None)
@given(net=networks(), threads=st.integers(1, 2))
def test_stream_equals_the_dense_jacobian(net: Builder, threads: int) -> None:
    cut, picture = net.cut(), net.picture()
    rows = jacobian(cut, picture)
    generator = torch.Generator().manual_seed(1)
    chosen = torch.randperm(len(rows), generator=generator)[: max(1, len(rows) // 2)]

    assert_extremes(streamed(cut, picture, torch.arange(len(rows)), threads), rows)
    assert_extremes(streamed(cut, picture, chosen, threads), rows[chosen])


@settings(max_examples=20, deadline=None)
@given(net=networks())
def test_receptive_fields_hold_every_dependence(net: Builder) -> None:
    cut, picture = net.cut(), net.picture()
    shapes = Reverse(cut, picture).shapes
    spans = receptive_fields(cut, shapes).get(cut.returns[0])
    if spans is None:
        return
    shape = shapes[cut.returns[0]]
    rows = jacobian(cut, picture).reshape(*shape, *picture.shape[1:]).ne(0)
    for axis, span in enumerate(spans):
        others = [dim for dim in range(6) if dim not in (1 + axis, 4 + axis)]
        for place, pixels in enumerate(rows.any(dim=tuple(others)) if others else rows):
            touched = pixels.nonzero().flatten()
            if len(touched):
                assert span.first[place] <= touched.min() <= touched.max() <= span.last[place]


@settings(max_examples=20, deadline=None)
@given(net=networks(), share=st.floats(0.1, 1))
def test_colouring_is_a_partition_into_rows_that_do_not_meet(net: Builder, share: float) -> None:
    cut, picture = net.cut(), net.picture()
    shapes = Reverse(cut, picture).shapes
    shape = shapes[cut.returns[0]]
    rows = jacobian(cut, picture)
    chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(2))
    chosen = chosen[: max(1, int(share * len(rows)))]
    groups = colour_rows(chosen, shape, receptive_fields(cut, shapes).get(cut.returns[0]))

    assert sorted(torch.cat(groups).tolist()) == sorted(chosen.tolist())
    for group in groups:
        assert int(rows[group].ne(0).sum(dim=0).max()) <= 1


def test_shallow_layer_shares_passes() -> None:
    net = Builder((3, 32, 32))
    net.conv("image", 4)
    cut, picture = net.cut(), net.picture()
    spans = receptive_fields(cut, Reverse(cut, picture).shapes)[cut.returns[0]]
    assert len(colour_rows(torch.arange(4 * 32 * 32), (4, 32, 32), spans)) == 4 * 9


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
def test_pyramid_is_found_and_exact(head: bool, threads: int) -> None:
    net = hourglass(head=head)
    cut, picture = net.cut(), net.picture()
    pyramid, _ = pyramid_of(cut, Reverse(cut, picture))
    rows = jacobian(cut, picture)

    assert pyramid is not None
    assert len(pyramid.branches) == 2
    assert_extremes(streamed(cut, picture, torch.arange(len(rows)), threads), rows)


def test_pyramid_takes_any_rows() -> None:
    net = hourglass()
    cut, picture = net.cut(), net.picture()
    rows = jacobian(cut, picture)
    generator = torch.Generator().manual_seed(5)
    odd = torch.cat([torch.randperm(256, generator=generator)[:40], torch.arange(256, 560)])
    assert_extremes(streamed(cut, picture, odd), rows[odd])
    lines = torch.arange(256 + 32, 512 - 16)
    assert_extremes(streamed(cut, picture, lines), rows[lines])


def test_pyramid_in_single_precision_is_exact_to_rounding() -> None:
    net = hourglass(torch.float32)
    cut, picture = net.cut(), net.picture()
    exact = hourglass()
    rows = jacobian(exact.cut(), picture.double())
    assert_extremes(streamed(cut, picture, torch.arange(len(rows))), rows, tolerance=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["pyramid", "colours", "autograd"])
def test_interrupted_stream_goes_on_to_the_same_result(kind: str, threads: int) -> None:
    net = hourglass() if kind == "pyramid" else Builder((3, 20, 20))
    if kind != "pyramid":
        net.conv(net.conv("image", 4, stride=2), 3)
    cut, picture = net.cut(), net.picture()
    network = Decoder(cut) if kind == "autograd" else cut
    rows = jacobian(cut, picture)
    extremes = Extremes.empty(torch.arange(len(rows)), picture[0])
    stops = 0
    while not extremes.complete:
        steps = stream_extremes(network, picture, extremes, threads=threads)
        began = extremes.done
        for _ in steps:
            if extremes.done > began:
                break
        steps.close()
        stops += 1
        if stops == 4:
            for _ in stream_extremes(network, picture, extremes, threads=threads):
                pass
    assert stops > 1
    assert_extremes(extremes, rows)


@pytest.mark.parametrize("threads", [1, 2])
def test_partial_extremes_are_those_of_the_rows_done_and_only_grow(threads: int) -> None:
    net = hourglass()
    cut, picture = net.cut(), net.picture()
    rows = jacobian(cut, picture)
    extremes = Extremes.empty(torch.arange(len(rows)), picture[0])
    seen = []
    for _ in stream_extremes(cut, picture, extremes, threads=threads):
        if extremes.done > (seen[-1][0] if seen else 0):
            done = rows[extremes.rows[: extremes.done]]
            assert float((extremes.maximum - done.amax(0)).abs().max()) < 1e-12
            assert float((extremes.minimum - done.amin(0)).abs().max()) < 1e-12
            assert extremes.seconds_left is None or extremes.seconds_left >= 0
            seen.append((extremes.done, extremes.maximum.clone(), extremes.minimum.clone()))
    assert len(seen) > 8
    for (_, maximum, minimum), (_, later, lower) in pairwise(seen):
        assert bool((later >= maximum).all())
        assert bool((lower <= minimum).all())


def test_no_thread_survives_a_dropped_stream() -> None:
    net = hourglass()
    cut, picture = net.cut(), net.picture()
    before, torch_threads = set(threading.enumerate()), torch.get_num_threads()
    steps = stream_extremes(cut, picture, Extremes.empty(torch.arange(512), picture[0]), threads=2)
    next(steps)
    assert set(threading.enumerate()) > before
    began = time.perf_counter()
    steps.close()
    assert time.perf_counter() - began < 2
    assert set(threading.enumerate()) == before
    assert torch.get_num_threads() == torch_threads


def test_exhausted_memory_halves_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    net = hourglass()
    cut, picture = net.cut(), net.picture()
    rows = torch.arange(0, 256, 7)
    whole = Reverse.pull
    refused = []

    def small_memory(self: Reverse, seeds: Tensor, slot: int) -> Tensor:
        if len(seeds) > 1:
            refused.append(len(seeds))
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(self, seeds, slot)

    monkeypatch.setattr(stream_module.Reverse, "pull", small_memory)
    extremes = streamed(cut, picture, rows)
    assert refused
    assert_extremes(extremes, jacobian(cut, picture)[rows])


def test_any_module_is_streamed_by_autograd() -> None:
    net = Builder((3, 9, 9))
    net.conv("image", 2)
    cut, picture = net.cut(), net.picture()
    extremes = Extremes.empty(torch.arange(2 * 81), picture[0])
    steps = [extremes.done for _ in stream_extremes(Decoder(cut), picture, extremes)]
    assert steps == list(range(1, 163))
    assert_extremes(extremes, jacobian(cut, picture))
