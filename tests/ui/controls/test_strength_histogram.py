from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from kaa_gui.ui.controls.strength_histogram import StrengthHistogram, StrengthSlider
from tests.ui import values


@pytest.fixture
def slider(qtbot) -> Iterator[StrengthSlider]:
    result = StrengthSlider()
    qtbot.addWidget(result)
    result.resize(300, 80)
    with qtbot.waitExposed(result):
        result.show()
    yield result
    result.shutdown()


def test_histogram_counts_the_upper_decades():
    field = values.correlation_field()
    histogram = StrengthHistogram.of(field)
    strength = field.strength
    assert 10**histogram.high == pytest.approx(float(strength.max()))
    assert histogram.counts.sum() == (strength > 10**histogram.low).sum()


def test_nothing_relational_has_no_histogram():
    field = values.correlation_field()
    assert StrengthHistogram.of(replace(field, minimum=np.zeros_like(field.minimum))) is None


def test_alpha_and_position_are_inverse(slider):
    slider.show_field(values.correlation_field())
    for alpha in (0.0, 0.01, 0.2, 3.0):
        assert slider.alpha_at(slider.position_of(alpha)) == pytest.approx(alpha, rel=1e-6)
    assert slider.position_of(0.01) < slider.position_of(0.2)


def test_dragging_emits_and_letting_go_confirms(slider, qtbot):
    slider.show_field(values.correlation_field())
    with qtbot.waitSignal(slider.alphaDragged) as dragged:
        qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(150, 30))
    with qtbot.waitSignal(slider.alphaReleased) as released:
        qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(150, 30))
    assert dragged.args[0] == released.args[0] == slider.alpha > 0


def test_left_end_is_zero(slider, qtbot):
    slider.show_field(values.correlation_field())
    with qtbot.waitSignal(slider.alphaReleased) as released:
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(2, 30))
    assert released.args == [0.0]
    with qtbot.waitSignal(slider.alphaReleased) as released:
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert released.args[0] > 0


def test_setting_alpha_is_silent(slider, qtbot):
    slider.show_field(values.correlation_field())
    with qtbot.assertNotEmitted(slider.alphaDragged), qtbot.assertNotEmitted(slider.alphaReleased):
        slider.set_alpha(0.3)
        slider.set_alpha(float("nan"))
    assert slider.alpha == 0.3


def test_growing_fields_are_counted_now_and_then_and_the_last_one_always(slider, qtbot, monkeypatch):
    counted = []
    original = StrengthHistogram.of.__func__
    monkeypatch.setattr(
        StrengthHistogram, "of", classmethod(lambda cls, field: counted.append(field) or original(cls, field))
    )
    fields = [values.correlation_field(rows) for rows in range(30, 40)]
    for field in fields:
        slider.show_field(field)
        slider.show_field(field)
    assert len(counted) < len(fields)
    assert counted[-1] is fields[-1]
    assert counted.count(fields[-1]) == 1


def test_pending_field_is_counted_when_the_growth_pauses(slider, qtbot):
    slider.show_field(values.correlation_field(10))
    before = slider.histogram
    slider.show_field(values.correlation_field(20))
    qtbot.waitUntil(lambda: slider.histogram is not before)


def test_without_a_field_nothing_is_emitted(slider, qtbot):
    with qtbot.assertNotEmitted(slider.alphaDragged), qtbot.assertNotEmitted(slider.alphaReleased):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(150, 30))
        qtbot.keyClick(slider, Qt.Key.Key_Right)
