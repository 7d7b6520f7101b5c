"""A plan's rows: which are missing, and what stands on disk however their computation ends."""

import json

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.assignment import Assignment
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.results.store import Store
from tests.evaluation import made_rows as rows


class Willing:
    """A crew that brings made-up rows."""

    hands = 1

    def __init__(self):
        self.closed = False

    def send(self, hand, group):
        self.group = group

    def receive(self):
        return [(0, [rows.outcome(job) for job in self.group.jobs])]

    def close(self):
        self.closed = True


@pytest.fixture
def plan(tmp_path):
    """Return a plan over two good people and one whose picture is missing."""
    (tmp_path / "there.png").write_bytes(b"not read")
    people = [{"image": name, "joints": [[5, 5]] * 16, "center": [5, 5], "scale": 1} for name in "ab"]
    people[0]["image"] = people[1]["image"] = "there.png"
    people.append({**people[0], "image": "gone.png"})
    (tmp_path / "list.json").write_text(json.dumps(people))
    return Plan(Source("mpii", str(tmp_path / "list.json")), (AttackConfig(), AttackConfig(seed=1)))


def test_finished_rows_are_not_missing_and_faults_are_failures(plan, tmp_path):
    assignment, store, heard = Assignment.of(plan), Store(tmp_path / "out"), []
    with store.opened(plan):
        assert len(assignment.missing(store)) == 4
        assignment.work_off(store, missing=assignment.missing(store), hire=Willing, hear=heard.append)
        assert assignment.missing(store) == []
        assignment.work_off(store, missing=[], hire=pytest.fail, hear=pytest.fail)
    assert [row["row"] for row in store.read("rows")] == [job.row for job in assignment.jobs]
    assert len(heard) == 4
    (failure,) = store.read("failures")
    assert failure["entry"] == "gone.png#2"


def test_whoever_stops_listening_keeps_what_is_done(plan, tmp_path):
    assignment, store, crew = Assignment.of(plan), Store(tmp_path / "out"), Willing()

    def hear(outcome):
        raise KeyboardInterrupt

    with store.opened(plan), pytest.raises(KeyboardInterrupt):
        assignment.work_off(store, missing=list(assignment.jobs), hire=lambda: crew, hear=hear)
    assert crew.closed
    assert (tmp_path / "out" / "rows.parquet").is_file()
    assert assignment.missing(store) == list(assignment.jobs[1:])


def test_nothing_usable_is_one_line(tmp_path):
    (tmp_path / "list.json").write_text('[{"image": "gone.png"}]')
    with pytest.raises(ConfigError, match=r"none \(1 damaged; the first, gone\.png#0: joints is missing\)"):
        Assignment.of(Plan(Source("mpii", str(tmp_path / "list.json")), (AttackConfig(),)))
