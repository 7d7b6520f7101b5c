from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import lru_cache, partial

import pytest

from kaa_gui.core.checkpoints import checkpoint
from kaa_gui.core.errors import AttackError
from kaa_gui.core.types import AttackConfig
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.mailbox import Delivery, Mailbox
from kaa_gui.ui.running.tasks import Tasks
from tests.ui import values
from tests.ui.waiting import at_rest


@lru_cache(maxsize=1)
def _snapshot():
    return values.snapshot(1)


def _at(iteration: int, config: AttackConfig | None = None):
    snapshot = replace(_snapshot(), iteration=iteration, metrics=values.metrics(iteration))
    return replace(snapshot, config=config) if config else snapshot


def _stepping(count: int, pause_s: float = 0.0):
    """A run of ``count`` snapshots that takes up live changes."""
    config = AttackConfig()
    for iteration in range(count):
        if pause_s:
            time.sleep(pause_s)
        config = (yield _at(iteration, config)) or config


class Ear:
    """Keeps what a runner says."""

    def __init__(self, runner: AttackRunner) -> None:
        self._runner = runner
        self.deliveries: list[Delivery] = []
        self.times: list[float] = []
        self.phases: list[Phase] = []
        runner.delivered.connect(self._on_delivery)
        runner.phase_changed.connect(self.phases.append)

    def _on_delivery(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        # a busy machine may come here late
        self.times.append(self._runner._last_delivery)

    @property
    def iterations(self) -> list[int]:
        return [numbers.iteration for delivery in self.deliveries for numbers in delivery.metrics]


@pytest.fixture
def runner(qapp):
    runner = AttackRunner()
    yield runner
    assert runner.close()


@pytest.fixture
def tasks(qapp):
    tasks = Tasks()
    yield tasks
    assert tasks.close()


def test_runner_flood_loses_no_metrics_and_draws_once_a_frame(qtbot, runner):
    _snapshot()
    ear = Ear(runner)
    runner.start(lambda: _stepping(500))
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)
    assert ear.iterations == list(range(500))
    assert len(ear.deliveries) < 250
    gaps = [late - early for early, late in zip(ear.times, ear.times[1:], strict=False)]
    assert all(gap >= 0.0145 for gap in gaps)
    last = [delivery.snapshot for delivery in ear.deliveries if delivery.snapshot][-1]
    assert last.iteration == 499


def test_runner_stop_lets_nothing_more_through(qtbot, runner):
    ear = Ear(runner)
    runner.start(lambda: _stepping(10_000, 0.001))
    qtbot.waitUntil(lambda: len(ear.deliveries) > 2)
    runner.stop()
    count = len(ear.deliveries)
    assert runner.phase is Phase.STOPPED
    with qtbot.waitSignal(runner.rested):
        pass
    qtbot.wait(50)
    assert len(ear.deliveries) == count
    assert not runner.busy


def test_runner_newest_request_wins_and_the_old_generator_is_closed(qtbot, runner):
    ear, closed, made = Ear(runner), [], []

    def make(name: str):
        def generator():
            made.append(name)
            try:
                yield from _stepping(5 if name == "last" else 10_000, 0.002)
            finally:
                closed.append(name)

        return generator

    runner.start(make("first"))
    qtbot.waitUntil(lambda: bool(ear.deliveries))
    for name in ("forgotten 1", "forgotten 2", "last"):
        newest = runner.start(make(name))
        ear.deliveries.clear()
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)
    assert made[0] == "first"
    assert made[-1] == "last"
    assert set(closed) == set(made)
    assert {delivery.generation for delivery in ear.deliveries} == {newest}
    assert ear.iterations == list(range(5))


def test_runner_pause_holds_and_resume_goes_on(qtbot, runner):
    ear = Ear(runner)
    runner.start(lambda: _stepping(40, 0.002))
    qtbot.waitUntil(lambda: len(ear.iterations) > 3)
    runner.pause()
    # what was under way may still arrive
    held = at_rest(qtbot, lambda: ear.iterations)
    qtbot.wait(60)
    assert ear.iterations == held
    runner.resume()
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)
    assert ear.iterations == list(range(40))
    assert ear.phases == [Phase.RUNNING, Phase.PAUSED, Phase.RUNNING, Phase.FINISHED]


def test_runner_stop_while_paused_frees_the_worker(qtbot, runner):
    ear = Ear(runner)
    runner.start(lambda: _stepping(10_000, 0.001))
    qtbot.waitUntil(lambda: bool(ear.deliveries))
    runner.pause()
    runner.stop()
    qtbot.waitUntil(lambda: not runner.busy)
    assert runner.phase is Phase.STOPPED


def _layers(gate: threading.Event, steps: list[int]):
    """A run whose second iteration never ends by itself: it takes one layer after another."""
    yield _at(0)
    while not gate.is_set():
        checkpoint()
        steps.append(0)
    yield _at(1)


def test_runner_stops_and_holds_between_two_layers(qtbot, runner):
    ear, gate, steps = Ear(runner), threading.Event(), []
    runner.start(lambda: _layers(gate, steps))
    qtbot.waitUntil(lambda: len(steps) > 10)
    for hold in (runner.pause, runner.suspend):
        hold()
        # the layer that is being computed may still end
        before = len(steps)
        qtbot.wait(20)
        assert len(steps) <= before + 1
        runner.start(lambda: _layers(gate, steps))
        before = len(steps)
        qtbot.waitUntil(lambda before=before: len(steps) > before + 10)
    runner.stop()
    qtbot.waitUntil(lambda: not runner.busy)
    assert set(ear.iterations) == {0}
    gate.set()


def test_runner_resumes_in_the_middle_of_an_iteration(qtbot, runner):
    ear, gate, steps = Ear(runner), threading.Event(), []
    runner.start(lambda: _layers(gate, steps))
    qtbot.waitUntil(lambda: len(steps) > 10)
    runner.pause()
    gate.set()
    runner.resume()
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)
    assert ear.iterations == [0, 1]


def test_runner_hands_live_changes_to_the_running_generator(qtbot, runner):
    ear = Ear(runner)
    runner.start(lambda: _stepping(200, 0.002))
    qtbot.waitUntil(lambda: bool(ear.deliveries))
    changed = AttackConfig(epsilon=7 / 255)
    runner.change(changed)
    qtbot.waitUntil(
        lambda: ear.deliveries[-1].snapshot is not None and ear.deliveries[-1].snapshot.config == changed
    )
    assert runner.generation == 1


def test_runner_change_of_an_earlier_run_does_not_reach_the_next_one(qtbot, runner):
    ear = Ear(runner)
    runner.start(lambda: _stepping(10_000, 0.001))
    runner.change(AttackConfig(epsilon=7 / 255))
    runner.start(lambda: _stepping(5))
    ear.deliveries.clear()
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)
    configs = [delivery.snapshot.config for delivery in ear.deliveries if delivery.snapshot]
    assert configs
    assert all(config == AttackConfig() for config in configs)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(AttackError("gradient is zero; move the start"), True), (ZeroDivisionError(), False)],
)
def test_runner_exception_surfaces_after_the_last_snapshot_and_the_runner_survives(
    qtbot, runner, error, expected
):
    ear = Ear(runner)

    def failing():
        yield from _stepping(3)
        raise error

    runner.start(failing)
    qtbot.waitUntil(lambda: runner.phase is Phase.FAILED)
    failure = ear.deliveries[-1].failure
    assert failure is not None
    assert failure.expected is expected
    assert "failing" in failure.report
    assert ear.iterations == [0, 1, 2]
    runner.start(lambda: _stepping(2))
    qtbot.waitUntil(lambda: runner.phase is Phase.FINISHED)


def test_runner_exception_while_making_the_generator_surfaces(qtbot, runner):
    ear = Ear(runner)

    def make():
        raise AttackError("no such layer")

    runner.start(make)
    qtbot.waitUntil(lambda: runner.phase is Phase.FAILED)
    failure = ear.deliveries[-1].failure
    assert failure is not None
    assert failure.line == "no such layer"


def test_runner_close_in_mid_run_joins_quickly(qapp):
    runner = AttackRunner()
    runner.start(lambda: _stepping(10_000, 0.005))
    started = time.monotonic()
    assert runner.close()
    assert time.monotonic() - started < 0.5


def test_runner_close_reports_a_worker_that_does_not_come_back(qapp):
    runner, release, begun = AttackRunner(), threading.Event(), threading.Event()

    def deaf():
        begun.set()
        release.wait(5)
        yield _at(0)

    runner.start(deaf)
    assert begun.wait(5)
    assert not runner.close(timeout_s=0.05)
    release.set()
    assert runner.close(timeout_s=2)


def test_mailbox_refuses_other_generations():
    mailbox = Mailbox()
    mailbox.expect(2)
    assert not mailbox.post(1, _at(0))
    assert not mailbox.close(1, Failure.of(ValueError("old")))
    assert mailbox.take() is None
    assert mailbox.post(2, _at(4))
    assert not mailbox.post(2, _at(5))  # one kick is enough until somebody takes
    delivery = mailbox.take()
    assert delivery is not None
    assert delivery.snapshot is not None
    assert delivery.snapshot.iteration == 5
    assert [numbers.iteration for numbers in delivery.metrics] == [4, 5]
    assert mailbox.take() is None


def test_tasks_run_in_order_and_report_progress(qtbot, tasks):
    results, progress = [], []
    tasks.submit(
        "Exporting",
        lambda task: task.report(0.5) or "exported",
        done=results.append,
        progressed=progress.append,
    )
    tasks.submit("Opening", lambda task: "opened", done=results.append)
    qtbot.waitUntil(lambda: not tasks.busy)
    assert results == ["exported", "opened"]
    assert 0.5 in progress


def test_tasks_newest_of_a_key_wins(qtbot, tasks):
    results, release = [], threading.Event()
    for name in "abc":
        work = partial(lambda name, task: release.wait(5) and name, name)
        tasks.submit(f"Opening {name}", work, done=results.append, key="picture")
    tasks.submit("Exporting", lambda task: "exported", done=results.append, key="export")
    release.set()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert results == ["c", "exported"]


def test_tasks_without_a_key_leave_each_other_alone_and_are_cancelled_one_by_one(qtbot, tasks):
    results, release = [], threading.Event()
    first, second, third = [
        tasks.submit(name, partial(lambda name, task: release.wait(5) and name, name), done=results.append)
        for name in "abc"
    ]
    tasks.cancel(second)
    release.set()
    qtbot.waitUntil(lambda: not tasks.busy)
    assert results == ["a", "c"]
    assert [task.cancelled.is_set() for task in (first, second, third)] == [False, True, False]


def test_tasks_cancelled_one_leaves_at_its_next_report(qtbot, tasks):
    heard, ended, begun = [], [], threading.Event()
    tasks.ended.connect(ended.append)
    tasks.failed.connect(heard.append)

    def endless(task):
        begun.set()
        while True:
            time.sleep(0.001)
            task.report(0.1)

    task = tasks.submit("Exporting", endless, done=heard.append, failed=heard.append, key="export")
    qtbot.waitUntil(begun.is_set)
    tasks.cancel("export")
    qtbot.waitUntil(lambda: not tasks.busy)
    assert heard == []
    assert ended == [task]


def test_tasks_failure_goes_to_who_takes_it_and_the_next_task_runs(qtbot, tasks):
    taken, others, results = [], [], []
    tasks.failed.connect(others.append)
    tasks.submit("Exporting", lambda task: 1 / 0, done=results.append, failed=taken.append)
    tasks.submit("Exporting", lambda task: 1 / 0, done=results.append)
    tasks.submit("Opening", lambda task: "opened", done=results.append)
    qtbot.waitUntil(lambda: not tasks.busy)
    for failures in (taken, others):
        (failure,) = failures
        assert failure.line.startswith("Unexpected ZeroDivisionError")
    assert results == ["opened"]
