"""Finding people: the detector's decoding by hand, crops by geometry, real pictures by their ground truth."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kaa_gui.core.errors import ModelFileError, NoPersonError
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.samples import list_samples, load_ground_truth, resources_dir
from kaa_gui.core.pictures.sampling import apply_affine, inverse_affine
from kaa_gui.core.types import Picture
from kaa_gui.core.victims import Victim
from kaa_gui.core.victims.blazepose import BlazePose
from kaa_gui.core.victims.detection import (
    DETECTION_EDGE,
    PersonDetector,
    anchor_centres,
    decode_anchors,
    letterbox,
    overlapping_groups,
    shrunk,
    upright_crop,
)
from kaa_gui.engine.engine import Engine

SIDE = 224
RENDERED = {title: path for title, path in list_samples().items() if path.is_relative_to(resources_dir())}


@pytest.fixture(scope="module")
def victim(engine: Engine) -> Victim:
    return engine.victim("blazepose-heatmap")


def test_anchors_are_2254_at_cell_centres() -> None:
    centres = anchor_centres()
    assert centres.shape == (2254, 2)
    # two anchors a cell in the first grid, row by row
    np.testing.assert_allclose(centres[:4] * 28, [[0.5, 0.5], [0.5, 0.5], [1.5, 0.5], [1.5, 0.5]], atol=1e-5)
    np.testing.assert_allclose(centres[28 * 2] * 28, (0.5, 1.5), atol=1e-5)
    # six in the last
    np.testing.assert_allclose(centres[-7:] * 7, [[5.5, 6.5], *[[6.5, 6.5]] * 6], atol=1e-5)
    assert centres.min() > 0
    assert centres.max() < 1


def test_decode_anchors_is_relative_to_the_anchor() -> None:
    values = np.zeros((2254, 12), np.float32)
    logits = np.full(2254, -500, np.float32)
    last = 2253
    values[last] = (10, -20, 30, 40, 1, 2, 3, 4, 5, 6, 7, 8)
    logits[last] = 0
    boxes, points, scores = decode_anchors(values, logits, SIDE)
    x, y = anchor_centres()[last] * SIDE
    np.testing.assert_allclose(boxes[last], (x + 10 - 15, y - 20 - 20, 30, 40), rtol=1e-5)
    np.testing.assert_allclose(points[last], [[x + i, y + i + 1] for i in (1, 3, 5, 7)], rtol=1e-5)
    assert scores[last] == 0.5
    # logits are clipped before the sigmoid, which must not overflow
    assert 0 < scores[0] < 1e-40 or scores[0] == 0


@pytest.mark.parametrize("size", [(100, 300), (300, 100), (7, 7), (10, 5000)])
def test_letterbox_fits_the_picture_centrally(size: tuple[int, int]) -> None:
    height, width = size
    corners = apply_affine(letterbox(height, width, SIDE), np.array([[0, 0], [width, height]], float))
    assert corners.min() >= -1e-9
    assert corners.max() == pytest.approx(SIDE)
    np.testing.assert_allclose(corners.sum(axis=0), SIDE)
    wide, high = corners[1] - corners[0]
    assert wide / high == pytest.approx(width / height)


@given(
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.floats(1, 400),
    st.floats(-np.pi, np.pi),
    st.sampled_from([(256, 256), (192, 256)]),
)
def test_upright_crop_stands_the_body_up(
    hips: tuple[float, float], radius: float, angle: float, size: tuple[int, int]
) -> None:
    circle = np.array(hips) + radius * np.array([np.sin(angle), -np.cos(angle)])
    to_crop = upright_crop(np.array(hips), circle, size)
    height, width = size
    placed = apply_affine(to_crop, np.stack((hips, circle)))
    np.testing.assert_allclose(placed[0], (width / 2, height / 2), atol=1e-6)
    # straight up; the circle's diameter times 1.25 is the crop's width
    np.testing.assert_allclose(placed[1], (width / 2, height / 2 - width / 2 / 1.25), atol=1e-6)
    # turned and scaled, never mirrored
    linear = to_crop[:, :2]
    np.testing.assert_allclose(linear @ linear.T, np.linalg.det(linear) * np.eye(2), atol=1e-9)


def test_upright_crop_turns_a_person_lying_to_the_right() -> None:
    to_crop = upright_crop(np.array([50.0, 50.0]), np.array([90.0, 50.0]), (256, 256))
    head, below = apply_affine(to_crop, np.array([[90.0, 50.0], [50.0, 60.0]]))
    assert head[1] < 128
    # what was below in the picture is on the right of a person turned upright
    assert below[0] > 128


def test_upright_crop_of_coinciding_points_is_finite() -> None:
    assert np.isfinite(upright_crop(np.array([5.0, 5.0]), np.array([5.0, 5.0]), (256, 256))).all()


def test_overlapping_groups_keep_heads_first_and_everybody_once() -> None:
    boxes = np.array(
        [[0, 0, 10, 10], [1, 0, 10, 10], [100, 0, 10, 10], [0, 1, 10, 10], [300, 300, 5, 5]], np.float32
    )
    scores = np.array([0.6, 0.9, 0.95, 0.7, 0.5], np.float32)
    groups = [group.tolist() for group in overlapping_groups(boxes, scores)]
    assert groups == [[2], [1, 0, 3], [4]]


def test_overlapping_groups_of_nothing() -> None:
    assert overlapping_groups(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) == []


@pytest.mark.parametrize("size", [(1, 1), (10, 5000), (DETECTION_EDGE, 40), (3 * DETECTION_EDGE + 2, 2401)])
def test_shrunk_averages_by_a_whole_factor(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    small, factor = shrunk(pixels)
    assert small.dtype == np.uint8
    assert max(small.shape) < 2 * DETECTION_EDGE or min(small.shape[:2]) < 2
    assert small.shape[:2] == (size[0] // factor, size[1] // factor)
    first = pixels[:factor, :factor].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(small[0, 0], first, atol=0.51)


def test_detector_refuses_another_network(victim: BlazePose) -> None:
    with pytest.raises(ModelFileError, match="2254 anchors"):
        PersonDetector(victim.graph, (256, 256))


def hips_of(person_to_crop: NDArray[np.float64]) -> NDArray[np.float64]:
    return apply_affine(inverse_affine(person_to_crop), np.array([128.0, 128.0]))


@pytest.mark.parametrize("path", RENDERED.values(), ids=RENDERED)
def test_people_of_the_samples_are_found_where_they_are(victim: Victim, path: str) -> None:
    truth = load_ground_truth(path)
    people = victim.find_people(load_picture(path).pixels)
    assert len(people) == len(truth.people)
    assert [person.number for person in people] == list(range(len(people)))
    assert all(first.score >= second.score for first, second in itertools.pairwise(people))
    pelvises = []
    for true_person in truth.people:
        pose = true_person["human36m-17"]
        pelvises.append(pose.keypoints[pose.skeleton.index("pelvis")] + 0.5)
    for person in people:
        side = 256 / np.sqrt(np.linalg.det(person.to_crop[:, :2]))
        nearest = min(np.linalg.norm(hips_of(person.to_crop) - pelvis) for pelvis in pelvises)
        assert nearest < 0.08 * side
        assert not person.to_crop.flags.writeable
        assert not person.box.flags.writeable


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_rolled_people_are_turned_upright(victim: Victim, walking: Picture, quarter_turns: int) -> None:
    upright = victim.find_people(walking.pixels)[0]
    rolled = victim.find_people(np.ascontiguousarray(np.rot90(walking.pixels, quarter_turns)))[0]

    def angle(to_crop: NDArray[np.float64]) -> float:
        return float(np.rad2deg(np.arctan2(to_crop[0, 1], to_crop[0, 0])))

    turned = (angle(rolled.to_crop) - angle(upright.to_crop) + 90 * quarter_turns + 180) % 360 - 180
    assert abs(turned) < 15


def test_a_huge_picture_gives_the_same_people(victim: Victim, walking: Picture) -> None:
    small = victim.find_people(walking.pixels)[0]
    height, width = walking.pixels.shape[:2]
    large = cv2.resize(walking.pixels, (5 * width, 5 * height), interpolation=cv2.INTER_CUBIC)
    found = victim.find_people(large)[0]
    side = 256 / np.sqrt(np.linalg.det(small.to_crop[:, :2]))
    assert np.linalg.norm(hips_of(found.to_crop) / 5 - hips_of(small.to_crop)) < 0.02 * side
    ratio = np.linalg.det(small.to_crop[:, :2]) / np.linalg.det(found.to_crop[:, :2])
    assert np.sqrt(ratio) == pytest.approx(5, rel=0.05)
    np.testing.assert_allclose(found.box / 5, small.box, atol=0.05 * side)


@pytest.mark.parametrize("size", [(1, 1), (10, 5000), (5000, 10), (300, 400)])
def test_pictures_without_people_are_refused_in_one_line(victim: Victim, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    with pytest.raises(NoPersonError) as caught:
        victim.find_people(picture)
    assert "\n" not in str(caught.value)


def test_candidates_without_a_body_are_dropped(victim: BlazePose, walking: Picture) -> None:
    seen: list[NDArray[np.float64]] = []

    def nobody(to_crop: NDArray[np.float64]) -> bool:
        seen.append(to_crop)
        return False

    with pytest.raises(NoPersonError):
        victim.detector.find(walking.pixels, nobody)
    assert seen


@settings(max_examples=4, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_detector_never_crashes_on_small_pictures(engine: Engine, height: int, width: int, seed: int) -> None:
    victim = engine.victim("blazepose-heatmap")
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    try:
        people = victim.find_people(picture)
    except NoPersonError:
        people = ()
    assert all(np.isfinite(person.to_crop).all() for person in people)


def test_victims_share_their_networks(engine: Engine) -> None:
    first, second = engine.victim("blazepose-heatmap"), engine.victim("blazepose-regression")
    assert isinstance(first, BlazePose)
    assert isinstance(second, BlazePose)
    assert first.graph is second.graph
    assert first.detector is second.detector
    assert first.sha256 == second.sha256
    assert not any(parameter.requires_grad for parameter in first.graph.parameters())
    assert next(first.graph.parameters()).device == torch.device("cpu")
