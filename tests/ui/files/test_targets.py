"""Aiming by hand in the real window: drag a joint, and the attack follows."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog

from kaa_gui.core.dragged import dragged_places
from kaa_gui.ui.running.attack_runner import Phase
from tests.ui.conftest import drag
from tests.ui.waiting import wait_until_shown


def drag_joint(window, joint: str, by: tuple[float, float]) -> None:
    """Drag a joint of the pose aimed at, or of the clean one, by pixels of the crop."""
    view = window.views["input"]
    pose = view.skeletons["target"].pose or view.skeletons["clean"].pose
    x, y = map(float, pose.keypoints[pose.skeleton.index(joint)])
    path = [
        view.canvas.mapFromScene(view.view_box.mapViewToScene(QPointF(x + part * by[0], y + part * by[1])))
        for part in (0, 0.5, 1)
    ]
    drag(view.canvas.viewport(), [(point.x(), point.y()) for point in path])


def aimed_at(window, text: str) -> bool:
    scene, snapshot = window.state.scene, window.state.snapshot
    known = snapshot is not None and snapshot.config.target == text
    return known and scene.target is not None


def test_dragging_a_joint_starts_a_targeted_attack(qtbot, window, engine):
    generation = window.runner.generation
    drag_joint(window, "left_wrist", (30, -25))
    config = window.state.parameters.config
    assert config.goal == "target"
    assert list(dragged_places(config.target)) == ["left_wrist"]
    assert window.runner.generation > generation
    qtbot.waitUntil(lambda: aimed_at(window, config.target))
    wait_until_shown(qtbot, window)
    assert engine.requests[-1].config.target == config.target
    target = window.state.scene.target
    assert window.views["input"].skeletons["target"].pose is not None
    solid = window.views["skeleton_3d"]
    assert not solid.chips["target"].isHidden()
    np.testing.assert_array_equal(solid._poses["target"].points_mm, target.points_mm)
    assert "dragged left wrist" in window.controls.goal.box.currentText()


def test_drags_add_up_and_undo_takes_them_back_one_by_one(qtbot, window, engine):
    drag_joint(window, "left_wrist", (30, -25))
    first = window.state.parameters.config.target
    drag_joint(window, "right_knee", (-20, 10))  # before the engine has answered the first
    second = window.state.parameters.config.target
    assert list(dragged_places(second)) == ["left_wrist", "right_knee"]
    assert dragged_places(second)["left_wrist"] == dragged_places(first)["left_wrist"]
    qtbot.waitUntil(lambda: aimed_at(window, second))
    wait_until_shown(qtbot, window)
    assert window.controls.goal.box.currentText() == "Towards: 2 dragged joints"
    assert "dragged" in window.state.undo_stack.undoText()
    window.state.undo_stack.undo()
    qtbot.waitUntil(lambda: aimed_at(window, first))
    wait_until_shown(qtbot, window)
    window.state.undo_stack.undo()
    assert window.state.parameters.config.target is None
    qtbot.waitUntil(lambda: window.state.scene.target is None)
    wait_until_shown(qtbot, window)
    assert window.views["input"].skeletons["target"].pose is None


def test_a_drop_starts_even_what_was_stopped(qtbot, window, engine):
    window.conductor.stop()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.STOPPED)
    drag_joint(window, "left_wrist", (30, -25))
    assert window.runner.phase is Phase.RUNNING


def test_clear_target_is_undoable(qtbot, window, engine):
    drag_joint(window, "left_wrist", (30, -25))
    text = window.state.parameters.config.target
    qtbot.waitUntil(lambda: aimed_at(window, text))
    wait_until_shown(qtbot, window)
    window.commands.actions["clear_target"].trigger()
    assert (window.state.parameters.config.goal, window.state.parameters.config.target) == (
        "non-target",
        None,
    )
    window.state.undo_stack.undo()
    assert window.state.parameters.config.target == text
    window.state.undo_stack.redo()
    window.targets.clear()
    assert any("no target to clear" in notice.line for notice in window.notifications.shown)


def test_drawing_at_a_feature_layer_moves_k_to_the_last(qtbot, window, engine):
    window.controls.layer.box.setValue(2)
    qtbot.waitUntil(lambda: window.state.scene.layer.index == 2)
    wait_until_shown(qtbot, window)
    drag_joint(window, "left_wrist", (30, -25))
    assert window.state.parameters.config.layer is None
    assert any("needs a picture" in notice.line for notice in window.notifications.shown)
    window.state.undo_stack.undo()
    assert window.state.parameters.config.layer == "encoder.2"


def test_escape_in_a_drag_stops_no_run(qtbot, window):
    view = window.views["input"]
    pose = view.skeletons["clean"].pose
    at = view.view_box.mapViewToScene(QPointF(*map(float, pose.keypoints[15])))
    start = view.canvas.mapFromScene(at)
    path = [(start.x() + step, start.y() - step) for step in (0, 8, 20)]
    drag(view.canvas.viewport(), path, release=False)
    assert view.drag.joint
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not view.drag.joint
    assert window.runner.phase is Phase.RUNNING
    assert window.state.parameters.config.target is None
    drag(view.canvas.viewport(), [path[-1]])


def test_target_pose_is_exported(qtbot, window, engine, tmp_path):
    window.targets.export()
    assert any("no target to export" in notice.line for notice in window.notifications.shown)
    drag_joint(window, "left_wrist", (30, -25))
    text = window.state.parameters.config.target
    qtbot.waitUntil(lambda: aimed_at(window, text))
    wait_until_shown(qtbot, window)
    window.targets.write(tmp_path / "reach.json")
    qtbot.waitUntil(lambda: any("Wrote" in notice.line for notice in window.notifications.shown))
    assert (tmp_path / "reach.json").read_text() == "target"
    assert engine.targets[0] is not None


def test_picked_joint_is_brought_out_in_every_view_by_name(qtbot, window):
    solid = window.views["skeleton_3d"]
    solid.jointPicked.emit("left_wrist")
    assert window.views["input"].skeletons["clean"]._highlight == "left_wrist"
    window.views["input"].jointHovered.emit("nose")
    assert solid._highlight == "nose"
    window.views["input"].jointHovered.emit("")
    assert solid._highlight == "left_wrist"  # what was picked lasts
    solid.jointPicked.emit("")
    assert window.views["input"].skeletons["clean"]._highlight is None


def test_joint_table_is_a_hidden_tab_that_a_key_brings_out(qtbot, window):
    dock = window.docks["joints"]
    assert dock.isHidden()
    window.commands.actions["joints"].trigger()
    qtbot.waitUntil(lambda: dock.isVisible() and window.views["joints"].populated)
    assert dock in window.tabifiedDockWidgets(window.docks["curves"])
    window.views["joints"].set_highlight("left_wrist")
    window.views["joints"].jointPicked.emit("left_wrist")
    assert window.views["skeleton_3d"]._highlight == "left_wrist"
    window.drag_out.copy_joints()
    assert "left_wrist" in QGuiApplication.clipboard().text()


def test_motion_asks_for_its_frame(qtbot, window, engine):
    window.targets.aim_at_file("walk.bvh")
    qtbot.waitUntil(lambda: any(item.isVisible() for item in window.findChildren(QInputDialog)))
    dialog = next(item for item in window.findChildren(QInputDialog) if item.isVisible())
    assert "120 frames" in dialog.labelText()
    dialog.setIntValue(7)
    dialog.accept()
    assert window.state.parameters.config.target == "walk.bvh:7"
    assert "walk.bvh:7" in window.controls.goal.box.currentText()
    qtbot.waitUntil(lambda: engine.requests[-1].config.target == "walk.bvh:7")


def test_broken_motion_is_one_line(qtbot, window):
    window.targets.aim_at_file("broken.bvh")
    qtbot.waitUntil(lambda: any("no intact BVH" in notice.line for notice in window.notifications.shown))
    assert window.state.parameters.config.target is None
