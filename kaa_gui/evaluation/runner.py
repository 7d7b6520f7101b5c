"""Drive a crew through a plan: hand out rows, survive dying workers, keep what is done."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import groupby

from kaa_gui.evaluation.plan.batches import Group
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.workers import Crew

MOST_DEATHS = 3
"""Rows that cost this many workers their lives are given up."""


def run(groups: Sequence[Group], crew: Crew) -> Iterator[Outcome]:
    """Have groups of jobs worked off and yield their outcomes as they come; each exactly once.

    Drop the iterator to stop. The order of the outcomes depends on the crew; their content doesn't.
    """
    work = _Work(groups, crew.hands)
    deaths: Counter[str] = Counter()
    busy: dict[int, Group] = {}
    while True:
        for hand in range(crew.hands):
            if hand not in busy and (group := work.next_for(hand)) is not None:
                busy[hand] = group
                crew.send(hand, group)
        if not busy:
            return
        for hand, outcomes in crew.receive():
            group = busy.pop(hand)
            if outcomes is not None:
                yield from outcomes
                continue
            deaths[group.row] += 1
            if deaths[group.row] < MOST_DEATHS:
                work.put_back(hand, group)
            else:
                yield from _given_up(group)


def kept(outcomes: Iterator[Outcome], store: Store) -> Iterator[Outcome]:
    """Write outcomes down, each before it is passed on."""
    for outcome in outcomes:
        store.add(outcome)
        yield outcome


def _given_up(group: Group) -> Iterator[Outcome]:
    for job in group.jobs:
        if job.row in group.wanted:
            reason = f"the worker died {MOST_DEATHS} times; out of memory?"
            yield Outcome(job.row, job.entry.key, failure=reason)


class _Work:
    """The groups that are left: those of one picture go to one hand, until there is none left for another."""

    def __init__(self, groups: Sequence[Group], hands: int) -> None:
        pictures = groupby(groups, key=lambda group: group.jobs[0].entry.key)
        self._pictures = deque(deque(each) for _, each in pictures)
        self._own: list[deque[Group]] = [deque() for _ in range(hands)]

    def next_for(self, hand: int) -> Group | None:
        """Return a hand's next group; None when there is none left for it."""
        if not self._own[hand] and self._pictures:
            self._own[hand] = self._pictures.popleft()
        if self._own[hand]:
            return self._own[hand].popleft()
        longest = max(self._own, key=len)
        return longest.pop() if longest else None

    def put_back(self, hand: int, group: Group) -> None:
        """Take back a group that was not done."""
        self._own[hand].appendleft(group)
