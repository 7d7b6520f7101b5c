from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa_gui.core.dragged import (
    CROP_MARGIN_PX,
    dragged_keypoints,
    dragged_places,
    dragged_text,
    dragged_words,
    is_dragged,
    places_between,
)
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert, with_carried
from tests.core.poses import made_up_pose

pixel = st.integers(0, 25_600).map(lambda hundredths: hundredths / 100)
places = st.dictionaries(st.sampled_from(BLAZEPOSE_33.joints), st.tuples(pixel, pixel), min_size=1)


@given(places)
def test_text_is_read_back(joints):
    text = dragged_text(joints)
    assert is_dragged(text)
    assert dragged_places(text) == joints
    assert "dragged" in dragged_words(text)


@given(places, st.integers(0, 5))
def test_dragged_joints_arrive_and_what_hangs_on_none_stays(joints, seed):
    clean = made_up_pose(seed)
    points = dragged_keypoints(clean, joints)
    carried = {follower for name in joints for follower in BLAZEPOSE_33.carried_by(BLAZEPOSE_33.index(name))}
    for joint, name in enumerate(BLAZEPOSE_33.joints):
        if name in joints:
            np.testing.assert_allclose(points[joint], joints[name], atol=1e-4)
        elif joint not in carried:
            np.testing.assert_array_equal(points[joint], clean.keypoints[joint])


@given(places, st.integers(0, 5))
def test_places_between_leads_back_to_the_same_pose(joints, seed):
    clean = made_up_pose(seed)
    target = replace(clean, keypoints=dragged_keypoints(clean, joints))
    again = dragged_keypoints(clean, places_between(clean, target))
    assert np.hypot(*(again - target.keypoints).T).max() <= 0.51


def test_hand_keeps_its_shape_and_stays_in_the_crop():
    clean = made_up_pose(1)
    points = dragged_keypoints(clean, {"left_wrist": (300.0, 100.0)}, 256)
    hand = [BLAZEPOSE_33.index(name) for name in ("left_wrist", "left_pinky", "left_index", "left_thumb")]
    assert points[hand].max() <= 256 - CROP_MARGIN_PX
    free = dragged_keypoints(clean, {"left_wrist": (300.0, 100.0)})
    shift = free[hand] - clean.keypoints[hand]
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "drag:",
        "left_wrist=1,2",
        "drag:left_wrist",
        "drag:left_wrist=1",
        "drag:left_wrist=1,2,3",
        "drag:left_wrist=nan,2",
        "drag:left_wrist=1e9,2",
        "drag:left_wrist=a,b",
        "drag:;",
        "drag:" + "nose=1,1;" * 3000,
    ],
)
def test_other_texts_are_refused_in_one_line(text):
    with pytest.raises(ConfigError, match=r"^a dragged target must read .{0,160}$"):
        dragged_places(text)
    assert dragged_words(text)


def test_unknown_joint_is_refused():
    with pytest.raises(ConfigError, match="tail"):
        dragged_keypoints(made_up_pose(), {"tail": (1.0, 2.0)})


def test_with_carried_fills_hands_feet_and_face_only():
    clean = made_up_pose(2)
    poor = convert(convert(clean.keypoints, BLAZEPOSE_33, HUMAN36M_17), HUMAN36M_17, BLAZEPOSE_33)
    assert np.isnan(poor).any()
    filled = with_carried(poor, BLAZEPOSE_33, clean.keypoints)
    np.testing.assert_allclose(filled, clean.keypoints, atol=1e-3)
