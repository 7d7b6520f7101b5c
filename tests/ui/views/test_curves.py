from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from kaa_gui.colours import DARK, LIGHT
from kaa_gui.ui.appearance.theme import palette
from kaa_gui.ui.model.trajectory import JointCourse
from kaa_gui.ui.views.curves import CurvesView
from kaa_gui.ui.widgets.track import QUANTITIES
from tests.ui import values


@pytest.fixture
def view(make) -> CurvesView:
    return make(CurvesView)


def drawn(curve):
    x, y = curve.getOriginalDataset()
    return np.asarray(x), np.asarray(y)


def test_history_is_drawn_against_the_iteration(view):
    history = values.history(12)
    view.show_history(history)
    x, error = drawn(view.curves[0])
    np.testing.assert_array_equal(x, np.arange(13))
    np.testing.assert_allclose(error, [item.pose_error_mm for item in history])
    np.testing.assert_allclose(drawn(view.curves[1])[1], [item.perturbation_rmse for item in history])


def test_growing_history_appends(view):
    history = values.history(700)
    for length in (1, 2, 300, 701):
        view.show_history(history[:length])
        assert len(drawn(view.curves[0])[0]) == length
    assert len(drawn(view.former_curves[0])[0] if view.former_curves[0].xData is not None else []) == 0


def test_new_run_leaves_the_former_one_faint(view):
    first, second = values.history(9), values.history(3)
    view.show_history(first)
    view.show_history(second)
    assert len(drawn(view.former_curves[0])[0]) == 10
    assert len(drawn(view.curves[0])[0]) == 4


@pytest.mark.parametrize("place", range(len(QUANTITIES)), ids=[entry.field for entry in QUANTITIES])
def test_each_quantity_can_be_drawn(view, place):
    history = values.history(5)
    view.show_history(history)
    view.choices[0].setCurrentIndex(place)
    np.testing.assert_allclose(
        drawn(view.curves[0])[1], [getattr(item, QUANTITIES[place].field) for item in history]
    )
    assert QUANTITIES[place].title in view.plot.getAxis("left").labelText


def test_nan_leaves_a_gap_and_a_dash(view, qtbot):
    history = [replace(item, pose_error_mm=float("nan")) for item in values.history(5)]
    view.show_history(history)
    qtbot.wait(20)
    assert "–" in view.readout.text()


def test_marker_follows_the_snapshot(view):
    view.show_history(values.history(12))
    view.show_snapshot(values.snapshot(7))
    assert view.marker.value() == 7
    assert f"{values.metrics(7).pose_error_mm:.3g}" in view.readout.text()


def test_dragging_the_marker_picks_whole_iterations(view, qtbot):
    view.show_history(values.history(12))
    view.show_snapshot(values.snapshot(12))
    view.marker.setPos(4.3)
    with qtbot.waitSignal(view.iterationPicked) as picked:
        view.marker.sigDragged.emit(view.marker)
    assert picked.args == [4]
    assert view.marker.value() == 4


def test_keys_step_through_the_iterations(view, qtbot):
    view.show_history(values.history(12))
    view.show_snapshot(values.snapshot(12))
    with qtbot.waitSignal(view.iterationPicked) as picked:
        qtbot.keyClick(view, Qt.Key.Key_Left)
    assert picked.args == [11]
    with qtbot.waitSignal(view.iterationPicked) as picked:
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert picked.args == [12]


def test_click_picks_an_iteration(view, qtbot):
    view.show_history(values.history(12))
    qtbot.wait(30)
    at = view.canvas.mapFromScene(view.left_box.mapViewToScene(view.left_box.viewRect().center()))
    with qtbot.waitSignal(view.iterationPicked) as picked:
        qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert picked.args[0] in (5, 6, 7)


def test_stale_fades_the_curves(view):
    view.show_history(values.history(5))
    view.set_stale(True)
    assert view.curves[0].opacity() < 0.6
    view.show_history(values.history(0))
    assert view.curves[0].opacity() == 1


def test_first_success_is_marked(view):
    numbers = values.history(9)
    view.show_history(numbers)
    assert not view.success_line.isVisible()
    numbers += [replace(values.metrics(number), success=True) for number in (10, 11)]
    view.show_history(numbers)
    assert view.success_line.isVisible()
    assert view.success_line.value() == 10
    view.show_history(values.history(3))
    assert not view.success_line.isVisible()


def test_joint_is_drawn_on_the_axes_that_measure_joints(view):
    view.show_history(values.history(3))
    course = JointCourse("left_wrist", np.arange(4.0), np.arange(4.0) * 2, np.arange(4.0) * 30)
    view.show_joint(course)
    left, right = view.joint_curves
    np.testing.assert_array_equal(drawn(left.curve)[1], course.error_mm)
    assert left.label.isVisible()
    assert left.label.toPlainText() == "left wrist"
    assert not right.curve.isVisible(), "an axis of grey levels measures no joint"
    view.choices[1].setCurrentText("Displacement")
    np.testing.assert_array_equal(drawn(right.curve)[1], course.displacement_px)
    view.show_joint(None)
    assert not left.curve.isVisible()
    assert not right.label.isVisible()


def test_larger_text_makes_the_axes_text_larger(view, qtbot):
    font = view.font()
    axes = [view.plot.getAxis(side) for side in ("left", "bottom", "right")]
    sizes = [axis.label.boundingRect().height() for axis in axes]
    width = axes[0].width()
    font.setPointSizeF(2 * font.pointSizeF())
    view.setFont(font)
    assert all(
        axis.label.boundingRect().height() > 1.5 * size for axis, size in zip(axes, sizes, strict=True)
    )
    assert axes[0].style["tickFont"].pointSizeF() == font.pointSizeF()
    qtbot.waitUntil(lambda: axes[0].width() > width)


def test_read_out_is_legible_after_a_change_of_theme(view, qtbot):
    view.show_history(values.history(7))
    view.show_snapshot(values.snapshot(7))
    for theme in (DARK, LIGHT):
        view.setPalette(palette(theme))
        qtbot.waitUntil(lambda theme=theme: theme.muted in view.readout.text())
        other = LIGHT if theme is DARK else DARK
        assert other.muted not in view.readout.text()


def test_axes_are_named_where_their_names_fit(qtbot, view):
    view.show_history(values.history(5))
    axes = [view.plot.getAxis(side) for side in ("left", "right")]
    view.resize(600, 420)
    qtbot.waitUntil(lambda: all(axis.label.isVisibleTo(axis) for axis in axes))
    view.choices[1].setCurrentIndex(0)
    view.resize(600, 100)
    qtbot.waitUntil(lambda: not any(axis.label.isVisibleTo(axis) for axis in axes))
    view.choices[1].setCurrentIndex(1)
    assert not axes[1].label.isVisibleTo(axes[1])
