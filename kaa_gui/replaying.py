"""A saved run once more, iterate by iterate: same configuration, same picture, hence the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from kaa_gui.core.types import AttackRequest, CorrelationField, Event, Metrics, Run, Scene, Snapshot
from kaa_gui.engine import Engine
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
    found: Scene | None = None
    field: CorrelationField | None = None
    snapshots: list[Snapshot] = []
    metrics: list[Metrics] = []
    stride = 1
    for event in watch(engine.attack(AttackRequest(scene.picture, config, scene.person.number))):
        if isinstance(event, Scene):
            found = event
        elif isinstance(event, CorrelationField):
            field = event
        else:
            if not metrics or event.iteration > metrics[-1].iteration:
                metrics.append(event.metrics)
            # the newest stays only until the next one comes, unless its turn is due
            if snapshots and snapshots[-1].iteration % stride:
                snapshots.pop()
            snapshots.append(event)
            if len(snapshots) > most:
                stride *= 2
                snapshots = [shot for shot in snapshots if shot.iteration % stride == 0 or shot is event]
    if found is None:
        raise ValueError("an attack yields a Scene first")
    named = replace(found, picture=scene.picture)
    return Run(named, field, tuple(snapshots), tuple(metrics))


def same_bits(record: Record, run: Run) -> bool:
    """Whether a replay ended at the very pixels that were saved."""
    return bool(np.array_equal(record.last.adversarial, run.snapshots[-1].adversarial))
