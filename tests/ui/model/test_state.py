from __future__ import annotations

import gc
import math
import weakref
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from kaa_gui.core.metrics import joint_table
from kaa_gui.core.painted import painted_text
from kaa_gui.core.pictures.image import picture_from_array
from kaa_gui.core.types import DEFAULT_KEEP, AttackConfig
from kaa_gui.ui.model.parameters import Edit, Effort, Parameters, describe, effort, new_gesture
from kaa_gui.ui.model.state import State
from kaa_gui.ui.model.trajectory import Kept, Trajectory
from tests.ui import values


@pytest.fixture
def state(qapp):
    return State()


@pytest.fixture
def changes(state):
    heard = []
    state.parameters_changed.connect(heard.append)
    return heard


@lru_cache(maxsize=1)
def _one():
    return values.snapshot(1)


def _snapshot(iteration: int):
    return replace(_one(), iteration=iteration, metrics=values.metrics(iteration))


def test_a_search_for_the_smallest_epsilon_starts_over_at_another_largest_one():
    searching = Parameters().with_changes({"smallest": True})
    assert effort(searching, searching.with_changes({"epsilon": 4 / 255})) is Effort.RESTART
    assert effort(searching, searching.with_changes({"iterations": 7})) is Effort.LIVE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Effort.NOTHING),
        ({"epsilon": 4 / 255}, Effort.LIVE),
        ({"iterations": 7}, Effort.LIVE),
        ({"step_size": 0.001}, Effort.LIVE),
        ({"alpha": 0.5}, Effort.MASK),
        ({"keep": 0.25}, Effort.MASK),
        ({"layer": 3}, Effort.RESTART),
        ({"person": 1}, Effort.RESTART),
        ({"device": "cuda"}, Effort.RESTART),
        ({"seed": 5, "epsilon": 4 / 255}, Effort.RESTART),
    ],
)
def test_effort_of_a_change(changes, expected):
    before = Parameters()
    assert effort(before, before.with_changes(changes)) is expected


def test_parameters_survive_json():
    parameters = Parameters(AttackConfig(alpha=0.25, layer="heatmap", norm="l2"), person=2, device="cuda")
    assert Parameters.from_json(parameters.as_json()) == parameters


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"epsilon": 4 / 255}, "Radius ε 2.00/255 → 4.00/255"),
        ({"alpha": 0.0123}, "Threshold α auto → 0.0123"),
        ({"keep": 0.255}, "Keep auto → 25.5 %"),
        ({"seed": 3}, "Seed 0 → 3"),
        ({"quantise": True}, "Round in the loop off → on"),
        ({"success_mm": 100.0}, "Success at 150 mm → 100 mm"),
        ({"seed": 3, "person": 1, "rows": "all"}, "Change 3 parameters"),
    ],
)
def test_describe_names_parameter_and_units(changes, text):
    assert describe(Parameters(), Parameters().with_changes(changes)) == text


def test_state_drag_is_one_undo_step(state, changes):
    for level in (3, 4, 5):
        state.apply(Edit({"epsilon": level / 255}, gesture=1, settled=False))
    state.apply(Edit({"iterations": 50}, gesture=2))
    assert state.undo_stack.count() == 2
    assert [change.settled for change in changes] == [False, False, False, True]
    state.undo_stack.undo()
    assert state.parameters.config.epsilon == 5 / 255
    state.undo_stack.undo()
    assert state.parameters == Parameters()
    state.undo_stack.redo()
    assert state.parameters.config.epsilon == 5 / 255
    assert changes[-1].settled


def test_state_drag_back_to_the_start_leaves_no_step(state):
    for level in (3, 4, 2):
        state.apply(Edit({"epsilon": level / 255}, gesture=1, settled=False))
    assert not state.undo_stack.canUndo()


def test_state_refuses_what_breaks_a_rule_and_tells_the_controls_to_go_back(state, changes):
    lines = []
    state.refused.connect(lines.append)
    state.apply(Edit({"epsilon": -1.0}, gesture=1))
    assert "epsilon must be positive" in lines[0]
    assert state.parameters == Parameters()
    assert changes[-1].after == Parameters()
    assert not state.undo_stack.canUndo()


def test_state_reset_keeps_the_person_and_is_undoable(state):
    state.apply(Edit({"epsilon": 9 / 255, "seed": 4}, new_gesture()))
    state.adopt({"person": 1})
    state.reset()
    assert state.parameters == Parameters(person=1)
    state.undo_stack.undo()
    assert state.parameters.config.seed == 4


def test_state_alpha_follows_value_fraction_and_default(state):
    assert state.alpha is None
    field = values.correlation_field()
    state.set_field(field)
    assert state.alpha is not None
    assert field.fraction_kept(state.alpha) == pytest.approx(DEFAULT_KEEP["non-target"], abs=0.01)
    state.apply(Edit({"keep": 0.2}, gesture=1))
    assert field.fraction_kept(state.alpha) == pytest.approx(0.2, abs=0.01)
    state.apply(Edit({"keep": None, "alpha": 0.75}, gesture=2))
    assert state.alpha == 0.75


def test_state_alpha_is_only_a_view_where_the_run_needs_no_threshold(state, changes):
    state.set_scene(values.scene())
    state.add(replace(_snapshot(0), alpha=math.nan), [])
    state.apply(Edit({"alpha": 0.75}, gesture=1))
    assert changes[-1].effort is Effort.VIEW


def test_state_drops_a_field_of_another_layer_but_not_of_a_repeated_run(state):
    state.set_scene(values.scene())
    state.set_field(values.correlation_field())
    state.set_scene(values.scene())
    assert state.field is not None
    state.set_scene(values.scene(layer=2))
    assert state.field is None


def test_state_keeps_the_last_run_until_the_next_one_shows_something(state):
    state.set_scene(values.scene())
    state.add(_snapshot(3), [values.metrics(3)])
    state.begin_run()
    assert state.as_run() is not None
    state.set_scene(values.scene())
    assert state.as_run() is None
    assert list(state.metrics) == []


@pytest.mark.parametrize("count", [1, 2, 9, 10, 57, 400])
def test_trajectory_is_bounded_and_keeps_the_ends_and_every_number(count):
    trajectory = Trajectory(capacity=8)
    for iteration in range(count):
        trajectory.add(_snapshot(iteration), [values.metrics(iteration)])
    kept = [snapshot.iteration for snapshot in trajectory.snapshots]
    assert len(kept) <= 8
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert kept == sorted(set(kept))
    assert {trajectory.best, trajectory.first_success} - {None} <= set(kept)
    if count > 16:  # evenly spread, but for the newest and the marked ones
        even = [iteration for iteration in kept[:-1] if iteration % trajectory._stride == 0]
        assert len(set(np.diff(even))) == 1
        assert len(kept) >= 4
    assert len(trajectory.metrics) == count


def test_trajectory_gives_back_what_it_was_given_in_less_memory():
    trajectory, given = Trajectory(), [_snapshot(iteration) for iteration in range(5)]
    trajectory.add(given[-1], [shot.metrics for shot in given], [Kept.of(shot) for shot in given])
    assert trajectory.iterations == (0, 1, 2, 3, 4)
    assert trajectory.newest is given[-1]
    for shot in given:
        back = trajectory.at(shot.iteration)
        assert back.adversarial is shot.adversarial
        assert back.attacked is shot.attacked
        assert back.metrics == shot.metrics
        assert np.allclose(back.perturbation, shot.perturbation, rtol=1e-3, atol=0)
        assert back.perturbation.dtype == np.float32
        assert Kept.of(shot).nbytes <= 2_000_000
    assert trajectory.at(99) is given[-1]
    assert trajectory.at(-5).iteration == 0


def test_trajectory_unpacks_an_iterate_only_when_it_is_asked_for(monkeypatch):
    trajectory, given = Trajectory(), [_snapshot(iteration) for iteration in range(5)]
    for shot in given:
        trajectory.add(shot, [shot.metrics])
    unpacked = []
    unpack = Kept.snapshot
    monkeypatch.setattr(Kept, "snapshot", lambda kept: unpacked.append(kept.iteration) or unpack(kept))
    run = trajectory.as_run(values.scene(), None)
    assert run.snapshots[-1] is given[-1]
    assert len(run.snapshots) == 5
    assert unpacked == []
    assert run.snapshots[2].iteration == 2
    assert [shot.iteration for shot in run.snapshots[1:3]] == [1, 2]
    assert unpacked == [2, 1, 2]
    assert [shot.iteration for shot in run.snapshots] == [0, 1, 2, 3, 4]


def test_trajectory_marks_the_best_iterate_and_the_first_success():
    trajectory = Trajectory()
    displacements, successes = [1.0, 5.0, 3.0, 4.0], [False, False, True, True]
    for iteration, (moved, success) in enumerate(zip(displacements, successes, strict=True)):
        numbers = replace(values.metrics(iteration), displacement_px=moved, success=success)
        trajectory.add(_snapshot(iteration), [numbers])
    assert (trajectory.best, trajectory.first_success) == (1, 2)
    towards = Trajectory()
    for iteration, left in enumerate([9.0, 4.0, 6.0]):
        towards.add(_snapshot(iteration), [replace(values.metrics(iteration), target_error_px=left)])
    assert towards.best == 1


def test_state_goes_back_and_follows_again(state):
    state.set_scene(values.scene())
    seen = []
    state.shown_changed.connect(lambda shot: seen.append(shot.iteration))
    for iteration in range(4):
        state.add(_snapshot(iteration), [values.metrics(iteration)])
    state.go_to(1)
    state.add(_snapshot(4), [values.metrics(4)])
    assert (state.shown.iteration, state.snapshot.iteration, state.live) == (1, 4, False)
    assert [shot.iteration for shot in state.shown_run().snapshots] == [0, 1]
    assert [numbers.iteration for numbers in state.shown_run().metrics] == [0, 1]
    assert state.as_run().snapshots[-1].iteration == 4
    state.go_to(4)
    assert state.live
    state.hold()
    state.add(_snapshot(5), [values.metrics(5)])
    assert state.shown.iteration == 4
    state.set_scene(values.scene())
    assert state.live
    assert state.shown is None
    assert seen == [0, 1, 2, 3, 1, 4, 4]  # holding is told, too


def test_trajectory_ends_on_the_best_iterate_without_counting_it_twice():
    trajectory = Trajectory()
    for iteration in (0, 1, 2, 3, 1):
        trajectory.add(_snapshot(iteration), [values.metrics(iteration)])
    assert trajectory.newest is not None
    assert trajectory.newest.iteration == 1
    assert [numbers.iteration for numbers in trajectory.metrics] == [0, 1, 2, 3]


def test_trajectory_tells_how_far_one_joint_has_moved():
    trajectory = Trajectory()
    assert trajectory.course_of("left_wrist") is None
    shots = [values.snapshot(number) for number in range(4)]
    for shot in shots:
        trajectory.add(shot, [shot.metrics])
    course = trajectory.course_of("left_wrist")
    assert course is not None
    np.testing.assert_array_equal(course.iterations, range(4))
    for place, shot in enumerate(shots):
        row = next(row for row in joint_table(shot.clean, shot.attacked) if row["joint"] == "left_wrist")
        assert course.displacement_px[place] == pytest.approx(row["displacement_px"], rel=1e-5)
        assert course.error_mm[place] == pytest.approx(row["error_mm"], rel=1e-5)


def test_joint_that_no_skeleton_has_has_no_course():
    trajectory = Trajectory()
    shot = values.snapshot(1)
    trajectory.add(shot, [shot.metrics])
    course = trajectory.course_of("third_elbow")
    assert course is not None
    assert np.isnan(course.displacement_px).all()
    assert np.isnan(course.error_mm).all()


@pytest.mark.usefixtures("qapp")
def test_steps_of_one_gesture_keep_no_state_alive():
    window = QObject()
    state = State(window)
    for level in (3, 4, 5):
        state.apply(Edit({"epsilon": level / 255}, gesture=1, settled=False))
    assert state.undo_stack.count() == 1
    kept = weakref.ref(state)
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del state, window
    gc.collect()
    assert kept() is None


def test_paint_of_another_size_is_refused_or_left_out_of_a_step(state):
    refusals = []
    state.refused.connect(refusals.append)
    small, large = (painted_text(np.ones(size, bool)) for size in ((4, 5), (6, 5)))
    state.set_picture(picture_from_array(np.zeros((4, 5, 3), np.uint8), "small"))
    state.apply(Edit({"region_mask": large}, gesture=1))
    assert state.parameters.config.region_mask is None
    assert "as large as the picture, 5 x 4 pixels, got 5 x 6" in refusals.pop()
    state.apply(Edit({"region_mask": small, "seed": 3}, gesture=2))
    state.set_picture(picture_from_array(np.zeros((6, 5, 3), np.uint8), "large"))
    assert state.parameters.config.region_mask is None
    assert state.undo_stack.count() == 2
    state.undo_stack.undo()
    assert state.parameters.config.region_mask is None
    assert state.parameters.config.seed == 3
    assert len(refusals) == 2
    state.set_picture(picture_from_array(np.zeros((4, 5, 3), np.uint8), "small"))
    state.undo_stack.undo()
    state.undo_stack.redo()
    assert state.parameters.config.region_mask == small
    assert len(refusals) == 2
