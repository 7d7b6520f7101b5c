"""Let a computation ask between two layers whether it is still wanted.

An iteration of an attack takes longer than a user waits. So the importer's networks ask at every step,
forward and back, what the thread that computes them has been told to ask; by default, nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_asked = threading.local()


@contextmanager
def asking(question: Callable[[], None]) -> Iterator[None]:
    """Have the computations of this thread ask between any two layers.

    Args:
        question: May wait, which holds the computation there, or raise, which ends it: the exception goes
            through the computation, and nothing half-done is kept.
    """
    before = getattr(_asked, "question", None)
    _asked.question = question
    try:
        yield
    finally:
        _asked.question = before


def checkpoint() -> None:
    """Ask what this thread has been told to ask."""
    question = getattr(_asked, "question", None)
    if question is not None:
        question()
