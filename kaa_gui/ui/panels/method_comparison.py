"""Run several methods on one picture and one set of settings, in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from kaa_gui.core.types import AttackConfig, AttackRequest
from kaa_gui.ui.model.services import Report, Trial
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.tasks import Task, TaskEnding, Tasks

_KIND = "compare:"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One of the compared methods.

    Attributes:
        title: Title for headings.
        changes: Changes of the window's settings; all else stays.
        hint: Purpose of the contestant.
    """

    title: str
    changes: Mapping[str, Any]
    hint: str


CONTESTANTS: dict[str, Contestant] = {
    "kaa": Contestant("KAA", {"method": "kaa", "mask": None}, "Every pixel may change: C = 1"),
    "kaa+er": Contestant(
        "KAA+ER", {"method": "kaa+er", "mask": None}, "Only the relational pixels may change: C(α)"
    ),
    "random": Contestant(
        "Random",
        {"method": "kaa+er", "mask": "random"},
        "A random mask: as many pixels as relational ones, elsewhere: the control for any claim about C",
    ),
}
"""By key, in order."""


class Comparison(QObject):
    """Runs the contestants one after another and passes on what each has come to.

    Signals:
        began: A comparison has begun; the results of the one before are forgotten.
        progressed: The fraction of the whole that is done.
        arrived: Key of a contestant and its :class:`Trial`.
        ended: All have arrived, or the comparison was cancelled or has failed.
        failed: A :class:`~kaa_gui.ui.running.failure.Failure`.
    """

    began = Signal()
    progressed = Signal(float)
    arrived = Signal(str, object)
    ended = Signal()
    failed = Signal(object)

    def __init__(
        self,
        state: State,
        tasks: Tasks,
        *,
        trial: Callable[[AttackRequest, str, Report], Trial] | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._tasks, self._trial = state, tasks, trial
        self._waiting: list[str] = []
        self.trials: dict[str, Trial] = {}
        tasks.progressed.connect(self._on_progress)
        tasks.ended.connect(self._on_ended)

    @property
    def running(self) -> bool:
        """Whether contestants are still to come."""
        return bool(self._waiting)

    @property
    def possible(self) -> bool:
        """Whether there is a picture to compare on and a service to do it."""
        return self._trial is not None and self._state.scene is not None

    def begin(self, iterations: int) -> None:
        """Compare on the picture and person on screen, with the settings of the window.

        Args:
            iterations: Number of iterations of each contestant.
        """
        scene, trial = self._state.scene, self._trial
        if scene is None or trial is None:
            return
        self.cancel()
        self.trials = {}
        parameters = self._state.parameters
        for key, contestant in CONTESTANTS.items():
            config = _config(parameters.config, contestant, iterations)
            request = AttackRequest(scene.picture, config, scene.person.number)
            self._waiting.append(key)
            work = partial(_work, trial, request, parameters.device)
            self._tasks.submit(f"{_KIND}{key}", f"Comparing {contestant.title}", work)
        self.began.emit()

    def cancel(self) -> None:
        """Let go of what has not arrived yet."""
        if self._waiting:
            for key in self._waiting:
                self._tasks.cancel(f"{_KIND}{key}")
            self._waiting = []
            self.ended.emit()

    def _on_progress(self, task: Task, fraction: float) -> None:
        if task.kind.removeprefix(_KIND) in self._waiting:
            done = len(CONTESTANTS) - len(self._waiting)
            self.progressed.emit((done + fraction) / len(CONTESTANTS))

    def _on_ended(self, ending: TaskEnding) -> None:
        key = ending.task.kind.removeprefix(_KIND)
        if key not in self._waiting:
            return
        if ending.failure is not None:
            # what stops one stops the others too: no need to hear it three times
            self.cancel()
            self.failed.emit(ending.failure)
            return
        self._waiting.remove(key)
        self.trials[key] = ending.result
        self.arrived.emit(key, ending.result)
        if not self._waiting:
            self.ended.emit()


def _config(config: AttackConfig, contestant: Contestant, iterations: int) -> AttackConfig:
    return config.with_changes(**contestant.changes, iterations=iterations)


def _work(
    trial: Callable[[AttackRequest, str, Report], Trial], request: AttackRequest, device: str, task: Task
) -> Trial:
    return trial(request, device, task.report)
