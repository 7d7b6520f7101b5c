from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.mailbox import MOST_KEPT, Mailbox
from tests.ui import values
from tests.ui.conftest import drag
from tests.ui.waiting import wait_until_shown


@pytest.fixture
def recorded(qtbot, window):
    """The window, some way into a run that goes on."""
    qtbot.waitUntil(lambda: len(window.state.trajectory.iterations) >= 12)
    qtbot.waitUntil(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    return window


def _settled(qtbot, window) -> None:
    wait_until_shown(qtbot, window)


def _place(window, iteration: int) -> tuple[float, float]:
    return window.timeline.bar._x(iteration), window.timeline.bar.height() / 2


def test_timeline_keeps_every_iteration(recorded):
    assert recorded.state.trajectory.iterations[:12] == tuple(range(12))


def test_timeline_scrubs_every_view_while_the_run_goes_on(qtbot, recorded):
    generation, bar = recorded.runner.generation, recorded.timeline.bar
    recorded.state.adopt({"iterations": 200})
    recorded.runner.change(recorded.state.parameters.config)
    qtbot.waitUntil(lambda: recorded.state.snapshot.iterations == 200 and bar.maximum() == 200)
    drag(bar, [_place(recorded, 9), _place(recorded, 6), _place(recorded, 3)])
    assert not recorded.state.live
    assert recorded.state.shown.iteration == 3
    _settled(qtbot, recorded)
    shown, views = recorded.state.shown, recorded.views
    assert np.array_equal(views["input"].image.image, shown.adversarial)
    assert f"iteration {shown.iteration}/" in views["input"].caption.text()
    assert views["perturbation"]._snapshot is shown
    assert views["skeleton_3d"]._poses["attacked"] is shown.attacked
    assert views["curves"].marker.pos().x() == 3
    qtbot.waitUntil(lambda: recorded.runner.phase is Phase.FINISHED)
    assert recorded.runner.generation == generation
    assert recorded.state.shown.iteration == 3
    assert "newest 200" in recorded.timeline.label.text()


def test_timeline_is_gone_through_by_actions_and_bare_keys(qtbot, recorded):
    actions, state = recorded.commands.actions, recorded.state
    actions["first_iterate"].trigger()
    assert state.shown.iteration == 0
    actions["next_iterate"].trigger()
    actions["next_iterate"].trigger()
    assert state.shown.iteration == 2
    actions["previous_iterate"].trigger()
    assert state.shown.iteration == 1
    assert not actions["live"].isChecked()
    for key, iteration in ((Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Home, 0)):
        qtbot.keyClick(recorded, key)
        assert state.shown.iteration == iteration
    qtbot.keyClick(recorded, Qt.Key.Key_End)
    assert state.live
    assert actions["live"].isChecked()
    qtbot.keyClick(recorded.timeline.bar, Qt.Key.Key_Home)
    assert state.shown.iteration == 0
    qtbot.keyClick(recorded.timeline.bar, Qt.Key.Key_End)
    assert state.live


def test_timeline_live_switch_holds_and_follows(qtbot, recorded):
    live, state = recorded.commands.actions["live"], recorded.state
    live.trigger()
    held = state.shown.iteration
    qtbot.waitUntil(lambda: state.snapshot.iteration > held + 3)
    assert state.shown.iteration == held
    live.trigger()
    assert state.shown is state.snapshot


def test_timeline_goes_to_the_best_and_to_the_first_success(qtbot, recorded):
    state, actions = recorded.state, recorded.commands.actions
    assert not actions["first_success"].isEnabled()
    recorded.runner.pause()
    numbers = replace(values.metrics(10_000), success=True, displacement_px=1e6)
    shot = replace(state.snapshot, iteration=10_000, metrics=numbers)
    state.add(shot, [numbers])
    state.add(
        replace(shot, iteration=10_001),
        [replace(numbers, iteration=10_001, displacement_px=2.0)],
    )
    assert recorded.timeline.bar.marks == (10_000, 10_000)
    for name in ("best_iterate", "first_success"):
        state.go_to(2)
        actions[name].trigger()
        assert state.shown.iteration == 10_000
    # a press close to a mark goes to the mark
    assert recorded.timeline.bar.iteration_at(_place(recorded, 10_000)[0] - 3) == 10_000


def test_timeline_plays_to_the_end_and_stops(qtbot, recorded):
    state, play = recorded.state, recorded.commands.actions["play"]
    recorded.runner.stop()
    recorded.timeline._playing.setInterval(0)
    seen = []
    state.shown_changed.connect(lambda shot: seen.append(shot.iteration))
    play.trigger()
    assert play.isChecked()
    qtbot.waitUntil(lambda: not play.isChecked())
    assert state.live
    assert seen == list(state.trajectory.iterations)
    play.trigger()
    play.trigger()
    assert not recorded.timeline._playing.isActive()


def test_timeline_follows_a_click_into_the_curves(recorded):
    recorded.views["curves"].pick(5)
    assert recorded.state.shown.iteration == 5
    assert recorded.timeline.bar.value() == 5


def test_timeline_begins_anew_with_a_run(qtbot, recorded):
    recorded.state.go_to(2)
    trajectory = recorded.state.trajectory
    recorded.conductor.start()
    qtbot.waitUntil(lambda: recorded.state.trajectory is not trajectory)
    assert recorded.state.live
    qtbot.waitUntil(lambda: recorded.state.shown is not None)


def test_mailbox_keeps_every_iterate_within_a_bound():
    mailbox = Mailbox()
    mailbox.expect(1)
    shot = values.snapshot(0)
    for iteration in range(MOST_KEPT):
        mailbox.post(1, replace(shot, iteration=iteration))
    assert [item.iteration for item in mailbox.take().kept] == list(range(MOST_KEPT))
    for iteration in range(3 * MOST_KEPT):
        mailbox.post(1, replace(shot, iteration=iteration))
    kept = [item.iteration for item in mailbox.take().kept]
    assert len(kept) <= MOST_KEPT
    assert (kept[0], kept[-1]) == (0, 3 * MOST_KEPT - 1)
    assert kept == sorted(kept)


def test_timeline_says_all_of_where_it_is(qtbot, recorded):
    label, actions = recorded.timeline.label, recorded.commands.actions

    def whole() -> bool:
        return label.width() >= label.fontMetrics().horizontalAdvance(label.text())

    recorded.conductor.stop()
    qtbot.waitUntil(lambda: not recorded.runner.busy)
    assert whole()
    actions["larger_text"].trigger()
    qtbot.waitUntil(whole)
    actions["normal_text"].trigger()
    qtbot.waitUntil(whole)
