"""Run ``evaluate``: attack a data set with many configurations, on one machine or a cluster."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tqdm import tqdm

from kaa_gui.commands.options import (
    add_colour_option,
    add_engine_options,
    add_output_options,
    add_protocol_option,
    escaped,
    flag,
    reader,
)
from kaa_gui.core.config import PARAMETERS, AttackConfig
from kaa_gui.core.errors import AttackError, ConfigError, one_line
from kaa_gui.evaluation.datasets import CROPS, DATASETS, Source
from kaa_gui.evaluation.plan.checks import CHECKS, DEFENCES
from kaa_gui.evaluation.plan.plan import Job, Plan, blocks_with, default_blocks, expand, read_toml

if TYPE_CHECKING:
    from kaa_gui.evaluation.assignment import Assignment
    from kaa_gui.evaluation.results.outcome import Outcome
    from kaa_gui.evaluation.results.store import Store
    from kaa_gui.evaluation.rows.attacker import Attacker
    from kaa_gui.evaluation.workers import Crew

_Value = TypeVar("_Value")
EPSILON_L2 = "epsilon_l2"
"""Flag of the radii of l2 balls; those of l∞ balls have ``epsilon`` for themselves."""
ATTACK_LISTS = (
    *("victim", "method", "norm", "target", "epsilon", EPSILON_L2, "iterations", "layer"),
    *("loss", "reference", "mask", "keep", "rows", "space", "views", "seed", "success_mm"),
)
"""Flags that take several values, separated by commas."""
_DEFAULTS = {
    "method": "kaa,kaa+er",
    "norm": "both",
    "target": "none for non-target, walk, sit",
    "epsilon": "2/255, 8/255 to a target; under linf",
    EPSILON_L2: "2, 8 to a target; under l2",
    "iterations": "10, 20 to a target",
}
"""Defaults of an evaluation that are not those of an attack, in words."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    words = "folder for the results; an interrupted evaluation is resumed there"
    add_output_options(parser, "folder", words, required=False)
    add("--dataset", metavar="KIND[:PATH]", help=f"{', '.join(DATASETS)} (default: samples)")
    add("--images", metavar="DIR", help="folder of the pictures, if not beside the annotation file")
    add("--every", type=int, help="take every n-th entry or frame (default: 1)")
    add("--limit", type=int, help="at most so many entries")
    add("--crops", choices=CROPS, help="cut people out by detection (default) or by annotation")
    add("--plan", metavar="FILE", help="TOML file with [[attacks]] blocks; flags change its fields")
    add_protocol_option(parser)
    several = parser.add_argument_group("attacks", "each takes one value or several, separated by commas")
    for name in ATTACK_LISTS:
        field = "epsilon" if name == EPSILON_L2 else name
        known, default = PARAMETERS[field], AttackConfig.__dataclass_fields__[field].default
        words = known.option_help(_DEFAULTS.get(name, known.default_text(default)))
        several.add_argument(flag(name), type=_several(reader(field)), metavar="A,B", help=escaped(words))
    add("--checks", metavar="A,B", help=f"look again after: {', '.join(CHECKS)}; or all")
    add("--defences", action="store_true", help=f"--checks {','.join(DEFENCES)}")
    add("--transfer", action="store_true", help="--checks transfer: the other victims look too")
    add("--keep-pictures", action="store_true", help="keep every adversarial picture, full size")
    add("--workers", type=int, help="processes on this machine (default: this one), or actors with --ray")
    add("--ray", metavar="ADDRESS", help="work on a Ray cluster: HOST:PORT, auto, or local to start one here")
    add("--threads", type=int, default=1, help="of torch in each worker (default: 1; rows depend on it)")
    add(
        "--batch",
        type=_batch,
        metavar="N",
        help="attacks computed in one pass (default: auto, 1 on a CPU, as many as fit on a GPU, at most 16; "
        "rows depend on it)",
    )
    add("--retry-failed", action="store_true", help="try failed rows again")
    add("--dry-run", action="store_true", help="print the plan's size and estimated time, and stop")
    add("--json", action="store_true", help="print a summary as JSON")
    add_colour_option(parser)
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Plan, say how long it will take, run, report."""
    plan = plan_of(options)
    _check_numbers(options)
    from kaa_gui.evaluation.assignment import Assignment, settled
    from kaa_gui.evaluation.report import write_report
    from kaa_gui.evaluation.results.store import Store
    from kaa_gui.evaluation.rows.attacker import Attacker, check_plan

    assignment = Assignment.of(plan)
    for fault in assignment.faults[:10]:
        print(one_line(f"skipped  {fault.key}: {fault.reason}"), file=sys.stderr)
    if not options.dry_run:
        print(size_in_words(plan, assignment), file=sys.stderr, flush=True)
    attacker = Attacker(options.device, options.bundle, threads=options.threads)
    check_plan(attacker.engine, assignment.jobs)
    if options.dry_run:
        return _dry_run(options, attacker, plan, assignment)
    store = Store(Path(options.out))
    plan = settled(plan, store, attacker.engine)
    weights = assignment.weights(attacker.engine)
    read = (options.plan, plan.source.path, options.bundle)
    with store.opened(plan, weights, inputs=read, overwrite=options.overwrite):
        _work_off(options, attacker, assignment, store, batch=plan.batch)
        report = write_report(store)
    _print_summary(options, store, report)
    _check_any(assignment, store)
    return 0


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the plan that flags and plan file describe.

    Raises:
        ConfigError: They contradict each other, or nothing is left to attack.
    """
    content = {} if options.plan is None else read_toml(Path(options.plan))
    source = Source.parse(
        str(options.dataset or content.get("dataset", "samples")),
        raw_colours=options.raw_colours or bool(content.get("raw_colours")),
        **{
            name: getattr(options, name) if getattr(options, name) is not None else content[name]
            for name in ("images", "every", "limit", "crops")
            if getattr(options, name) is not None or name in content
        },
    )
    given = {name: getattr(options, name) for name in ATTACK_LISTS if getattr(options, name) is not None}
    if options.protocol != "studio" and "attacks" in content:
        raise ConfigError(
            f"protocol {options.protocol} and a plan's [[attacks]] both say how to attack; leave one out"
        )
    if "all-controls" in given.get("mask", ()):
        from kaa_gui.core.correlation import CONTROLS

        named = [name for name in given["mask"] if name != "all-controls"]
        given["mask"] = list(dict.fromkeys((*named, "relational", *CONTROLS)))
    blocks = blocks_with(content.get("attacks") or default_blocks(options.protocol), given)
    keep = options.keep_pictures or bool(content.get("keep_pictures"))
    batch = content.get("batch", 0) if options.batch is None else options.batch
    return Plan(source, expand(blocks), _checks(options, content), keep, batch=batch)


def _batch(text: str) -> int:
    if text == "auto":
        return 0
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"batch must be 1 or more, or auto, got {text}")
    return number


def _several(read: Callable[[str], _Value]) -> Callable[[str], list[_Value]]:
    def values(text: str) -> list[_Value]:
        return [read(part.strip()) for part in text.split(",") if part.strip()]

    # argparse names it in its message
    values.__name__ = "list of values"
    return values


def _checks(options: argparse.Namespace, content: dict[str, Any]) -> tuple[str, ...]:
    named = _several(str)(options.checks) if options.checks else list(content.get("checks", ()))
    if named == ["all"]:
        named = list(CHECKS)
    named += DEFENCES if options.defences else ()
    named += ("transfer",) if options.transfer else ()
    return tuple(dict.fromkeys(named))


def _check_numbers(options: argparse.Namespace) -> None:
    if options.out is None and not options.dry_run:
        raise ConfigError("evaluate needs --out DIR for its results, or --dry-run")
    for name in ("workers", "threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ConfigError(f"{name} must be 1 or more, got {value}")


def _dry_run(options: argparse.Namespace, attacker: Attacker, plan: Plan, assignment: Assignment) -> int:
    from kaa_gui.evaluation.estimate import estimate, in_words
    from kaa_gui.evaluation.plan.batches import usual_batch

    hands = options.workers or 1
    seconds = estimate(attacker, assignment.jobs, hands)
    # nobody is asked: joining a cluster takes longer than the rest
    assumed = options.ray is not None and options.workers is None
    batch = plan.batch or usual_batch(attacker.engine.device)
    size = {
        **plan_size(plan, assignment),
        "batch": batch,
        "checks": list(plan.checks),
        "workers": hands,
        "workers_assumed": assumed,
        "estimated_seconds": None if seconds is None else round(seconds),
    }
    if options.json:
        print(json.dumps(size, indent=2))
        return 0
    print(size_in_words(plan, assignment))
    faster = f"; batches of {batch} may take less" if batch > 1 else ""
    print(f"estimated time with {hands} worker(s): {in_words(seconds)}{faster}")
    if assumed:
        print("without --workers a cluster takes one for each GPU or, without any, CPU: so many times faster")
    return 0


def _work_off(
    options: argparse.Namespace, attacker: Attacker, assignment: Assignment, store: Store, *, batch: int
) -> None:
    total, missing = len(assignment.jobs), assignment.missing(store, retry=options.retry_failed)
    tell_known(store, missing, total)
    # of a cluster's machines this one knows nothing
    known = options.ray is None and tell_estimate(attacker, missing, options.workers or 1, batch=batch)
    pace = None if known or not missing else Pace(missing, options.workers or 1)
    failed = 0
    with tqdm(
        total=total, initial=total - len(missing), unit="row", file=sys.stderr, disable=None
    ) as progress:

        def hear(outcome: Outcome) -> None:
            nonlocal failed
            failed += outcome.failure is not None
            progress.set_postfix_str(_line(outcome, failed), refresh=False)
            progress.update()
            if pace is not None and (words := pace.after_a_row(failed=outcome.failure is not None)):
                progress.write(words, file=sys.stderr)

        try:
            assignment.work_off(
                store, missing=missing, hire=lambda: _crew(options, attacker), hear=hear, batch=batch
            )
        except KeyboardInterrupt:
            progress.close()
            there = sum(job.row in store.finished() for job in assignment.jobs)
            print(
                f"stopped: {there} of {total} rows are kept in {store.folder}; the same command goes on from "
                f"there, and report {store.folder} makes tables of them",
                file=sys.stderr,
            )
            raise


def _check_any(assignment: Assignment, store: Store) -> None:
    """Let nobody take for success what brought no row at all."""
    done = store.finished(failed=False)
    if not any(job.row in done for job in assignment.jobs):
        reasons = {failure["row"]: failure["reason"] for failure in store.read("failures")}
        first = reasons.get(assignment.jobs[0].row) or ""
        raise AttackError(
            f"none of {len(assignment.jobs)} attacks could be made; the first: "
            f"{first.strip().rpartition(chr(10))[2]}; put it right and add --retry-failed"
        )


def _crew(options: argparse.Namespace, attacker: Attacker) -> Crew:
    from kaa_gui.evaluation.workers import Alone

    if options.ray is None and options.workers is None:
        return Alone(attacker)
    from kaa_gui.evaluation.workers.processes import Equipment, Processes

    equipment = Equipment(options.device, options.bundle, options.threads)
    if options.ray is None:
        return Processes(options.workers, equipment)
    from kaa_gui.evaluation.workers.cluster import Cluster

    return Cluster(options.ray, options.workers, equipment)


def _line(outcome: Outcome, failed: int) -> str:
    words = one_line(f"{outcome.entry}")[-30:]
    return f"{words}, {failed} failed" if failed else words


def _print_summary(options: argparse.Namespace, store: Store, report: Path) -> None:
    from kaa_gui.evaluation.report import MARKDOWN

    verdicts = [bool(row["success"]) for row in store.stream("rows", ["success"])]
    failures = store.read("failures")
    if options.json:
        content = {
            "out": str(store.folder),
            "report": str(report),
            "rows": len(verdicts),
            "successes": sum(verdicts),
            "failures": failures,
        }
        print(json.dumps(content, indent=2))
        return
    print((report.parent / MARKDOWN).read_text(encoding="utf-8"))
    print(f"{len(verdicts)} rows, {len(failures)} failures; written {store.folder}, report {report}")


if TYPE_CHECKING:
    from kaa_gui.evaluation.assignment import Assignment
    from kaa_gui.evaluation.results.store import Store
    from kaa_gui.evaluation.rows.attacker import Attacker

PATIENCE_S = 4.0
"""Trying attacks out may delay the first row by this much."""
MOST_ROWS = 100
"""After so many rows the time left is said in any case."""


def plan_size(plan: Plan, assignment: Assignment) -> dict[str, int]:
    """Return the numbers of entries, damaged ones, attacks on each, and rows."""
    return {
        "entries": len({job.entry.key for job in assignment.jobs}),
        "damaged": len(assignment.faults),
        "attacks_per_entry": len(plan.configs),
        "rows": len(assignment.jobs),
    }


def size_in_words(plan: Plan, assignment: Assignment) -> str:
    """Return the same in one line."""
    size = plan_size(plan, assignment)
    return (
        f"{size['entries']} entries ({size['damaged']} damaged) x {size['attacks_per_entry']} attacks = "
        f"{size['rows']} rows"
    )


def tell_known(store: Store, missing: Sequence[Job], total: int) -> None:
    """Say what is there already, and what is not as whoever goes on with a folder may think."""
    for path in store.set_aside:
        print(
            f"{one_line(str(path))}: damaged, set aside; rows that are missing are computed", file=sys.stderr
        )
    if len(missing) < total:
        print(f"{total - len(missing)} rows are there already, {len(missing)} to do", file=sys.stderr)
    done = store.finished(failed=False)
    if again := sum(job.row in done for job in missing):
        print(f"{again} finished rows lack a check or a picture: attacked again for it", file=sys.stderr)


def tell_estimate(attacker: Attacker, missing: Sequence[Job], hands: int, *, batch: int = 1) -> bool:
    """Say how long the missing rows will take; return whether that was known soon enough."""
    from kaa_gui.evaluation.estimate import estimate, in_words

    if not missing:
        return True
    try:
        # what single attacks take says little of batches
        seconds = estimate(attacker, missing, hands, patience_s=PATIENCE_S if batch == 1 else 0)
    except TimeoutError:
        print("estimated time: follows with the first rows", file=sys.stderr, flush=True)
        return False
    print(f"estimated time with {hands} worker(s): {in_words(seconds)}", file=sys.stderr, flush=True)
    return True


class Pace:
    """Says once, from the first rows, how long the others will take."""

    def __init__(self, missing: Sequence[Job], hands: int) -> None:
        first = sum(job.entry.key == missing[0].entry.key for job in missing)
        # one picture with each attack, by everybody: some attacks take longer than others
        self._enough = min(first * hands, MOST_ROWS)
        self._rows, self._done, self._began = len(missing), 0, time.monotonic()

    def after_a_row(self, *, failed: bool = False) -> str:
        """Count a row; return what to say now, mostly nothing."""
        from kaa_gui.evaluation.estimate import in_words

        if failed:
            # soon over, and no measure of the others
            self._rows -= 1
            return ""
        self._done += 1
        left = self._rows - self._done
        if self._done != self._enough or not left:
            return ""
        seconds = (time.monotonic() - self._began) / self._done * left
        return f"estimated time for the other {left} rows: {in_words(seconds)}"
