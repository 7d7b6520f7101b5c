"""Bring the newest values to the views, in rounds, hardly more than one view an event-loop pass.

Each value that changes marks the views that care for it, and they are served with what is newest *then*.
Serving all of them at once would hold the event loop for longer than a frame. Hidden views wait until they
are seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.views.view import View

_PASS_S = 0.0005


def _show_scene(view: View, state: State) -> None:
    if state.scene is not None:
        view.show_scene(state.scene)


def _show_field(view: View, state: State) -> None:
    alpha = state.alpha
    if state.field is not None and alpha is not None and not math.isnan(alpha):
        view.show_field(state.field, alpha)
    elif state.scene is not None:
        # this method reads no correlations: the bare picture is the truth
        view.clear()
        view.show_scene(state.scene)


def _show_snapshot(view: View, state: State) -> None:
    if state.shown is not None:
        view.show_snapshot(state.shown)


def _show_history(view: View, state: State) -> None:
    view.show_history(state.metrics)


def _show_joint(view: View, state: State) -> None:
    view.show_joint(state.joint_course)


_KINDS: dict[str, Callable[[View, State], None]] = {
    "show_scene": _show_scene,
    "show_field": _show_field,
    "show_snapshot": _show_snapshot,
    "show_history": _show_history,
    "show_joint": _show_joint,
}


class Display(QObject):
    """Keeps which view is due for which kind of value.

    Signals:
        caught_up: Everything visible shows the newest values; during a run that may never happen.

    Attributes:
        rounds: How many times everything visible that was due has been served; a run that brings values
            faster than they are drawn goes from one round into the next.
    """

    caught_up = Signal()

    def __init__(self, state: State, runner: AttackRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._views: list[View] = []
        self._due: dict[tuple[View, str], None] = {}
        self._round: list[tuple[View, str]] = []
        self.rounds = 0
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._serve)
        state.scene_changed.connect(lambda _scene: self._mark("show_scene"))
        state.field_changed.connect(lambda _field: self._mark("show_field"))
        state.shown_changed.connect(lambda _snapshot: self._mark("show_snapshot"))
        state.history_changed.connect(lambda _metrics: self._on_history())
        state.joint_changed.connect(lambda _joint: self._mark("show_joint"))
        state.parameters_changed.connect(self._on_parameters)
        state.run_begun.connect(lambda: self._set_stale(True))
        runner.phase_changed.connect(self._on_phase)

    @property
    def idle(self) -> bool:
        """Whether everything visible shows the newest values."""
        return not any(view.isVisible() for view, _ in self._due)

    def add(self, view: View) -> None:
        """Serve a view from now on; what is already known is due."""
        self._views.append(view)
        view.installEventFilter(self)
        self._mark(*_KINDS, views=[view])

    def stop(self) -> None:
        """Serve nobody any more."""
        self._turn.stop()
        self._due.clear()
        self._round.clear()
        self._views.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up with a view that comes into sight."""
        if event.type() is QEvent.Type.Show and self._due:
            self._turn.start()
        return super().eventFilter(watched, event)

    def _set_stale(self, stale: bool) -> None:
        """Dim every view, or give up waiting for new values."""
        for view in self._views:
            view.set_stale(stale)

    def _on_phase(self, phase: Phase) -> None:
        if phase in (Phase.STOPPED, Phase.FAILED, Phase.FINISHED):
            self._set_stale(False)

    def _on_parameters(self, change: object) -> None:
        if self._state.field is not None:
            waiting, self._due = self._due, {}
            self._mark("show_field")
            # what a hand asked for comes before what a run has brought
            self._due |= waiting
            self._round.clear()

    def _on_history(self) -> None:
        # an iteration is too short for a round of views that have nothing to draw
        self._mark("show_history", *(("show_joint",) if self._state.joint else ()))

    def _mark(self, *kinds: str, views: list[View] | None = None) -> None:
        for kind in kinds:
            for view in self._views if views is None else views:
                # a view that doesn't override the method has no use for the value
                if getattr(type(view), kind) is not getattr(View, kind):
                    self._due.setdefault((view, kind))
        if self._due:
            self._turn.start()

    def _serve(self) -> None:
        if any(view.pending for view in self._views):
            # rendering and drawing another view as well would hold the event loop for longer than a frame
            return
        deadline = time.perf_counter() + _PASS_S
        while not self.idle:
            if not self._round:
                self._round = [due for due in self._due if due[0].isVisible()]
            view, kind = due = self._round.pop(0)
            if view.isVisible() and due in self._due:
                del self._due[due]
                _KINDS[kind](view, self._state)
            if not self._round:
                self.rounds += 1
            if time.perf_counter() > deadline:
                break
        if self.idle:
            self._turn.stop()
            self.caught_up.emit()
