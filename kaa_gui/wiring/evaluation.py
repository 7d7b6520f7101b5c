"""Hand evaluations to the window; they run in a process of their own, in the command's folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kaa_gui.ui.model.evaluation_order import (
    DatasetKind,
    EvaluatedRow,
    EvaluationNews,
    EvaluationOrder,
    Listen,
)

if TYPE_CHECKING:
    from kaa_gui.engine.engine import Engine
    from kaa_gui.evaluation.plan.batches import Group
    from kaa_gui.evaluation.plan.plan import Job
    from kaa_gui.evaluation.results.outcome import Outcome, Record
    from kaa_gui.evaluation.results.store import Store
    from kaa_gui.evaluation.workers.processes import Processes
    from kaa_gui.evaluation.workers.workers import Crew, Returned

SHOWN = ("success", "saved_pose_error_mm", "saved_target_error_mm", "saved_perturbation_rmse", "person")
"""Columns of a row that the window shows."""


def dataset_kinds() -> dict[str, DatasetKind]:
    """Return the formats of data sets."""
    from kaa_gui.evaluation.datasets import DATASETS

    return {name: DatasetKind(kind.title, kind.images, kind.squares) for name, kind in DATASETS.items()}


def evaluate(
    order: EvaluationOrder,
    listen: Listen,
    *,
    engine: Engine,
    bundle: str | Path | None,
    raw_colours: bool = False,
) -> str:
    """Run an evaluation to its end and return the path of its report.

    Args:
        order: Order to run.
        listen: Hears of every row; raises to stop.
        engine: Checks the plan; the rows are computed in another process.
        bundle: A BlazePose ``.task`` file in place of the packaged one.
        raw_colours: Whether colour profiles of pictures are passed over.

    Raises:
        KaaError: The data set, the plan or the folder is no good.
    """
    from kaa_gui.evaluation.assignment import Assignment, settled
    from kaa_gui.evaluation.datasets import Source
    from kaa_gui.evaluation.plan.checks import DEFENCES, TRANSFER
    from kaa_gui.evaluation.plan.plan import Plan, default_blocks, expand
    from kaa_gui.evaluation.report import write_report
    from kaa_gui.evaluation.results.store import Store
    from kaa_gui.evaluation.rows.attacker import check_plan
    from kaa_gui.evaluation.workers.processes import Equipment, Processes

    source = Source.parse(
        order.dataset, limit=order.limit, images=order.images, crops=order.crops, raw_colours=raw_colours
    )
    configs = expand(default_blocks()) if order.config is None else (order.config,)
    plan = Plan(
        source, configs, (*(DEFENCES if order.defences else ()), *(TRANSFER if order.transfer else ()))
    )
    assignment = Assignment.of(plan)
    total, damaged = len(assignment.jobs), len(assignment.faults)
    listen(EvaluationNews((), 0, total, damaged))
    check_plan(engine, assignment.jobs)
    by_row = {job.row: job for job in assignment.jobs}
    store = Store(Path(order.folder))
    plan = settled(plan, store, engine)
    with store.opened(plan, assignment.weights(engine)):
        missing = assignment.missing(store)
        done = total - len(missing)
        listen(EvaluationNews(_known(store, by_row), done, total, damaged))

        def hear(outcome: Outcome) -> None:
            nonlocal done
            done += 1
            row = _row(by_row[outcome.row], outcome.record, outcome.failure)
            listen(EvaluationNews((row,), done, total, damaged))

        def hire() -> Crew:
            return _Heard(Processes(1, Equipment(str(engine.device), bundle)), listen, total)

        assignment.work_off(store, missing=missing, hire=hire, hear=hear, batch=plan.batch)
        return str(write_report(store))


def _known(store: Store, by_row: Mapping[str, Job]) -> list[EvaluatedRow]:
    """Return the rows that are there already, and those that failed, in the order of the plan."""
    found = {
        record["row"]: _row(by_row[record["row"]], record)
        for record in store.stream("rows", SHOWN)
        if record["row"] in by_row
    }
    for each in store.read("failures"):
        if each["row"] in by_row and each["row"] not in found:
            found[each["row"]] = _row(by_row[each["row"]], None, each["reason"])
    return [found[row] for row in by_row if row in found]


class _Heard:
    """Crew that checks between two polls whether the evaluation is still wanted."""

    def __init__(self, crew: Processes, listen: Listen, total: int) -> None:
        self._crew, self._listen, self._total = crew, listen, total
        self.hands = crew.hands

    def send(self, hand: int, group: Group) -> None:
        """Give a group to an idle hand."""
        self._crew.send(hand, group)

    def receive(self) -> Returned:
        """Wait for a moment."""
        self._listen(EvaluationNews((), None, self._total))
        return self._crew.receive()

    def close(self) -> None:
        """Let the hands go."""
        self._crew.close()


def _row(job: Job, record: Record | None, failure: str | None = None) -> EvaluatedRow:
    from kaa_gui.evaluation.rows.people import annotated_person
    from kaa_gui.evaluation.tables.summaries import goal_of, label_of

    values = record or {}
    error = values.get("saved_pose_error_mm" if job.config.target is None else "saved_target_error_mm")
    return EvaluatedRow(
        entry=job.entry.key,
        attack=label_of(job.config.norm, job.config.method),
        goal=goal_of(job.config.target),
        success=None if record is None else bool(values["success"]),
        error_mm=error,
        rmse=values.get("saved_perturbation_rmse"),
        failure=(failure or "").strip().rpartition("\n")[2],
        config=job.config,
        person=int(values.get("person") or 0),
        load=job.entry.load,
        annotated=partial(annotated_person, job.entry) if job.source.crops == "annotation" else None,
    )
