from __future__ import annotations

import os
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaa_gui.core.errors import ConfigError, KaaError
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.targets.bvh import Motion, read_bvh
from kaa_gui.core.targets.library import load_target
from kaa_gui.core.targets.retargeting import LEG_MM, pose_of_frame
from tests.core.motions import NAMES, along_x, at_another_rest, bvh_text, turned

JOINT = HUMAN36M_17.index
angle = st.floats(-180, 180)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("motions")


def motion(folder, text: str) -> Motion:
    path = folder / "motion.bvh"
    path.write_text(text)
    return read_bvh(path)


def pose(folder, **options) -> np.ndarray:
    return pose_of_frame(motion(folder, bvh_text(**options)), 0)


def test_arms_spread_in_front_of_the_camera(folder):
    points = pose(folder)
    scale = LEG_MM / 85
    np.testing.assert_allclose(points[JOINT("pelvis")], 0, atol=1e-3)
    # x right, y down, z away: who faces the camera has the left hand at its right
    np.testing.assert_allclose(points[JOINT("left_wrist")], np.array([72, -49, 0]) * scale, atol=0.01)
    np.testing.assert_allclose(points[JOINT("right_ankle")], np.array([-9, 85, 0]) * scale, atol=0.01)
    np.testing.assert_allclose(points[JOINT("head")], np.array([0, -71, 0]) * scale, atol=0.01)
    assert points[JOINT("nose"), 2] < -100  # the nose points at the camera


def test_bent_elbow_brings_the_hand_forward(folder):
    points = pose(folder, turns={"left_elbow": (0, 0, -90)})
    elbow, wrist = points[JOINT("left_elbow")], points[JOINT("left_wrist")]
    np.testing.assert_allclose(wrist - elbow, np.array([0, 0, -26]) * LEG_MM / 85, atol=0.01)


def test_raised_knee_is_above_where_it_was(folder):
    straight, raised = pose(folder), pose(folder, turns={"right_hip": (0, -80, 0)})
    assert raised[JOINT("right_knee"), 1] < straight[JOINT("right_knee"), 1] - 300
    assert raised[JOINT("right_knee"), 2] < -300


@pytest.mark.parametrize("naming", NAMES)
def test_every_naming_gives_the_same_pose(folder, naming):
    turns = {"left_elbow": (10, 20, -60), "right_hip": (5, -40, 8), "neck": (0, 20, 30)}
    np.testing.assert_allclose(pose(folder, naming=naming, turns=turns), pose(folder, turns=turns), atol=0.01)


@given(turn=angle, unit=st.floats(0.01, 40), z_up=st.booleans())
@settings(max_examples=25)
def test_heading_unit_and_axes_of_the_file_do_not_matter(folder, turn, unit, z_up):
    turns = {"left_elbow": (10, 20, -60), "right_hip": (5, -40, 8)}
    if z_up:
        turns = {}  # the helper turns about y-up axes only
    turned = pose(folder, turns=turns | ({} if z_up else {"root": (0, 0, turn)}), unit=unit, z_up=z_up)
    np.testing.assert_allclose(turned, pose(folder, turns=turns), atol=0.5)


@given(
    st.dictionaries(
        st.sampled_from(["left_hip", "right_knee", "left_shoulder", "neck"]), st.tuples(angle, angle, angle)
    )
)
@settings(max_examples=25)
def test_bones_keep_their_lengths_whatever_the_turns(folder, turns):
    still, moved = pose(folder), pose(folder, turns=turns)
    rigid = [
        (a, b)
        for a, b in HUMAN36M_17.bones
        if "spine" not in (HUMAN36M_17.joints[a], HUMAN36M_17.joints[b])
        and "nose" not in (HUMAN36M_17.joints[a], HUMAN36M_17.joints[b])
    ]
    for first, second in rigid:
        before = np.linalg.norm(still[first] - still[second])
        assert np.linalg.norm(moved[first] - moved[second]) == pytest.approx(before, abs=0.5)


WALKING: dict[str, tuple[float, float, float]] = {
    "left_elbow": (10, 20, -60),
    "right_hip": (5, -40, 8),
    "neck": (0, 10, 30),
}
RESTS = {
    "along x": along_x,
    "lying": lambda motion: {joint.name: turned(0, 90) for joint in motion.joints},
    "head down": lambda motion: {joint.name: turned(2, 180) for joint in motion.joints},
    "sideways": lambda motion: {joint.name: turned(1, 90) for joint in motion.joints},
    "crouched": lambda _: {
        **{f"mixamorig:{side}UpLeg": turned(0, 80) for side in ("Left", "Right")},
        **{f"mixamorig:{side}Leg": turned(0, -40) for side in ("Left", "Right")},
        "mixamorig:Spine": turned(0, -50),
    },
}


@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("turns", [{}, WALKING, {"root": (0, 0, 70)}], ids=["standing", "walking", "turned"])
def test_pose_is_that_of_the_frame_whatever_the_skeleton_is_without_rotations(folder, rest, turns):
    upright = motion(folder, bvh_text(turns=turns))
    other = motion(folder, at_another_rest(upright, 0, RESTS[rest](upright)))
    assert np.abs(other.at_rest() - upright.at_rest()).max() > 20
    np.testing.assert_allclose(other.posed(0)[0], upright.posed(0)[0], atol=1e-3)
    np.testing.assert_allclose(pose_of_frame(other, 0), pose_of_frame(upright, 0), atol=0.05)


def test_body_that_lies_in_a_frame_stays_lying(folder):
    upright = motion(folder, bvh_text())
    lying = bvh_text(turns={"root": (0, -90, 0)}).replace("3.000000 91.000000", "3.000000 11.000000")
    # alone, in a file that stands for the rest of the time, and with its bones along x
    alone = motion(folder, lying)
    both = Motion("", upright.joints, upright.lines * 3 + alone.lines)
    other = motion(folder, at_another_rest(alone, 0, along_x(upright)))
    for points in (pose_of_frame(alone, 0), pose_of_frame(both, 6), pose_of_frame(other, 0)):
        up = -points[JOINT("head"), 1]
        assert abs(up) < 100
        assert abs(points[JOINT("left_ankle"), 1]) < 100
    # upside down on the floor, it is no standing body with a strange skeleton either
    hands = bvh_text(turns={"root": (180, 0, 0)}).replace("3.000000 91.000000", "3.000000 78.000000")
    assert pose_of_frame(motion(folder, hands), 0)[JOINT("head"), 1] > 500


def test_file_with_z_up_is_read_by_its_frames_where_its_skeleton_has_y_up(folder):
    upright = motion(folder, bvh_text(turns=WALKING))
    text = bvh_text(turns=WALKING | {"root": (0, 90, 0)}).replace(
        "3.000000 91.000000 -7.0", "3.000000 7.0 91.0"
    )
    np.testing.assert_allclose(pose_of_frame(motion(folder, text), 0), pose_of_frame(upright, 0), atol=0.05)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HIERARCHY", "\ufeffHIERARCHY"),
        ("HIERARCHY", "hierarchy"),
        ("Zposition", "ZPosition"),
        ("rotation", "ROTATION"),
        ("rotation", "Rotation"),
        ("Frame Time:", "Frame\tTime:"),
        ("Frame Time:", " Frame Time :"),
        ("Frames:", " Frames:"),
        ("Frames: 2", "Frames :\t2 "),
        ("Frames: 2", "FRAMES: 0002"),
        ("MOTION", "\n  Motion  \n"),
        ("mixamorig:Hips {", "mixamorig:Hips{"),
        ("mixamorig:Hips {", "MOTION {"),
        (" { OFFSET", "{OFFSET"),
        ("End Site", "End site"),
        ("} } }", "}}}"),
        ("\n", "\r\n"),
        ("\n", "\n\n"),
    ],
)
def test_dialects_are_read_alike(folder, old, new):
    text = bvh_text(turns=WALKING)
    assert old in text
    changed = text.replace(old, new)
    np.testing.assert_array_equal(pose_of_frame(motion(folder, changed), 1), pose(folder, turns=WALKING))


def test_frame_is_chosen_after_the_name(folder):
    path = folder / "walk cycle.bvh"
    path.write_text(bvh_text(frames=3))
    target = load_target(f"{path}:2")
    assert target.title == "walk cycle, frame 2"
    np.testing.assert_allclose(target.points(HUMAN36M_17), pose(folder), atol=0.01)
    assert load_target(path).title == "walk cycle, frame 0"
    with pytest.raises(ConfigError, match=r"frame must be from 0 to 2 in walk cycle.bvh, got 3"):
        load_target(f"{path}:3")
    with pytest.raises(ConfigError, match="existing file"):
        load_target(str(folder / "none.bvh:1"))


def test_names_that_cannot_be_mapped_are_told(folder):
    text = bvh_text().replace("LeftLeg", "Bone17").replace("RightHand", "Bone18")
    with pytest.raises(ConfigError, match=r"found none for left_knee, right_wrist among .*; rename them"):
        pose_of_frame(motion(folder, text), 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HIERARCHY", "HIERARCHIE"),
        ("MOTION", ""),
        ("ROOT", "JOINT"),
        ("Frames: 2", "Frames: 0"),
        ("Frames: 2", "Frames: 99999999999999999999"),
        ("Frames: 2", "Frames: two"),
        ("Frames: 2", f"Frames: 1{'0' * 5000}"),
        ("Frames: 2", f"Frames: {'0' * 5000}"),
        ("CHANNELS 3", f"CHANNELS {'9' * 5000}"),
        ("CHANNELS 3", "CHANNELS 10000000000000"),
        ("CHANNELS 3", "CHANNELS 007"),
        ("OFFSET 0.000000 20", f"OFFSET {'9' * 5000} 20"),
        ("CHANNELS 3", "CHANNELS 7"),
        ("CHANNELS 3", "CHANNELS x"),
        ("Zrotation", "Wrotation"),
        ("OFFSET 0.000000 20", "OFFSET nan 20"),
        ("OFFSET 0.000000 20", "OFFSET 1e99 20"),
        ("OFFSET 0.000000 20", "OFFSET up 20"),
        ("} }", "}"),
        ("} }", "} } } } } } } }"),
        ("3.000000 91", "91"),
        ("3.000000 91", "inf 91"),
    ],
)
def test_damage_is_one_line(folder, old, new):
    text = bvh_text()
    assert old in text
    with pytest.raises(ConfigError, match=r"\A[^\n]{1,400}\Z"):
        pose_of_frame(motion(folder, text.replace(old, new, 1)), 0)


def test_byte_order_mark_is_passed_over(folder):
    plain = pose(folder)
    np.testing.assert_array_equal(pose_of_frame(motion(folder, "\ufeff" + bvh_text()), 0), plain)


@given(st.data())
@settings(max_examples=60)
def test_any_damage_is_refused_or_read(folder, data):
    text = bvh_text(frames=1)
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, min(len(text), first + 200)))
    text = text[:first] + data.draw(st.text(max_size=8)) + text[last:]
    refusal = ""
    try:
        points = pose_of_frame(motion(folder, text), 0)
    except KaaError as error:
        refusal = str(error)
    assert len(refusal) < 600
    assert refusal or np.isfinite(points).all()


def test_deep_and_wide_files_are_refused_before_they_are_built(folder):
    deep = "HIERARCHY ROOT a { OFFSET 0 0 0 CHANNELS 0 " + "JOINT b { OFFSET 0 0 0 CHANNELS 0 " * 5000
    wide = "HIERARCHY ROOT a { OFFSET 0 0 0 CHANNELS 0 " + "JOINT b { OFFSET 0 0 0 CHANNELS 0 } " * 5000
    for text in (deep, wide):
        with pytest.raises(ConfigError, match="at most 1000 joints, 200 deep"):
            motion(folder, text + " MOTION")


@pytest.mark.parametrize("part", ["\n", " ", " \n", "} ", "x ", "{", "MOTION\n", "9"], ids=repr)
def test_megabytes_of_nothing_take_no_time(folder, part):
    noise = part * (8_000_000 // len(part))
    asked = time.monotonic()
    for text in (noise, bvh_text().replace("MOTION", noise + "MOTION"), bvh_text() + noise):
        refusal = ""
        try:
            motion(folder, text).values(1)
        except ConfigError as error:
            refusal = str(error)
        assert len(refusal) < 400
    assert time.monotonic() - asked < 20


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.bvh")
    with pytest.raises(ConfigError, match="must be a regular file"):
        read_bvh(tmp_path / "pipe.bvh")
