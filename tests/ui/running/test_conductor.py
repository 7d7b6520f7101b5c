from __future__ import annotations

import pytest

from kaa_gui.core.errors import AttackError
from kaa_gui.ui.model.parameters import Edit
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.running.conductor import Conductor
from tests.ui.fakes import FakeEngine, picture
from tests.ui.waiting import at_rest


class Stage:
    """Everything behind the window but the window."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.state = State()
        self.runner = AttackRunner()
        self.conductor = Conductor(self.state, self.runner, services=self.engine.services())
        self.failures = []
        self.conductor.failed.connect(self.failures.append)

    def edit(self, gesture: int = 1, *, settled: bool = True, **changes) -> None:
        self.state.apply(Edit(changes, gesture, settled))

    @property
    def runs(self) -> int:
        return len(self.engine.requests)


@pytest.fixture
def stage(qtbot):
    stage = Stage()
    yield stage
    assert stage.runner.close()


def _running(qtbot, stage, *, iterations: int = 1000) -> None:
    stage.edit(iterations=iterations, gesture=0)
    stage.conductor.open(picture())
    qtbot.waitUntil(lambda: stage.state.snapshot is not None)


def test_conductor_open_runs_to_the_end(qtbot, stage):
    stage.edit(iterations=12)
    stage.conductor.open(picture())
    qtbot.waitUntil(lambda: stage.runner.phase is Phase.FINISHED)
    assert stage.state.scene.picture.name == "room.png"
    assert stage.state.field.complete
    assert stage.state.snapshot.final
    assert [numbers.iteration for numbers in stage.state.metrics] == list(range(13))


def test_conductor_live_change_reaches_the_same_run(qtbot, stage):
    _running(qtbot, stage)
    stage.edit(epsilon=6 / 255)
    qtbot.waitUntil(lambda: stage.state.snapshot.config.epsilon == 6 / 255)
    assert stage.runs == 1


def test_conductor_live_change_after_the_end_starts_over(qtbot, stage):
    _running(qtbot, stage, iterations=3)
    qtbot.waitUntil(lambda: stage.runner.phase is Phase.FINISHED)
    stage.edit(epsilon=6 / 255)
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.engine.requests[-1].config.epsilon == 6 / 255


@pytest.mark.parametrize("changes", [{"layer": 2}, {"method": "kaa"}, {"seed": 9}, {"device": "cuda"}])
def test_conductor_restart_change_begins_a_new_run(qtbot, stage, changes):
    _running(qtbot, stage)
    stage.edit(**changes)
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.runner.generation == 2


def test_conductor_device_is_handed_on(qtbot, stage):
    _running(qtbot, stage)
    stage.edit(device="cuda")
    qtbot.waitUntil(lambda: stage.engine.devices == ["auto", "cuda"])


def test_conductor_dragged_alpha_starts_over_only_on_release(qtbot, stage):
    _running(qtbot, stage)
    for alpha in (0.1, 0.2, 0.3):
        stage.edit(alpha=alpha, settled=False)
    assert stage.state.alpha == 0.3
    assert stage.runner.generation == 1
    stage.conductor.settle()
    assert stage.runner.generation == 2
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.engine.requests[-1].config.alpha == 0.3


def test_conductor_holds_a_run_that_a_drag_dooms(qtbot, stage):
    _running(qtbot, stage)
    stage.conductor._rest.setInterval(60_000)  # this hand takes its time
    stage.edit(alpha=0.1, settled=False)
    # what was under way may still arrive
    held = at_rest(qtbot, lambda: stage.state.snapshot.iteration)
    stage.edit(alpha=0.2, settled=False)
    qtbot.wait(60)
    assert stage.state.snapshot.iteration == held
    assert stage.runner.generation == 1
    stage.conductor.settle()
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.engine.requests[-1].config.alpha == 0.2


def test_conductor_dragged_alpha_starts_over_when_the_hand_rests(qtbot, stage):
    _running(qtbot, stage)
    stage.edit(alpha=0.1, settled=False)
    qtbot.waitUntil(lambda: stage.runs == 2)


def test_conductor_undo_starts_over(qtbot, stage):
    _running(qtbot, stage)
    stage.edit(layer=2, gesture=5)
    qtbot.waitUntil(lambda: stage.runs == 2)
    stage.state.undo_stack.undo()
    qtbot.waitUntil(lambda: stage.runs == 3)
    assert stage.engine.requests[-1].config.layer is None


def test_conductor_stopped_changes_wait_for_run(qtbot, stage):
    _running(qtbot, stage)
    stage.conductor.stop()
    stage.edit(layer=2)
    stage.edit(epsilon=5 / 255, gesture=2)
    assert stage.runner.phase is Phase.STOPPED
    assert stage.conductor.outdated
    stage.conductor.toggle()
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.engine.requests[-1].config.layer == 2


def test_conductor_paused_changes_wait_and_then_start_over(qtbot, stage):
    _running(qtbot, stage)
    stage.conductor.toggle()
    assert stage.runner.phase is Phase.PAUSED
    stage.edit(epsilon=5 / 255)
    assert not stage.conductor.outdated
    stage.edit(seed=3, gesture=2)
    assert stage.runner.phase is Phase.PAUSED
    stage.conductor.toggle()
    qtbot.waitUntil(lambda: stage.runs == 2)
    assert stage.engine.requests[-1].config.seed == 3


def test_conductor_failure_is_told_and_the_last_good_picture_stays(qtbot, stage):
    _running(qtbot, stage)
    stage.conductor.open(picture("empty.png"))
    qtbot.waitUntil(lambda: bool(stage.failures))
    assert "nobody found" in stage.failures[0].line
    assert stage.state.picture.name == "room.png"
    assert stage.state.scene.picture.name == "room.png"
    stage.edit(seed=3)
    qtbot.waitUntil(lambda: stage.runner.phase is Phase.RUNNING and stage.runs == 3)


def test_conductor_error_in_mid_run_keeps_what_came_before(qtbot, stage):
    _running(qtbot, stage)
    stage.engine.error = AttackError("the gradient is not finite; lower the step")
    qtbot.waitUntil(lambda: stage.runner.phase is Phase.FAILED)
    assert stage.state.as_run() is not None
    assert stage.failures[0].expected


def test_conductor_without_a_picture_does_nothing(stage):
    stage.conductor.toggle()
    stage.edit(seed=3)
    assert stage.runner.phase is Phase.IDLE
