"""Who does which row is no matter of what comes out; killed workers and drivers cost no row."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kaa_gui.evaluation.assignment import Assignment
from kaa_gui.evaluation.plan.batches import groups_of
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.rows.attacker import Attacker
from kaa_gui.evaluation.runner import MOST_DEATHS, kept, run
from kaa_gui.evaluation.workers import Alone
from kaa_gui.evaluation.workers.processes import Equipment, Processes
from tests.evaluation import made_rows as rows

ROOT = Path(__file__).parents[2]
JOBS = rows.plan().jobs(rows.entries(4))
GROUPS = groups_of(JOBS, 1)
DRIVER = """
from pathlib import Path
import sys
from kaa_gui.evaluation.assignment import Assignment
from kaa_gui.evaluation.workers.processes import Equipment, Processes
from kaa_gui.evaluation.results.store import Store
from tests.evaluation.made_rows import tiny_plan

if __name__ == "__main__":
    store, plan = Store(Path(sys.argv[1])), tiny_plan(Path(sys.argv[2]))
    assignment = Assignment.of(plan)

    def hire():
        crew = Processes(2, Equipment("cpu"))
        print(*crew.pids, flush=True)
        return crew

    with store.opened(plan):
        missing = assignment.missing(store)
        assignment.work_off(
            store, missing=missing, hire=hire, hear=lambda outcome: print(outcome.row, flush=True)
        )
"""


class Mortal:
    """Hands that die as they are told, and otherwise bring the row itself."""

    def __init__(self, hands, deaths):
        self.hands = hands
        self.deaths = deaths
        self.busy = {}
        self.sent = []

    def send(self, hand, group):
        assert hand not in self.busy
        self.busy[hand] = group
        self.sent.append((hand, group.jobs[0].entry.key))

    def receive(self):
        hand = min(self.busy)
        group = self.busy.pop(hand)
        if self.deaths.get(group.row, 0):
            self.deaths[group.row] -= 1
            return [(hand, None)]
        return [(hand, [rows.outcome(job) for job in group.jobs if job.row in group.wanted])]

    def close(self):
        pass


@pytest.mark.parametrize("hands", [1, 2, 3, 9])
def test_every_row_comes_once_whatever_dies(hands):
    deaths = {job.row: number % MOST_DEATHS for number, job in enumerate(JOBS)}
    found = [outcome.row for outcome in run(GROUPS, Mortal(hands, deaths))]
    assert sorted(found) == sorted(job.row for job in JOBS)


def test_row_that_kills_its_workers_is_given_up():
    outcomes = {each.row: each for each in run(GROUPS, Mortal(2, {JOBS[0].row: MOST_DEATHS}))}
    assert "died" in outcomes[JOBS[0].row].failure
    assert all(each.failure is None for row, each in outcomes.items() if row != JOBS[0].row)


def test_group_that_kills_its_workers_is_given_up_as_a_whole():
    first, *others = groups_of(JOBS, 4)
    outcomes = {each.row: each for each in run([first, *others], Mortal(2, {first.row: MOST_DEATHS}))}
    assert len(outcomes) == len(JOBS)
    assert {row for row, each in outcomes.items() if each.failure} == {job.row for job in first.jobs}


def test_rows_of_a_picture_stay_together():
    crew = Mortal(2, {})
    assert len(list(run(GROUPS, crew))) == len(JOBS)
    # but for those that an idle hand takes over at the end
    assert len(set(crew.sent)) <= 4 + crew.hands


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return rows.tiny_plan(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def attacker():
    return Attacker("cpu")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, plan, attacker):
    """Return the tables of the tiny plan, made in this process."""
    store = Store(tmp_path_factory.mktemp("undisturbed"))
    finish(store, plan, attacker)
    return tables(store)


def finish(store, plan, attacker):
    assignment, done = Assignment.of(plan), []
    with store.opened(plan):
        missing = assignment.missing(store)
        assignment.work_off(store, missing=missing, hire=lambda: Alone(attacker), hear=done.append)
    return done


def tables(store):
    return {name: store.read(name) for name in ("rows", "checks", "failures")}


@pytest.mark.slow
def test_killed_worker_changes_no_row(undisturbed, plan, tmp_path):
    store, jobs = Store(tmp_path), plan.jobs(plan.source.entries())
    crew = Processes(2, Equipment("cpu"))
    try:
        with store.opened(plan):
            os.kill(crew.pids[1], signal.SIGKILL)
            for number, _ in enumerate(kept(run(groups_of(jobs, 1), crew), store)):
                if number == 0:
                    os.kill(crew.pids[0], signal.SIGKILL)
            store.compact([job.row for job in jobs])
    finally:
        crew.close()
    assert tables(store) == undisturbed


@pytest.mark.slow
def test_killed_worker_changes_no_bit_of_a_batch(plan, attacker, tmp_path):
    store, assignment = Store(tmp_path), Assignment.of(plan)
    groups = groups_of(assignment.jobs, 2)
    alone = {outcome.row: outcome.record for outcome in run(groups, Alone(attacker))}
    assert {record["batch"] for record in alone.values()} == {2}
    crew = Processes(2, Equipment("cpu"))

    def kill_the_other(outcome):
        os.kill(crew.pids[0], signal.SIGKILL)
        raise InterruptedError

    with store.opened(replace(plan, batch=2)), pytest.raises(InterruptedError):
        assignment.work_off(
            store, missing=list(assignment.jobs), hire=lambda: crew, hear=kill_the_other, batch=2
        )
    # half a group is done: it is computed again as a whole, and only what is missing handed in
    missing = assignment.missing(store)
    assert len(missing) == 3
    with store.opened(replace(plan, batch=2)):
        assignment.work_off(
            store, missing=missing, hire=lambda: Alone(attacker), hear=lambda outcome: None, batch=2
        )
    assert {row["row"]: row for row in store.read("rows")} == alone


@pytest.mark.slow
def test_killed_driver_loses_no_finished_row_and_leaves_no_worker(undisturbed, plan, attacker, tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    store = Store(tmp_path / "out")
    command = [sys.executable, str(script), str(store.folder), plan.source.path]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as driver:  # noqa: S603
        workers = [psutil.Process(int(pid)) for pid in driver.stdout.readline().split()]
        seen = {driver.stdout.readline().strip() for _ in range(random.choice([1, 2]))}
        driver.kill()
    assert not psutil.wait_procs(workers, timeout=180)[1]
    assert seen <= store.finished()
    redone = {outcome.row for outcome in finish(store, plan, attacker)}
    assert not redone & seen
    assert tables(store) == undisturbed


def test_rows_measure_what_they_say(undisturbed):
    plain, guided = undisturbed["rows"][:2]
    assert (plain["method"], guided["method"]) == ("kaa", "kaa+er")
    for row in (plain, guided):
        assert row["saved_perturbation_max"] <= 4 + 1e-3
        assert len(row["trajectory_rmse"]) == row["final_iteration"] + 1
        assert row["person_found"]
    assert guided["saved_l0"] < plain["saved_l0"]
    assert guided["saved_perturbation_rmse"] < plain["saved_perturbation_rmse"]
