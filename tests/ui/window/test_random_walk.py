"""Whatever is done in whatever order: nothing stale on screen, and an idle end."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from kaa_gui.core.errors import AttackError
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.running.conductor import Conductor
from tests.ui.fakes import FakeEngine, picture


class Walk:
    """A window without widgets, and what may be done to it."""

    def __init__(self) -> None:
        self.engine = FakeEngine(pause_s=0.0005)
        self.state, self.runner = State(), AttackRunner()
        self.conductor = Conductor(self.state, self.runner, services=self.engine.services())
        self.state.snapshot_changed.connect(self._check_fresh)
        self.state.shown_changed.connect(self._check_shown)
        self.stale: list[str] = []

    def _check_fresh(self, snapshot: object) -> None:
        newest = self.engine.requests[-1]
        if snapshot.config.seed != newest.config.seed:
            self.stale.append(f"seed {snapshot.config.seed} shown, {newest.config.seed} running")
        if self.state.scene.picture is not newest.picture:
            self.stale.append("another picture's scene")
        if self.runner.phase not in (Phase.RUNNING, Phase.PAUSED):
            self.stale.append(f"arrived while {self.runner.phase}")

    def _check_shown(self, snapshot: object) -> None:
        kept = self.state.trajectory
        if snapshot is not self.state.shown or not (
            snapshot is kept.newest or snapshot.iteration in kept.iterations
        ):
            self.stale.append(f"iteration {snapshot.iteration} shown, which this run has not kept")
        if self.state.live and snapshot is not kept.newest:
            self.stale.append("follows the run, but shows an older iterate")

    def _edit(self, *, settled: bool = True, **changes: object) -> None:
        self.state.apply(Edit(changes, new_gesture(), settled))

    def load(self, number: int) -> None:
        self.conductor.open(picture(f"{number}.png"))

    def load_empty(self, number: int) -> None:
        self.conductor.open(picture(f"empty {number}.png"))

    def toggle(self, number: int) -> None:
        self.conductor.toggle()

    def stop(self, number: int) -> None:
        self.conductor.stop()

    def live(self, number: int) -> None:
        self._edit(epsilon=(1 + number) / 255)

    def restart(self, number: int) -> None:
        self._edit(seed=number)

    def drag(self, number: int) -> None:
        self._edit(alpha=number / 10, keep=None, settled=False)

    def let_go(self, number: int) -> None:
        self.conductor.settle()

    def undo(self, number: int) -> None:
        self.state.undo_stack.undo()

    def redo(self, number: int) -> None:
        self.state.undo_stack.redo()

    def scrub(self, number: int) -> None:
        self.state.go_to(number)

    def follow(self, number: int) -> None:
        self.state.go_to(None)

    def hold(self, number: int) -> None:
        self.state.hold()

    def fail(self, number: int) -> None:
        self.engine.error = AttackError("no gradient") if number % 2 else None

    def wait(self, number: int) -> None:
        until = time.monotonic() + 0.004 * number
        while time.monotonic() < until:
            QApplication.processEvents()

    def end(self) -> None:
        self.conductor.stop()
        deadline = time.monotonic() + 5
        while self.runner.busy and time.monotonic() < deadline:
            QApplication.processEvents()
        assert not self.runner.busy
        assert self.runner.close()


STEPS: tuple[Callable[[Walk, int], None], ...] = (
    Walk.load,
    Walk.load_empty,
    Walk.toggle,
    Walk.stop,
    Walk.live,
    Walk.restart,
    Walk.drag,
    Walk.let_go,
    Walk.undo,
    Walk.redo,
    Walk.scrub,
    Walk.follow,
    Walk.hold,
    Walk.fail,
    Walk.wait,
)


@pytest.mark.slow
@pytest.mark.usefixtures("qapp")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=3, max_size=25))
def test_any_order_of_steps_shows_nothing_stale_and_ends_idle(steps):
    walk = Walk()
    walk.load(0)
    for step, number in steps:
        step(walk, number)
    walk.wait(5)
    walk.end()
    assert walk.stale == []
    assert walk.engine.closed == len(walk.engine.requests)
