from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa_gui.ui.controls.scale import Scale

SCALES = [
    Scale(0.25, 16, logarithmic=True, snap=0.25),
    Scale(1, 1000, logarithmic=True, snap=1),
    Scale(0, 5, steps=5),
    Scale(1e-7, 3e2, logarithmic=True),
]


@pytest.mark.parametrize("scale", SCALES)
def test_scale_reaches_both_ends_and_never_goes_back(scale):
    values = [scale.value(position) for position in range(scale.steps + 1)]
    assert values[0] == pytest.approx(scale.low)
    assert values[-1] == pytest.approx(scale.high)
    assert values == sorted(values)


@given(scale=st.sampled_from(SCALES), share=st.floats(0, 1))
def test_scale_value_survives_the_way_to_the_slider_and_back(scale, share):
    value = scale.value(round(share * scale.steps))
    again = scale.value(scale.position(value))
    step = (scale.high / scale.low) ** (1 / scale.steps) if scale.logarithmic else 1
    assert again == pytest.approx(value, rel=max(step - 1, 1e-9), abs=scale.snap or 1e-12)


@given(value=st.floats(-1e9, 1e9))
def test_scale_keeps_values_in_its_range(value):
    for scale in SCALES:
        assert 0 <= scale.position(value) <= scale.steps


@pytest.mark.parametrize(("low", "high", "logarithmic"), [(1, 1, False), (2, 1, False), (0, 1, True)])
def test_scale_refuses_an_impossible_range(low, high, logarithmic):
    with pytest.raises(ValueError, match="low must be"):
        Scale(low, high, logarithmic=logarithmic)
