"""Join the evaluation panel to the service that runs evaluations, in a thread of its own."""

from __future__ import annotations

from dataclasses import fields
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from kaa_gui.core.types import AttackConfig, Picture
from kaa_gui.ui.model.evaluation_order import EvaluatedRow, EvaluationNews, EvaluationOrder
from kaa_gui.ui.panels.evaluation_panel import EvaluationPanel, recall, remember
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task, Tasks
from kaa_gui.ui.workspace import Workspace


class Evaluation(QObject):
    """Runs at most one evaluation; its rows open as live attacks.

    Signals:
        told: What goes on, in a few words; empty when nothing does.

    Attributes:
        panel: Shows it.
    """

    told = Signal(str)
    _came_in = Signal(object, object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        # an evaluation takes hours: nothing else may wait behind it
        self._tasks, self._short = Tasks(self), Tasks(self)
        self._task: Task | None = None
        self.panel = EvaluationPanel()
        self.panel.wanted.connect(self.begin)
        self.panel.unwanted.connect(self.stop)
        self.panel.chosen.connect(self.open_row)
        self._came_in.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._short.failed.connect(workspace.tell_failure)
        state = workspace.state
        state.parameters_changed.connect(lambda change: self._take_config(change.after.config))
        state.catalogue_changed.connect(self._ask_for_kinds)
        self._take_config(state.parameters.config)
        recall(self.panel, workspace.settings)

    @property
    def running(self) -> bool:
        """Whether an evaluation runs."""
        return self._task is not None

    def begin(self, order: EvaluationOrder) -> None:
        """Run an evaluation in the background."""
        service = self._workspace.services.evaluate
        if service is None or self.running:
            return
        remember(self.panel, self._workspace.settings)
        self.panel.begin()
        self.told.emit("Evaluating")

        def work(task: Task) -> str:
            def listen(news: EvaluationNews) -> None:
                task.report(0.0)
                if news.rows or news.done is not None:
                    self._came_in.emit(task, news)

            return service(order, listen)

        self._task = self._tasks.submit("Evaluating", work, done=self._finish, failed=self._on_failed)

    def stop(self) -> None:
        """Let go of the evaluation that runs; what it has finished stays on disk."""
        if self._task is not None:
            self._tasks.cancel(self._task)
            self._finish("")

    def open_row(self, row: EvaluatedRow) -> None:
        """Attack a row's picture live, with the row's configuration."""
        self._short.submit(
            f"Opening {row.entry}",
            lambda _task: row.load(),
            done=partial(self._attack, row),
            key=self.open_row,
        )

    def close(self, timeout_s: float) -> bool:
        """Stop for good; return whether the threads have ended."""
        self.stop()
        remember(self.panel, self._workspace.settings)
        ended = [tasks.close(timeout_s / 2) for tasks in (self._tasks, self._short)]
        return all(ended)

    def _ask_for_kinds(self) -> None:
        kinds = self._workspace.services.dataset_kinds
        self._short.submit(
            "Listing data sets",
            lambda _task: dict(kinds()),
            done=self.panel.offer,
            key=self._ask_for_kinds,
        )

    def _take_config(self, config: AttackConfig) -> None:
        self.panel.config = config

    def _take(self, task: Task, news: EvaluationNews) -> None:
        if task is self._task:
            self.panel.take(news)

    def _finish(self, report: str, failure: str = "") -> None:
        self._task = None
        self.panel.end(report, failure)
        self.told.emit("")

    def _on_failed(self, failure: Failure) -> None:
        self._finish("", failure.line)
        self._workspace.tell_failure(failure)

    def _attack(self, row: EvaluatedRow, picture: Picture) -> None:
        state = self._workspace.state
        state.adopt({item.name: getattr(row.config, item.name) for item in fields(AttackConfig)})
        people, scene = None, state.scene
        if row.annotated is not None and scene is not None:
            people = (row.annotated(scene.crop.shape[:2]),)
        self._workspace.conductor.open(picture, person=row.person, people=people)
