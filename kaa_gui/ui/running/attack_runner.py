"""Run attacks in a worker thread; the newest request wins.

:class:`AttackRunner` steps one generator in one thread and brings its newest values to the window, at
most one delivery a frame. :class:`Tasks` runs short jobs (open a picture, export a figure) in another.
Between two layers a run may stop, pause or give way to a newer request, between two yields take up a live
change.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from kaa_gui.core.checkpoints import asking
from kaa_gui.core.types import AttackConfig
from kaa_gui.ui.model.services import AttackGenerator
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.mailbox import Mailbox

FRAME_S = 0.016
"""Shortest time between two deliveries."""

_GIVE_WAY_S = 0.15  # how long one movement of the hand keeps the worker polite
_POLITE_SLEEP_S = 0.012
_log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005


class Phase(Enum):
    """Where a run stands, as the user asked for it."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class _Unwanted(Exception):  # noqa: N818 - not an error: a newer run is wanted, or none
    """Raised through a run that nobody waits for any more."""


@dataclass(frozen=True, slots=True)
class _Order:
    generation: int
    make: Callable[[], AttackGenerator]


class AttackRunner(QObject):
    """Runs the newest request; older ones are forgotten.

    Signals:
        delivered: A :class:`Delivery` of the current generation; never of an older one.
        phase_changed: The new :class:`Phase`.
        rested: The worker has let go of its last generator and waits for the next order.
    """

    delivered = Signal(object)
    phase_changed = Signal(object)
    rested = Signal()
    _kicked = Signal()
    _idled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = Mailbox()
        self._phase = Phase.IDLE
        self._turn = threading.Condition()
        self._generation = 0
        self._order: _Order | None = None
        self._live: AttackConfig | None = None
        self._paused = self._suspended = False
        self._closing = False
        self._busy = False
        self._polite_until = 0.0
        self._last_delivery = 0.0
        self._frame = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._frame.timeout.connect(self._deliver)
        # emitted by the worker, hence queued; the public signals are emitted in the window's thread
        self._kicked.connect(self._on_kick, Qt.ConnectionType.QueuedConnection)
        self._idled.connect(self.rested, Qt.ConnectionType.QueuedConnection)
        # the window must not wait five milliseconds, Python's default, for the worker to let go
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread = threading.Thread(target=self._work, name="attack", daemon=True)
        self._thread.start()

    @property
    def phase(self) -> Phase:
        """Where the current run stands."""
        return self._phase

    @property
    def generation(self) -> int:
        """Number of the current run."""
        return self._generation

    @property
    def busy(self) -> bool:
        """Whether the worker holds a generator, even one that is about to be dropped."""
        with self._turn:
            return self._busy or self._order is not None

    def start(self, make: Callable[[], AttackGenerator]) -> int:
        """Cancel what runs at its next layer, then step the generator that ``make`` returns.

        ``make`` is called in the worker, so it may import and load. Returns the new generation.
        """
        with self._turn:
            generation = self._renew()
            self._order = _Order(generation, make)
            self._turn.notify_all()
        self._set_phase(Phase.RUNNING)
        return generation

    def stop(self) -> None:
        """End the run: from now on nothing of it arrives."""
        if self._phase in (Phase.RUNNING, Phase.PAUSED):
            self.forget()

    def forget(self) -> None:
        """End whatever there is, even an ending that has not arrived yet; a stopped run is what is left."""
        with self._turn:
            self._renew()
            self._turn.notify_all()
        self._set_phase(Phase.STOPPED)

    def pause(self) -> None:
        """Hold the run at its next layer."""
        if self._phase is Phase.RUNNING:
            with self._turn:
                self._paused = True
            self._set_phase(Phase.PAUSED)

    def resume(self) -> None:
        """Let a paused run go on."""
        if self._phase is Phase.PAUSED:
            with self._turn:
                self._paused = self._suspended = False
                self._turn.notify_all()
            self._set_phase(Phase.RUNNING)

    def change(self, config: AttackConfig) -> None:
        """Hand a live change to the run; the newest one wins."""
        with self._turn:
            self._live = config

    def give_way(self) -> None:
        """Let the window breathe for a moment: somebody is dragging a slider."""
        self._polite_until = time.monotonic() + _GIVE_WAY_S

    def suspend(self) -> None:
        """Hold the run until the next one begins: a hand is about to ask for another."""
        with self._turn:
            self._suspended = self._phase is Phase.RUNNING

    def close(self, timeout_s: float = 0.5) -> bool:
        """Stop for good and join the worker; return whether it ended in time."""
        self._frame.stop()
        with self._turn:
            self._renew()
            self._closing = True
            self._turn.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _renew(self) -> int:
        """Begin a new generation (lock held): what belongs to the old one is stale."""
        self._generation += 1
        self._order = self._live = None
        self._paused = self._suspended = False
        self._mailbox.expect(self._generation)
        return self._generation

    def _set_phase(self, phase: Phase) -> None:
        if phase is not self._phase:
            self._phase = phase
            self.phase_changed.emit(phase)

    # --- in the window's thread ---

    def _on_kick(self) -> None:
        wait = self._last_delivery + FRAME_S - time.monotonic()
        if wait > 0:
            self._frame.start(max(1, round(wait * 1000)))
        else:
            self._deliver()

    def _deliver(self) -> None:
        delivery = self._mailbox.take()
        if delivery is None:
            return
        self._last_delivery = time.monotonic()
        self.delivered.emit(delivery)
        # a slot may have begun another run meanwhile; then this ending is no longer the current one
        if delivery.ended and delivery.generation == self._generation:
            self._set_phase(Phase.FAILED if delivery.failure else Phase.FINISHED)

    # --- in the worker ---

    def _work(self) -> None:
        while (order := self._next_order()) is not None:
            failure = None
            try:
                self._step_through(order)
            except Exception as error:
                # the window must survive whatever a run raises; it is told below
                failure = Failure.of(error)
                if not failure.expected:
                    _log.error("attack failed\n%s", failure.report)
            if self._mailbox.close(order.generation, failure):
                self._kicked.emit()

    def _next_order(self) -> _Order | None:
        with self._turn:
            self._busy = False
        if not self._closing:
            self._idled.emit()
        with self._turn:
            self._turn.wait_for(lambda: self._order is not None or self._closing)
            order, self._order = self._order, None
            self._busy = order is not None
            return None if self._closing else order

    def _step_through(self, order: _Order) -> None:
        generator = order.make()
        message: AttackConfig | None = None
        try:
            with asking(lambda: self._check(order)):
                while True:
                    event = generator.send(message)
                    if self._mailbox.post(order.generation, event):
                        self._kicked.emit()
                    if time.monotonic() < self._polite_until:
                        time.sleep(_POLITE_SLEEP_S)
                    self._check(order)
                    # sent again and again: a generator may be between two iterations and not look at it
                    message = self._live
        except (StopIteration, _Unwanted):
            return
        finally:
            generator.close()

    def _check(self, order: _Order) -> None:
        """Wait while the run is on hold; leave one that is not the current one by :class:`_Unwanted`."""
        if order.generation == self._generation and not (self._paused or self._suspended):
            # asked some hundred times an iteration: without the lock
            return
        with self._turn:
            self._turn.wait_for(
                lambda: not (self._paused or self._suspended) or order.generation != self._generation
            )
        if order.generation != self._generation:
            raise _Unwanted
