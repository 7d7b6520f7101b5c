"""Annotated joints: whose they are, where in the crop, and files that hold none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.pictures.annotated import annotated_joints, open_picture, read_annotation
from kaa_gui.core.pictures.image import picture_from_array, save_png
from kaa_gui.core.pictures.samples import list_samples, load_ground_truth
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17
from kaa_gui.core.types import Person

SIZE = (100, 200)
KNEE = BLAZEPOSE_33.index("left_knee")
# the crop shows the picture from (10, 20) on, twice as large
MAP = np.array([[2.0, 0, -20], [0, 2, -40]])
PERSON = Person(3, 1.0, np.zeros(4, np.float32), MAP)


def picture(*truth):
    return replace(picture_from_array(np.zeros((40, 60, 3), np.uint8), "a.png"), truth=truth)


def test_joints_are_placed_in_the_crop_and_those_outside_are_unknown():
    truth = {"left_knee": (20.5, 30.5), "nose": (9.0, 30.0), "right_knee": (30.0, 40.0)}
    joints = annotated_joints(picture(truth), PERSON, SIZE, BLAZEPOSE_33)
    assert joints[KNEE].tolist() == [21, 21]
    known = [BLAZEPOSE_33.joints[number] for number in np.flatnonzero(np.isfinite(joints).all(axis=1))]
    assert known == ["left_knee", "right_knee"]


def test_midpoints_of_other_skeletons_are_known_where_both_sides_are():
    truth = {"left_hip": (20.0, 30.0), "right_hip": (40.0, 30.0), "left_shoulder": (20.0, 22.0)}
    joints = annotated_joints(picture(truth), PERSON, SIZE, HUMAN36M_17)
    assert joints[HUMAN36M_17.index("pelvis")].tolist() == [40, 20]
    assert np.isnan(joints[HUMAN36M_17.index("thorax")]).all()


def test_of_several_people_the_one_in_the_crop_is_meant():
    here, beside = {"left_knee": (60.0, 45.0)}, {"left_knee": (100.0, 62.0)}
    gone = {"left_knee": (60.0, 46.0), "nose": (-50.0, 0.0), "left_hip": (-50.0, 9.0)}
    joints = annotated_joints(picture(beside, gone, here), PERSON, SIZE, BLAZEPOSE_33)
    assert joints[KNEE].tolist() == [100, 50]


def test_nobody_annotated_is_one_line_with_a_remedy():
    with pytest.raises(ConfigError, match=r"none are known of a\.png; choose reference gaussian"):
        annotated_joints(picture(), PERSON, SIZE, BLAZEPOSE_33)
    with pytest.raises(ConfigError, match=r"no joint of person 3 in a\.png is annotated and seen"):
        annotated_joints(picture({"left_knee": (-5.0, 0.0)}), PERSON, SIZE, BLAZEPOSE_33)


def test_rendered_samples_know_the_joints_that_are_seen(tmp_path):
    path = next(iter(list_samples().values()))
    known = load_ground_truth(path)
    assert known is not None
    pose = known.people[0]["blazepose-33"]
    opened = open_picture(path)
    assert len(opened.truth) == len(known.people)
    assert set(opened.truth[0]) == {BLAZEPOSE_33.joints[number] for number in np.flatnonzero(pose.visible)}
    for name, place in opened.truth[0].items():
        assert place == pytest.approx((pose.keypoints[BLAZEPOSE_33.index(name)] + 0.5).tolist())
    # another program's description beside a picture says nothing
    save_png(tmp_path / "b.png", np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "b.json").write_text('{"shapes": []}')
    assert open_picture(tmp_path / "b.png").truth == ()


def test_annotation_is_read_from_a_file(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"joints": {"left_knee": [1, 2.5]}}))
    assert read_annotation(file) == {"left_knee": (1.0, 2.5)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"joints": {}}',
        '{"joints": {"nose": [1]}}',
        '{"joints": {"nose": [1, 2, 3]}}',
        '{"joints": {"nose": [1, true]}}',
        '{"joints": {"nose": [1, NaN]}}',
        '{"joints": {"nose": [1, 1e9]}}',
        '{"joints": [[1, 2]]}',
    ],
)
def test_file_that_is_no_annotation_is_one_line(tmp_path, content):
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"a\.json: .*; write \{\"joints\"") as caught:
        read_annotation(file)
    assert "\n" not in str(caught.value)
