from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from kaa_gui.core.dragged import CROP_MARGIN_PX, dragged_keypoints, dragged_places
from kaa_gui.core.types import Picture
from kaa_gui.ui.views.input import SHOWN_SIDE, InputView
from tests.ui import values
from tests.ui.conftest import drag


@pytest.fixture
def view(make) -> InputView:
    return make(InputView)


def centre_of(person) -> QPointF:
    inverse = np.linalg.inv(np.vstack([person.to_crop, [0, 0, 1]]))
    x, y, _ = inverse @ [values.CROP / 2, values.CROP / 2, 1]
    return QPointF(x, y)


def test_snapshot_shows_its_pixels_and_poses(view):
    view.show_scene(values.scene())
    np.testing.assert_array_equal(view.image.image, values.scene().crop)
    snapshot = values.snapshot(5)
    view.show_snapshot(snapshot)
    np.testing.assert_array_equal(view.image.image, snapshot.adversarial)
    np.testing.assert_array_equal(view.skeletons["attacked"].points, snapshot.attacked.keypoints)
    np.testing.assert_array_equal(view.skeletons["clean"].points, snapshot.clean.keypoints)
    assert len(view.skeletons["target"].points) == 0
    assert "5/20" in view.caption.text()


def test_target_has_a_legend_only_when_there_is_one(view):
    view.show_scene(values.scene())
    assert view.chips["target"].isHidden()
    view.show_scene(values.scene(target=True))
    assert not view.chips["target"].isHidden()
    assert len(view.skeletons["target"].points) == 33


def test_flick_shows_the_other_pixels(view):
    snapshot = values.snapshot(5)
    view.show_scene(values.scene())
    view.show_snapshot(snapshot)
    view.set_flick(True)
    np.testing.assert_array_equal(view.image.image, values.scene().crop)
    view.set_flick(False)
    np.testing.assert_array_equal(view.image.image, snapshot.adversarial)
    view.clean_button.click()
    assert view.shows_clean
    view.set_flick(True)
    np.testing.assert_array_equal(view.image.image, snapshot.adversarial)


def test_another_picture_drops_the_attacked_pose(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(5))
    view.show_scene(values.scene(layer=2))  # the same crop: the last good pose stays
    assert len(view.skeletons["attacked"].points) == 33
    view.show_scene(values.scene(person=1))
    assert len(view.skeletons["attacked"].points) == 0


def test_chip_hides_its_pose(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(5))
    view.chips["attacked"].click()
    assert not view.skeletons["attacked"].isVisible()
    assert view.skeletons["clean"].isVisible()


def test_click_in_the_whole_picture_picks_the_person(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    view.whole_button.click()
    for person in scene.people:
        with qtbot.waitSignal(view.personPicked) as picked:
            view.view_box.clicked.emit(centre_of(person))
        assert picked.args == [person.number]
    with qtbot.assertNotEmitted(view.personPicked):
        view.view_box.clicked.emit(QPointF(-500, -500))


def test_real_click_reaches_the_person(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    view.whole_button.click()
    qtbot.wait(20)
    at = view.canvas.mapFromScene(view.view_box.mapViewToScene(centre_of(scene.people[1])))
    with qtbot.waitSignal(view.personPicked) as picked:
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert picked.args == [1]


def test_clicks_in_the_crop_pick_nobody(view, qtbot):
    view.show_scene(values.scene())
    with qtbot.assertNotEmitted(view.personPicked):
        view.view_box.clicked.emit(QPointF(100, 100))


def test_whole_picture_keeps_poses_on_the_body(view):
    scene = values.scene()
    view.show_scene(scene)
    view.whole_button.click()
    item = view.skeletons["clean"]
    hip = QPointF(*map(float, scene.clean.keypoints[23]))
    seen = item.mapToParent(hip)
    back = scene.person.to_crop @ [seen.x(), seen.y(), 1]
    np.testing.assert_allclose(back, [hip.x(), hip.y()], atol=1e-6)
    view.whole_button.click()
    assert item.mapToParent(hip) == hip


def test_whole_picture_leaves_the_crops_range_alone(view):
    view.show_scene(values.scene())
    view.view_box.zoom(0.5)
    before = view.view_box.viewRect()
    view.whole_button.click()
    assert view.view_box.detached
    view.whole_button.click()
    assert not view.view_box.detached
    after = view.view_box.viewRect()
    assert after.center().x() == pytest.approx(before.center().x())
    assert after.height() == pytest.approx(before.height())


def test_large_picture_is_drawn_reduced_in_full_coordinates(view):
    pixels = np.full((2700, 3600, 3), 90, np.uint8)
    pixels[:, 1800:] = 200
    scene = replace(values.scene(), picture=Picture(pixels, "large.png", "1" * 64))
    view.show_scene(scene)
    view.whole_button.click()
    assert max(view.image.image.shape) == SHOWN_SIDE
    shown = view.image.mapRectToParent(view.image.boundingRect())
    assert (shown.width(), shown.height()) == (pytest.approx(3600), pytest.approx(2700))


def test_pointing_at_a_joint_names_it(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    qtbot.wait(20)
    wrist = scene.clean.skeleton.index("left_wrist")
    at = view.view_box.mapViewToScene(QPointF(*map(float, scene.clean.keypoints[wrist])))
    with qtbot.waitSignal(view.hovered) as probed, qtbot.waitSignal(view.jointHovered) as named:
        view.canvas.pointed.emit(at)
    assert named.args == ["left_wrist"]
    assert probed.args[0].view == "input"
    assert probed.args[0].x == pytest.approx(float(scene.clean.keypoints[wrist, 0]), abs=0.01)
    with qtbot.waitSignal(view.jointHovered) as gone:
        view.canvas.left.emit()
    assert gone.args == [""]


def drag_joint(view, qtbot, joint: str, by: tuple[float, float], *, release: bool = True) -> QPointF:
    """Drag a joint of the clean pose by pixels of the crop; return where the pointer ended, in them."""
    qtbot.wait(20)
    pose = view.skeletons["target"].pose or view.skeletons["clean"].pose
    x, y = map(float, pose.keypoints[pose.skeleton.index(joint)])
    path = [
        view.canvas.mapFromScene(view.view_box.mapViewToScene(QPointF(x + part * by[0], y + part * by[1])))
        for part in (0, 0.3, 0.7, 1)
    ]
    drag(view.canvas.viewport(), [(point.x(), point.y()) for point in path], release=release)
    return QPointF(view.view_box.mapSceneToView(view.canvas.mapToScene(path[-1])))


def test_dragged_joint_becomes_the_target_and_takes_its_hand_along(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    before = view.view_box.viewRect()
    with qtbot.waitSignal(view.targetDrawn) as drawn:
        end = drag_joint(view, qtbot, "left_wrist", (25, -30))
    (place,) = dragged_places(drawn.args[0]).items()
    assert place[0] == "left_wrist"
    assert place[1] == (pytest.approx(end.x(), abs=0.01), pytest.approx(end.y(), abs=0.01))
    ghost, skeleton = view.skeletons["target"].points, scene.clean.skeleton
    moved = np.hypot(*(ghost - scene.clean.keypoints).T) > 0.1
    hand = {"left_wrist", "left_pinky", "left_index", "left_thumb"}
    assert {skeleton.joints[joint] for joint in np.flatnonzero(moved)} == hand
    assert not view.chips["target"].isHidden()
    assert view.view_box.viewRect() == before  # it was no pan


def test_drags_add_up(view, qtbot):
    view.show_scene(values.scene())
    drag_joint(view, qtbot, "left_wrist", (20, -20))
    with qtbot.waitSignal(view.targetDrawn) as drawn:
        drag_joint(view, qtbot, "right_knee", (-15, 10))
    assert list(dragged_places(drawn.args[0])) == ["left_wrist", "right_knee"]


def test_drag_goes_on_from_a_target_of_the_library(view, qtbot):
    scene = values.scene(target=True)
    view.show_scene(scene)
    with qtbot.waitSignal(view.targetDrawn) as drawn:
        drag_joint(view, qtbot, "nose", (12, 9))
    reached = dragged_keypoints(scene.clean, dragged_places(drawn.args[0]))
    others = [joint for joint in range(33) if joint != 0 and joint not in scene.clean.skeleton.carried_by(0)]
    np.testing.assert_allclose(reached[others], scene.target.keypoints[others], atol=0.6)


def test_escape_puts_the_joint_back(view, qtbot):
    view.show_scene(values.scene())
    with qtbot.assertNotEmitted(view.targetDrawn):
        drag_joint(view, qtbot, "left_wrist", (20, -20), release=False)
        assert view.drag.joint == "left_wrist"
        assert view.canvas.viewport().cursor().shape() is Qt.CursorShape.ClosedHandCursor
        qtbot.keyClick(view, Qt.Key.Key_Escape)
        assert view.drag.joint == ""
        at = view.canvas.rect().center()
        drag(view.canvas.viewport(), [(at.x(), at.y())])
    assert view.skeletons["target"].pose is None
    assert view.chips["target"].isHidden()


def test_drag_beside_every_joint_pans(view, qtbot):
    view.show_scene(values.scene())
    before = view.view_box.viewRect().center()
    with qtbot.assertNotEmitted(view.targetDrawn):
        drag(view.canvas.viewport(), [(12, 12), (30, 30), (50, 50)])
    assert view.view_box.viewRect().center() != before


def test_joint_cannot_be_dragged_out_of_the_crop(view, qtbot):
    view.show_scene(values.scene())
    with qtbot.waitSignal(view.targetDrawn) as drawn:
        drag_joint(view, qtbot, "left_wrist", (-500, 20))
    ((x, _),) = dragged_places(drawn.args[0]).values()
    assert x == CROP_MARGIN_PX


def test_cursor_tells_that_a_joint_can_be_taken(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    qtbot.wait(20)
    at = view.view_box.mapViewToScene(QPointF(*map(float, scene.clean.keypoints[15])))
    view.canvas.pointed.emit(at)
    assert view.canvas.viewport().cursor().shape() is Qt.CursorShape.OpenHandCursor
    view.canvas.left.emit()
    assert view.canvas.viewport().cursor().shape() is not Qt.CursorShape.OpenHandCursor


def test_click_on_a_joint_picks_it(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    qtbot.wait(20)
    with qtbot.waitSignal(view.jointPicked) as picked:
        view.view_box.clicked.emit(QPointF(*map(float, scene.clean.keypoints[15])))
    assert picked.args == ["left_wrist"]
    with qtbot.waitSignal(view.jointPicked) as none:
        view.view_box.clicked.emit(QPointF(2, 2))
    assert none.args == [""]


def test_probe_is_in_crop_pixels_in_the_whole_picture_too(view, qtbot):
    scene = values.scene()
    view.show_scene(scene)
    view.whole_button.click()
    qtbot.wait(20)
    at = view.view_box.mapViewToScene(centre_of(scene.person))
    with qtbot.waitSignal(view.hovered) as seen:
        view.canvas.pointed.emit(at)
    assert (seen.args[0].x, seen.args[0].y) == (pytest.approx(128, abs=1e-3), pytest.approx(128, abs=1e-3))
    with qtbot.waitSignal(view.hovered) as outside:
        view.canvas.pointed.emit(view.view_box.mapViewToScene(QPointF(-50, -50)))
    assert outside.args == [None]


def test_crosshair_comes_and_goes(view):
    view.show_scene(values.scene())
    vertical, horizontal = view._cross
    view.set_crosshair(30.5, 40.5)
    assert (vertical.value(), horizontal.value()) == (30.5, 40.5)
    assert vertical.isVisible()
    view.set_crosshair(None, None)
    assert not vertical.isVisible()
    assert not horizontal.isVisible()


def test_crosshair_is_at_the_same_spot_of_the_whole_picture(view):
    scene = values.scene()
    view.show_scene(scene)
    view.whole_button.click()
    view.set_crosshair(128, 128)
    centre = centre_of(scene.person)
    assert [line.value() for line in view._cross] == pytest.approx([centre.x(), centre.y()])


def test_stale_fades_what_is_old(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(3))
    view.set_stale(True)
    assert view.image.opacity() < 0.6
    assert view.skeletons["attacked"].opacity() < 0.6
    view.show_snapshot(values.snapshot(0))
    assert view.image.opacity() == 1
    assert view.skeletons["attacked"].opacity() == 1


def test_joints_without_a_place_are_left_out(view, qtbot):
    scene = values.scene()
    keypoints = scene.clean.keypoints.copy()
    keypoints[[0, 15]] = np.nan
    view.show_scene(replace(scene, clean=replace(scene.clean, keypoints=keypoints)))
    qtbot.wait(20)  # painted without a complaint
    assert view.skeletons["clean"].nearest_joint(*map(float, scene.clean.keypoints[15]), within=2) is None
