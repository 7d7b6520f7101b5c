"""Choose how many rows a reverse pass takes: timed on a GPU, halved when memory ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import torch
from torch import Tensor

from kaa_gui.core.correlation.reverse import Reverse
from kaa_gui.core.victims.devices import is_out_of_memory

# one, two and four rows are alike there, and a choice by the clock would change the last bits from run to run
_ON_CPU = 2
_ELSEWHERE = (16, 64, 256, 1024)
_STEADY_ELSEWHERE = 64
LONGEST_S = 0.08
"""A chunk that takes longer would make stopping noticeable."""


class Chunks:
    """Chooses the number of rows at once; the rows of the trial are not lost.

    Attributes:
        reverse: The network at the picture.
    """

    def __init__(self, reverse: Reverse, device: torch.device, *, steady: bool = False) -> None:
        """Prepare; on the CPU, and with ``steady`` anywhere, the size is fixed: no bit hangs on the clock."""
        self.reverse = reverse
        on_cpu = device.type == "cpu"
        self._untried: list[int] = [] if steady or on_cpu else list(_ELSEWHERE)
        self._pace: dict[int, float] = {}
        if self._untried:
            self._limit = self._untried[-1]
        else:
            self._limit = _ON_CPU if on_cpu else _STEADY_ELSEWHERE
            self._pace[self._limit] = 0.0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Rows that the next chunk should have."""
        with self._lock:
            if self._untried and self._untried[0] <= self._limit:
                return self._untried[0]
            return min(self._limit, min(self._pace, key=lambda size: self._pace[size], default=1))

    def pull(self, count: int, fill: Callable[[Tensor, int], None], slot: int) -> Tensor:
        """Return the image gradients of some rows.

        Args:
            count: Number of rows, 1 or more.
            fill: Writes the seeds of the rows from a given one on into zeros ``(n, *shape of the slot)``.
            slot: Slot that the rows begin at.

        Returns:
            ``(count, 3, H, W)``, channels last in memory.
        """
        parts = []
        done = 0
        while done < count:
            size = min(count - done, self._limit)
            try:
                began = time.perf_counter()
                seeds = self.reverse.seeds(size, slot)
                fill(seeds, done)
                parts.append(self.reverse.pull(seeds, slot))
                self._record(size, time.perf_counter() - began)
                done += size
            except (RuntimeError, MemoryError) as error:
                if size == 1 or not is_out_of_memory(error):
                    raise
                self._limit = max(1, size // 2)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _record(self, size: int, seconds: float) -> None:
        with self._lock:
            if size not in self._untried:
                return
            self._untried.remove(size)
            self._pace[size] = seconds / size
            if 2 * seconds > LONGEST_S:
                self._untried.clear()
