"""What a list says of itself: joint names, kinds of things, sizes of pictures, axes of 3D joints."""

import json
from itertools import permutations, product

import numpy as np
import pytest
from PIL import Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.samples import load_ground_truth
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import COCO_17, HUMAN36M_17
from kaa_gui.evaluation.datasets import Entry, Fault, Source
from kaa_gui.evaluation.datasets.h36m import LISTED_24
from kaa_gui.evaluation.results.parquet import table_of

JOINTS = np.random.default_rng(1).uniform(4, 36, (17, 2)).round(1)
POSETRACK = "nose head_bottom head_top left_ear right_ear"


def read(kind, path):
    return Source(kind, str(path)).entries()


def usable(items):
    return [item for item in items if isinstance(item, Entry)]


def faults(items):
    return {item.key: item.reason for item in items if isinstance(item, Fault)}


def person(points=JOINTS, **changes):
    flat = np.column_stack((points, np.full(len(points), 2))).ravel().tolist()
    return {"id": 7, "image_id": 1, "category_id": 1, "bbox": [10, 5, 20, 30], "keypoints": flat, **changes}


def category(names=COCO_17.joints, **changes):
    return {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(names), **changes}


@pytest.fixture
def coco(tmp_path):
    """Write a list beside a picture of 60 x 40 pixels."""
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")

    def write(*people, categories=(), image=(), mark="", name="a.png"):
        picture = {"id": 1, "file_name": name, **dict(image)}
        content = {"categories": list(categories), "images": [picture], "annotations": list(people)}
        path = tmp_path / "list.json"
        path.write_text(mark + json.dumps(content), encoding="utf-8")
        return path

    return write


# --- joints ---


@pytest.mark.parametrize(
    "renamed",
    [
        lambda name: name,
        lambda name: name.replace("_", " ").title(),
        lambda name: name.replace("left_", "L").replace("right_", "R"),
        lambda name: name.replace("left_", "l").replace("right_", "r"),
        lambda name: "-".join(reversed(name.upper().split("_"))),
    ],
)
def test_joints_are_found_by_their_names(coco, renamed):
    order = np.random.default_rng(0).permutation(17)
    names = [renamed(COCO_17.joints[index]) for index in order]
    flags = np.full(17, 2)
    flags[3], flags[4] = 0, 1
    points = np.column_stack((JOINTS, flags))
    one = person(keypoints=points.ravel().tolist())
    other = person(keypoints=points[order].ravel().tolist())
    (expected,) = read("coco", coco(one))
    (entry,) = read("coco", coco(other, categories=[category(names)]))
    np.testing.assert_array_equal(entry.truth.keypoints, expected.truth.keypoints)
    np.testing.assert_array_equal(entry.truth.seen, expected.truth.seen)
    assert (np.isnan(entry.truth.keypoints[3]).all(), entry.truth.seen[4]) == (True, False)


def test_joints_that_a_person_does_not_have_are_left_out(coco):
    names = [*POSETRACK.split(), *COCO_17.joints[5:]]
    (entry,) = read("coco", coco(person(), categories=[category(names)]))
    np.testing.assert_allclose(entry.truth.keypoints[[0, 3, 16]], JOINTS[[0, 3, 16]] + 0.5, rtol=1e-6)
    assert np.isnan(entry.truth.keypoints[1:3]).all()
    assert not entry.truth.seen[1:3].any()


def test_lists_of_fewer_and_more_joints_are_read(coco):
    fewer = [*COCO_17.joints[5:], "head", "neck"]
    (entry,) = read("coco", coco(person(JOINTS[:14]), categories=[category(fewer)]))
    np.testing.assert_allclose(entry.truth.keypoints[5], JOINTS[0] + 0.5, rtol=1e-6)
    assert np.isnan(entry.truth.keypoints[:5]).all()
    more = [*COCO_17.joints, "left_big_toe", "left_heel"]
    (entry,) = read("coco", coco(person(np.vstack((JOINTS, JOINTS[:2]))), categories=[category(more)]))
    np.testing.assert_allclose(entry.truth.keypoints, JOINTS + 0.5, rtol=1e-6)


@pytest.mark.parametrize("kind", ["coco", "h36m"])
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([f"thumb_{number}" for number in range(17)], "known are none of thumb_0, thumb_1"),
        (["nose", "left_eye", "right_eye", *[f"lip_{number}" for number in range(14)]], "known are nose"),
        (["left_knee", *COCO_17.joints[1:]], "got left_knee twice among left_knee, left_eye"),
    ],
)
def test_joints_of_something_else_are_refused_with_their_names(coco, kind, names, words):
    people = person(keypoints_3d=np.zeros((17, 3)).tolist())
    with pytest.raises(PictureError, match=rf"\Alist\.json: [^\n]*{words}"):
        read(kind, coco(people, categories=[category(names)]))


def test_person_with_another_number_of_joints_than_are_named_is_a_fault(coco):
    items = read("coco", coco(person(JOINTS[:9]), person(id=8), categories=[category()]))
    assert [entry.key for entry in usable(items)] == ["a.png#8"]
    assert faults(items) == {"a.png#7": "expected 17 joints, got 9"}


# --- kinds ---


@pytest.mark.parametrize("kind", ["coco", "h36m"])
def test_animal_is_no_person_and_that_is_said(coco, kind):
    solid = {"keypoints_3d": np.column_stack((JOINTS, JOINTS[:, 0])).tolist()}
    people = [
        person(id=1, category_id=2, **solid),
        person(id=2, **solid),
        person(id=3, category_id=9, **solid),
    ]
    dog = category(id=2, name="dog", supercategory="animal")
    names = HUMAN36M_17.joints if kind == "h36m" else COCO_17.joints
    items = read(kind, coco(*people, categories=[category(names), dog]))
    assert [entry.key for entry in usable(items)] == ["a.png#2"]
    (reason,) = faults(items).values()
    assert "1 of dog, 1 of category 9, which is not listed" in reason


def test_list_of_animals_alone_has_nobody(coco):
    items = read(
        "coco", coco(person(category_id=None), categories=[category(name="cat", supercategory="animal")])
    )
    assert not usable(items)
    assert len(faults(items)) == 1


@pytest.mark.parametrize("name", ["Person", "human body", "basketball_player", "pedestrian"])
def test_person_has_many_names(coco, name):
    people = coco(person(), categories=[category(name=name, supercategory=None)])
    assert len(usable(read("coco", people))) == 1


@pytest.mark.parametrize(
    ("listed", "named"), [(1, "1"), ("1", 1), (1.0, 1), (1, 1.0), ("1", 1.0), ("x7", "x7"), (0.5, "0.5")]
)
def test_identifiers_may_be_written_as_text_or_with_a_point(coco, listed, named):
    people = person(image_id=named, category_id=named, iscrowd="0", num_keypoints="17")
    (entry,) = read("coco", coco(people, image={"id": listed}, categories=[category(id=listed)]))
    assert entry.key == "a.png#7"


def test_identifiers_that_are_none_match_nothing(coco):
    people = [
        person(id=number, image_id=name) for number, name in enumerate([True, None, float("nan"), [1], ""])
    ]
    assert len(faults(read("coco", coco(*people)))) == 5
    assert not usable(read("coco", coco(person(iscrowd="1"), person(num_keypoints="0"))))


@pytest.mark.parametrize("kind", ["coco", "mpii", "h36m"])
def test_byte_order_mark_is_passed_over(coco, kind):
    mpii = {"image": "a.png", "center": [30, 20], "scale": 0.1, "joints": JOINTS[:16].tolist()}
    path = coco(person(keypoints_3d=np.column_stack((JOINTS, JOINTS[:, 0])).tolist()))
    content = json.dumps([mpii]) if kind == "mpii" else path.read_text()
    path.write_text("\ufeff" + content, encoding="utf-8")
    assert len(usable(read(kind, path))) == 1


# --- sizes ---


def test_list_of_the_picture_in_another_size_is_scaled(coco):
    whole = {"width": 60, "height": 40}
    double = {"width": "120", "height": 80.0}
    (expected,) = read("coco", coco(person(), image=whole))
    (entry,) = read("coco", coco(person(JOINTS * 2 + 0.5, bbox=[20, 10, 40, 60]), image=double))
    np.testing.assert_allclose(entry.truth.keypoints, expected.truth.keypoints, rtol=1e-6)
    assert entry.square == expected.square
    # sides are rounded to whole pixels
    (entry,) = read("coco", coco(person(), image={"width": 29, "height": 20}))
    np.testing.assert_allclose(entry.truth.keypoints, (JOINTS + 0.5) * [60 / 29, 2], rtol=1e-6)


@pytest.mark.parametrize(
    "size", [{}, {"width": 0, "height": 0}, {"width": "wide"}, {"width": 10**400, "height": 1}]
)
def test_list_that_says_no_size_is_taken_as_it_is(coco, size):
    (entry,) = read("coco", coco(person(), image=size))
    np.testing.assert_allclose(entry.truth.keypoints, JOINTS + 0.5, rtol=1e-6)


@pytest.mark.parametrize("kind", ["coco", "h36m"])
def test_list_of_another_picture_is_a_fault_that_names_both_sizes(coco, kind):
    solid = {"keypoints_3d": np.column_stack((JOINTS, JOINTS[:, 0])).tolist()}
    items = read(kind, coco(person(**solid), image={"width": 50, "height": 50}))
    assert not usable(items)
    (reason,) = faults(items).values()
    assert "a picture of 50 x 50 pixels, a.png has 60 x 40" in reason


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_list_of_the_stored_raster_lies_on_the_upright_picture(coco, tmp_path, orientation, name):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[8:16, 40:48] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / name, exif=exif)
    points = np.tile([[43.5, 11.5]], (17, 1))
    stored = {"width": 60, "height": 40}
    (entry,) = read("coco", coco(person(points, bbox=[40, 8, 8, 8]), image=stored, name=name))
    if orientation > 4:
        # where the bright spot is in the picture that is attacked
        x, y = entry.truth.keypoints[0]
        assert entry.load().pixels[int(y) - 2 : int(y) + 2, int(x) - 2 : int(x) + 2].min() > 200
        assert (entry.square.x, entry.square.y) == pytest.approx((x, y))
    assert entry.square.side == pytest.approx(10)
    upright = {"width": 40, "height": 60} if orientation > 4 else stored
    (entry,) = read("coco", coco(person(), image=upright, name=name))
    np.testing.assert_allclose(entry.truth.keypoints, JOINTS + 0.5, rtol=1e-6)


# --- axes of 3D joints ---


def sample(name="standing"):
    truth = load_ground_truth(resources_dir() / "samples" / f"{name}.jpg")
    pose = truth.people[0][HUMAN36M_17.name]
    return np.asarray(pose.keypoints, float), pose.points_mm, {"width": truth.width, "height": truth.height}


@pytest.fixture
def solid_list(coco, tmp_path):
    """Write a list of samples whose 3D joints have been changed."""

    def write(change, names=("standing", "walking", "sitting"), image=(), **options):
        people = []
        for number, name in enumerate(names):
            flat, solid, size = sample(name)
            Image.new("RGB", (size["width"], size["height"])).save(tmp_path / "a.png")
            people.append(person(flat, id=number, keypoints_3d=change(solid).tolist()))
        return coco(*people, image={**size, **dict(image)}, **options)

    return write


def rooted(points):
    return points - points[0]


NAMINGS = [
    (order, signs)
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3))
    if (order, signs) != ((0, 1, 2), (1, 1, 1))
]


@pytest.mark.parametrize(("order", "signs"), NAMINGS[::3])
@pytest.mark.parametrize("unit", [1, 0.1, 0.001])
def test_joints_in_other_axes_are_turned_to_the_camera_and_that_is_said(solid_list, order, signs, unit):
    path = solid_list(lambda points: (points[:, order] * signs + [100, 5000, 900]) * unit)
    items = usable(read("h36m", path))
    for entry, name in zip(items, ("standing", "walking", "sitting"), strict=True):
        np.testing.assert_allclose(rooted(entry.truth.points_mm), rooted(sample(name)[1]), atol=0.05)
        assert "turned to camera axes: x, y, z are the file's" in entry.truth.note


@pytest.mark.parametrize("unit", [1, 0.1, 0.001])
def test_joints_of_the_camera_stay_as_they_are(solid_list, unit):
    for path in (solid_list(lambda points: points * unit), solid_list(lambda points: rooted(points) * unit)):
        for entry, name in zip(read("h36m", path), ("standing", "walking", "sitting"), strict=True):
            np.testing.assert_allclose(rooted(entry.truth.points_mm), rooted(sample(name)[1]), atol=0.01)
            assert entry.truth.note == ""


TILT = np.linalg.qr(np.array([[0.6, -0.7, 0.2], [0.5, 0.6, -0.5], [0.4, 0.4, 0.9]]))[0]


def test_joints_of_an_unknown_world_give_no_3d_truth_and_say_why(solid_list):
    for entry in read("h36m", solid_list(lambda points: points @ TILT)):
        assert np.isnan(entry.truth.points_mm).all()
        assert np.isfinite(entry.truth.keypoints).all()
        assert "not in camera coordinates" in entry.truth.note
        assert "no 3D error" in entry.truth.note


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("place", ["picture", "list", "object"])
def test_cameras_of_the_file_turn_the_world(solid_list, place, transposed):
    camera = {"R": (TILT.T if transposed else TILT).tolist(), "t": [1, 2, 3]}
    image = {"cam_param": camera} if place == "picture" else {"camera_id": "3"}
    path = solid_list(lambda points: points @ TILT + [0, 5000, 900], image=image)
    content = json.loads(path.read_text())
    content["cameras"] = [{"id": 3, **camera}] if place == "list" else {"3": camera}
    path.write_text(json.dumps(content))
    for entry, name in zip(read("h36m", path), ("standing", "walking", "sitting"), strict=True):
        np.testing.assert_allclose(rooted(entry.truth.points_mm), rooted(sample(name)[1]), atol=0.05)
        assert "by the cameras of the file" in entry.truth.note


@pytest.mark.parametrize(
    "camera", [{"R": "none"}, {"R": [[1, 2], [3, 4]]}, {"R": np.ones((3, 3)).tolist()}, 7, []]
)
def test_cameras_that_are_none_turn_nothing(solid_list, camera):
    items = read("h36m", solid_list(lambda points: points @ TILT, image={"camera": camera}))
    assert all("not in camera coordinates" in entry.truth.note for entry in items)


def test_person_whose_3d_joints_are_another_persons_gives_no_3d_truth(solid_list):
    path = solid_list(lambda points: points, names=("standing", "walking", "sitting", "side"))
    content = json.loads(path.read_text())
    content["annotations"][1]["keypoints_3d"] = (sample("side")[1] @ TILT).tolist()
    path.write_text(json.dumps(content))
    notes = [entry.truth.note for entry in read("h36m", path)]
    assert [bool(note) for note in notes] == [False, True, False, False]
    assert "do not lie as the 2D joints do" in notes[1]


def test_3d_joints_turn_with_a_picture_that_is_stored_sideways(solid_list, tmp_path):
    path = solid_list(lambda points: points, names=("standing",), name="a.jpg")
    size = json.loads(path.read_text())["images"][0]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (size["width"], size["height"])).save(tmp_path / "a.jpg", exif=exif)
    (entry,) = read("h36m", path)
    flat, solid, _ = sample()
    # a quarter turn clockwise: what was up is right
    turned = np.column_stack((size["height"] - flat[:, 1] - 0.5, flat[:, 0] + 0.5))
    np.testing.assert_allclose(entry.truth.keypoints, turned, rtol=1e-6)
    expected = np.column_stack((-solid[:, 1], solid[:, 0], solid[:, 2]))
    np.testing.assert_allclose(rooted(entry.truth.points_mm), rooted(expected), atol=0.01)


LEGS = ["left_hip", "left_knee", "left_foot", "right_hip", "right_knee", "right_foot"]
REST = (
    "spine thorax neck_base head left_shoulder left_elbow left_wrist right_shoulder right_elbow right_wrist"
)
MMPOSE = ["root (pelvis)", *LEGS, *REST.split()]


def test_names_that_cross_hips_and_shoulders_are_not_believed(solid_list):
    items = read("h36m", solid_list(lambda points: points, categories=[category(MMPOSE)]))
    for entry, name in zip(items, ("standing", "walking", "sitting"), strict=True):
        np.testing.assert_allclose(entry.truth.points_mm, sample(name)[1], rtol=1e-5)


def test_names_of_human36m_are_believed_otherwise(coco, tmp_path):
    flat, solid, size = sample()
    Image.new("RGB", (size["width"], size["height"])).save(tmp_path / "a.png")
    order = np.random.default_rng(0).permutation(17)
    names = np.array([MMPOSE[0], *LEGS[3:], *LEGS[:3], *REST.split()])[order].tolist()
    people = person(flat[order], keypoints_3d=solid[order].tolist())
    (entry,) = read("h36m", coco(people, image=size, categories=[category(names)]))
    np.testing.assert_allclose(entry.truth.points_mm, solid, rtol=1e-5)
    np.testing.assert_allclose(entry.truth.keypoints, flat + 0.5, rtol=1e-6)


def npz_list(folder, flat, solid, **changes):
    names = [LISTED_24.index({"head": "head_top"}.get(name, name)) for name in HUMAN36M_17.joints]
    part, space = np.zeros((1, 24, 3)), np.zeros((1, 24, 4))
    part[0, names] = np.column_stack((flat, np.ones(17)))
    space[0, names] = np.column_stack((solid / 1000, np.ones(17)))
    arrays = {
        "imgname": np.array(["a.png"]),
        "center": np.full((1, 2), 90.0),
        "scale": np.ones(1),
        "S": space,
    }
    np.savez(folder / "list.npz", **arrays, **({"part": part} | changes))
    return folder / "list.npz"


def test_npz_lists_are_compared_with_the_picture_too(tmp_path):
    flat, solid, size = sample()
    Image.new("RGB", (size["width"], size["height"])).save(tmp_path / "a.png")
    knee = LISTED_24.index("left_knee"), LISTED_24.index("pelvis")
    expected = solid[5] - solid[0]
    (plain,) = read("h36m", npz_list(tmp_path, flat + 0.5, rooted(solid)))
    (world,) = read("h36m", npz_list(tmp_path, flat + 0.5, solid[:, [0, 2, 1]] * [1, 1, -1]))
    (lost,) = read("h36m", npz_list(tmp_path, flat + 0.5, solid @ TILT))
    for entry in (plain, world):
        points = entry.truth.points_mm
        np.testing.assert_allclose(points[knee[0]] - points[knee[1]], expected, atol=0.05)
    assert (plain.truth.note, bool(world.truth.note)) == ("", True)
    assert np.isnan(lost.truth.points_mm).all()


def test_3d_joints_without_2d_ones_have_to_stand_as_a_camera_sees_them(tmp_path):
    _, solid, _ = sample()
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    nothing = np.full((17, 2), np.nan)
    (plain,) = read("h36m", npz_list(tmp_path, nothing, solid))
    (world,) = read("h36m", npz_list(tmp_path, nothing, solid[:, [0, 2, 1]] * [1, 1, -1]))
    assert np.isfinite(plain.truth.points_mm[LISTED_24.index("left_knee")]).all()
    assert np.isnan(world.truth.points_mm).all()
    assert "no 2D joints tell the axes" in world.truth.note


def test_what_is_said_of_the_axes_can_be_written_down():
    for notes in ([None], ["turned"]):
        assert table_of([{"truth_note": note} for note in notes]).column("truth_note").to_pylist() == notes
    assert str(table_of([{"truth_note": None}]).schema.field("truth_note").type) == "string"
