"""Run a saved run again, iterate by iterate: the same picture and configuration give the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from kaa_gui.core.types import AttackRequest, Event, Run, Snapshot
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.figures.record import Record

MOST_ITERATES = 200
"""Kept at once, at about 1.2 MB each."""

Watch = Callable[[Iterable[Event]], Iterator[Event]]


def replay(engine: Engine, record: Record, *, watch: Watch = iter, most: int = MOST_ITERATES) -> Run:
    """Attack again as a saved run did, and keep its iterates, evenly thinned out to ``most``.

    The bits are the same on the same device, thread count and versions, unless parameters were changed
    while the saved run was on; :func:`same_bits` tells.

    Args:
        engine: To attack with.
        record: The saved run.
        watch: Passes the events on, e.g. to a progress bar.
        most: Iterates kept.
    """
    scene = record.run.scene
    # the radius that was found, not the search for it
    config = record.config.with_changes(smallest=False)
    kept = _Kept(most)
    events = watch(engine.attack(AttackRequest(scene.picture, config, scene.person.number)))
    run = collect(kept.watched(events))
    named = replace(run.scene, picture=scene.picture)
    return replace(run, scene=named, snapshots=tuple(kept.snapshots))


def same_bits(record: Record, run: Run) -> bool:
    """Whether a replay ended at the very pixels that were saved."""
    return bool(np.array_equal(record.last.adversarial, run.snapshots[-1].adversarial))


class _Kept:
    """Iterates that thin themselves out evenly; the first and the newest stay."""

    def __init__(self, most: int) -> None:
        self.snapshots: list[Snapshot] = []
        self._most, self._stride = most, 1

    def watched(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass events on, keeping their iterates."""
        for event in events:
            if isinstance(event, Snapshot):
                self._keep(event)
            yield event

    def _keep(self, newest: Snapshot) -> None:
        # the newest stays only until the next one comes, unless its turn is due
        if self.snapshots and self.snapshots[-1].iteration % self._stride:
            self.snapshots.pop()
        self.snapshots.append(newest)
        if len(self.snapshots) > self._most:
            self._stride *= 2
            self.snapshots = [
                shot for shot in self.snapshots if shot.iteration % self._stride == 0 or shot is newest
            ]
