"""Run several methods on one picture and one set of settings, in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from kaa_gui.core.types import AttackConfig, AttackRequest
from kaa_gui.ui.model.services import Report, Trial
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task, Tasks
from kaa_gui.ui.workspace import Workspace


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

    Attributes:
        tasks: A thread for it: a comparison takes as long as attacks do, and must not keep a picture from
            being opened.
        trials: What has arrived, by key.
    """

    began = Signal()
    progressed = Signal(float)
    arrived = Signal(str, object)
    ended = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace, self._state = workspace, workspace.state
        self._trial = workspace.services.trial
        self._waiting: dict[str, Task] = {}
        self.tasks = Tasks(self)
        self.trials: dict[str, Trial] = {}

    @property
    def running(self) -> bool:
        """Whether contestants are still to come."""
        return bool(self._waiting)

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
            self._waiting[key] = self.tasks.submit(
                f"Comparing {contestant.title}",
                partial(_work, trial, request, parameters.device),
                done=partial(self._on_done, key),
                failed=self._on_failed,
                progressed=self._on_progress,
            )
        self.began.emit()

    def cancel(self) -> None:
        """Let go of what has not arrived yet."""
        if self._waiting:
            for task in self._waiting.values():
                self.tasks.cancel(task)
            self._waiting = {}
            self.ended.emit()

    def close(self, timeout_s: float) -> bool:
        """Stop for good; return whether the thread has ended in time."""
        return self.tasks.close(timeout_s)

    def _on_progress(self, fraction: float) -> None:
        done = len(CONTESTANTS) - len(self._waiting)
        self.progressed.emit((done + fraction) / len(CONTESTANTS))

    def _on_done(self, key: str, trial: Trial) -> None:
        del self._waiting[key]
        self.trials[key] = trial
        self.arrived.emit(key, trial)
        if not self._waiting:
            self.ended.emit()

    def _on_failed(self, failure: Failure) -> None:
        # what stops one stops the others too: no need to hear it three times
        self.cancel()
        self._workspace.tell_failure(failure)


def _config(config: AttackConfig, contestant: Contestant, iterations: int) -> AttackConfig:
    return config.with_changes(**contestant.changes, iterations=iterations)


def _work(
    trial: Callable[[AttackRequest, str, Report], Trial], request: AttackRequest, device: str, task: Task
) -> Trial:
    return trial(request, device, task.report)
