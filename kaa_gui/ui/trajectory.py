"""What is kept of a run: every number, and a bounded number of iterates."""

from __future__ import annotations

from collections.abc import Sequence

from kaa_gui.core.types import CorrelationField, Metrics, Run, Scene, Snapshot

CAPACITY = 96
"""Iterates kept: at 1.2 MB each, about 115 MB."""


class Trajectory:
    """The course of one run; thins itself out evenly when it is full."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 4:
            raise ValueError(f"capacity must be at least 4, got {capacity}")
        self._capacity = capacity
        self._stride = 1
        self._metrics: list[Metrics] = []
        self._snapshots: list[Snapshot] = []

    @property
    def metrics(self) -> Sequence[Metrics]:
        """Of every iteration, in order; grows, never changes."""
        return self._metrics

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The kept iterates, in order: always the first and the newest."""
        return tuple(self._snapshots)

    @property
    def newest(self) -> Snapshot | None:
        """The iterate that came last."""
        return self._snapshots[-1] if self._snapshots else None

    def add(self, snapshot: Snapshot | None, metrics: Sequence[Metrics]) -> None:
        """Take in what a delivery brought."""
        # the best iterate, shown again at the end, is already there
        last = self._metrics[-1].iteration if self._metrics else -1
        self._metrics.extend(item for item in metrics if item.iteration > last)
        if snapshot is None:
            return
        # the newest one is kept only until the next comes, unless its turn is due
        if len(self._snapshots) > 1 and self._snapshots[-1].iteration % self._stride:
            self._snapshots.pop()
        self._snapshots.append(snapshot)
        if len(self._snapshots) > self._capacity:
            self._thin_out()

    def _thin_out(self) -> None:
        while len(self._snapshots) > self._capacity:
            self._stride *= 2
            first, *middle, newest = self._snapshots
            due = [snapshot for snapshot in middle if snapshot.iteration % self._stride == 0]
            self._snapshots = [first, *due, newest]

    def as_run(self, scene: Scene, field: CorrelationField | None) -> Run:
        """Return all that is needed to draw the figures again."""
        return Run(scene, field, self.snapshots, tuple(self._metrics))
