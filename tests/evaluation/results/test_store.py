"""Results on disk: whole, once, in order, wherever the program is killed."""

import json
import multiprocessing
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.assignment import Assignment
from kaa_gui.evaluation.datasets import Fault, Source
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.results import parquet as columns
from kaa_gui.evaluation.results import store
from kaa_gui.evaluation.results.lock import locked
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.rows.thumbnails import picture_file
from tests.evaluation import made_rows as rows

PLAN = rows.plan()
JOBS = PLAN.jobs(rows.entries(3))
ORDER = [job.row for job in JOBS]
FAULT = Fault("torn.png", "picture torn.png is not in the folder")


def outcomes():
    failed = Outcome(JOBS[2].row, JOBS[2].entry.key, failure="nobody found")
    return [failed if job is JOBS[2] else rows.outcome(job) for job in JOBS]


def fill(folder):
    kept = Store(folder)
    with kept.opened(PLAN):
        for outcome in outcomes():
            if outcome.row not in kept.finished():
                kept.add(outcome)
        kept.compact(ORDER, [FAULT])
    return {name: kept.read(name) for name in store.TABLES}


class Killed(BaseException):
    pass


def test_rows_come_in_the_order_of_the_plan_however_they_were_finished(tmp_path):
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        for outcome in reversed(outcomes()):
            kept.add(outcome)
        kept.compact(ORDER)
    assert [row["row"] for row in kept.read("rows")] == [row for row in ORDER if row != JOBS[2].row]
    assert not (tmp_path / store.JOURNAL_FILE).exists()


def test_failures_hold_rows_and_damaged_entries_with_reasons(tmp_path):
    failures = fill(tmp_path)["failures"]
    assert {(each["entry"], each["reason"]) for each in failures} == {
        (JOBS[2].entry.key, "nobody found"),
        (FAULT.key, FAULT.reason),
    }


def test_failed_row_can_be_tried_again(tmp_path):
    fill(tmp_path)
    kept = Store(tmp_path)
    assert JOBS[2].row in kept.finished()
    assert JOBS[2].row not in kept.finished(failed=False)
    with kept.opened(PLAN):
        kept.add(rows.outcome(JOBS[2]))
        kept.compact(ORDER, [FAULT])
    assert [row["row"] for row in kept.read("rows")] == ORDER
    assert [each["entry"] for each in kept.read("failures")] == [FAULT.key]


def test_more_attacks_may_join_but_no_other_data_set(tmp_path):
    fill(tmp_path)
    more = Plan(PLAN.source, (*PLAN.configs, AttackConfig(method="kaa", epsilon=4 / 255)))
    kept = Store(tmp_path)
    with kept.opened(more):
        jobs = [job for job in more.jobs(rows.entries(3)) if job.row not in kept.finished()]
        assert len(jobs) == 3
    with pytest.raises(ConfigError, match="choose another --out"), kept.opened(Plan(Source(), PLAN.configs)):
        pass


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("folder", "/elsewhere"), "path"),
        (Source("folder", "/nowhere", images="/b"), "pictures in none"),
    ],
)
def test_other_pictures_are_refused(tmp_path, source, words):
    fill(tmp_path)
    with pytest.raises(ConfigError, match=words), Store(tmp_path).opened(Plan(source, PLAN.configs)):
        pass


def test_rows_of_other_weights_are_refused(tmp_path):
    # a folder from before the plan noted them: its rows alone know
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        kept.add(rows.outcome(JOBS[0], weights_sha256="old"))
    (victim,) = {config.victim for config in PLAN.configs}
    with pytest.raises(ConfigError, match=r"choose another --out"), kept.opened(PLAN, {victim: "new"}):
        pass
    with kept.opened(PLAN, {victim: "old", "another": "first"}):
        kept.compact(ORDER)
    # the plan knows of those that only look
    with pytest.raises(ConfigError, match="another another"), kept.opened(PLAN, {"another": "second"}):
        pass


def test_rows_of_another_batch_are_refused(tmp_path):
    kept = Store(tmp_path)
    assert kept.batch() is None
    with kept.opened(replace(PLAN, batch=4)):
        kept.add(Outcome(JOBS[0].row, JOBS[0].entry.key, failure="none"))
    # a failure has no bits
    assert kept.batch() is None
    with kept.opened(replace(PLAN, batch=2)):
        kept.add(rows.outcome(JOBS[1]))
    assert kept.batch() == 2
    with pytest.raises(ConfigError, match="batches of 2, got 4"), kept.opened(replace(PLAN, batch=4)):
        pass
    # a folder from before there were batches
    plan = json.loads((tmp_path / store.PLAN_FILE).read_text())
    del plan["batch"]
    (tmp_path / store.PLAN_FILE).write_text(json.dumps(plan))
    assert kept.batch() == 1
    with kept.opened(PLAN):
        pass


def test_what_was_refused_leaves_no_folder(tmp_path):
    folder = tmp_path / "new"
    with suppress(Killed), Store(folder).opened(PLAN):
        raise Killed
    assert not folder.exists()
    # but one with outcomes keeps its plan
    fill(folder)
    with suppress(Killed), Store(folder).opened(PLAN):
        raise Killed
    assert Store(folder).plan().source.kind == "folder"


def test_folder_that_cannot_be_made_is_one_line():
    with pytest.raises(PictureError, match="cannot be written"), Store(Path("/proc/x")).opened(PLAN):
        pass


def test_checks_and_pictures_asked_for_later_are_missing(tmp_path):
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        for outcome in outcomes():
            kept.add(outcome)
        kept.compact(ORDER)
    done = [job for job in JOBS if job is not JOBS[2]]

    def missing(**changes):
        return Assignment(tuple(replace(job, **changes) for job in JOBS), ()).missing(kept)

    assert missing() == missing(checks=("jpeg75",)) == []
    assert [job.row for job in missing(checks=("jpeg75", "blur"))] == [job.row for job in done]
    assert [job.row for job in missing(keep_picture=True)] == [job.row for job in done]
    before = kept.read("rows")
    with kept.opened(PLAN):
        for job in done:
            later = rows.outcome(job)
            check = {**later.checks[0], "check": "blur"}
            kept.add(replace(later, checks=[check], files={picture_file(job.row): b"png"}))
        kept.compact(ORDER)
    assert missing(checks=("jpeg75", "blur"), keep_picture=True) == []
    assert kept.read("rows") == before
    assert len(kept.read("checks")) == 2 * len(done)


def test_row_that_fails_when_it_is_attacked_again_stays_done(tmp_path):
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        kept.add(rows.outcome(JOBS[0]))
        kept.add(Outcome(JOBS[0].row, JOBS[0].entry.key, failure="out of memory"))
        kept.compact(ORDER)
    assert kept.finished(failed=False) == {JOBS[0].row}
    assert [each["reason"] for each in kept.read("failures")] == ["out of memory"]


def test_order_of_another_plan_is_put_right(tmp_path):
    whole = fill(tmp_path / "whole")
    kept = Store(tmp_path / "turned")
    with kept.opened(PLAN):
        for outcome in outcomes()[:4]:
            kept.add(outcome)
        kept.compact(ORDER[::-1])
    assert [row["row"] for row in kept.read("rows")] == [ORDER[3], ORDER[1], ORDER[0]]
    assert fill(tmp_path / "turned") == whole


def test_report_puts_what_was_killed_into_the_tables(tmp_path):
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        for outcome in reversed(outcomes()):
            kept.add(outcome)
        # while it runs, it is its own journal
        Store(tmp_path).settle()
        assert (tmp_path / store.JOURNAL_FILE).exists()
        before = kept.read("rows")
    Store(tmp_path).settle()
    assert not (tmp_path / store.JOURNAL_FILE).exists()
    after = Store(tmp_path).read("rows")
    assert [row["row"] for row in after] == [row for row in ORDER[::-1] if row != JOBS[2].row]
    assert sorted(after, key=str) == sorted(before, key=str)
    assert fill(tmp_path)["rows"] == after[::-1]


def test_faults_outlive_a_report(tmp_path):
    fill(tmp_path)
    kept = Store(tmp_path)
    with kept.opened(PLAN):
        kept.add(rows.outcome(JOBS[2]))
    kept.settle()
    assert [each["entry"] for each in kept.read("failures")] == [FAULT.key]


def _hold(folder, ready, done):
    with locked(folder):
        ready.set()
        done.wait(30)


def test_folder_is_locked_until_its_holder_dies(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, done))
    holder.start()
    assert ready.wait(30)
    with pytest.raises(ConfigError, match="in use"), locked(tmp_path):
        pass
    holder.kill()
    holder.join()
    with locked(tmp_path):
        pass


def test_folder_without_an_evaluation_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="holds no evaluation"):
        Store(tmp_path).plan()
    (tmp_path / store.PLAN_FILE).write_text(json.dumps({"format": "other"}))
    with pytest.raises(ConfigError, match=r"plan\.json: no plan of an evaluation"):
        Store(tmp_path).plan()


def test_columns_keep_their_types_where_all_values_are_missing():
    empty = columns.table_of([{"row": "a", "success": None, "target": None, "seed": None, "epsilon": None}])
    full = columns.table_of([{"row": "b", "success": True, "target": "sit", "seed": 1, "epsilon": 0.1}])
    assert empty.schema == full.schema
