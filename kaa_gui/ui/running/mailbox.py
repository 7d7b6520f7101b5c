"""Pass values from the worker thread to the window: the newest picture wins, no number is lost.

A queued signal per snapshot floods the event loop as soon as drawing is slower than computing. So there
is one slot for each kind of event, an append-only list of metrics, a bounded one of packed iterates, and
one kick for all of them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from kaa_gui.core.types import CorrelationField, Event, Metrics, Scene, Snapshot
from kaa_gui.ui.model.trajectory import Kept
from kaa_gui.ui.running.failure import Failure

MOST_KEPT = 64
"""Packed iterates that wait for the window; of more than it can take, every other one is let go."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """What came in since the last delivery.

    Attributes:
        generation: The run it belongs to.
        scene: If a new one came.
        field: The newest one, if any came.
        snapshot: The newest one, if any came.
        metrics: Every iteration's, in order.
        kept: The iterates, in order, packed to be gone back to.
        ended: Whether the run is over; nothing follows.
        failure: Why it ended, if not by itself.
    """

    generation: int
    scene: Scene | None = None
    field: CorrelationField | None = None
    snapshot: Snapshot | None = None
    metrics: tuple[Metrics, ...] = ()
    kept: tuple[Kept, ...] = ()
    ended: bool = False
    failure: Failure | None = None


class Mailbox:
    """One slot a kind of event; thread-safe; holds only the generation it expects."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kicked = False
        self._expect(0)

    def _expect(self, generation: int) -> None:
        self._generation = generation
        self._scene: Scene | None = None
        self._field: CorrelationField | None = None
        self._snapshot: Snapshot | None = None
        self._metrics: list[Metrics] = []
        self._kept: list[Kept] = []
        self._ended = False
        self._failure: Failure | None = None
        self._filled = False

    def expect(self, generation: int) -> None:
        """Forget everything and take in only this generation from now on."""
        with self._lock:
            self._expect(generation)

    def post(self, generation: int, event: Event) -> bool:
        """Put an event in; return whether the window must be kicked."""
        # packed outside the lock, in the worker: the window must not wait for it
        kept = Kept.of(event) if isinstance(event, Snapshot) else None
        with self._lock:
            if generation != self._generation:
                return False
            if isinstance(event, Snapshot):
                self._snapshot = event
                self._metrics.append(event.metrics)
                self._keep(kept)
            elif isinstance(event, CorrelationField):
                self._field = event
            else:
                self._scene = event
            return self._fill()

    def _keep(self, kept: Kept | None) -> None:
        if len(self._kept) >= MOST_KEPT:
            del self._kept[1::2]
        if kept is not None:
            self._kept.append(kept)

    def close(self, generation: int, failure: Failure | None) -> bool:
        """Note that a generation is over; return whether the window must be kicked."""
        with self._lock:
            if generation != self._generation:
                return False
            self._ended, self._failure = True, failure
            return self._fill()

    def _fill(self) -> bool:
        self._filled = True
        first, self._kicked = not self._kicked, True
        return first

    def take(self) -> Delivery | None:
        """Empty the slots; None when there is nothing. The next event kicks again."""
        with self._lock:
            self._kicked = False
            if not self._filled:
                return None
            delivery = Delivery(
                self._generation,
                self._scene,
                self._field,
                self._snapshot,
                tuple(self._metrics),
                tuple(self._kept),
                self._ended,
                self._failure,
            )
            self._expect(self._generation)
            return delivery
