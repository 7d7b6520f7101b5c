"""The window without a mouse: keys reach the widget in focus before the shortcuts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFrame

from kaa_gui.ui.picture_items.canvas import Canvas
from kaa_gui.ui.running.attack_runner import Phase


@pytest.fixture
def paused(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.runner.pause()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.PAUSED)
    return window


def focus(qtbot, widget) -> None:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus)


def test_space_ticks_the_box_in_focus_and_runs_nothing(qtbot, paused):
    box = next(box for box in paused.controls.findChildren(QCheckBox) if box.isVisible() and box.isEnabled())
    before = box.isChecked()
    focus(qtbot, box)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() is not before


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_space_and_enter_press_the_chip_in_focus(qtbot, paused, key):
    chip = paused.views["correlation"].chips[1]
    before = chip.isChecked()
    focus(qtbot, chip)
    qtbot.keyClick(chip, key)
    assert chip.isChecked() is not before
    assert paused.runner.phase is Phase.PAUSED


def test_letters_in_a_list_find_an_entry_and_switch_no_tool(qtbot, paused):
    box = next(
        box
        for box in paused.controls.findChildren(QComboBox)
        if box.isVisible() and box.findText("KAA+ER") >= 0
    )
    focus(qtbot, box)
    qtbot.keyClick(box, Qt.Key.Key_R)
    assert not paused.commands.actions["draw_region"].isChecked()


def test_space_in_a_picture_runs_the_attack(qtbot, paused):
    focus(qtbot, paused.views["input"].canvas)
    qtbot.keyClick(paused.views["input"].canvas, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: paused.runner.phase is Phase.RUNNING)


def test_pane_in_focus_has_a_frame_and_no_other(qtbot, paused):
    first, second = paused.views["input"].canvas, paused.views["correlation"].canvas
    focus(qtbot, first)
    frame = first.findChild(QFrame, "focusFrame")
    assert frame.isVisible()
    assert frame.geometry() == first.rect()
    focus(qtbot, second)
    assert not frame.isVisible()
    assert second.findChild(QFrame, "focusFrame").isVisible()


def test_f6_goes_round_the_panels_and_back(qtbot, paused):
    qtbot.waitUntil(lambda: all(view.populated for view in paused.views.values() if view.isVisible()))
    shown = {name for name, dock in paused.docks.items() if dock.isVisible()}
    seen = []
    for _ in shown:
        paused.commands.actions["next_panel"].trigger()
        focused = QApplication.focusWidget()
        seen.append(next(name for name, dock in paused.docks.items() if dock.isAncestorOf(focused)))
    assert set(seen) == shown
    paused.commands.actions["previous_panel"].trigger()
    assert paused.docks[seen[-2]].isAncestorOf(QApplication.focusWidget())


def test_every_picture_can_be_reached_by_tab(window):
    for canvas in window.findChildren(Canvas):
        assert canvas.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_copied_view_has_no_frame_of_the_focus(qtbot, paused):
    view = paused.views["correlation"]
    qtbot.waitUntil(lambda: view.populated and paused.display.idle)
    without = view.to_image()
    focus(qtbot, view.canvas)
    assert view.to_image() == without


def test_tab_stays_inside_the_tour(qtbot, paused):
    paused.help.tour.begin()
    for _ in range(5):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert paused.help.tour.isAncestorOf(QApplication.focusWidget())
    paused.help.tour.finish()
