"""Keep every number of a run, and a bounded number of iterates to go back to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.types import CorrelationField, Metrics, Run, Scene, Snapshot, read_only

CAPACITY = 256
"""Iterates kept: at 0.6 MB each, about 150 MB; a run of the window's default length is kept whole."""

_NOTHING: NDArray[Any] = read_only(np.zeros((0, 0, 3), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """An iterate in little memory: pixels, pose and numbers exact, the perturbation in half precision.

    Attributes:
        rest: The iterate without its perturbation.
        perturbation: ``(H, W, 3)`` float16, grey levels; off by at most 0.05 %.
    """

    rest: Snapshot
    perturbation: NDArray[np.float16]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Kept:
        """Pack an iterate."""
        packed = read_only(snapshot.perturbation.astype(np.float16))
        return cls(replace(snapshot, perturbation=_NOTHING), packed)

    @property
    def iteration(self) -> int:
        """Its number."""
        return self.rest.iteration

    @property
    def nbytes(self) -> int:
        """What it takes beyond what all iterates of a run share."""
        return self.rest.adversarial.nbytes + self.perturbation.nbytes

    def snapshot(self) -> Snapshot:
        """Return the iterate as it was."""
        return replace(self.rest, perturbation=read_only(self.perturbation.astype(np.float32)))


@dataclass(frozen=True, slots=True, eq=False)
class JointCourse:
    """How far one joint has moved from the clean pose, at each kept iterate.

    Attributes:
        joint: Its name.
        iterations: ``(n,)``, ascending.
        displacement_px: ``(n,)``, pixels of the crop; NaN for a joint that has no key point.
        error_mm: ``(n,)``, millimetres; NaN for a joint that has no place in 3D.
    """

    joint: str
    iterations: NDArray[np.float64]
    displacement_px: NDArray[np.float64]
    error_mm: NDArray[np.float64]


class Unpacked(Sequence[Snapshot]):
    """Kept iterates as they were, each unpacked when it is asked for.

    Whoever reads them, the background thread that draws a film, say, has the work; a run of 256 iterates
    would otherwise take 200 MB and hold the window up.
    """

    def __init__(self, kept: Sequence[Kept], newest: Snapshot) -> None:
        self._kept = [*(item for item in kept if item.iteration != newest.iteration), newest]

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Snapshot: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Snapshot, ...]: ...
    def __getitem__(self, index: int | slice) -> Snapshot | tuple[Snapshot, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        item = self._kept[index]
        return item if isinstance(item, Snapshot) else item.snapshot()


class Trajectory:
    """The course of one run; thins itself out evenly when it is full."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 6:
            raise ValueError(f"capacity must be at least 6, got {capacity}")
        self._capacity = capacity
        self._stride = 1
        self._metrics: list[Metrics] = []
        self._kept: list[Kept] = []
        self._newest: Snapshot | None = None
        self._best: Metrics | None = None
        self._first_success: int | None = None

    @property
    def metrics(self) -> Sequence[Metrics]:
        """Of every iteration, in order; grows, never changes."""
        return self._metrics

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The kept iterates, in order: always the first, the newest, the best and the first success."""
        return tuple(self._kept)

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """The kept iterates, in order, unpacked one by one; the newest is last."""
        return () if self._newest is None else Unpacked(self._kept, self._newest)

    @property
    def iterations(self) -> tuple[int, ...]:
        """Numbers of the kept iterates, ascending."""
        return tuple(item.iteration for item in self._kept)

    @property
    def newest(self) -> Snapshot | None:
        """The iterate that came last."""
        return self._newest

    @property
    def best(self) -> int | None:
        """Number of the iterate nearest to the target or, without a target, farthest from the clean pose."""
        return None if self._best is None else self._best.iteration

    @property
    def first_success(self) -> int | None:
        """Number of the first iterate that met the criterion of success."""
        return self._first_success

    def at(self, iteration: int) -> Snapshot | None:
        """Return the kept iterate nearest to a number; None before the first one."""
        if self._newest is None:
            return None
        if iteration == self._newest.iteration or not self._kept:
            return self._newest
        place = bisect_left(self._kept, iteration, key=lambda item: item.iteration)
        around = self._kept[max(0, place - 1) : place + 1]
        nearest = min(around, key=lambda item: abs(item.iteration - iteration))
        return self._newest if nearest.iteration == self._newest.iteration else nearest.snapshot()

    def add(self, snapshot: Snapshot | None, metrics: Sequence[Metrics], kept: Iterable[Kept] = ()) -> None:
        """Take in what a delivery brought.

        Args:
            snapshot: The newest iterate.
            metrics: Of every iterate since the last delivery.
            kept: Those iterates, packed; the newest is packed here if it isn't among them.
        """
        # the best iterate, shown again at the end, is already there
        last = self._metrics[-1].iteration if self._metrics else -1
        fresh = [item for item in metrics if item.iteration > last]
        self._metrics.extend(fresh)
        self._mark(fresh)
        for item in kept:
            self._keep(item)
        if snapshot is not None:
            self._newest = snapshot
            if not self._kept or snapshot.iteration > self._kept[-1].iteration:
                self._keep(Kept.of(snapshot))

    def _mark(self, metrics: Iterable[Metrics]) -> None:
        for item in metrics:
            if self._best is None or _better(item, self._best):
                self._best = item
            if item.success and self._first_success is None:
                self._first_success = item.iteration

    def _keep(self, item: Kept) -> None:
        if self._kept and item.iteration <= self._kept[-1].iteration:
            return
        # the newest one is kept only until the next comes, unless its turn is due
        if len(self._kept) > 1 and not self._due(self._kept[-1]):
            self._kept.pop()
        self._kept.append(item)
        while len(self._kept) > self._capacity:
            self._stride *= 2
            first, *middle, newest = self._kept
            self._kept = [first, *(each for each in middle if self._due(each)), newest]

    def _due(self, item: Kept) -> bool:
        marked = (self.best, self._first_success)
        return item.iteration % self._stride == 0 or item.iteration in marked

    def course_of(self, joint: str) -> JointCourse | None:
        """Return how far a joint has moved; None before the first iterate."""
        if not self._kept:
            return None
        pairs = [(item.rest.clean, item.rest.attacked) for item in self._kept]
        clean = pairs[0][0]
        return JointCourse(
            joint,
            np.array(self.iterations, float),
            _distances([(a.keypoints, b.keypoints) for a, b in pairs], clean.skeleton.joints, joint),
            _distances([(a.points_mm, b.points_mm) for a, b in pairs], clean.skeleton_3d.joints, joint),
        )

    def as_run(self, scene: Scene, field: CorrelationField | None, *, last: Snapshot | None = None) -> Run:
        """Return all that is needed to draw the figures again.

        Args:
            scene: Of the run.
            field: Of the run.
            last: The iterate that the run is to end on; None is the newest.
        """
        if last is None:
            return Run(scene, field, self.snapshots, tuple(self._metrics))
        earlier = [item for item in self._kept if item.iteration < last.iteration]
        return Run(scene, field, Unpacked(earlier, last), until(self._metrics, last.iteration))


def until(metrics: Sequence[Metrics], iteration: int) -> tuple[Metrics, ...]:
    """Return the numbers up to an iteration."""
    return tuple(item for item in metrics if item.iteration <= iteration)


def _distances(
    pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]], joints: Sequence[str], joint: str
) -> NDArray[np.float64]:
    """Return how far a joint is from itself in each pair of poses; NaN if they don't have it."""
    if joint not in joints:
        return np.full(len(pairs), np.nan)
    place = joints.index(joint)
    moved = np.array([after[place] - before[place] for before, after in pairs], np.float64)
    return np.linalg.norm(moved, axis=1)


def _better(first: Metrics, second: Metrics) -> bool:
    """Whether the first iterate serves the goal better, as the engine judges it for ``keep_best``."""
    if np.isfinite(first.target_error_px):
        return first.target_error_px < second.target_error_px
    return first.displacement_px > second.displacement_px
