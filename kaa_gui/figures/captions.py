"""Write the parts of captions: panels by their letters, who was attacked, and what was judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kaa_gui.core import wording
from kaa_gui.figures.record import Record

SAVED = "the saved 8-bit picture, put through the whole pipeline"
ATTACKABLE = "the values that may be attacked"
"""Denominator of the mask's share: the channels of the pixels on the picture and in the region."""


@dataclass(frozen=True, slots=True)
class Told:
    """Facts that a caption has to tell.

    Attributes:
        panels: Keys of those drawn, in order.
        letters: Whether they carry letters.
    """

    panels: tuple[str, ...]
    letters: bool = False

    def any_of(self, *panels: str) -> bool:
        """Whether one of these is drawn."""
        return any(panel in self.panels for panel in panels)

    def enumerated(self, words: Mapping[str, str]) -> str:
        """Return the panels drawn, each in its words, by its letter."""
        letters = (
            f"({chr(97 + number % 26)}) " if self.letters else "" for number in range(len(self.panels))
        )
        return joined([f"{letter}{words[panel]}" for letter, panel in zip(letters, self.panels, strict=True)])


def joined(words: Sequence[str]) -> str:
    """Return ``"a, b and c"``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def sentence(text: str) -> str:
    """Return words with a capital letter, behind a panel's letter too."""
    start = 4 if text.startswith("(") else 0
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def criterion_text(records: tuple[Record, ...], *, shown: bool = False) -> str:
    """Return the criterion of success of all records, thresholds included, as one sentence's end.

    Args:
        records: The runs.
        shown: Whether they are judged by what is drawn (:attr:`Record.shown`).
    """
    saved = [record.shown.saved if shown else record.saved is not None for record in records]
    texts = []
    for goal in sorted({record.config.goal for record in records}):
        limits = sorted({record.config.success_mm for record in records if record.config.goal == goal})
        texts.append(wording.criterion_text(goal, " or ".join(f"{value:g}" for value in limits)))
    return f"{'; with a target, '.join(texts)}, judged on {source_text(saved)}"


def source_text(saved: Sequence[bool]) -> str:
    """Return what numbers were taken of, for a caption.

    Args:
        saved: Whether each run's are of its saved picture; else they are of its last iterate.
    """
    if all(saved):
        return SAVED
    if not any(saved):
        return "the last iterate"
    others = sum(not one for one in saved)
    return f"{SAVED} (of {count_text(others, 'run')}: the last iterate)"


def targets_text(records: Iterable[Record]) -> str:
    """Return what the attacks were driven to, with a blank before it; empty without targets."""
    names = [wording.target_text(record.config.target) for record in records if record.config.target]
    return f" towards {shared_text(sorted(names))}" if names else ""


def count_text(count: int, thing: str, many: str = "") -> str:
    """Return a number with its noun: ``1 person``, ``2 people``."""
    return f"{count} {thing if count == 1 else many or f'{thing}s'}"


def people_text(records: Iterable[Record]) -> str:
    """Return how many people were attacked."""
    return count_text(len({record.picture for record in records}), "person", "people")


def shared_text(values: Iterable[str]) -> str:
    """Return the distinct values, joined; an enumeration for a caption."""
    return ", ".join(dict.fromkeys(values))
