import json

import numpy as np
import pytest
from PIL import Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.samples import list_samples, load_ground_truth
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert

RENDERED = {title: path for title, path in list_samples().items() if path.is_relative_to(resources_dir())}
BONES = ("shoulder elbow", "elbow wrist", "hip knee", "knee ankle")

every_sample = pytest.mark.parametrize("path", RENDERED.values(), ids=RENDERED.keys())


def test_samples_are_enough_and_walking_comes_first():
    assert len(RENDERED) >= 8
    assert next(iter(RENDERED)) == "Walking"
    pictures = {p.stem for p in (resources_dir() / "samples").iterdir() if p.suffix in {".jpg", ".png"}}
    assert pictures == {path.stem for path in RENDERED.values()}


def test_samples_of_other_packages_exist_when_listed():
    others = [path for path in list_samples().values() if path not in RENDERED.values()]
    assert all(path.is_file() for path in others)
    assert all(load_ground_truth(path) is None for path in others)


def test_samples_are_small_enough_to_travel():
    assert sum(path.stat().st_size for path in RENDERED.values()) < 4e6


@every_sample
def test_sample_has_the_size_that_its_truth_says(path):
    truth = load_ground_truth(path)
    with Image.open(path) as picture:
        assert picture.size == (truth.width, truth.height)


@every_sample
def test_truth_projects_onto_its_own_pixels(path):
    truth = load_ground_truth(path)
    for person in truth.people:
        assert set(person) == {BLAZEPOSE_33.name, HUMAN36M_17.name}
        for pose in person.values():
            np.testing.assert_allclose(truth.project(pose.points_mm), pose.keypoints, atol=0.1)


@every_sample
def test_truth_has_a_proper_camera_and_people_in_front_of_it(path):
    truth = load_ground_truth(path)
    np.testing.assert_allclose(truth.rotation @ truth.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(truth.rotation) == pytest.approx(1)
    for person in truth.people:
        pose = person["human36m-17"]
        assert (pose.points_mm[:, 2] > 1000).all()
        # upright people: the head is above the pelvis, in space and in the picture
        head, pelvis = HUMAN36M_17.index("head"), HUMAN36M_17.index("pelvis")
        assert pose.points_mm[head, 1] < pose.points_mm[pelvis, 1] - 300
        assert pose.keypoints[head, 1] < pose.keypoints[pelvis, 1]


@every_sample
def test_truth_has_the_pelvis_between_the_hips_and_agreeing_skeletons(path):
    for person in load_ground_truth(path).people:
        points = person["human36m-17"].points_mm
        hips = [HUMAN36M_17.index("left_hip"), HUMAN36M_17.index("right_hip")]
        np.testing.assert_allclose(points[0], points[hips].mean(axis=0), atol=0.01)
        converted = convert(person["blazepose-33"].points_mm, BLAZEPOSE_33, HUMAN36M_17)
        np.testing.assert_allclose(points, converted, atol=0.01)


@every_sample
def test_truth_has_equal_bones_left_and_right(path):
    for person in load_ground_truth(path).people:
        points = person["blazepose-33"].points_mm
        for bone in BONES:
            lengths = [
                np.linalg.norm(
                    np.subtract(*(points[BLAZEPOSE_33.index(f"{side}_{end}")] for end in bone.split()))
                )
                for side in ("left", "right")
            ]
            assert lengths[0] == pytest.approx(lengths[1], rel=0.02)
            assert 180 < lengths[0] < 550


@every_sample
def test_truth_is_mostly_visible(path):
    for person in load_ground_truth(path).people:
        assert person["human36m-17"].visible.mean() > 0.5


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": "kaa-sample/1"}', '{"format": "kaa-sample/1", "camera": 3}']
)
def test_damaged_truth_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(PictureError, match=r"x\.json"):
        load_ground_truth(tmp_path / "x.jpg")


def test_truth_with_numbers_beyond_all_range_is_refused(tmp_path):
    content = json.loads(next(iter(RENDERED.values())).with_suffix(".json").read_text())
    content["camera"]["t_mm"] = [0, 1e39, 0]
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(PictureError, match="numbers must be within"):
        load_ground_truth(tmp_path / "x.jpg")


def test_truth_with_numbers_missing_is_refused(tmp_path):
    content = json.loads(next(iter(RENDERED.values())).with_suffix(".json").read_text())
    content["camera"]["K"] = [[1, 0, float("nan")], [0, 1, 0], [0, 0, 1]]
    (tmp_path / "x.json").write_text(json.dumps(content))
    with pytest.raises(PictureError, match="NaN is no number"):
        load_ground_truth(tmp_path / "x.jpg")
