"""Tabulate the checks: adversarial pictures changed, or seen by another victim."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from kaa_gui.core.metrics import or_none
from kaa_gui.evaluation.plan.checks import CHECKS
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.gathered import Members
from kaa_gui.evaluation.tables.slides import Titled, n_text, thresholds_text
from kaa_gui.evaluation.tables.statistics import share_interval
from kaa_gui.evaluation.tables.summaries import Key, Summary
from kaa_gui.figures.tables import Cell, Column, Table

COLUMNS = ("row", "check", "victim", "success", "control_success", "person_found")
"""All that is read of checks."""
Kind = tuple[str, str]
"""Check and victim."""


@dataclass(slots=True, eq=False)
class _Seen:
    """Outcome of one check for the rows of one attack."""

    pictures: array[int] = field(default_factory=lambda: array("q"))
    wins: array[float] = field(default_factory=lambda: array("d"))
    control_wins: int = 0
    people: int = 0


def check_table(
    groups: Mapping[Key, Members], summaries: Mapping[Key, Summary], checks: Iterable[Record]
) -> Titled | None:
    """Return the success rates of the same pictures after changes, and before other victims.

    Args:
        groups: Rows of each attack.
        summaries: Summaries of the same.
        checks: Read once.

    Returns:
        None without any check.
    """
    seen = _seen(groups, checks)
    places = list(CHECKS)
    kinds = sorted(
        {kind for each in seen.values() for kind in each}, key=lambda kind: (places.index(kind[0]), kind[1])
    )
    if not kinds:
        return None
    named = len({each.first["victim"] for each in groups.values()}) > 1
    lines: list[tuple[Cell, ...]] = []
    records: list[Record] = []
    for key, summary in summaries.items():
        label, found = f"{summary.label}, {summary.goal}", seen.get(key, {})
        rates = [_rate(found.get(kind), summary.n) for kind in kinds]
        lines.append((label, 100 * summary.sr, *rates, n_text(summary.n, summary.pictures)))
        records += [_record(label, kind, found[kind]) for kind in kinds if kind in found]
    columns = (
        Column("attack", align="l"),
        Column("saved", 1),
        *(Column(_title(kind, named=named), 1) for kind in kinds),
        Column("n"),
    )
    several = any(each.pictures < each.n for each in summaries.values())
    caption = (
        "Success rates (%) of the saved pictures in other hands: changed, or seen by another victim, and "
        f"measured again with the same criterion ({thresholds_text(summaries.values())}). "
        f"{'n: rows (pictures). ' if several else ''}The numbers behind also hold the rate of the clean "
        "picture after the same change (control), and 95 % intervals."
    )
    table = Table(columns, tuple(lines), caption, "tab:kaa-checks")
    return Titled("Success rates in other hands", table, tuple(records))


def _seen(groups: Mapping[Key, Members], checks: Iterable[Record]) -> dict[Key, dict[Kind, _Seen]]:
    """Return what the checks brought, by attack; rows that do not count are left out."""
    owner: dict[int, tuple[Key, int]] = {}
    seen: dict[Key, dict[Kind, _Seen]] = {}
    for check in checks:
        if not owner:
            owner = _owners(groups)
        if (found := owner.get(int(check["row"], 16))) is None:
            continue
        key, picture = found
        kinds = seen.setdefault(key, {})
        each = kinds.setdefault((check["check"], check["victim"]), _Seen())
        each.pictures.append(picture)
        each.wins.append(bool(check["success"]))
        each.control_wins += bool(check["control_success"])
        each.people += bool(check["person_found"])
    return seen


def _owners(groups: Mapping[Key, Members]) -> dict[int, tuple[Key, int]]:
    return {
        row: (key, picture)
        for key, members in groups.items()
        for row, picture in zip(members.counted.rows.tolist(), members.counted.pictures.tolist(), strict=True)
    }


def _rate(seen: _Seen | None, rows: int) -> Cell:
    if seen is None:
        return None
    rate = 100 * float(np.mean(seen.wins))
    return rate if len(seen.wins) == rows else f"{rate:.1f} (n = {len(seen.wins)})"


def _title(kind: Kind, *, named: bool) -> str:
    name, victim = kind
    return CHECKS[name].title + (f": {victim}" if named or CHECKS[name].other_victim else "")


def _record(label: str, kind: Kind, seen: _Seen) -> Record:
    wins, pictures = np.asarray(seen.wins), np.asarray(seen.pictures)
    low, high = share_interval(wins, pictures)
    return {
        "label": label,
        "check": kind[0],
        "victim": kind[1],
        "n": len(wins),
        "pictures": len(np.unique(pictures)),
        "successes": round(wins.sum()),
        "sr": float(wins.mean()),
        "sr_low": or_none(low),
        "sr_high": or_none(high),
        "control_sr": seen.control_wins / len(wins),
        "person_found": seen.people,
    }
