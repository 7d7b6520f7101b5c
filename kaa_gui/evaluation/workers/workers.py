"""Define a crew, and the simplest one: this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kaa_gui.evaluation.results.outcome import Outcome

if TYPE_CHECKING:
    from kaa_gui.evaluation.plan.batches import Group
    from kaa_gui.evaluation.rows.attacker import Attacker

Returned = list[tuple[int, list[Outcome] | None]]
"""Hand and what it brought; None from a hand that died over its group and has been replaced."""


class Crew(Protocol):
    """Some hands, each with one group of jobs at a time."""

    @property
    def hands(self) -> int:
        """Number of workers."""
        ...

    def send(self, hand: int, group: Group) -> None:
        """Give a group to an idle hand."""
        ...

    def receive(self) -> Returned:
        """Wait for some hands; may return none of them after a while."""
        ...

    def close(self) -> None:
        """Let the hands go, also in the middle of a group."""
        ...


class Alone:
    """This process, one group after another."""

    hands = 1

    def __init__(self, attacker: Attacker) -> None:
        self._attacker = attacker
        self._group: Group | None = None

    def send(self, hand: int, group: Group) -> None:
        """Take a group."""
        self._group = group

    def receive(self) -> Returned:
        """Do it."""
        group, self._group = self._group, None
        return [] if group is None else [(0, self._attacker.attack_group(group))]

    def close(self) -> None:
        """Nothing is left to end."""
