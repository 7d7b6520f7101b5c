import json
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kaa_gui.core.attacks.references import place_target
from kaa_gui.core.dragged import CROP_MARGIN_PX, dragged_keypoints
from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.skeletons import BLAZEPOSE_33, COCO_17, HUMAN36M_17, MPII_16, convert
from kaa_gui.core.targets.library import (
    TARGETS,
    as_json,
    load_target,
    save_target,
    target_from_pose,
    target_name,
)
from tests.core.poses import made_up_pose

every_target = pytest.mark.parametrize("name", TARGETS)


def joint(pose, name):
    return pose.points(BLAZEPOSE_33)[BLAZEPOSE_33.index(name)]


def test_library_has_the_two_protocols_first():
    assert list(TARGETS)[:2] == ["walk", "sit"]
    assert {"t-pose", "arms-up", "kneel"} <= set(TARGETS)
    assert [TARGETS[name].protocol for name in ("walk", "sit", "t-pose")] == [
        "Protocol #1",
        "Protocol #2",
        None,
    ]


@every_target
def test_target_has_its_root_at_the_origin_and_a_person_s_size(name):
    pose = load_target(name)
    assert pose.name == name
    np.testing.assert_allclose(pose.points(HUMAN36M_17)[0], 0, atol=0.01)
    lengths = dict(
        zip(
            [tuple(HUMAN36M_17.joints[i] for i in bone) for bone in HUMAN36M_17.bones],
            pose.bone_lengths_mm(HUMAN36M_17),
            strict=True,
        )
    )
    for bone in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
        left, right = (lengths[tuple(f"{side}_{end}" for end in bone)] for side in ("left", "right"))
        assert left == pytest.approx(right, rel=0.02)
        assert 200 < left < 520


@every_target
def test_target_is_seen_from_the_azimuth_that_shows_it(name):
    pose = load_target(name)
    right, left = joint(pose, "right_shoulder"), joint(pose, "left_shoulder")
    facing = np.degrees(np.arctan2(right[2] - left[2], left[0] - right[0]))
    assert facing == pytest.approx({"walk": 60, "sit": 45}.get(name, 0), abs=20)
    assert joint(pose, "nose")[1] < joint(pose, "left_ankle")[1]


def test_targets_are_the_poses_that_they_are_called():
    walk, sit, cross, up, kneel = (load_target(n) for n in ("walk", "sit", "t-pose", "arms-up", "kneel"))
    stride = joint(walk, "left_ankle") - joint(walk, "right_ankle")
    assert np.hypot(stride[0], stride[2]) > 450
    for side in ("left", "right"):
        assert abs(joint(sit, f"{side}_knee")[1] - joint(sit, f"{side}_hip")[1]) < 150
        assert abs(joint(cross, f"{side}_wrist")[1] - joint(cross, f"{side}_shoulder")[1]) < 80
        assert joint(up, f"{side}_wrist")[1] < joint(up, "nose")[1] - 150
    assert joint(kneel, "right_knee")[1] > joint(kneel, "left_knee")[1] + 250


@every_target
def test_target_picture_is_a_crop_around_the_hips(name):
    pose = load_target(name)
    with Image.open(pose.picture) as picture:
        assert picture.size == (256, 256)
    pixels = pose.pixels(BLAZEPOSE_33)
    hips = pixels[[BLAZEPOSE_33.index("left_hip"), BLAZEPOSE_33.index("right_hip")]].mean(axis=0)
    np.testing.assert_allclose(hips, 127.5, atol=1)
    radius = np.linalg.norm(pixels - hips, axis=1).max()
    assert 2 * 1.25 * radius == pytest.approx(256, rel=0.02)


def test_points_are_converted_to_other_skeletons():
    sit = load_target("sit")
    assert np.isfinite(sit.points(COCO_17)).all()
    missing = np.isnan(sit.points(MPII_16)).any(axis=1)
    assert [MPII_16.joints[i] for i in np.flatnonzero(missing)] == []
    only = replace(sit, points_mm={"human36m-17": sit.points(HUMAN36M_17)})
    assert np.isnan(only.points(BLAZEPOSE_33)[BLAZEPOSE_33.index("left_heel")]).all()


def test_turned_pose_keeps_its_bones_and_turns_to_its_left():
    pose = load_target("t-pose")
    turned = pose.turned(90)
    np.testing.assert_allclose(
        turned.bone_lengths_mm(HUMAN36M_17), pose.bone_lengths_mm(HUMAN36M_17), atol=0.05
    )
    # facing the camera's right: the left hand points away
    assert joint(turned, "left_wrist")[2] > 500
    assert joint(turned, "nose")[0] > 0
    assert turned.picture is None
    np.testing.assert_allclose(turned.turned(270).points(HUMAN36M_17), pose.points(HUMAN36M_17), atol=0.05)


@every_target
def test_saved_target_reads_back(tmp_path, name):
    pose = load_target(name)
    save_target(pose, tmp_path / "copy.json")
    again = load_target(tmp_path / "copy.json")
    assert (again.name, again.title, again.protocol) == (pose.name, pose.title, pose.protocol)
    np.testing.assert_allclose(again.points(BLAZEPOSE_33), pose.points(BLAZEPOSE_33), atol=0.01)
    assert again.picture is None
    assert again.pixels(BLAZEPOSE_33) is None
    assert [path.name for path in tmp_path.iterdir()] == ["copy.json"]


def test_points_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        load_target("walk").points(HUMAN36M_17)[0] = 1


def test_unknown_target_names_the_library(tmp_path):
    with pytest.raises(ConfigError, match="walk, sit"):
        load_target("fly")
    with pytest.raises(ConfigError, match="walk, sit"):
        load_target(tmp_path)


def test_target_that_cannot_be_read_again_is_not_written(tmp_path):
    bad = replace(load_target("walk"), name="../walk")
    with pytest.raises(ConfigError, match="name"):
        save_target(bad, tmp_path / "x.json")
    with pytest.raises(PictureError, match="cannot be written"):
        save_target(load_target("walk"), tmp_path / "missing" / "x.json")
    assert not list(tmp_path.iterdir())


def content(**changes):
    values = json.loads(json.dumps(as_json(load_target("walk")))) | {"picture": None, "keypoints_px": {}}
    return values | changes


def with_joint(row):
    values = content()
    values["skeletons"]["human36m-17"]["nose"] = row
    return values


HOSTILE = {
    "not a dict": [],
    "another format": content(format="x"),
    "no name": content(name=None),
    "a path as name": content(name="../../etc/passwd"),
    "a long name": content(name="x" * 65),
    "a title with control characters": content(title="a\x00b"),
    "an endless title": content(title="x" * 10_000),
    "a number as protocol": content(protocol=1),
    "no skeletons": content(skeletons={}),
    "skeletons in a list": content(skeletons=[1]),
    "an unknown skeleton": content(skeletons={"octopus-8": {}}),
    "missing joints": content(skeletons={"human36m-17": {"nose": [0, 0, 0]}}),
    "joints in a list": content(skeletons={"human36m-17": [[0, 0, 0]] * 17}),
    "another joint": content(skeletons={"coco-17": {n: [0, 0, 0] for n in (*COCO_17.joints, "tail")}}),
    "two numbers": with_joint([0, 0]),
    "text": with_joint(["0", "0", "0"]),
    "truth values": with_joint([True, True, True]),
    "NaN": with_joint([float("nan"), 0, 0]),
    "infinity": with_joint([float("inf"), 0, 0]),
    "a huge number": with_joint([10**400, 0, 0]),
    "a far joint": with_joint([1e6, 0, 0]),
    "all joints in one place": content(skeletons={"human36m-17": {n: [1, 2, 3] for n in HUMAN36M_17.joints}}),
    "a picture elsewhere": content(picture="../secret.png"),
    "a picture on another drive": content(picture="C:\\x.png"),
    "a picture that is none": content(picture="x.exe"),
}  # fmt: skip


@pytest.mark.parametrize("values", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_target_is_refused_in_one_line(tmp_path, values):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(values))
    with pytest.raises(ConfigError) as raised:
        load_target(path)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b" " * 1_000_001], ids=range(5))
def test_damaged_file_is_refused(tmp_path, data):
    (tmp_path / "t.json").write_bytes(data)
    with pytest.raises(ConfigError):
        load_target(tmp_path / "t.json")


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(content())), inner),
        max_leaves=8,
    ),
    st.sampled_from([*content(), "extra"]),
)
def test_any_change_is_read_or_refused_but_never_a_crash(tmp_path_factory, value, key):
    path = tmp_path_factory.mktemp("targets") / "t.json"
    path.write_text(json.dumps(content(**{key: value})))
    with suppress(ConfigError):
        assert np.isfinite(load_target(path).points(HUMAN36M_17)).all()


@given(seed=st.integers(0, 1000))
def test_exported_target_lands_on_the_same_key_points(seed, tmp_path_factory):
    clean = made_up_pose(seed)
    target = replace(clean, keypoints=dragged_keypoints(clean, {"left_wrist": (40.0, 50.0)}, 256))
    path = tmp_path_factory.mktemp("targets") / "reach.json"
    save_target(target_from_pose(target, clean, name="reach", title="Reach"), path)
    read = load_target(path)
    placed = place_target(clean, read.points(BLAZEPOSE_33), read.points(HUMAN36M_17), 256)
    inside = (target.keypoints > CROP_MARGIN_PX) & (target.keypoints < 256 - CROP_MARGIN_PX)
    np.testing.assert_allclose(placed.keypoints[inside], target.keypoints[inside], atol=0.01)
    hips = [HUMAN36M_17.index("left_hip"), HUMAN36M_17.index("right_hip")]
    centred = target.points_mm - target.points_mm[hips].mean(axis=0)
    np.testing.assert_allclose(placed.points_mm, centred, atol=0.01)


def test_target_of_a_poor_skeleton_keeps_the_hands_of_the_clean_pose():
    clean = made_up_pose(3)
    points = TARGETS["sit"].points(HUMAN36M_17)
    placed = place_target(clean, convert(points, HUMAN36M_17, BLAZEPOSE_33), points, 4096)
    assert np.isfinite(placed.keypoints).all()
    wrist, thumb = (BLAZEPOSE_33.index(name) for name in ("left_wrist", "left_thumb"))
    there = placed.keypoints[thumb] - placed.keypoints[wrist]
    np.testing.assert_allclose(there, clean.keypoints[thumb] - clean.keypoints[wrist], atol=1e-3)


@pytest.mark.parametrize("text", ["reach", "", "///", "Füße über", "..", "a" * 200])
def test_any_text_becomes_a_name(text, tmp_path):
    target = replace(TARGETS["sit"], name=target_name(text), picture=None, keypoints={})
    save_target(target, tmp_path / "target.json")
    assert load_target(tmp_path / "target.json").name == target_name(text)
