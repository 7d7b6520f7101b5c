"""What the runner needs of those who do the work, and the simplest of them: this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kaa_gui.evaluation.outcome import Outcome
from kaa_gui.evaluation.plan import Job

if TYPE_CHECKING:
    from kaa_gui.evaluation.work import Attacker

Returned = list[tuple[int, Outcome | None]]
"""Hand and what it brought; None from a hand that died over its job and has been replaced."""


class Crew(Protocol):
    """Some hands, each with one job at a time."""

    @property
    def hands(self) -> int:
        """How many."""
        ...

    def send(self, hand: int, job: Job) -> None:
        """Give a job to an idle hand."""
        ...

    def receive(self) -> Returned:
        """Wait for some hands; may return none of them after a while."""
        ...

    def close(self) -> None:
        """Let the hands go, also in the middle of a job."""
        ...


class Alone:
    """This process, one job after another."""

    hands = 1

    def __init__(self, attacker: Attacker) -> None:
        self._attacker = attacker
        self._job: Job | None = None

    def send(self, hand: int, job: Job) -> None:
        """Take a job."""
        self._job = job

    def receive(self) -> Returned:
        """Do it."""
        job, self._job = self._job, None
        return [] if job is None else [(0, self._attacker.attack(job))]

    def close(self) -> None:
        """Nothing is left to end."""
