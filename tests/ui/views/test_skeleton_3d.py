from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt

from kaa_gui.core.skeletons import SKELETONS
from kaa_gui.scene_3d.content import to_scene
from kaa_gui.ui.scene_pane.camera import CAMERAS
from kaa_gui.ui.views.skeleton_3d import Skeleton3DView
from kaa_gui.ui.widgets.colour_bar import error_colours, error_table, round_top
from tests.ui import values
from tests.ui.conftest import leave, point_at


@pytest.fixture
def view(make) -> Skeleton3DView:
    return make(Skeleton3DView)


def test_prepare_builds_once(view):
    assert view.pane is None
    view.prepare()
    pane = view.pane
    view.prepare()
    assert pane is not None
    assert view.pane is pane


def test_bodies_move_in_place(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(3))
    attacked = view._bodies["attacked"]
    array = attacked.points.array
    for iteration in (5, 9):
        snapshot = values.snapshot(iteration)
        view.show_snapshot(snapshot)
        np.testing.assert_allclose(array, to_scene(snapshot.attacked.points_mm))
        assert attacked.points.vtk.GetPoint(15) == pytest.approx(tuple(map(float, array[15])))
    assert view._bodies["attacked"] is attacked


def test_frame_is_right_up_and_towards_the_viewer():
    np.testing.assert_array_equal(to_scene(np.array([[1, 2, 3]], np.float32)), [[1, -2, -3]])


def test_floor_is_under_the_lowest_foot(view):
    view.show_scene(values.scene())
    lowest = to_scene(values.scene().clean.points_mm)[:, 1].min()
    level = view._floor.put_under(to_scene(values.scene().clean.points_mm))
    assert lowest - 30 <= level < lowest


def test_unknown_joints_and_their_bones_are_hidden(view, qtbot):
    scene = values.scene()
    points = scene.clean.points_mm.copy()
    wrist = scene.clean.skeleton_3d.index("left_wrist")
    points[wrist] = np.nan
    view.show_scene(replace(scene, clean=replace(scene.clean, points_mm=points)))
    qtbot.wait(30)
    body = view._bodies["clean"]
    touching = sum(wrist in bone for bone in scene.clean.skeleton_3d.bones)
    assert body._sizes[wrist] == 0
    assert body._bone_data.GetNumberOfLines() == len(scene.clean.skeleton_3d.bones) - touching
    view.show_scene(scene)
    assert body._sizes[wrist] > 0
    assert body._bone_data.GetNumberOfLines() == len(scene.clean.skeleton_3d.bones)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS.keys())
def test_any_skeleton_can_be_shown(view, qtbot, skeleton):
    scene = values.scene()
    view.show_scene(scene)
    view.show_scene(replace(scene, clean=values.pose(skeleton=skeleton)))
    clean, attacked = (values.pose(strength, skeleton=skeleton) for strength in (0.0, 0.2))
    view.show_snapshot(replace(values.snapshot(4), clean=clean, attacked=attacked))
    view.arrows_button.setChecked(True)
    qtbot.wait(30)
    assert view._bodies["clean"].skeleton is skeleton


def test_pose_without_depth_shows_nothing_and_survives(view, qtbot):
    scene = values.scene()
    nowhere = np.full_like(scene.clean.points_mm, np.nan)
    view.show_scene(replace(scene, clean=replace(scene.clean, points_mm=nowhere)))
    qtbot.wait(30)
    assert not view._bodies["clean"]._sizes.any()


def wrist_seen(view) -> tuple[float, float]:
    """Where the clean left wrist is drawn, in logical pixels of the pane."""
    wrist = values.scene().clean.skeleton_3d.index("left_wrist")
    renderer = view.pane.renderer
    renderer.SetWorldPoint(*to_scene(values.scene().clean.points_mm)[wrist].tolist(), 1.0)
    renderer.WorldToDisplay()
    across, up, _ = renderer.GetDisplayPoint()
    ratio = view.pane.devicePixelRatioF()
    return across / ratio, view.pane.height() - up / ratio


def test_pointer_over_a_joint_tells_its_name_and_that_it_has_left(view, qtbot):
    view.show_scene(values.scene())
    view.look_from(CAMERAS["Front"])
    qtbot.wait(60)
    heard = []
    view.jointHovered.connect(heard.append)
    across, down = wrist_seen(view)
    point_at(view.pane, across + 2, down - 1)
    point_at(view.pane, across + 3, down)
    assert heard == ["left_wrist"]
    point_at(view.pane, 5, 5)
    point_at(view.pane, across, down)
    leave(view.pane)
    assert heard == ["left_wrist", "", "left_wrist", ""]
    view.chips["clean"].setChecked(False)
    point_at(view.pane, across, down)
    assert len(heard) == 4, "a pose that isn't seen has no joints to point at"


def test_click_picks_the_joint_under_it(view, qtbot):
    view.show_scene(values.scene())
    view.look_from(CAMERAS["Front"])
    qtbot.wait(60)
    at = QPoint(*map(round, wrist_seen(view)))
    with qtbot.waitSignal(view.jointPicked) as picked:
        qtbot.mouseClick(view.pane, Qt.MouseButton.LeftButton, pos=at)
    assert picked.args == ["left_wrist"]
    assert "left wrist" in view.caption.text()
    with qtbot.waitSignal(view.jointPicked) as none:
        qtbot.mouseClick(view.pane, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert none.args == [""]


def test_highlight_enlarges_and_tells_the_error(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(12))
    size = view._bodies["attacked"]._sizes[15]
    view.set_highlight("left_wrist")
    assert view._bodies["attacked"]._sizes[15] > size
    error = np.linalg.norm(
        values.snapshot(12).attacked.points_mm[15] - values.snapshot(12).clean.points_mm[15]
    )
    assert f"{error:.0f} mm" in view.caption.text()
    view.set_highlight(None)
    assert view._bodies["attacked"]._sizes[15] == size


@pytest.mark.parametrize("name", CAMERAS)
def test_cameras_look_at_the_body(view, name):
    view.show_scene(values.scene())
    view.look_from(CAMERAS[name])
    camera = view.pane.renderer.GetActiveCamera()
    offset = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
    expected = np.array(CAMERAS[name]) / np.linalg.norm(CAMERAS[name])
    np.testing.assert_allclose(offset / np.linalg.norm(offset), expected, atol=1e-5)


def test_a_snapshot_does_not_move_the_camera(view):
    view.show_scene(values.scene())
    view.look_from(CAMERAS["Side"])
    before = view.pane.renderer.GetActiveCamera().GetPosition()
    view.show_snapshot(values.snapshot(12))
    view.show_scene(values.scene(layer=1))
    assert view.pane.renderer.GetActiveCamera().GetPosition() == before


def test_keys_orbit_and_never_quit(view, qtbot):
    view.show_scene(values.scene())
    qtbot.wait(30)
    before = view.pane.renderer.GetActiveCamera().GetPosition()
    qtbot.keyClick(view.pane, Qt.Key.Key_Left)
    assert view.pane.renderer.GetActiveCamera().GetPosition() != before
    for key in (Qt.Key.Key_Q, Qt.Key.Key_E, Qt.Key.Key_W, Qt.Key.Key_3):
        qtbot.keyClick(view.pane, key)
    qtbot.keyClick(view.pane, Qt.Key.Key_0)
    assert view.isVisible()
    assert view.pane.renderer is not None


def test_stale_fades_the_bodies(view):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(3))
    view.set_stale(True)
    assert view._bodies["attacked"]._bones.GetProperty().GetOpacity() < 0.6
    view.show_snapshot(values.snapshot(4))
    assert view._bodies["attacked"]._bones.GetProperty().GetOpacity() == 1


def test_picture_has_the_poses_in_it(view, qtbot):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(12))
    qtbot.wait(60)
    image = view.to_image()
    reds = sum(
        image.pixelColor(x, y).red() > image.pixelColor(x, y).blue() + 60
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )
    assert reds > 50


def test_opening_and_closing_many_times(make, qtbot):
    for _ in range(5):
        view = make(Skeleton3DView)
        view.show_scene(values.scene())
        view.show_snapshot(values.snapshot(3))
        qtbot.wait(10)
        view.shutdown()
        view.close()
        assert view.pane is None


def test_drags_orbit_pan_and_zoom_and_the_horizon_stays_level(view, qtbot):
    view.show_scene(values.scene())
    qtbot.wait(30)
    pane, camera = view.pane, view.pane.renderer.GetActiveCamera()
    distance = camera.GetDistance()
    for _ in range(40):
        pane.orbit(7, 9)
    assert camera.GetViewUp() == (0, 1, 0)
    assert camera.GetDistance() == pytest.approx(distance)
    assert abs(camera.GetDirectionOfProjection()[1]) < 1
    pane.zoom(2)
    assert camera.GetDistance() == pytest.approx(distance / 2)
    focus = camera.GetFocalPoint()
    pane.pan(20, 0)
    assert camera.GetFocalPoint() != focus
    assert camera.GetDistance() == pytest.approx(distance / 2)


def test_pane_renders_only_what_has_changed(view, qtbot):
    view.show_scene(values.scene())
    pane = view.pane
    qtbot.waitUntil(lambda: not (pane.pending or pane._rest.isActive()))  # past the smoothing
    frames = []
    view.pane.render_window.AddObserver("EndEvent", lambda *_: frames.append(1))
    view.pane.update()
    qtbot.wait(30)
    assert frames == []
    view.show_snapshot(values.snapshot(5))
    view.show_snapshot(values.snapshot(6))
    qtbot.waitUntil(lambda: bool(frames))
    assert len(frames) == 1


@pytest.mark.parametrize("parallel", [False, True])
def test_places_on_the_pane_are_where_vtk_draws_them(view, qtbot, parallel):
    scene = values.scene()
    view.show_scene(scene)
    view.resize(430, 290)
    qtbot.wait(30)
    view.pane.orbit(23, 11)
    view.picture_button.setChecked(parallel)
    assert bool(view.pane.renderer.GetActiveCamera().GetParallelProjection()) is parallel
    view.pane.to_image()
    size = (view.pane.width(), view.pane.height())
    expected = on_screen(view, scene.clean.points_mm) * size
    places = view.pane.places_of(to_scene(scene.clean.points_mm))
    np.testing.assert_allclose(places, expected, atol=0.5)
    # what is behind the camera is nowhere
    camera = np.array(view.pane.renderer.GetActiveCamera().GetPosition())
    behind = 2 * camera - np.array(view.pane.renderer.GetActiveCamera().GetFocalPoint())
    assert np.isnan(view.pane.places_of(behind[None])).all() or parallel


def test_joint_without_a_place_is_not_pointed_at(view, qtbot):
    scene = values.scene()
    points = scene.clean.points_mm.copy()
    points[0] = np.nan
    view.show_scene(replace(scene, clean=replace(scene.clean, points_mm=points)))
    qtbot.wait(30)
    names = scene.clean.skeleton_3d.joints
    for joint, (across, down) in enumerate(view.pane.places_of(to_scene(points))):
        if joint:
            assert view.pointer.joint_at(across, down) in names[1:]
    assert view.pointer.joint_at(-500, -500) == ""


def on_screen(view, points_mm) -> np.ndarray:
    """Return where points are drawn, (J, 2), in parts of the pane from its upper left corner."""
    renderer, size = view.pane.renderer, np.array(view.pane.render_window.GetSize())
    places = []
    for point in to_scene(points_mm):
        renderer.SetWorldPoint(*point.tolist(), 1.0)
        renderer.WorldToDisplay()
        places.append(renderer.GetDisplayPoint()[:2])
    there = np.array(places) / size
    return np.column_stack([there[:, 0], 1 - there[:, 1]])


@pytest.mark.parametrize("seen", [QRectF(0, 0, 256, 256), QRectF(40, 60, 100, 80)])
def test_picture_camera_lays_the_pose_over_its_key_points(view, qtbot, seen):
    scene = values.scene()
    view.show_scene(scene)
    qtbot.wait(30)
    view.picture_button.setChecked(True)
    view.set_picture_range(seen)
    view.pane.to_image()
    width, height = view.pane.render_window.GetSize()
    # the part seen fits in: one of its sides fills the pane
    per_pixel = min(width / seen.width(), height / seen.height())
    centre = np.array([seen.center().x(), seen.center().y()])
    expected = 0.5 + (scene.clean.keypoints - centre) * per_pixel / (width, height)
    np.testing.assert_allclose(on_screen(view, scene.clean.points_mm), expected, atol=0.01)


def test_turning_by_hand_leaves_the_pictures_camera(view, qtbot):
    view.show_scene(values.scene())
    view.picture_button.setChecked(True)
    camera = view.pane.renderer.GetActiveCamera()
    assert camera.GetParallelProjection()
    view.show_snapshot(values.snapshot(3))
    assert view.picture_button.isChecked()
    view.pane.orbit(5, 0)
    assert not view.picture_button.isChecked()
    assert not camera.GetParallelProjection()
    view.picture_button.setChecked(True)
    view.look_from(CAMERAS["Side"])
    assert not view.picture_button.isChecked()


def test_error_colours_follow_the_error_and_come_with_a_bar(view, qtbot):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(12))
    own = view._bodies["attacked"]._joint_colours.copy()
    assert view.bar.isHidden()
    view.errors_button.setChecked(True)
    qtbot.wait(20)
    assert not view.bar.isHidden()
    snapshot = values.snapshot(12)
    errors = np.linalg.norm(snapshot.attacked.points_mm - snapshot.clean.points_mm, axis=1)
    assert view.bar.levels == (0, round_top(float(errors.max())))
    colours = view._bodies["attacked"]._joint_colours
    np.testing.assert_array_equal(colours, error_colours(errors, view.bar.levels[1]))
    np.testing.assert_array_equal(colours[errors.argmin()], error_table()[0])
    view.show_snapshot(values.snapshot(0))
    assert view.bar.levels[1] >= errors.max()  # one scale within a run
    view.errors_button.setChecked(False)
    view.show_snapshot(values.snapshot(12))
    np.testing.assert_array_equal(view._bodies["attacked"]._joint_colours, own)
    assert view.bar.isHidden()


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 20), (float("nan"), 20), (21, 30), (60, 60), (61, 80), (340, 400), (1200, 1500)]
)
def test_scale_ends_at_a_round_number(largest, top):
    assert round_top(largest) == top


def test_unknown_errors_are_grey():
    colours = error_colours(np.array([0, np.nan, 500, 9999], np.float32), 500)
    np.testing.assert_array_equal(colours[1], (128, 128, 128))
    np.testing.assert_array_equal(colours[2], colours[3])
