from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from kaa_gui.colours import (
    CLASS_COLOURS,
    DARK,
    DEFAULT_MAP,
    DIVERGING_MAPS,
    LIGHT,
    POSE_COLOURS,
    PRINT_MAP,
    diverging_table,
    magnitude_table,
)
from kaa_gui.ui.appearance.theme import apply_theme, palette, resolve, theme_of
from kaa_gui.ui.window.main_window import MainWindow
from tests.blindness import BLINDNESSES, lab_seen, linear

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(QColor(c).getRgb()[:3]) for c in (first, second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("blindness", BLINDNESSES)
@pytest.mark.parametrize("colours", [tuple(POSE_COLOURS.values()), CLASS_COLOURS], ids=["poses", "classes"])
def test_categories_stay_apart_for_the_colour_blind(colours, blindness):
    seen = [lab_seen(colour, blindness) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 25


@BOTH
def test_text_is_legible(theme):
    for ground in (theme.window, theme.base, theme.raised):
        assert contrast(theme.text, ground) > 7
    for ground in (theme.window, theme.plot):
        assert contrast(theme.muted, ground) > 4.5


@BOTH
def test_diverging_map_is_balanced_around_a_neutral_middle(theme):
    table = diverging_table(theme)
    assert table.shape == (256, 3)
    middle = table[127:129].astype(int)
    assert np.ptp(middle, axis=1).max() <= 12
    ends = [luminance(table[index]) for index in (0, 255)]
    assert ends[0] / ends[1] == pytest.approx(1, abs=0.6)
    np.testing.assert_array_equal(magnitude_table(theme)[-1], table[-1])


@BOTH
def test_theme_is_recognised_by_its_palette(theme):
    assert theme_of(palette(theme)) is theme


@pytest.mark.parametrize("scheme", ["light", "dark", "system"])
def test_apply_theme_dresses_the_application(qapp, scheme):
    before = qapp.palette()
    try:
        theme = apply_theme(qapp, scheme)
        assert theme is resolve(scheme, qapp)
        assert theme_of(QApplication.palette()) is theme
        assert qapp.style().name() == "fusion"
    finally:
        qapp.setPalette(before)


def test_every_signed_map_is_dark_or_light_in_the_middle_and_its_ends_differ():
    *others, (_last, printed) = DIVERGING_MAPS.items()
    # that of the figures is grey in the middle, wherever it is shown
    assert printed["light"] == printed["dark"] == PRINT_MAP
    for name, schemes in others:
        for theme in (LIGHT, DARK):
            low, _, middle, _, high = (np.array(colour) for colour in schemes[theme.name])
            ground = QColor(theme.canvas).lightness()
            assert (middle.mean() < 64) == (ground < 64), name
            assert np.abs(low - high).max() > 40, name


def test_signed_map_is_chosen_live_and_remembered(qtbot, window, engine, settings):
    qtbot.waitUntil(lambda: window.views["perturbation"].populated)
    maps, view = window.looks.colour_maps, window.views["perturbation"]
    try:
        before = view.image.lut.copy()
        action = next(item for item in maps.menu.actions() if item.text() == "Green – purple")
        action.trigger()
        assert action.isChecked()
        assert not np.array_equal(view.image.lut, before)
        assert np.array_equal(view.image.lut, diverging_table(view.theme))
        again = MainWindow(engine.services(), settings)
        assert again.views["perturbation"].theme.diverging == view.theme.diverging
        again.close()
        again.deleteLater()
    finally:
        maps.choose(DEFAULT_MAP)
    assert np.array_equal(view.image.lut, before)
