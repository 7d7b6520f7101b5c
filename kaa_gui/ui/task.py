"""One job in the background, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kaa_gui.ui.mailbox import Failure


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
