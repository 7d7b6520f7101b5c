"""The bench measures what it says, on a network small enough to wait for."""

from __future__ import annotations

import json
import math
import mmap
import time

import pytest
import torch

from kaa_gui.bench import peers
from kaa_gui.bench.bench import Sizes, measure
from kaa_gui.bench.clock import PeakMemory, interleaved
from kaa_gui.bench.correlations import mask_flips, plain_loop, spread, stream
from kaa_gui.bench.setting import Setting, first_sample
from kaa_gui.cli import main

FIELDS = {
    "loop_over_bare",
    "torchattacks_over_ours",
    "foolbox_over_ours",
    "naive_import_over_ours",
    "sweep_over_batch",
    "correlation",
}
CORRELATION = {
    "rows_per_s",
    "over_plain_loop",
    "over_jacrev",
    "peak_mb",
    "early_layers_over_plain_loop",
    "mask_flips",
}


@pytest.fixture(scope="module")
def setting() -> Setting:
    return first_sample()


def test_interleaved_takes_turns_and_drops_the_first() -> None:
    turns: list[str] = []
    ticks = iter(range(100))
    medians = interleaved(
        {"a": lambda: turns.append("a"), "b": lambda: turns.append("b")},
        repeats=3,
        clock=lambda: float(next(ticks)),
    )
    assert turns == ["a", "b"] * 4
    assert medians == {"a": 1.0, "b": 1.0}


def test_peak_memory_sees_what_was_given_back() -> None:
    # pages of its own: what the allocator has in store would raise nothing
    with PeakMemory() as memory, mmap.mmap(-1, 64 * 2**20) as block:
        for page in range(0, len(block), mmap.PAGESIZE):
            block[page] = 1
        time.sleep(0.05)
    assert memory.megabytes is None or 50 < memory.megabytes < 120


def test_naive_network_gives_the_same_heatmaps(setting: Setting) -> None:
    network = setting.victim.truncated(setting.victim.layers[-1])
    naive = peers.NaiveNetwork(setting.victim.graph, setting.victim.graph.outputs.index("Identity_3"))
    with torch.no_grad():
        expected, found = network(setting.crop), naive(setting.crop)
    assert all(parameter.requires_grad for parameter in naive.parameters())
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_wrapper_has_the_sign_of_our_gradient(setting: Setting) -> None:
    objective = setting.objective()
    image = setting.ball(2 / 255).random_point(torch.Generator().manual_seed(0))
    ours = objective.ascent(image)[2]
    asked = image.clone().requires_grad_()
    logits = peers.AsClassifier(objective.network, objective)(asked)
    loss = torch.nn.functional.cross_entropy(logits, torch.zeros(1, dtype=torch.int64))
    (theirs,) = torch.autograd.grad(loss, asked)
    assert (ours.sign() == theirs.sign()).float().mean() > 0.999


@pytest.mark.slow
def test_missing_peers_are_null_and_the_way_to_install_them_is_said(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    monkeypatch.setattr("kaa_gui.bench.bench.measure_correlation", lambda *_, **__: {})
    figures = measure(setting, Sizes(steps=1, repeats=1), threads=1, clock="cpu")
    assert figures["torchattacks_over_ours"] is None
    assert figures["foolbox_over_ours"] is None
    assert figures["naive_import_over_ours"] is None
    assert "pip install --no-deps torchattacks" in capsys.readouterr().err


def test_streamed_rows_agree_with_the_plain_loop(setting: Setting) -> None:
    layer = setting.victim.layers[0]
    loop, ours = plain_loop(setting, layer, 3), stream(setting, layer, spread(layer, 3), threads=1)
    torch.testing.assert_close(ours.maximum, loop.maximum, rtol=0, atol=1e-5)
    assert mask_flips(setting, layer, 2, 1) <= 1


# the peers' own imports
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::SyntaxWarning")
def test_command_prints_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: Setting
) -> None:
    correlation = dict.fromkeys(CORRELATION, 1.0)
    monkeypatch.setattr("kaa_gui.bench.bench.measure_correlation", lambda *_, **__: correlation)
    monkeypatch.setattr("kaa_gui.bench.bench.QUICK", Sizes(steps=1, repeats=1))
    assert main(["bench", "--quick", "--json", "--threads", "1", "--clock", "cpu"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) >= FIELDS
    assert set(figures["correlation"]) == CORRELATION
    assert math.isfinite(figures["loop_over_bare"])
    assert figures["sweep_over_batch"] > 0
