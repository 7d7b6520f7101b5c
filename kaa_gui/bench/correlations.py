"""Measure streaming the Jacobian against the plain loop and against ``torch.func.jacrev``."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from kaa_gui.bench.clock import Clock, PeakMemory, interleaved
from kaa_gui.bench.setting import Setting
from kaa_gui.core.correlation import Extremes, stream_extremes
from kaa_gui.core.types import Layer

EARLY = 3
JACREV_CHUNK = 16


def measure_correlation(
    setting: Setting, *, rows: int, channels: int, repeats: int, threads: int, clock: Clock
) -> dict[str, Any]:
    """Return the figures of the streamed correlations at the heatmap layer and the first layers.

    Args:
        setting: Network and crop.
        rows: Rows of the plain loop in each turn; the rest is extrapolated.
        channels: Heatmaps streamed whole, in each turn.
        repeats: Turns.
        threads: Threads of our stream; the plain loop and jacrev get as many within an operation.
        clock: Clock, in seconds.
    """
    layer = setting.victim.layers[-1]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        share = channels * layer.outputs // layer.shape[0]
        tasks = {
            "ours": lambda: stream(setting, layer, torch.arange(share), threads=threads),
            "loop": lambda: plain_loop(setting, layer, rows),
            "jacrev": lambda: jacrev(setting, layer, rows),
        }
        with PeakMemory() as memory:
            stream(setting, layer, torch.arange(share), threads=threads)
        medians = interleaved(tasks, repeats=repeats, clock=clock)
        pace = medians["ours"] / share
        early = [_early(setting, layer, rows, threads, clock) for layer in setting.victim.layers[:EARLY]]
        return {
            "rows_per_s": 1 / pace,
            "over_plain_loop": medians["loop"] / rows / pace,
            "over_jacrev": medians["jacrev"] / rows / pace,
            "peak_mb": memory.megabytes,
            "early_layers_over_plain_loop": min(early),
            "early_layers": early,
            "mask_flips": mask_flips(setting, layer, rows, threads),
        }
    finally:
        torch.set_num_threads(before)


def stream(setting: Setting, layer: Layer, rows: Tensor, *, threads: int) -> Extremes:
    """Stream some rows of a layer to the end."""
    extremes = Extremes.empty(rows, setting.crop[0])
    for _ in stream_extremes(setting.victim.truncated(layer), setting.crop, extremes, threads=threads):
        pass
    return extremes


def plain_loop(setting: Setting, layer: Layer, rows: int, dtype: torch.dtype = torch.float32) -> Extremes:
    """Read some rows with one call of autograd each: what everybody writes first."""
    network = setting.victim.truncated(layer)
    if dtype != torch.float32:
        network = copy.deepcopy(network).to(dtype)
    image = setting.crop.to(dtype).detach().clone().requires_grad_()
    extremes = Extremes.empty(spread(layer, rows), image.detach()[0])
    outputs = network(image).flatten()
    for row in extremes.rows:
        (gradient,) = torch.autograd.grad(outputs[row], image, retain_graph=True)
        extremes.add(gradient[0], gradient[0], 1)
    return extremes


def jacrev(setting: Setting, layer: Layer, rows: int) -> Tensor:
    """Read some rows with ``torch.func.jacrev``."""
    network, chosen = setting.victim.truncated(layer), spread(layer, rows)
    return torch.func.jacrev(lambda image: network(image).flatten()[chosen], chunk_size=JACREV_CHUNK)(
        setting.crop
    )


def spread(layer: Layer, rows: int) -> Tensor:
    """Return row numbers spread over a layer."""
    return torch.linspace(0, layer.outputs - 1, min(rows, layer.outputs)).long().unique()


def mask_flips(setting: Setting, layer: Layer, rows: int, threads: int) -> int:
    """Return how many mask values differ from those of a loop in double precision, half being kept."""
    exact = plain_loop(setting, layer, rows, torch.float64)
    ours = stream(setting, layer, spread(layer, rows), threads=threads)
    alpha = exact.strength.median()
    return int(((exact.strength > alpha) != (ours.strength.double() > alpha)).sum())


def _early(setting: Setting, layer: Layer, rows: int, threads: int, clock: Clock) -> float:
    tasks = {
        "ours": lambda: stream(setting, layer, torch.arange(layer.outputs), threads=threads),
        "loop": lambda: plain_loop(setting, layer, rows),
    }
    medians = interleaved(tasks, repeats=1, clock=clock)
    return medians["loop"] / rows * layer.outputs / medians["ours"]
