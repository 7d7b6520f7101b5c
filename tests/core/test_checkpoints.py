"""Between two layers a computation asks whether it is wanted, and leaves nothing half-done behind."""

from __future__ import annotations

import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa_gui.core.checkpoints import asking, checkpoint
from kaa_gui.core.correlation import Extremes, stream_extremes
from kaa_gui.core.importers import by_hand
from tests.core.correlation.networks import Builder


class UnwantedError(Exception):
    pass


class Patience:
    """A question that is answered with no after a number of times."""

    def __init__(self, times: int) -> None:
        self.left, self.asked = times, 0

    def __call__(self) -> None:
        self.asked += 1
        self.left -= 1
        if self.left < 0:
            raise UnwantedError


def _network() -> Builder:
    net = Builder((3, 8, 8))
    net.conv(net.conv(net.conv("image", 4), 4, depthwise=True), 2, stride=2)
    return net


def test_checkpoint_asks_the_innermost_question_of_its_own_thread() -> None:
    checkpoint()
    outer, inner = Patience(9), Patience(9)
    with asking(outer):
        with asking(inner):
            checkpoint()
        checkpoint()
        thread = threading.Thread(target=checkpoint)
        thread.start()
        thread.join()
    checkpoint()
    assert (outer.asked, inner.asked) == (1, 1)


def test_a_network_asks_at_every_layer_forward_and_back() -> None:
    hand = by_hand(_network().cut())
    image = torch.rand(1, 3, 8, 8, dtype=torch.float64).requires_grad_()
    for times in range(6):
        question = Patience(times)
        with asking(question), pytest.raises(UnwantedError):
            torch.autograd.grad(hand(image)[0].sum(), image)
        assert question.asked == times + 1
    question = Patience(6)
    with asking(question):
        torch.autograd.grad(hand(image)[0].sum(), image)
    assert question.asked == 6


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 25), max_size=4))
def test_correlations_left_in_the_middle_of_a_layer_go_on_to_the_same_extremes(breaks: list[int]) -> None:
    cut = _network().cut()
    crop = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = torch.arange(0, 32, 3)
    whole, broken = Extremes.empty(rows, crop[0]), Extremes.empty(rows, crop[0])
    for _ in stream_extremes(cut, crop, whole, threads=1, steady=True):
        pass
    for times in breaks:
        with asking(Patience(times)):
            try:
                for _ in stream_extremes(cut, crop, broken, threads=1, steady=True):
                    pass
            except UnwantedError:
                assert not broken.complete
    for _ in stream_extremes(cut, crop, broken, threads=1, steady=True):
        pass
    assert broken.done == len(rows)
    torch.testing.assert_close(broken.maximum, whole.maximum, rtol=0, atol=1e-12)
    torch.testing.assert_close(broken.minimum, whole.minimum, rtol=0, atol=1e-12)
