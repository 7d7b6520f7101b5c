"""The second kind of budget: not a fixed ε, but the smallest one that succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from kaa_gui.core.attacks.saved import measured_unsaved
from kaa_gui.core.types import GREY_LEVELS, AttackRequest, Event, Run
from kaa_gui.engine import Engine, collect

ROUNDS = 7
"""Bisections under l2: the answer is known to 1/128 of the largest ε."""


def smallest_epsilon(
    engine: Engine,
    request: AttackRequest,
    *,
    watch: Callable[[Iterable[Event]], Iterator[Event]] = iter,
    rounds: int = ROUNDS,
) -> Run:
    """Return the run at the smallest ε that succeeds, by bisection below the configured one.

    Success is judged on the 8-bit picture put through the whole pipeline, so under l∞ only whole grey
    levels are tried. Success need not grow with ε: this is *a* smallest ε in the sense of the bisection,
    i.e. the run succeeds, and the last one tried below it does not.

    Args:
        engine: To attack with.
        request: Its ε is the largest one tried.
        watch: Passes each run's events on, e.g. to a progress bar.
        rounds: Number of bisections, at most.

    Returns:
        The successful run with the smallest ε; the run at the largest ε if that one fails.
    """
    # whole grey levels under l∞, fractions of the largest length under l2
    unit = 1 / GREY_LEVELS if request.config.norm == "linf" else request.config.epsilon / 2**rounds
    best = collect(watch(engine.attack(request)))
    if not _succeeds(engine, best):
        return best
    low, high = 0, round(request.config.epsilon / unit)
    for _ in range(rounds):
        if high - low <= 1:
            break
        middle = (low + high) // 2
        config = request.config.with_changes(epsilon=middle * unit)
        run = collect(watch(engine.attack(replace(request, config=config))))
        if _succeeds(engine, run):
            best, high = run, middle
        else:
            low = middle
    return best


def _succeeds(engine: Engine, run: Run) -> bool:
    """Judge a run by the picture that would be saved."""
    return measured_unsaved(engine.victim(run.scene.spec.name), run).success
