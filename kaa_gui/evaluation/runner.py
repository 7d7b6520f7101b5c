"""Drives a crew through a plan: who gets which row, what happens when a worker dies, what is kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import groupby

from kaa_gui.evaluation.crews import Crew
from kaa_gui.evaluation.outcome import Outcome
from kaa_gui.evaluation.plan import Job
from kaa_gui.evaluation.store import Store

MOST_DEATHS = 3
"""A row that costs this many workers their lives is given up."""


def run(jobs: Sequence[Job], crew: Crew) -> Iterator[Outcome]:
    """Have jobs worked off and yield their outcomes as they come; each exactly once.

    Drop the iterator to stop. The order of the outcomes depends on the crew; their content doesn't.
    """
    work = _Work(jobs, crew.hands)
    deaths: Counter[str] = Counter()
    busy: dict[int, Job] = {}
    while True:
        for hand in range(crew.hands):
            if hand not in busy and (job := work.next_for(hand)) is not None:
                busy[hand] = job
                crew.send(hand, job)
        if not busy:
            return
        for hand, outcome in crew.receive():
            job = busy.pop(hand)
            if outcome is not None:
                yield outcome
                continue
            deaths[job.row] += 1
            if deaths[job.row] < MOST_DEATHS:
                work.put_back(hand, job)
            else:
                yield Outcome(
                    job.row, job.entry.key, failure=f"the worker died {MOST_DEATHS} times; out of memory?"
                )


def kept(outcomes: Iterator[Outcome], store: Store, order: Sequence[str]) -> Iterator[Outcome]:
    """Write outcomes down, each before it is passed on."""
    for outcome in outcomes:
        store.add(outcome)
        store.compact_if_due(order)
        yield outcome


class _Work:
    """The jobs that are left: rows of one picture go to one hand, until there is none left for another."""

    def __init__(self, jobs: Sequence[Job], hands: int) -> None:
        groups = groupby(jobs, key=lambda job: job.entry.key)
        self._groups = deque(deque(group) for _, group in groups)
        self._own: list[deque[Job]] = [deque() for _ in range(hands)]

    def next_for(self, hand: int) -> Job | None:
        """Return a hand's next job; None when there is none left for it."""
        if not self._own[hand] and self._groups:
            self._own[hand] = self._groups.popleft()
        if self._own[hand]:
            return self._own[hand].popleft()
        longest = max(self._own, key=len)
        return longest.pop() if longest else None

    def put_back(self, hand: int, job: Job) -> None:
        """Take back a job that was not done."""
        self._own[hand].appendleft(job)
