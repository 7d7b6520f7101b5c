"""Look into the network while it is attacked: activations of the iterate shown, single rows of J."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from kaa_gui.core.types import FloatArray, Scene, Snapshot
from kaa_gui.ui.model.services import Activations, Services
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views import ActivationsView, CorrelationView
from kaa_gui.ui.views.view import View

_REST_MS = 200
"""Between two looks while a run goes on: it should have most of the processor."""


class Inside(QObject):
    """Computes in a thread of its own what the views ask for; the newest wish wins.

    Signals:
        failed: A :class:`Failure`.
    """

    failed = Signal(object)

    def __init__(
        self, state: State, views: Mapping[str, View], *, services: Services, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state, self._services = state, services
        self._activations = next((v for v in views.values() if isinstance(v, ActivationsView)), None)
        self._correlation = next((v for v in views.values() if isinstance(v, CorrelationView)), None)
        self.tasks = Tasks(self)
        self._next: Snapshot | None = None
        self._looking = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._look)
        self.tasks.failed.connect(self.failed)
        if self._activations is not None:
            self._activations.wanted.connect(self._on_wanted)
            self._activations.outputPicked.connect(self.read_row)

    def close(self, timeout_s: float) -> bool:
        """Stop for good; return whether the thread ended in time."""
        self._rest.stop()
        return self.tasks.close(timeout_s)

    def read_row(self, output: int, words: str) -> None:
        """Show one output's row of J in the correlation view.

        Args:
            output: Flat index at layer k.
            words: What it is called.
        """
        scene, service = self._state.scene, self._services.jacobian_row
        if scene is None or service is None:
            return
        device = self._state.parameters.device
        self.tasks.submit(
            f"Reading {words}",
            lambda _task: service(scene, output, device),
            done=partial(self._show_row, scene, words),
            key=self,
        )

    def _show_row(self, scene: Scene, words: str, values: FloatArray) -> None:
        if self._correlation is not None and scene is self._state.scene:
            self._correlation.show_row(values, words)

    def _on_wanted(self, snapshot: Snapshot) -> None:
        self._next = snapshot
        if not self._looking and not self._rest.isActive():
            self._look()

    def _look(self) -> None:
        scene, snapshot, service = self._state.scene, self._next, self._services.activations
        if scene is None or snapshot is None or service is None:
            return
        self._next, self._looking = None, True
        device = self._state.parameters.device

        self.tasks.submit(
            "Looking inside",
            lambda _task: service(scene, snapshot, device),
            done=partial(self._show_activations, scene),
            failed=self._on_unseen,
        )

    def _show_activations(self, scene: Scene, activations: Activations) -> None:
        self._look_again()
        # of a layer or person that is no longer there: never show it
        if self._activations is not None and scene is self._state.scene:
            self._activations.show_activations(activations)

    def _on_unseen(self, failure: Failure) -> None:
        self._look_again()
        self.failed.emit(failure)

    def _look_again(self) -> None:
        self._looking = False
        self._rest.start()
