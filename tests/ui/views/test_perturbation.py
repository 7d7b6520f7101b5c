from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.ui.views.perturbation import CHANNELS, UNSIGNED, PerturbationView
from tests.ui import values


@pytest.fixture
def view(make) -> PerturbationView:
    result = make(PerturbationView)
    result.show_scene(values.scene())
    return result


def test_levels_are_symmetric_and_in_grey_levels(view):
    snapshot = values.snapshot(20)
    view.show_snapshot(snapshot)
    low, high = view.bar.levels
    assert -low == high == pytest.approx(float(np.abs(view.values()).max()))
    np.testing.assert_allclose(view.image.levels, [low, high])


@pytest.mark.parametrize("channel", ["Red", "Green", "Blue"])
def test_single_channels_are_read_back(view, channel):
    snapshot = values.snapshot(4)
    view.channel.setCurrentText(channel)
    view.show_snapshot(snapshot)
    index = ["Red", "Green", "Blue"].index(channel)
    np.testing.assert_array_equal(view.image.image, snapshot.perturbation[..., index])


def test_all_channels_take_the_sign_of_the_strongest():
    pixels = np.array([[[3, -1, 0], [1, -4, 1], [0, 0, 0]]], np.float32)
    np.testing.assert_allclose(CHANNELS["All, signed"](pixels), [[4 / 3, -2, 0]])
    np.testing.assert_allclose(CHANNELS[UNSIGNED](pixels), [[10**0.5, 18**0.5, 0]])


def test_length_starts_at_zero(view):
    view.channel.setCurrentText(UNSIGNED)
    view.show_snapshot(values.snapshot(4))
    assert view.bar.levels[0] == 0


def test_locked_levels_stay(view):
    view.show_snapshot(values.snapshot(20))
    end = view.bar.levels[1]
    view.lock_button.click()
    view.show_snapshot(values.snapshot(1))
    assert view.bar.levels == (-end, end)
    view.lock_button.click()
    assert view.bar.levels[1] < end


def test_gain_narrows_the_levels(view):
    view.show_snapshot(values.snapshot(20))
    end = view.bar.levels[1]
    view.gain.setValue(4)
    assert view.bar.levels[1] == pytest.approx(end / 4)


def test_8_bit_shows_what_a_file_would_hold(view):
    snapshot = values.snapshot(20)
    view.channel.setCurrentText("Red")
    view.rounded_button.click()
    view.show_snapshot(snapshot)
    expected = snapshot.adversarial[..., 0].astype(int) - values.scene().crop[..., 0]
    np.testing.assert_array_equal(view.image.image, expected)


def test_nan_is_drawn_as_zero_and_told(view):
    snapshot = values.snapshot(20)
    broken = snapshot.perturbation.copy()
    broken[3, 4] = np.nan
    broken[5, 6] = np.inf
    view.show_snapshot(replace(snapshot, perturbation=broken))
    assert np.isfinite(view.image.image).all()
    assert "not finite" in view.caption.text()
    assert np.isfinite(view.bar.levels).all()


def test_zero_perturbation_has_a_colour_bar(view):
    snapshot = values.snapshot(0)
    view.show_snapshot(replace(snapshot, perturbation=np.zeros_like(snapshot.perturbation)))
    low, high = view.bar.levels
    assert low < 0 < high


def test_another_crop_empties_the_view(view):
    view.show_snapshot(values.snapshot(3))
    view.show_scene(values.scene(layer=1))
    assert view.populated
    view.show_scene(values.scene(person=1))
    assert not view.populated


def test_long_caption_takes_a_second_line_rather_than_being_cut(view, qtbot):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(3))
    line = view.caption.height()
    view.set_caption("largest change 2 · RMSE 0.78 · " + "and more of it " * 4)
    assert view.caption.geometry().right() <= view.canvas.width()
    assert view.caption.height() > 1.5 * line
    view.set_caption("short")
    assert view.caption.height() == line


def test_caption_stays_at_the_foot_when_the_pane_changes_its_size(view, qtbot):
    view.show_scene(values.scene())
    view.show_snapshot(values.snapshot(3))
    before = view.canvas.height()
    view.resize(view.width(), view.height() + 90)
    qtbot.waitUntil(lambda: view.canvas.height() > before)
    assert view.canvas.height() - view.caption.geometry().bottom() == 9
