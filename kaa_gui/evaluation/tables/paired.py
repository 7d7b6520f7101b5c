"""Compare attacks on the same pictures, free of what pictures differ in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kaa_gui.core.metrics import or_none
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.gathered import Members
from kaa_gui.evaluation.tables.slides import Titled, interval_text, n_text, thresholds_text
from kaa_gui.evaluation.tables.statistics import NO_INTERVAL, Interval, bootstraps, mcnemar
from kaa_gui.evaluation.tables.summaries import VARYING, Key, Summary, settings_of
from kaa_gui.figures.tables import Cell, Column, Table

_OF_THE_MASK = frozenset({"mask_used", "alpha", "keep", "per", "rows"})
"""Columns that compared attacks may differ in, besides their method."""
_CAPTION = (
    "Attacks compared on the same pictures. SR difference: SR of the first less SR of the second, percentage "
    "points, by the criterion of Tables 1 and 2 ({thresholds}); RMSE difference: likewise, grey levels. Only "
    "first, only second: rows that one alone succeeds on. Brackets: 95 % intervals by bootstrap over the "
    "pictures, whose rows are drawn together; none where the two agree on every picture. p: McNemar's exact "
    "test, two-sided, not corrected for the number of comparisons; left out where a picture occurs several "
    "times. n: {n}."
)


def paired_table(groups: Mapping[Key, Members], summaries: Mapping[Key, Summary]) -> Titled | None:
    """Return each attack against plain KAA and against the random mask, on the same pictures.

    Args:
        groups: Rows of each attack.
        summaries: Summaries of the same.

    Returns:
        None where nothing can be paired.
    """
    compared = [(*pair, _compared(*(groups[key] for key in pair))) for pair in _pairs(groups)]
    records = [
        _named(record, summaries[first], summaries[second])
        for first, second, record in compared
        if record is not None
    ]
    if not records:
        return None
    several = any(record["pictures"] < record["n"] for record in records)
    thresholds = thresholds_text(summaries.values())
    caption = _CAPTION.format(thresholds=thresholds, n="rows (pictures)" if several else "pictures")
    columns = (
        Column("first", align="l"),
        Column("second", align="l"),
        Column("SR difference"),
        Column("only first"),
        Column("only second"),
        Column("p", 3),
        Column("RMSE difference"),
        Column("n"),
    )
    table = Table(columns, tuple(_line(record) for record in records), caption, "tab:kaa-paired")
    return Titled("Compared on the same pictures", table, tuple(records))


def _pairs(groups: Mapping[Key, Members]) -> Iterator[tuple[Key, Key]]:
    """Yield the attacks to compare: each with plain KAA, and each mask with the random one."""
    families: dict[tuple[object, ...], list[Key]] = {}
    for key, members in groups.items():
        first = members.first
        same = ("norm", "target", *(name for name in VARYING if name not in _OF_THE_MASK))
        families.setdefault(settings_of(first, same), []).append(key)
    for family in families.values():
        plain = [key for key in family if groups[key].first["method"] == "kaa"]
        random = [key for key in family if groups[key].first["mask_used"] == "random"]
        yield from ((key, base) for base in plain for key in family if key not in plain)
        yield from ((key, base) for base in random for key in family if key not in (*plain, *random))


def _compared(first: Members, second: Members) -> Record | None:
    first, second = first.counted, second.counted
    _, of_first, of_second = np.intersect1d(first.places, second.places, return_indices=True)
    if not len(of_first):
        return None
    first, second = first.chosen(of_first), second.chosen(of_second)
    won, other = first.columns["success"] == 1, second.columns["success"] == 1
    differences = [
        won.astype(float) - other,
        first.columns["saved_perturbation_rmse"] - second.columns["saved_perturbation_rmse"],
    ]
    sr, rmse = bootstraps(differences, first.pictures)
    if sr[0] == sr[1]:
        # nothing differs, and nothing is known of how rarely something would
        sr = NO_INTERVAL
    pictures, only = len(np.unique(first.pictures)), (int((won & ~other).sum()), int((other & ~won).sum()))
    return {
        "n": len(first),
        "pictures": pictures,
        "both": int((won & other).sum()),
        "only_first": only[0],
        "only_second": only[1],
        "neither": int((~won & ~other).sum()),
        "sr_difference": float(differences[0].mean()),
        **_bounds("sr_difference", sr),
        "p": mcnemar(*only) if pictures == len(first) else None,
        "rmse_difference": or_none(np.nanmean(differences[1])) if np.isfinite(differences[1]).any() else None,
        **_bounds("rmse_difference", rmse),
    }


def _bounds(name: str, interval: Interval) -> Record:
    return {f"{name}_low": or_none(interval[0]), f"{name}_high": or_none(interval[1])}


def _named(record: Record, first: Summary, second: Summary) -> Record:
    return {"first": f"{first.label}, {first.goal}", "second": second.label, **record}


def _line(record: Record) -> tuple[Cell, ...]:
    p = record["p"]
    return (
        record["first"],
        record["second"],
        _signed(record, "sr_difference", 100, 1),
        record["only_first"],
        record["only_second"],
        p if p is None or p >= 0.001 else "< 0.001",
        _signed(record, "rmse_difference", 1, 2),
        n_text(record["n"], record["pictures"]),
    )


def _signed(record: Record, name: str, factor: float, digits: int) -> str | None:
    if record[name] is None:
        return None
    bounds: Sequence[float] = [
        np.nan if record[f"{name}_{end}"] is None else factor * record[f"{name}_{end}"]
        for end in ("low", "high")
    ]
    # the sign of print, which to a spreadsheet begins no formula; adding 0 leaves no negative zero
    value = round(factor * record[name], digits) + 0.0
    rounded = [round(bound, digits) + 0.0 for bound in bounds]
    return f"{value:.{digits}f}{interval_text(rounded, digits)}".replace("-", "−")
