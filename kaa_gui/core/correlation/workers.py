"""Share tasks among a few threads; torch releases the interpreter while it computes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

import torch

_Result = TypeVar("_Result")


class Workers:
    """Threads of one intra-operator thread each, or the caller's own.

    Attributes:
        count: Number of tasks that run at once.
    """

    def __init__(self, count: int) -> None:
        """Start.

        Args:
            count: Threads; 1 runs every task in the thread that asks for its result.
        """
        self.count = count
        self._pool: ThreadPoolExecutor | None = None
        if count > 1:
            before, started = torch.get_num_threads(), threading.Barrier(count + 1)

            def begin() -> None:
                torch.set_num_threads(1)
                started.wait()

            self._pool = ThreadPoolExecutor(count, "kaa-rows", begin)
            for _ in range(count):
                self._pool.submit(int)
            started.wait()
            # what a thread sets for itself torch also hands to threads made later
            torch.set_num_threads(before)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def results(self, tasks: Iterable[Callable[[], _Result]]) -> Iterator[_Result]:
        """Run tasks and yield their results in order; when dropped, no further one is begun."""
        if self._pool is None:
            for task in tasks:
                yield task()
            return
        running: deque[Future[_Result]] = deque()
        try:
            for task in tasks:
                running.append(self._pool.submit(task))
                # one more than there are threads, so that none waits for this one
                if len(running) > self.count + 1:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()
