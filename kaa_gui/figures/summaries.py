"""Make the tables of a study: success and perturbation by method and norm, or run by run."""

from __future__ import annotations

import numpy as np

from kaa_gui.core.config import heading
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.core.wording import norm_title, target_text
from kaa_gui.figures.captions import ATTACKABLE, count_text, criterion_text, people_text
from kaa_gui.figures.record import Record, epsilon_text, finite, group_key, method_title
from kaa_gui.figures.tables import Cell, Column, Table

_HEAD = tuple(Column(heading(name), align="l") for name in ("norm", "method", "layer", "epsilon"))
_SUMMARY = (
    Column("n"),
    Column("success rate (%)", 1),
    Column("95 % interval (%)"),
    Column("perturbation RMSE (grey levels)", 2),
    Column("3D pose error, median (mm)", 0),
)
_TARGET = (Column(heading("target"), align="l"),)
_TARGET_ERROR = (Column("error to target, median (mm)", 0),)


def summary_table(records: tuple[Record, ...]) -> Table:
    """Return Tables 1 and 2 of the slides for these runs: a row a target, norm, method, layer and ε."""
    targeted = any(record.run.scene.target is not None for record in records)
    groups: dict[tuple[Cell, ...], list[Record]] = {}
    for record in sorted(records, key=_summary_order):
        groups.setdefault(_summary_key(record, targeted=targeted), []).append(record)
    columns = (*(_TARGET if targeted else ()), *_HEAD, *_SUMMARY, *(_TARGET_ERROR if targeted else ()))
    rows = tuple((*key, *_summary_cells(members, targeted=targeted)) for key, members in groups.items())
    caption = (
        f"Success rate and size of the perturbation over {count_text(len(records), 'run')} on "
        f"{people_text(records)}. Success: {criterion_text(records)}; intervals after "
        "Wilson. RMSE is the mean over the runs of the picture's change within the crop."
    )
    return Table(columns, rows, caption, "tab:kaa-summary")


def runs_table(records: tuple[Record, ...]) -> Table:
    """Return one row a run."""
    targeted = any(record.run.scene.target is not None for record in records)
    columns = (
        Column("run", align="l"),
        Column("picture", align="l"),
        *(_TARGET if targeted else ()),
        *_HEAD,
        Column("mask keeps (%)", 0),
        Column("success", align="l"),
        Column("joints move (px of the crop)", 1),
        Column("3D pose error (mm)", 0),
        Column("perturbation RMSE (grey levels)", 2),
        *((Column("error to target (mm)", 0),) if targeted else ()),
    )
    rows = tuple(_run_cells(record, targeted=targeted) for record in sorted(records, key=group_key))
    caption = (
        f"{count_text(len(records), 'run')}. Success: {criterion_text(records)}. Mask keeps: the share of "
        f"{ATTACKABLE}."
    )
    return Table(columns, rows, caption, "tab:kaa-runs")


TABLES = {"summary": summary_table, "runs": runs_table}
"""Name -> maker; the names are choices of the command line."""


def _summary_order(record: Record) -> tuple[object, ...]:
    config = record.config
    return config.target or "", config.norm != "linf", *group_key(record), config.epsilon


def _summary_key(record: Record, *, targeted: bool) -> tuple[Cell, ...]:
    return (*((_target(record),) if targeted else ()), *_head_cells(record))


def _target(record: Record) -> str:
    return target_text(record.config.target) if record.config.target else "none"


def _head_cells(record: Record) -> tuple[Cell, ...]:
    config = record.config
    return (
        norm_title(config.norm),
        method_title(config),
        record.run.scene.layer.name,
        epsilon_text(config),
    )


def _summary_cells(records: list[Record], *, targeted: bool) -> tuple[Cell, ...]:
    won = sum(record.judged.success for record in records)
    low, high = wilson_interval(won, len(records))
    return (
        len(records),
        100 * won / len(records),
        f"{100 * low:.0f}–{100 * high:.0f}",
        float(np.mean([record.judged.perturbation_rmse for record in records])),
        _median([record.judged.pose_error_mm for record in records]),
        *((_median([record.judged.target_error_mm for record in records]),) if targeted else ()),
    )


def _run_cells(record: Record, *, targeted: bool) -> tuple[Cell, ...]:
    judged = record.judged
    return (
        record.name,
        record.title,
        *((_target(record),) if targeted else ()),
        *_head_cells(record),
        100 * record.run.mask_share,
        "yes" if judged.success else ("no" if record.person_found else "no, person not found"),
        judged.displacement_px,
        judged.pose_error_mm,
        judged.perturbation_rmse,
        *((judged.target_error_mm,) if targeted else ()),
    )


def _median(values: list[float]) -> float | None:
    known = finite(values)
    return float(np.median(known)) if known else None
