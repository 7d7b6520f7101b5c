from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt


@pytest.fixture
def still(qtbot, window):
    """The window with a run on hold, everything drawn."""
    window.runner.pause()
    qtbot.waitUntil(lambda: window.views["input"].populated and window.display.idle)
    qtbot.waitUntil(lambda: window.views["input"]._snapshot is window.state.shown)
    return window


def _shows(window, what: str) -> bool:
    pixels = {"clean": window.state.scene.crop, "attacked": window.state.shown.adversarial}
    return np.array_equal(window.views["input"].image.image, pixels[what])


@pytest.mark.parametrize("key", [Qt.Key.Key_C, Qt.Key.Key_QuoteLeft])
def test_comparing_flicks_while_the_key_is_held(qtbot, still, key):
    still.activateWindow()
    qtbot.waitUntil(still.isActiveWindow)
    assert _shows(still, "attacked")
    qtbot.keyPress(still, key)
    assert _shows(still, "clean")
    assert still.views["input"].caption.text() == "clean"
    qtbot.keyRelease(still, key)
    assert _shows(still, "attacked")


def test_comparing_flicks_from_the_menu_for_a_moment(qtbot, still):
    still.before_after._glance.setInterval(20)
    still.commands.actions["flick"].trigger()
    assert _shows(still, "clean")
    qtbot.waitUntil(lambda: _shows(still, "attacked"))


def test_comparing_blinks_until_told_to_stop(qtbot, still):
    still.before_after._blink.setInterval(60)
    blink = still.commands.actions["blink"]
    blink.trigger()
    for what in ("clean", "attacked", "clean"):
        qtbot.waitUntil(lambda what=what: _shows(still, what))
    blink.trigger()
    assert _shows(still, "attacked")
    assert not still.before_after._blink.isActive()


def test_comparing_swipes_clean_against_attacked(qtbot, still):
    view, action = still.views["input"], still.commands.actions["swipe"]
    action.trigger()
    assert view.swipe_button.isChecked()
    assert view.swipe.divider.isVisible()
    crop, attacked = still.state.scene.crop, still.state.shown.adversarial
    for column in (128, 40):
        view.swipe.divider.setValue(column)
        assert np.array_equal(view.swipe.pixels.image, crop[:, :column])
    assert np.array_equal(view.image.image, attacked)
    assert view.caption.text().startswith("clean | attacked")
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.swipe.column == 48
    view.set_flick(True)
    assert np.array_equal(view.swipe.pixels.image, attacked[:, :48])
    assert np.array_equal(view.image.image, crop)
    view.set_flick(False)
    view.swipe.divider.setValue(-20)
    assert view.swipe.column == 0
    assert not view.swipe.pixels.isVisible()
    view.swipe_button.click()
    assert not action.isChecked()
    assert not view.swipe.divider.isVisible()


def test_comparing_swipe_rests_in_the_whole_picture(still):
    view = still.views["input"]
    view.swipe_button.click()
    view.whole_button.click()
    assert not view.swipe.divider.isVisible()
    view.whole_button.click()
    assert view.swipe.divider.isVisible()


def test_comparing_makes_the_difference_stronger_and_weaker(still):
    view, actions = still.views["perturbation"], still.commands.actions
    level = view.image.levels[1]
    actions["more_gain"].trigger()
    actions["more_gain"].trigger()
    assert view.gain.value() == 4
    assert view.image.levels[1] == pytest.approx(level / 4)
    actions["less_gain"].trigger()
    assert view.gain.value() == 2
