from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kaa_gui.core.types import CorrelationField
from kaa_gui.ui.views.correlation import CorrelationView, PixelExtremes
from tests.ui import values

JACOBIANS = hnp.arrays(
    np.float32, (5, 4, 6, 3), elements=st.floats(-2, 2, width=32, allow_nan=False, allow_infinity=False)
)


@pytest.fixture
def view(make) -> CorrelationView:
    result = make(CorrelationView)
    result.show_scene(values.scene())
    return result


@settings(max_examples=60, deadline=None)
@given(rows=JACOBIANS, alpha=st.floats(0, 2, width=32))
def test_pixel_extremes_give_the_fields_classes(rows, alpha):
    layer = values.LAYERS[-1]
    field = CorrelationField(rows.max(axis=0), rows.min(axis=0), 5, 5, "all", layer)
    np.testing.assert_array_equal(PixelExtremes.of(field).classes(alpha), field.classes(alpha))


def test_field_is_shown_as_classes(view):
    field = values.correlation_field()
    view.show_field(field, 0.2)
    np.testing.assert_array_equal(view.classes, field.classes(0.2))


def test_alpha_alone_changes_the_overlay(view):
    field = values.correlation_field()
    view.show_field(field, 0.05)
    before = view.classes.copy()
    view.show_field(field, 2.0)
    assert (before != view.classes).any()
    np.testing.assert_array_equal(view.classes, field.classes(2.0))
    view.show_field(field, float(max(field.maximum.max(), -field.minimum.min())))
    assert not view.classes.any()
    assert view.chips[0].text() == "100%"


def test_legend_tells_the_shares(view):
    field = values.correlation_field()
    view.show_field(field, 0.2)
    shares = np.bincount(field.classes(0.2).ravel(), minlength=4) / (values.CROP**2)
    for index, chip in view.chips.items():
        assert chip.text() == f"{shares[index] * 100:.0f}%"


def test_progress_is_told_while_the_field_grows(view):
    view.show_field(values.correlation_field(12), 0.1)
    assert not view.progress.isHidden()
    assert view.progress.value == 12
    assert "rows 12/39 — 2 s left" in view.caption.text()
    view.show_field(values.correlation_field(), 0.1)
    assert view.progress.isHidden()
    assert "39 rows" in view.caption.text()


def test_opacity_and_chips_only_recolour(view):
    view.show_field(values.correlation_field(), 0.2)
    classes = view.overlay.image
    view.opacity.setValue(40)
    assert view.overlay.lut[3, 3] == 102
    assert view.overlay.lut[0, 3] == 0
    view.chips[3].click()
    assert view.overlay.lut[3, 3] == 0
    assert view.overlay.image is classes


def test_another_crop_drops_the_overlay_and_another_layer_keeps_it(view):
    view.show_field(values.correlation_field(), 0.2)
    view.show_scene(values.scene(layer=2))
    assert view.classes is not None
    view.show_scene(values.scene(person=1))
    assert view.classes is None
    assert view.chips[3].text().endswith("–")


def test_stale_fades_until_a_new_field(view):
    field = values.correlation_field()
    view.show_field(field, 0.2)
    view.set_stale(True)
    assert view.overlay.opacity() < 0.6
    view.show_field(field, 0.3)  # the same old field at another α is still old
    assert view.stale
    view.show_field(values.correlation_field(3, seed=2), 0.2)
    assert view.overlay.opacity() == 1


def test_legend_leaves_its_names_out_where_they_would_take_too_much_of_a_small_pane(view, qtbot):
    view.show_scene(values.scene())
    field = values.correlation_field()
    view.show_field(field, field.alpha_keeping(0.4))
    view.resize(900, 300)
    qtbot.waitUntil(lambda: all(chip.text().endswith(" %") for chip in view.chips.values()))
    names = {index: chip.text().rsplit(" ", 2)[0] for index, chip in view.chips.items()}
    view.resize(330, 280)
    qtbot.waitUntil(lambda: all(chip.text()[:-1].isdigit() for chip in view.chips.values()))
    qtbot.waitUntil(lambda: all(view.controls.shows(chip) for chip in view.chips.values()))
    assert not view.controls.shows(view.opacity)
    view.controls.more.click()
    assert all(chip.text().startswith(names[index]) for index, chip in view.chips.items())
    qtbot.waitUntil(lambda: view.controls.shows(view.opacity))
    view.controls.fold()
    # with room for more lines the names are worth it
    view.resize(300, 900)
    qtbot.waitUntil(lambda: all(chip.text().startswith(names[index]) for index, chip in view.chips.items()))
