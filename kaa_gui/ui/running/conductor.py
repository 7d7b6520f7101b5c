"""Decide what a change sets going: nothing, a live change, or a new run. Knows no widget."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from kaa_gui.core.types import AttackRequest, Person, Picture, Run
from kaa_gui.ui.model.parameters import Effort
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.model.state import ParameterChange, State
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.mailbox import Delivery

REST_MS = 250
"""A hand that has rested this long in a drag has arrived."""


class Conductor(QObject):
    """Joins state and runner.

    Signals:
        failed: A :class:`Failure` of a run, to be told.
    """

    failed = Signal(object)

    def __init__(
        self, state: State, runner: AttackRunner, *, services: Services, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._runner = runner
        self._services = services
        self._wanted = False
        self._outdated = False
        self._people: tuple[Person, ...] | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._restart)
        state.parameters_changed.connect(self._on_parameters)
        runner.delivered.connect(self._on_delivery)

    @property
    def outdated(self) -> bool:
        """Whether parameters have changed that the run on hold or at rest doesn't know."""
        return self._outdated

    def open(self, picture: Picture, *, person: int = 0, people: tuple[Person, ...] | None = None) -> None:
        """Attack another picture.

        Args:
            picture: To attack.
            person: Number of the person in it.
            people: Who is in it, where that is known beforehand; None looks for them.
        """
        self._people = people
        # what has to change on the way begins no run of its own
        self._wanted = False
        self._state.adopt({"person": person})
        self._state.set_picture(picture)
        self.start()

    def show(self, run: Run) -> None:
        """Show a run of earlier, as if it had just been stopped."""
        self.stop()
        self._outdated = False
        self._people = None
        self._runner.forget()
        self._state.show_run(run)

    def start(self) -> None:
        """Begin a new run with the newest parameters; without a picture, nothing."""
        picture, parameters = self._state.picture, self._state.parameters
        if picture is None:
            return
        self._rest.stop()
        self._wanted, self._outdated = True, False
        request = AttackRequest(picture, parameters.config, parameters.person, self._people)
        self._runner.start(partial(self._services.attack, request, parameters.device))
        self._state.begin_run()

    def toggle(self) -> None:
        """Run, pause or go on: whatever the present phase suggests."""
        if self._runner.phase is Phase.RUNNING:
            self._runner.pause()
        elif self._runner.phase is Phase.PAUSED and not self._outdated:
            self._runner.resume()
        else:
            self.start()

    def stop(self) -> None:
        """End the run; changes wait for the next start."""
        self._rest.stop()
        self._wanted = False
        self._runner.stop()

    def settle(self) -> None:
        """A drag has ended: what it asked for begins at once."""
        if self._rest.isActive():
            self._restart()

    def _on_parameters(self, change: ParameterChange) -> None:
        if not change.settled:
            self._runner.give_way()
        if change.effort >= Effort.MASK:
            self._outdated = True
            if change.settled:
                self._restart()
            else:
                # what this run still computed would be thrown away; the hand needs the machine more
                self._runner.suspend()
                self._rest.start()
        elif change.effort is Effort.LIVE:
            self._change_live(change)

    def _change_live(self, change: ParameterChange) -> None:
        if self._runner.phase in (Phase.RUNNING, Phase.PAUSED):
            self._runner.change(change.after.config)
            return
        self._outdated = True
        if change.settled:
            self._restart()
        else:
            self._rest.start()

    def _restart(self) -> None:
        self._rest.stop()
        # on hold or stopped by hand, the user decides when to go on
        if self._wanted and self._runner.phase is not Phase.PAUSED:
            self.start()

    def _on_delivery(self, delivery: Delivery) -> None:
        if delivery.scene is not None:
            self._state.set_scene(delivery.scene)
        if delivery.field is not None:
            self._state.set_field(delivery.field)
        self._state.add(delivery.snapshot, delivery.metrics, delivery.kept)
        if delivery.failure is not None:
            self._on_failure(delivery.failure)

    def _on_failure(self, failure: Failure) -> None:
        scene = self._state.scene
        # a picture that never made it on screen must not be the one that the next run takes
        picture = self._state.picture
        if scene is not None and picture is not None and picture.sha256 != scene.picture.sha256:
            self._people = None
            self._state.adopt({"person": scene.person.number})
            self._state.set_picture(scene.picture)
        self.failed.emit(failure)
