"""Run short jobs in a background thread, one after another; whoever submits one hears how it ended."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from kaa_gui.core.checkpoints import asking
from kaa_gui.ui.running.failure import Failure

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - not an error: somebody changed their mind
    """Raised in a task that nobody waits for any more."""


@dataclass(slots=True, eq=False)
class Task:
    """A job in the background.

    Attributes:
        title: What is being done, e.g. ``"Opening walk.png"``; empty for what nobody needs to know.
        work: Called in the thread with the task itself; its return value is the result.
        announce: Where :meth:`report` passes the fraction on.
        cancelled: Set from outside; :meth:`check` and :meth:`report` then raise :class:`Cancelled`.
    """

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
class _Ending:
    """The end of a task's work: a result or a failure."""

    result: Any = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Submitted:
    """What becomes of a task. It never enters the thread, which must not be the last to hold a widget."""

    key: Hashable
    done: Callable[[Any], object] | None
    failed: Callable[[Failure], object] | None
    progressed: Callable[[float], object] | None


class Tasks(QObject):
    """Short jobs, one after another.

    Signals:
        began: The :class:`Task`, when its turn comes.
        ended: The :class:`Task`, once it has been left: done, failed or cancelled.
        failed: A :class:`Failure` that whoever submitted the task doesn't take.
    """

    began = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    _from_worker = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turn = threading.Condition()
        self._waiting: deque[Task] = deque()
        self._newest: dict[Hashable, Task] = {}
        self._submitted: dict[Task, _Submitted] = {}
        self._closing = False
        self._from_worker.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="tasks", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether anything waits, runs, or has ended without the window knowing yet."""
        return bool(self._submitted)

    def submit(
        self,
        title: str,
        work: Callable[[Task], Result],
        *,
        done: Callable[[Result], object] | None = None,
        failed: Callable[[Failure], object] | None = None,
        progressed: Callable[[float], object] | None = None,
        key: Hashable = None,
    ) -> Task:
        """Queue a job. What it has come to is told in this thread; of a cancelled one nothing is.

        Args:
            title: What is being done.
            work: Called in the thread with the task itself.
            done: Takes the result.
            failed: Takes a failure; without it, :attr:`failed` is emitted.
            progressed: Takes each fraction that the work reports.
            key: Whatever stands for this kind of work, e.g. the method that submits it: a task of an equal
                key that waits or runs is cancelled. None cancels no other.
        """
        task = Task(title, work, self._tell)
        key = task if key is None else key
        self.cancel(key)
        self._newest[key] = task
        self._submitted[task] = _Submitted(key, done, failed, progressed)
        with self._turn:
            self._waiting.append(task)
            self._turn.notify_all()
        return task

    def cancel(self, key: Hashable) -> None:
        """Drop the job of a key, or a task itself that has none; it leaves at its next report, unheard."""
        if (task := self._newest.pop(key, None)) is not None:
            task.cancelled.set()

    def close(self, timeout_s: float = 0.5) -> bool:
        """Cancel everything and join the thread; return whether it ended in time."""
        for key in list(self._newest):
            self.cancel(key)
        with self._turn:
            self._closing = True
            self._turn.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _pass_on(self, task: Task, news: float | _Ending | None) -> None:
        if (submitted := self._submitted.get(task)) is None:
            # reported by a thread of the work's own, after the end
            return
        wanted = self._newest.get(submitted.key) is task
        if isinstance(news, _Ending):
            del self._submitted[task]
            if wanted:
                del self._newest[submitted.key]
            self.ended.emit(task)
            if wanted:
                self._hand_over(submitted, news)
        elif wanted and news is None:
            self.began.emit(task)
        elif wanted and news is not None and submitted.progressed is not None:
            submitted.progressed(news)

    def _hand_over(self, submitted: _Submitted, ending: _Ending) -> None:
        if ending.failure is not None:
            (submitted.failed or self.failed.emit)(ending.failure)
        elif submitted.done is not None:
            submitted.done(ending.result)

    def _work(self) -> None:
        while (task := self._next_task()) is not None:
            self._tell(task, None)
            try:
                task.report(0.0)
                with asking(task.check):
                    ending = _Ending(task.work(task))
            except Cancelled:
                ending = _Ending()
            except Exception as error:
                # as in a run: told to the user, never fatal
                failure = Failure.of(error)
                ending = _Ending(failure=failure)
                if not failure.expected:
                    _log.error("%s failed\n%s", task.title, failure.report)
            self._tell(task, ending)

    def _tell(self, task: Task, news: float | _Ending | None) -> None:
        # closed, this object may go at any moment; close() takes the same lock before that
        with self._turn:
            if not self._closing:
                self._from_worker.emit(task, news)

    def _next_task(self) -> Task | None:
        with self._turn:
            self._turn.wait_for(lambda: bool(self._waiting) or self._closing)
            return None if self._closing else self._waiting.popleft()
