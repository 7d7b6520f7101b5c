"""Run all measurements."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any

import torch

from kaa_gui.bench.clock import CLOCKS
from kaa_gui.bench.correlations import measure_correlation
from kaa_gui.bench.loops import loop_over_bare, over_peers, sweep_over_batch
from kaa_gui.bench.setting import Setting


@dataclass(frozen=True, slots=True)
class Sizes:
    """Set the amount of work that is measured.

    Attributes:
        steps: Number of steps of the attack loops.
        repeats: Turns of which the median is taken.
        rows: Number of rows of the plain Jacobian loops.
        channels: Heatmaps streamed whole.
    """

    steps: int = 20
    repeats: int = 5
    rows: int = 48
    channels: int = 1


QUICK = Sizes(steps=5, repeats=1, rows=16)


def measure(setting: Setting, sizes: Sizes, *, threads: int, clock: str) -> dict[str, Any]:
    """Return all figures, as ratios; a peer that is not installed is None.

    Args:
        setting: Network and crop.
        sizes: Amount of work.
        threads: CPU threads.
        clock: Clock, one of :data:`~kaa_gui.bench.clock.CLOCKS`.
    """
    now, turns = CLOCKS[clock], {"steps": sizes.steps, "repeats": sizes.repeats}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        # first, while memory is fresh: what other measurements gave back would be counted as free
        correlation = measure_correlation(
            setting,
            rows=sizes.rows,
            channels=sizes.channels,
            repeats=sizes.repeats,
            threads=threads,
            clock=now,
        )
        return {
            "loop_over_bare": loop_over_bare(setting, steps=sizes.steps * sizes.repeats, clock=now),
            **over_peers(setting, **turns, clock=now),
            "sweep_over_batch": sweep_over_batch(setting, **turns, clock=now),
            "correlation": correlation,
            "machine": {
                "torch": torch.__version__,
                "python": platform.python_version(),
                "threads": threads,
                "cores": os.cpu_count(),
                "clock": clock,
            },
        }
    finally:
        torch.set_num_threads(before)
