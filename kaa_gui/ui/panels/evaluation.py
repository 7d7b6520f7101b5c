"""Join the evaluation panel to the service that runs evaluations, in a thread of its own."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import QObject, QSettings, Qt, Signal

from kaa_gui.core.types import AttackConfig, Picture
from kaa_gui.ui.model.evaluation_order import EvaluatedRow, EvaluationNews, EvaluationOrder
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.model.state import State
from kaa_gui.ui.panels.evaluation_panel import EvaluationPanel, recall, remember
from kaa_gui.ui.running.conductor import Conductor
from kaa_gui.ui.running.tasks import Task, TaskEnding, Tasks

EVALUATE, OPEN, KINDS = "evaluate", "open row", "data sets"
"""Kinds of task."""


class EvaluationDesk(QObject):
    """Runs at most one evaluation; its rows open as live attacks.

    Signals:
        failed: A :class:`~kaa_gui.ui.running.failure.Failure`.
        told: Present activity, in a few words; empty when idle.

    Attributes:
        panel: Shows it.
    """

    failed = Signal(object)
    told = Signal(str)
    _came_in = Signal(object, object)

    def __init__(
        self, state: State, conductor: Conductor, *, services: Services, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state, self._conductor, self._services = state, conductor, services
        # an evaluation takes hours: nothing else may wait behind it
        self._tasks, self._short = Tasks(self), Tasks(self)
        self._task: Task | None = None
        self._settings: QSettings | None = None
        self.panel = EvaluationPanel()
        self.panel.wanted.connect(self.begin)
        self.panel.unwanted.connect(self.stop)
        self.panel.chosen.connect(self.open_row)
        state.parameters_changed.connect(lambda change: self._take_config(change.after.config))
        self._came_in.connect(self._take, Qt.ConnectionType.QueuedConnection)
        for tasks in (self._tasks, self._short):
            tasks.ended.connect(self._on_ended)
        state.catalogue_changed.connect(self._ask_for_kinds)
        self._take_config(state.parameters.config)

    @property
    def running(self) -> bool:
        """Whether an evaluation runs."""
        return self._task is not None

    def remember_in(self, settings: QSettings) -> None:
        """Set what was last asked for, and write it down from now on."""
        self._settings = settings
        recall(self.panel, settings)

    def begin(self, order: EvaluationOrder) -> None:
        """Run an evaluation in the background."""
        service = self._services.evaluate
        if service is None or self.running:
            return
        self._write_down()
        self.panel.begin()
        self.told.emit("Evaluating")

        def work(task: Task) -> str:
            def listen(news: EvaluationNews) -> None:
                task.report(0.0)
                if news.rows or news.done is not None:
                    self._came_in.emit(task, news)

            return service(order, listen)

        self._task = self._tasks.submit(EVALUATE, "Evaluating", work)

    def stop(self) -> None:
        """Let go of the evaluation that runs; what it has finished stays on disk."""
        if self.running:
            self._tasks.cancel(EVALUATE)
            self._finish("")

    def open_row(self, row: EvaluatedRow) -> None:
        """Attack a row's picture live, with the row's configuration."""
        self._short.submit(OPEN, f"Opening {row.entry}", lambda _task: (row, row.load()))

    def close(self, timeout_s: float) -> bool:
        """Stop for good; return whether the threads have ended."""
        self.stop()
        self._write_down()
        ended = [tasks.close(timeout_s / 2) for tasks in (self._tasks, self._short)]
        return all(ended)

    def _write_down(self) -> None:
        if self._settings is not None:
            remember(self.panel, self._settings)

    def _ask_for_kinds(self) -> None:
        kinds = self._services.dataset_kinds
        self._short.submit(KINDS, "Listing data sets", lambda _task: dict(kinds()))

    def _take_config(self, config: AttackConfig) -> None:
        self.panel.config = config

    def _take(self, task: Task, news: EvaluationNews) -> None:
        if task is self._task:
            self.panel.take(news)

    def _finish(self, report: str, failure: str = "") -> None:
        self._task = None
        self.panel.end(report, failure)
        self.told.emit("")

    def _on_ended(self, ending: TaskEnding) -> None:
        kind = ending.task.kind
        if kind == EVALUATE:
            self._finish(ending.result or "", "" if ending.failure is None else ending.failure.line)
        if ending.failure is not None:
            self.failed.emit(ending.failure)
        elif kind == OPEN:
            self._attack(*ending.result)
        elif kind == KINDS:
            self.panel.offer(ending.result)

    def _attack(self, row: EvaluatedRow, picture: Picture) -> None:
        self._state.adopt({item.name: getattr(row.config, item.name) for item in fields(AttackConfig)})
        people, scene = None, self._state.scene
        if row.annotated is not None and scene is not None:
            people = (row.annotated(scene.crop.shape[:2]),)
        self._conductor.open(picture, person=row.person, people=people)
