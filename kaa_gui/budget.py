"""The second kind of budget: not a fixed ε, but the smallest one that succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kaa_gui.core.types import AttackRequest, Event, Run
from kaa_gui.engine import Engine, collect

ROUNDS = 7
"""Bisections: the answer is known to 1/128 of the largest ε."""


def smallest_epsilon(
    engine: Engine,
    request: AttackRequest,
    *,
    watch: Callable[[Iterable[Event]], Iterator[Event]] = iter,
    rounds: int = ROUNDS,
) -> Run:
    """Return the run at the smallest ε that succeeds, by bisection below the configured one.

    Success need not grow with ε, so this is *a* smallest ε in the sense of the bisection: the run
    succeeds, and the last one tried below it does not. Success is judged on the last iterate.

    Args:
        engine: To attack with.
        request: Its ε is the largest one tried.
        watch: Passes each run's events on, e.g. to a progress bar.
        rounds: Number of bisections.

    Returns:
        The successful run with the smallest ε; the run at the largest ε if that one fails.
    """
    high = request.config.epsilon
    best = collect(watch(engine.attack(request)))
    if not best.snapshots[-1].metrics.success:
        return best
    low = 0.0
    for _ in range(rounds):
        middle = (low + high) / 2
        config = request.config.with_changes(epsilon=middle)
        run = collect(watch(engine.attack(replace(request, config=config))))
        if run.snapshots[-1].metrics.success:
            best, high = run, middle
        else:
            low = middle
    return best
