"""Time fairly on a machine that does other things too: interleaved runs, medians, peak memory."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}
"""Wall time, or computing time of all threads: steadier on a busy machine, blind to waiting."""


def interleaved(tasks: Mapping[str, Callable[[], object]], *, repeats: int, clock: Clock) -> dict[str, float]:
    """Return the median seconds of each task, run in turns after one turn to warm up.

    Args:
        tasks: Name -> what to time.
        repeats: Turns that count.
        clock: Clock, in seconds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats + 1):
        for name, task in tasks.items():
            began = clock()
            task()
            if turn:
                seconds[name].append(clock() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


class PeakMemory:
    """Watches the resident memory of this process, by looking every few milliseconds.

    Attributes:
        megabytes: Highest rise since the beginning; None where the system does not tell.
    """

    _STATUS = Path("/proc/self/status")

    def __init__(self) -> None:
        self.megabytes: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory")

    def __enter__(self) -> PeakMemory:
        if self._STATUS.exists():
            self._before = self._resident()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while True:
            self.megabytes = max(self.megabytes or 0.0, self._resident() - self._before)
            if self._stop.wait(0.005):
                return

    def _resident(self) -> float:
        line = next(line for line in self._STATUS.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
