"""Run short jobs in a background thread, one after another."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from kaa_gui.core.checkpoints import asking
from kaa_gui.ui.running.failure import Failure

_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - not an error: somebody changed their mind
    """Raised in a task that nobody waits for any more."""


@dataclass(slots=True, eq=False)
class Task:
    """A job in the background.

    Attributes:
        kind: Of several tasks of one kind only the newest counts.
        title: What is being done, e.g. ``"Opening walk.png"``.
        work: Called in the thread with the task itself; its return value is the result.
        announce: Where :meth:`report` passes the fraction on.
        cancelled: Set from outside; :meth:`check` and :meth:`report` then raise :class:`Cancelled`.
    """

    kind: str
    title: str
    work: Callable[[Task], Any]
    announce: Callable[[Task, float], None]
    cancelled: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Leave by :class:`Cancelled` if nobody waits."""
        if self.cancelled.is_set():
            raise Cancelled

    def report(self, fraction: float) -> None:
        """Tell how much is done, in [0, 1]; leave by :class:`Cancelled` if nobody waits."""
        self.check()
        self.announce(self, fraction)


@dataclass(frozen=True, slots=True, eq=False)
class TaskEnding:
    """How a task ended: with a result or a failure.

    Attributes:
        task: The one that ended.
        result: What its work returned.
        failure: What it raised.
    """

    task: Task
    result: Any = None
    failure: Failure | None = None


class Tasks(QObject):
    """Short jobs, one after another; a newer one of the same kind cancels the older.

    Signals:
        began: The :class:`Task`, when its turn comes.
        progressed: The :class:`Task` and the fraction done.
        ended: A :class:`TaskEnding`; not for cancelled tasks.
        given_up: The :class:`Task`, once a cancelled one has been left.
    """

    began = Signal(object)
    progressed = Signal(object, float)
    ended = Signal(object)
    given_up = Signal(object)
    _from_worker = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turn = threading.Condition()
        self._waiting: deque[Task] = deque()
        self._newest: dict[str, Task] = {}
        self._unheard = 0
        self._closing = False
        self._from_worker.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="tasks", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether anything waits, runs, or has ended without the window knowing yet."""
        return self._unheard > 0

    def submit(self, kind: str, title: str, work: Callable[[Task], Any]) -> Task:
        """Queue a job; one of the same kind that waits or runs is cancelled."""
        self.cancel(kind)
        task = Task(kind, title, work, self._tell)
        self._newest[kind] = task
        self._unheard += 1
        with self._turn:
            self._waiting.append(task)
            self._turn.notify_all()
        return task

    def cancel(self, kind: str) -> None:
        """Drop the jobs of a kind; a running one leaves at its next report, unheard."""
        if (task := self._newest.pop(kind, None)) is not None:
            task.cancelled.set()

    def close(self, timeout_s: float = 0.5) -> bool:
        """Cancel everything and join the thread; return whether it ended in time."""
        for kind in list(self._newest):
            self.cancel(kind)
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _pass_on(self, task: Task, news: float | TaskEnding | None) -> None:
        over = isinstance(news, TaskEnding)
        self._unheard -= over
        if self._newest.get(task.kind) is not task:
            if over:
                self.given_up.emit(task)
            return
        if isinstance(news, TaskEnding):
            del self._newest[task.kind]
            self.ended.emit(news)
        elif news is None:
            self.began.emit(task)
        else:
            self.progressed.emit(task, news)

    def _work(self) -> None:
        while (task := self._next_task()) is not None:
            self._tell(task, None)
            try:
                task.report(0.0)
                with asking(task.check):
                    ending = TaskEnding(task, result=task.work(task))
            except Cancelled:
                ending = TaskEnding(task)
            except Exception as error:
                # as in a run: told to the user, never fatal
                failure = Failure.of(error)
                ending = TaskEnding(task, failure=failure)
                if not failure.expected:
                    _log.error("%s failed\n%s", task.title, failure.report)
            self._tell(task, ending)

    def _tell(self, task: Task, news: float | TaskEnding | None) -> None:
        # closed, this object may go at any moment; close() takes the same lock before that
        with self._turn:
            if not self._closing:
                self._from_worker.emit(task, news)

    def _next_task(self) -> Task | None:
        with self._turn:
            self._turn.wait_for(lambda: bool(self._waiting) or self._closing)
            return None if self._closing else self._waiting.popleft()
