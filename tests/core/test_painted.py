"""Painted regions as text: every bitmap comes back, equal ones are equal texts, hostile ones are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kaa_gui.core import painted
from kaa_gui.core.config import AttackConfig
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import (
    check_painted_for,
    painted_bitmap,
    painted_fault,
    painted_pixels,
    painted_size,
    painted_text,
    region_bitmap,
)

BITMAPS = arrays.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 30))).filter(np.any)
DISC = np.hypot(*(np.indices((90, 160)) - np.array([[[40]], [[70]]]))) < 25


@given(BITMAPS)
def test_bitmap_comes_back_to_the_bit(bitmap):
    text = painted_text(bitmap)
    assert text.isascii()
    assert text.isprintable()
    assert painted_size(text) == bitmap.shape
    assert painted_pixels(text) == bitmap.sum()
    np.testing.assert_array_equal(painted_bitmap(text), bitmap)
    assert not painted_bitmap(text).flags.writeable
    assert painted_text(np.asfortranarray(bitmap).view(np.uint8)) == text


@given(BITMAPS, BITMAPS)
def test_texts_are_equal_where_bitmaps_are(first, second):
    assert (painted_text(first) == painted_text(second)) == np.array_equal(first, second)


def test_text_is_cocos_run_length_encoding():
    # worked out by hand from COCO's mask API: runs 6, 1, then 4 and 1 - 1, column by column
    bitmap = np.zeros((4, 3), bool)
    bitmap[2, 1] = bitmap[3, 2] = True
    assert painted_text(bitmap) == "3x4:6140"
    # a length of 16 and more takes two characters
    wide = np.zeros((1, 41), bool)
    wide[0, 20:] = True
    assert painted_text(wide) == "41x1:d0e0"


def test_painted_disc_is_small():
    assert len(painted_text(DISC)) < 250


@given(BITMAPS)
def test_configuration_with_paint_survives_json(bitmap):
    config = AttackConfig(region_mask=painted_text(bitmap), region=(0, 0, 3, 3))
    again = AttackConfig.from_json(json.loads(json.dumps(config.as_json())))
    assert again == config
    assert hash(again) == hash(config)


@given(st.text(max_size=30) | st.from_regex(r"\A[1-9][0-9]?x[1-9][0-9]?:[0-o]{0,12}\Z"))
def test_any_text_is_refused_or_a_region(text):
    if painted_fault(text) is None:
        assert painted_text(painted_bitmap(text)) == text
    else:
        with pytest.raises(ConfigError, match="region_mask must be"):
            AttackConfig(region_mask=text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4x4",
        "4x4:",
        "0x4:0",
        "4x4:o",
        "4x4:\u0661",
        "4x4:" + "P" * 40 + "0",
        "99999x99999:1",
        "1000000000x1:1",
        "4x4:" + "0" * (painted.MAX_TEXT + 1),
        # a run of no length, one that is too long, one spelt with a needless zero, and no paint at all
        "4x4:404",
        "4x4:45",
        "4x4:d04",
        "4x4:`0",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_is_refused_in_one_line(text):
    fault = painted_fault(text)
    assert fault is not None
    assert fault.startswith("region_mask must")
    assert len(fault) < 200


def test_nothing_painted_and_noise_are_refused(monkeypatch):
    with pytest.raises(ConfigError, match="at least one pixel"):
        painted_text(np.zeros((5, 5), bool))
    monkeypatch.setattr(painted, "MAX_TEXT", 100)
    with pytest.raises(ConfigError, match="smooth its outline"):
        painted_text(np.random.default_rng(0).random((50, 50)) < 0.5)


def test_paint_for_another_picture_is_refused_with_both_sizes():
    check_painted_for(None, (3, 3))
    check_painted_for(painted_text(DISC), (90, 160, 3))
    with pytest.raises(ConfigError, match="160 x 91 pixels, got 160 x 90"):
        check_painted_for(painted_text(DISC), (91, 160, 3))


def test_region_of_box_and_paint_is_what_both_hold():
    box = (50.0, 20.0, 30.0, 100.0)
    inside = np.zeros(DISC.shape, bool)
    inside[20:, 50:80] = True
    text = painted_text(DISC)
    assert region_bitmap(None, None, DISC.shape) is None
    np.testing.assert_array_equal(region_bitmap(box, None, DISC.shape), inside)
    np.testing.assert_array_equal(region_bitmap(None, text, DISC.shape), DISC)
    np.testing.assert_array_equal(region_bitmap(box, text, DISC.shape), DISC & inside)
    with pytest.raises(ConfigError, match="as large as the picture"):
        region_bitmap(None, text, (9, 9))
