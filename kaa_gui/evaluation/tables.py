"""The slides' Tables 1 and 2 for the user's own data, and what becomes of the pictures in other hands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kaa_gui.core.metrics import wilson_interval
from kaa_gui.core.wording import NORM_TITLES, norm_title, radius_text
from kaa_gui.evaluation.checks import CHECKS
from kaa_gui.evaluation.outcome import Record
from kaa_gui.evaluation.statistics import Interval
from kaa_gui.evaluation.summaries import PROTOCOLS, Key, Summary, attack_key, grouped, summarise
from kaa_gui.figures.tables import Cell, Column, Table

_INTERVALS = "Brackets: 95 % intervals, after Wilson for SR, by bootstrap over the pictures for RMSE."
_ATTACK = Column("attack", align="l")


@dataclass(frozen=True, slots=True)
class Titled:
    """A table for people, and the numbers behind it.

    Attributes:
        title: Above it.
        table: As printed.
        records: Every number, flat.
    """

    title: str
    table: Table
    records: tuple[Record, ...]


def all_tables(rows: Sequence[Record], checks: Sequence[Record]) -> dict[str, Titled]:
    """Return the tables that there are rows for, by the names of their files."""
    summaries = list(summarise(rows).values())
    away = [summary for summary in summaries if summary.target is None]
    towards = [summary for summary in summaries if summary.target is not None]
    tables = {}
    if away:
        tables["table1"] = table_one(away)
    if towards:
        tables["table2"] = table_two(towards)
    if checks:
        tables["checks"] = check_table(rows, checks)
    return tables


def table_one(summaries: Sequence[Summary]) -> Titled:
    """Return the slides' Table 1: non-target attacks."""
    columns = (
        _ATTACK,
        Column("SR (%)"),
        Column("RMSE"),
        Column("RMSE at first success", 2),
        Column("3D error (mm)", 0),
        Column("SR of noise (%)", 1),
        Column("n"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            each.label,
            share_text(each.sr, each.sr_interval),
            number_text(each.rmse, each.rmse_interval),
            each.first_rmse,
            each.pose_error_mm,
            100 * each.noise_sr,
            each.n,
        )
        for each in summaries
    ]
    caption = (
        "Non-target attacks. SR: share of the saved 8-bit pictures whose 3D pose, through the whole "
        f"pipeline, is more than {_thresholds(summaries)} (MPJPE) from the clean one. {_INTERVALS} "
        f"{_perturbation(summaries)} Noise has the same RMSE."
    )
    return Titled(
        "Table 1: non-target attacks", Table(columns, tuple(rows), caption, "tab:kaa-1"), _flat(summaries)
    )


def table_two(summaries: Sequence[Summary]) -> Titled:
    """Return the slides' Table 2: attacks on the way to targets, SR and RMSE for each target."""
    targets = list(dict.fromkeys(each.target or "" for each in summaries))
    labels = dict.fromkeys(
        each.label for each in sorted(summaries, key=lambda each: list(NORM_TITLES).index(each.norm))
    )
    found = {(each.label, each.target): each for each in summaries}
    columns: list[Column] = [_ATTACK]
    for target in targets:
        columns += [Column(f"SR {PROTOCOLS.get(target, target)} (%)"), Column("RMSE"), Column("n")]
    rows = [(label, *_target_cells([found.get((label, target)) for target in targets])) for label in labels]
    left_out = sum(each.left_out for each in summaries)
    caption = (
        "Attacks towards a target. SR: share of the saved 8-bit pictures whose 3D pose is less than "
        f"{_thresholds(summaries)} (MPJPE) from the target's and nearer than the clean one; {left_out} rows "
        f"that were there before the attack are left out. {_INTERVALS} {_perturbation(summaries)} "
        "#1 and #2 are the slides' two targets."
    )
    return Titled(
        "Table 2: attacks towards a target",
        Table(tuple(columns), tuple(rows), caption, "tab:kaa-2"),
        _flat(summaries),
    )


def check_table(rows: Sequence[Record], checks: Sequence[Record]) -> Titled:
    """Return the success rates of the same pictures after changes, and before other victims."""
    counted = [row for row in rows if not row["met_before"]]
    key_of = {row["row"]: attack_key(row) for row in counted}
    kinds = list(dict.fromkeys((str(check["check"]), str(check["victim"])) for check in checks))
    members: dict[tuple[Key, tuple[str, str]], list[Record]] = {}
    for check in checks:
        if (key := key_of.get(check["row"])) is not None:
            members.setdefault((key, (check["check"], check["victim"])), []).append(check)
    lines: list[tuple[Cell, ...]] = []
    records: list[Record] = []
    groups = grouped(counted)
    for key, each in summarise(counted).items():
        label = f"{each.label}, {each.goal}"
        seen = [members.get((key, kind), []) for kind in kinds]
        saved = 100 * float(np.mean([row["success"] for row in groups[key]]))
        lines.append((label, saved, *(_rate(found, "success") for found in seen)))
        records += [
            _check_record(label, kind, found) for kind, found in zip(kinds, seen, strict=True) if found
        ]
    table = Table(
        (_ATTACK, Column("saved", 1), *(Column(_check_title(kind, rows), 1) for kind in kinds)),
        tuple(lines),
        "Success rates (%) of the saved pictures in other hands: changed, or seen by another victim, and "
        "measured again with the same criterion. The numbers behind also hold the rate of the clean picture "
        "after the same change (control).",
        "tab:kaa-checks",
    )
    return Titled("Success rates in other hands", table, tuple(records))


def share_text(value: float, interval: Interval) -> str | None:
    """Return a share in per cent with its interval; None for no share."""
    if not np.isfinite(value):
        return None
    return f"{100 * value:.1f} [{100 * interval[0]:.0f}, {100 * interval[1]:.0f}]"


def number_text(value: float, interval: Interval) -> str | None:
    """Return a number with its interval; None for no number."""
    return f"{value:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]" if np.isfinite(value) else None


def _target_cells(summaries: Iterable[Summary | None]) -> list[Cell]:
    cells: list[Cell] = []
    for each in summaries:
        if each is None:
            cells += [None, None, None]
        else:
            cells += [
                share_text(each.sr, each.sr_interval),
                number_text(each.rmse, each.rmse_interval),
                each.n,
            ]
    return cells


def _thresholds(summaries: Sequence[Summary]) -> str:
    return " or ".join(sorted({f"{each.success_mm:g} mm" for each in summaries}))


def _perturbation(summaries: Sequence[Summary]) -> str:
    radii: dict[str, dict[str, None]] = {}
    for each in summaries:
        radii.setdefault(norm_title(each.norm), {})[radius_text(each.norm, each.epsilon)] = None
    words = "; ".join(f"ε ({norm}) = {', '.join(values)}" for norm, values in radii.items())
    return f"RMSE: of the saved perturbation over the crop, grey levels (0-255). {words}."


def _flat(summaries: Sequence[Summary]) -> tuple[Record, ...]:
    return tuple({"label": each.label, **each.as_json()} for each in summaries)


def _check_title(kind: tuple[str, str], rows: Sequence[Record]) -> str:
    name, victim = kind
    named = CHECKS[name].other_victim or len({row["victim"] for row in rows}) > 1
    return CHECKS[name].title + (f": {victim}" if named else "")


def _rate(members: Sequence[Mapping[str, object]], column: str) -> float | None:
    return 100 * float(np.mean([bool(member[column]) for member in members])) if members else None


def _check_record(label: str, kind: tuple[str, str], members: Sequence[Record]) -> Record:
    wins = sum(bool(member["success"]) for member in members)
    low, high = wilson_interval(wins, len(members))
    return {
        "label": label,
        "check": kind[0],
        "victim": kind[1],
        "n": len(members),
        "successes": wins,
        "sr": wins / len(members),
        "sr_low": low,
        "sr_high": high,
        "control_sr": sum(bool(member["control_success"]) for member in members) / len(members),
        "person_found": sum(bool(member["person_found"]) for member in members),
    }
