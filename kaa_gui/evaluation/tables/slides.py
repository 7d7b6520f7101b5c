"""Make the slides' Tables 1 and 2 for the user's own data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kaa_gui.core.wording import NORM_TITLES, norm_title, radius_text
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.statistics import Interval
from kaa_gui.evaluation.tables.summaries import Summary, goal_of
from kaa_gui.figures.tables import Cell, Column, Table

_WILSON = "Brackets: 95 % intervals, after Wilson for SR, by bootstrap over the pictures for RMSE."
_CLUSTERED = (
    "Brackets: 95 % intervals by bootstrap over the pictures, whose rows (people, seeds, neighbouring "
    "frames) are drawn together; where no picture differs from another, SR's is Wilson's with their number "
    "for n; none where all rows are of one picture. n: rows (pictures)."
)
_FIRST = (
    "RMSE at first success: of the first iterate, before it is saved, beyond the threshold; a mean over the "
    "rows that have one, their number in parentheses where it is not n. 3D error: mean MPJPE from the clean "
    "pose. Noise has the same RMSE."
)
_ATTACK = Column("attack", align="l")


@dataclass(frozen=True, slots=True)
class Titled:
    """A table for people, and the numbers behind it.

    Attributes:
        title: Above it.
        table: Table as printed.
        records: Every number, flat.
    """

    title: str
    table: Table
    records: tuple[Record, ...]


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
            _partial(each.first_rmse, each.first_n, each.n),
            each.pose_error_mm,
            100 * each.noise_sr,
            n_text(each.n, each.pictures),
        )
        for each in summaries
    ]
    caption = (
        "Non-target attacks. SR: share of the saved 8-bit pictures whose 3D pose, through the whole "
        f"pipeline, is more than {thresholds_text(summaries)} (MPJPE) from the clean one. "
        f"{intervals_of(summaries)} {_perturbation(summaries)} {_FIRST}{_lost(summaries)}"
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
        columns += [Column(f"SR {goal_of(target)} (%)"), Column("RMSE"), Column("n")]
    rows = [(label, *_target_cells([found.get((label, target)) for target in targets])) for label in labels]
    left_out = sum(each.left_out for each in summaries)
    caption = (
        "Attacks towards a target. SR: share of the saved 8-bit pictures whose 3D pose is less than "
        f"{thresholds_text(summaries)} (MPJPE) from the target's and nearer than the clean one; {left_out} "
        f"rows that were there before the attack are left out. {intervals_of(summaries)} "
        f"{_perturbation(summaries)} #1 and #2 are the slides' two targets.{_lost(summaries)}"
    )
    return Titled(
        "Table 2: attacks towards a target",
        Table(tuple(columns), tuple(rows), caption, "tab:kaa-2"),
        _flat(summaries),
    )


def thresholds_text(summaries: Iterable[Summary]) -> str:
    """Return the thresholds of success of some attacks, with their unit."""
    return " or ".join(sorted({f"{each.success_mm:g} mm" for each in summaries}))


def share_text(value: float, interval: Interval) -> str | None:
    """Return a share in per cent with its interval; None for no share."""
    if not np.isfinite(value):
        return None
    return f"{100 * value:.1f}{interval_text([100 * bound for bound in interval], 0)}"


def number_text(value: float, interval: Interval) -> str | None:
    """Return a number with its interval; None for no number."""
    return f"{value:.2f}{interval_text(interval, 2)}" if np.isfinite(value) else None


def interval_text(interval: Sequence[float], digits: int) -> str:
    """Return an interval to follow its number; empty for none."""
    low, high = interval
    return f" [{low:.{digits}f}, {high:.{digits}f}]" if np.isfinite(low) else ""


def n_text(rows: int, pictures: int) -> Cell:
    """Return how many rows a number is of, and of how many pictures where they are fewer."""
    return rows if pictures == rows else f"{rows} ({pictures})"


def intervals_of(summaries: Iterable[Summary]) -> str:
    """Return in words what the brackets of a table hold."""
    return _WILSON if all(each.pictures == each.n for each in summaries) else _CLUSTERED


def _partial(value: float, counted: int, rows: int) -> Cell:
    """Return a mean, with the number of rows it is of where that is not all."""
    return value if counted in (0, rows) else f"{value:.2f} (n = {counted})"


def _lost(summaries: Iterable[Summary]) -> str:
    lost = sum(each.not_found for each in summaries)
    rows = f"In {lost} row{'s' if lost > 1 else ''} the detector no longer finds the person"
    return f" {rows}: no success, and in no mean of 3D errors." if lost else ""


def _target_cells(summaries: Iterable[Summary | None]) -> list[Cell]:
    cells: list[Cell] = []
    for each in summaries:
        if each is None:
            cells += [None, None, None]
        else:
            cells += [
                share_text(each.sr, each.sr_interval),
                number_text(each.rmse, each.rmse_interval),
                n_text(each.n, each.pictures),
            ]
    return cells


def _perturbation(summaries: Sequence[Summary]) -> str:
    radii: dict[str, dict[str, None]] = {}
    for each in summaries:
        radii.setdefault(norm_title(each.norm), {})[radius_text(each.norm, each.epsilon)] = None
    words = "; ".join(f"ε ({norm}) = {', '.join(values)}" for norm, values in radii.items())
    return f"RMSE: of the saved perturbation over the crop, grey levels (0-255). {words}."


def _flat(summaries: Sequence[Summary]) -> tuple[Record, ...]:
    return tuple({"label": each.label, **each.as_json()} for each in summaries)
