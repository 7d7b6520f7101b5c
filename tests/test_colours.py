"""Each method has one colour; colour-blind readers and grey prints tell the compared ones apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kaa_gui.colours import CONTROL_COLOUR, METHOD_COLOURS, Rgb, hexadecimal, method_colour
from kaa_gui.core.types import Run
from kaa_gui.evaluation.report.set_curves import SetCurve, set_curves
from kaa_gui.figures.drawing.plots import looks
from kaa_gui.ui.panels.comparison_panel import curve_colour
from tests.blindness import BLINDNESSES, lab_seen
from tests.figures.records import varied

COMPARED: dict[str, tuple[str, str | None]] = {
    "kaa": ("kaa", None),
    "kaa+er": ("kaa+er", None),
    "random": ("kaa+er", "random"),
}


@pytest.mark.parametrize("contestant", COMPARED)
def test_window_figures_and_reports_draw_a_method_in_one_colour(contestant: str, finished: Run) -> None:
    method, mask = COMPARED[contestant]
    colour = method_colour(method, mask)
    assert curve_colour(contestant) == colour
    assert looks((varied(finished, method=method, mask=mask),))["color"] == hexadecimal(colour)
    values = np.ones((2, 3), np.float32)
    figure = set_curves([SetCurve("one", "linf", method, mask, 0, values, values)], "mm")
    assert figure.axes[0].lines[0].get_color() == hexadecimal(colour)


@pytest.mark.parametrize("blindness", BLINDNESSES)
def test_compared_methods_stay_apart_for_the_colour_blind(blindness: str) -> None:
    seen = [lab_seen(method_colour(*which), blindness) for which in COMPARED.values()]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) > 20


def test_compared_methods_stay_apart_in_grey() -> None:
    greys = sorted(_grey(method_colour(*which)) for which in COMPARED.values())
    assert min(np.diff(greys)) > 20


def test_variants_of_a_method_have_shades_of_their_own() -> None:
    for method in METHOD_COLOURS:
        shades = {method_colour(method, None, variant) for variant in range(5)}
        assert len(shades) == 5
        assert method_colour(method) in shades
    assert method_colour("kaa", "random") == CONTROL_COLOUR


def _grey(colour: Rgb) -> float:
    return float(np.dot(colour, (0.299, 0.587, 0.114)))
