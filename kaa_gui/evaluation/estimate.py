"""Estimate how long a plan takes, from a few short attacks on its first picture."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kaa_gui.core.errors import KaaError
from kaa_gui.core.types import AttackConfig, CorrelationField, Scene, Snapshot
from kaa_gui.evaluation.plan.plan import Job
from kaa_gui.evaluation.rows.attacker import Attacker

TRIAL_STEPS = 3
MOST_TRIALS = 6


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that an attack of some kind takes.

    Attributes:
        correlations: Once a picture.
        step: An iteration.
        rest: Finding the person, measuring and checking.
    """

    correlations: float
    step: float
    rest: float


def estimate(
    attacker: Attacker, jobs: Sequence[Job], hands: int, *, patience_s: float = math.inf
) -> float | None:
    """Return the seconds that jobs will take, or None where the first pictures can't be attacked.

    Args:
        attacker: Attacker to try with.
        jobs: Jobs to be done.
        hands: Number of workers.
        patience_s: Seconds that trying may take.

    Raises:
        TimeoutError: It takes longer.
    """
    deadline = time.perf_counter() + patience_s
    paces: dict[tuple[object, ...], Pace] = {}
    seconds, read = 0.0, set()
    for job in jobs:
        kind = _kind(job.config)
        if kind not in paces and len(paces) < MOST_TRIALS:
            pace = _trial(attacker, job, deadline)
            if pace is None:
                continue
            paces[kind] = pace
        pace = paces.get(kind) or next(iter(paces.values()), None)
        if pace is None:
            return None
        once = (job.entry.key, kind)
        seconds += pace.rest + pace.step * job.config.iterations * job.config.restarts
        seconds += 0 if once in read else pace.correlations
        read.add(once)
    return seconds / hands if paces or not jobs else None


def _kind(config: AttackConfig) -> tuple[object, ...]:
    """Return what decides how long an attack's parts take."""
    return (config.victim, config.layer, config.method, config.mask, config.rows, config.views)


def _trial(attacker: Attacker, job: Job, deadline: float) -> Pace | None:
    config = job.config.with_changes(iterations=TRIAL_STEPS, restarts=1)
    read = first = last = began = time.perf_counter()
    if began > deadline:
        raise TimeoutError
    try:
        request = attacker.request(job)
        for event in attacker.engine.attack(replace(request, config=config)):
            now = time.perf_counter()
            if now > deadline:
                raise TimeoutError
            if isinstance(event, Scene):
                began = now
            if isinstance(event, Scene | CorrelationField):
                read = now
            elif isinstance(event, Snapshot):
                first = now if event.iteration == 0 else first
                last = now
        timings = attacker.attack(Job(job.row, job.entry, config, job.source, job.checks)).timings
    except KaaError:
        return None
    rest = sum(timings.get(stage, 0.0) for stage in ("prepare", "measure", "checks"))
    return Pace(read - began, (last - first) / TRIAL_STEPS, rest)


def in_words(seconds: float | None) -> str:
    """Return a duration for people."""
    if seconds is None:
        return "unknown: nobody was found in the first pictures"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
