"""Every format, from small files written here: what is good is read, what is damaged is named and skipped."""

import io
import json
import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.pictures.image import save_png
from kaa_gui.core.skeletons import COCO_17, HUMAN36M_17, MPII_16
from kaa_gui.evaluation.datasets import DATASETS, Entry, Fault, Source
from kaa_gui.evaluation.results.parquet import table_of

JOINTS = np.arange(34, dtype=float).reshape(17, 2) + 10


@pytest.fixture
def pictures(tmp_path):
    for name in ("a.png", "b.png"):
        save_png(tmp_path / name, np.zeros((40, 60, 3), np.uint8))
    return tmp_path


def read(kind, path, **options):
    return Source(kind, str(path), **options).entries()


def usable(items):
    return [item for item in items if isinstance(item, Entry)]


def faults(items):
    return {item.key: item.reason for item in items if isinstance(item, Fault)}


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def coco_person(**changes):
    points = np.column_stack((JOINTS, np.full(17, 2)))
    return {
        "id": 7,
        "image_id": 1,
        "bbox": [10, 5, 20, 30],
        "keypoints": points.ravel().tolist(),
        "num_keypoints": 17,
        **changes,
    }


def coco_file(folder, *people, name="coco.json"):
    images = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "gone.png"}]
    return write(folder / name, {"images": images, "annotations": list(people)})


def test_folder_lists_pictures_by_name_and_below(pictures):
    (pictures / "deeper").mkdir()
    save_png(pictures / "deeper" / "c.png", np.zeros((4, 4, 3), np.uint8))
    (pictures / "notes.txt").write_text("no picture")
    assert [entry.key for entry in usable(read("folder", pictures))] == ["a.png", "b.png", "deeper/c.png"]


@pytest.mark.parametrize("out", ["", "results"])
def test_folder_leaves_out_what_an_evaluation_made_of_it(pictures, out):
    results, picture = pictures / out, (pictures / "a.png").read_bytes()
    for folder in ("views", "pictures", "parts"):
        (results / folder).mkdir(parents=True)
    for name in ("views/0.jpg", "pictures/0.png"):
        (results / name).write_bytes(picture)
    shown = [entry.key for entry in usable(read("folder", pictures))]
    # pictures in folders of these names are left out for an evaluation beside them alone
    assert len(shown) == 4
    write(results / "plan.json", {})
    assert [entry.key for entry in usable(read("folder", pictures))] == ["a.png", "b.png"]


def test_damaged_picture_is_named_when_it_is_loaded(pictures):
    (pictures / "b.png").write_bytes(b"no picture at all")
    first, second = usable(read("folder", pictures))
    assert first.load().pixels.shape == (40, 60, 3)
    with pytest.raises(PictureError, match=r"b\.png"):
        second.load()


def test_coco_reads_square_and_joints(pictures):
    (entry,) = read("coco", coco_file(pictures, coco_person()))
    assert entry.key == "a.png#7"
    assert (entry.square.x, entry.square.y) == (20, 20)
    assert entry.square.side == pytest.approx(1.25 * 30)
    assert entry.truth.skeleton is COCO_17
    np.testing.assert_allclose(entry.truth.keypoints, JOINTS + 0.5)
    (known,) = entry.load().truth
    assert known["left_ankle"] == tuple(JOINTS[15] + 0.5)


def test_coco_leaves_out_crowds_and_marks_unknown_joints(pictures):
    points = np.column_stack((JOINTS, np.full(17, 2)))
    points[3, 2], points[4, 2] = 0, 1
    people = (
        coco_person(keypoints=points.ravel().tolist()),
        coco_person(iscrowd=1),
        coco_person(num_keypoints=0),
    )
    (entry,) = read("coco", coco_file(pictures, *people))
    assert np.isnan(entry.truth.keypoints[3]).all()
    assert np.isfinite(entry.truth.keypoints[[0, 4, 16]]).all()
    # a joint that is labelled but hidden has a place, and no peak in the picture
    (known,) = entry.load().truth
    assert set(COCO_17.joints) - set(known) == {COCO_17.joints[3], COCO_17.joints[4]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bbox": [1, 2, 3]}, "unpack"),
        ({"bbox": [1, 2, float("inf"), 4]}, "finite"),
        ({"bbox": [1, 2, 0, 0]}, "positive width and height, got [1, 2, 0, 0]"),
        ({"bbox": [1, 2, -5, 30]}, "positive width and height"),
        ({"keypoints": [1, 2, 3]}, "17 joints"),
        ({"keypoints": None}, "joints must have"),
        ({"image_id": 2}, "gone.png is not in"),
        ({"image_id": [1]}, "no picture is listed under its image_id, [1]"),
        ({"image_id": 99}, "no picture is listed under its image_id, 99"),
        ({"bbox": [10**400, 2, 3, 4]}, "too large"),
        ({"keypoints": [10**400] * 51}, "too large"),
    ],
)
def test_coco_reports_a_damaged_person_and_goes_on(pictures, changes, words):
    items = read("coco", coco_file(pictures, coco_person(id=1, **changes), coco_person(id=2)))
    assert len(usable(items)) == 1
    (reason,) = faults(items).values()
    assert words in reason


def test_list_cannot_lead_out_of_the_folder(pictures):
    images = [{"id": 1, "file_name": "../a.png"}, {"id": 2, "file_name": "/etc/passwd"}]
    people = [coco_person(id=1, image_id=1), coco_person(id=2, image_id=2)]
    path = write(pictures / "coco.json", {"images": images, "annotations": people})
    assert all("must lie below" in reason for reason in faults(read("coco", path)).values())


@pytest.mark.parametrize("name", ["n" * 300 + ".png", "half-\ud800.png", "nul-\0.png"])
def test_name_that_no_file_has_is_a_fault_that_can_be_written_down(pictures, name):
    path = write(
        pictures / "coco.json",
        {
            "images": [{"id": 1, "file_name": name}, {"id": 2, "file_name": "a.png"}],
            "annotations": [coco_person(id=1), coco_person(id=2, image_id=2)],
        },
    )
    items = read("coco", path)
    assert [entry.key for entry in usable(items)] == ["a.png#2"]
    for key, reason in faults(items).items():
        assert (key + reason).encode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_folder_names_what_it_cannot_read(pictures):
    (pictures / "c.jxl").touch()
    (pictures / "._a.png").touch()
    (fault,) = [item for item in read("folder", pictures) if isinstance(item, Fault)]
    assert (fault.key, fault.reason) == ("c.jxl", "JPEG XL is not supported; save it as PNG or JPEG")


def test_raw_colours_reach_the_entries(pictures):
    entries = Source("folder", str(pictures), raw_colours=True).entries()
    assert all(isinstance(item, Entry) and item.raw_colours for item in entries)


def test_folder_takes_names_that_are_no_text(pictures):
    os.rename(pictures / "a.png", os.fsencode(pictures) + b"/\xff.png")  # noqa: PTH104 - bytes are no Path
    (first, second) = sorted(usable(read("folder", pictures)), key=lambda entry: entry.key)
    assert (first.key, second.key) == ("?.png", "b.png")
    assert first.load().pixels.shape == (40, 60, 3)
    assert table_of([{"picture": first.load().name}]).column("picture").to_pylist() == ["?.png"]


def test_two_people_of_one_name_are_two_entries(pictures):
    people = [coco_person(id=7), coco_person(id=7, bbox=[1, 1, 9, 9]), coco_person(id=8)]
    items = read("coco", coco_file(pictures, *people))
    assert [entry.key for entry in items] == ["a.png#7", "a.png#7~2", "a.png#8"]
    assert [entry.key for entry in read("coco", pictures / "coco.json", every=2)] == ["a.png#7", "a.png#8"]


def test_paths_hold_from_any_folder(pictures, monkeypatch):
    monkeypatch.chdir(pictures)
    coco_file(pictures, coco_person())
    for entry in (*read("folder", "."), *read("coco", "coco.json")):
        assert Path(entry.path).is_absolute()


@pytest.mark.parametrize("kind", ["coco", "mpii", "h36m"])
@pytest.mark.parametrize("text", ["", "{", "[[", '"text"', "{}", '{"annotations": 3}'])
def test_annotation_that_is_none_is_one_line(tmp_path, kind, text):
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(PictureError, match=r"list\.json"):
        read(kind, path)


@pytest.mark.parametrize("kind", [name for name, kind in DATASETS.items() if kind.needs_path])
def test_missing_path_is_one_line(tmp_path, kind):
    with pytest.raises(PictureError, match="no such"):
        read(kind, tmp_path / "nothing")


def mpii_person(**changes):
    joints = np.arange(32, dtype=float).reshape(16, 2) + 10
    person = {"image": "a.png", "center": [30, 20], "scale": 0.1, "joints": joints.tolist()}
    return {**person, "joints_vis": [1] * 15 + [0], **changes}


def test_mpii_json_reads_centre_scale_and_visibility(pictures):
    (entry,) = read("mpii", write(pictures / "m.json", [mpii_person()]))
    assert (entry.square.x, entry.square.side) == (29.5, pytest.approx(25))
    assert entry.truth.skeleton is MPII_16
    np.testing.assert_allclose(entry.truth.keypoints[0], [9.5, 10.5])
    assert np.isnan(entry.truth.keypoints[15]).all()
    (known,) = entry.load().truth
    assert set(known) == set(MPII_16.joints[:15])


def test_mpii_json_reports_damage(pictures):
    path = write(pictures / "m.json", [mpii_person(scale=-1), mpii_person(joints=[]), {}, 5, mpii_person()])
    items = read("mpii", path)
    assert len(usable(items)) == 1
    assert len(faults(items)) == 4
    items = read("mpii", write(pictures / "m.json", [mpii_person(joints=[[10**400, 1]] * 16), mpii_person()]))
    assert (len(usable(items)), len(faults(items))) == (1, 1)


def test_mpii_matlab_reads_the_original_layout(pictures):
    points = [{"id": number, "x": 10.0 + number, "y": 20.0} for number in range(16) if number != 6]
    points = [
        {**point, "is_visible": flag}
        for point, flag in zip(points, [1, "1", 0, "0", [], *[1] * 10], strict=True)
    ]
    person = {"scale": 0.1, "objpos": {"x": 30.0, "y": 20.0}, "annopoints": {"point": points}}
    head_only = {"x1": 1.0, "y1": 1.0}
    release = {
        "annolist": [
            {"image": {"name": "a.png"}, "annorect": [person, person]},
            {"image": {"name": "b.png"}, "annorect": head_only},
            {"image": {"name": "gone.png"}, "annorect": person},
        ]
    }
    savemat(pictures / "mpii.mat", {"RELEASE": release})
    items = read("mpii", pictures / "mpii.mat")
    assert [entry.key for entry in usable(items)] == ["a.png#0", "a.png#1"]
    keypoints = usable(items)[0].truth.keypoints
    np.testing.assert_allclose(keypoints[0], [9.5, 19.5])
    assert np.isnan(keypoints[6]).all()
    (known,) = usable(items)[0].load().truth
    assert [name for name in MPII_16.joints if name not in known] == [MPII_16.joints[n] for n in (2, 3, 6)]
    assert list(faults(items)) == ["gone.png#0"]


@pytest.mark.parametrize("number", [-3, 16, float("nan")])
def test_mpii_matlab_refuses_joints_that_there_are_none(pictures, number):
    point = {"id": number, "x": 10.0, "y": 20.0}
    person = {"scale": 0.1, "objpos": {"x": 30.0, "y": 20.0}, "annopoints": {"point": [point]}}
    good = {**person, "annopoints": {"point": [{**point, "id": 0}]}}
    # a picture may be listed twice, each time with other people
    listed = [{"image": {"name": "a.png"}, "annorect": each} for each in (good, person, good)]
    savemat(pictures / "mpii.mat", {"RELEASE": {"annolist": listed}})
    items = read("mpii", pictures / "mpii.mat")
    assert [entry.key for entry in usable(items)] == ["a.png#0", "a.png#0~3"]
    assert list(faults(items)) == ["a.png#0~2"]


def struct_array(*records):
    """Return records as MATLAB keeps them, a struct array: SciPy writes lists as cell arrays."""
    array = np.zeros((1, len(records)), [(name, object) for name in records[0]])
    for at, record in enumerate(records):
        array[0, at] = tuple(record.values())
    return array


def mpii_matlab(folder, *, packed=False, people=2):
    points = [{"x": 10.0 + number, "y": 20, "id": number, "is_visible": "1"} for number in range(16)]
    person = {
        "scale": 0.1,
        "objpos": struct_array({"x": 30.0, "y": 20.0}),
        "annopoints": struct_array({"point": struct_array(*points)}),
    }
    listed = struct_array(
        {"image": struct_array({"name": "a.png"}), "annorect": struct_array(*[person] * people)},
        {"image": struct_array({"name": "b.png"}), "annorect": np.zeros((0, 0))},
    )
    release = struct_array({"annolist": listed, "img_train": np.ones((1, 2))})
    # another variable before it
    content = {"other": np.arange(9000), "RELEASE": release}
    savemat(folder / "mpii.mat", content, do_compression=packed)
    return folder / "mpii.mat"


@pytest.mark.parametrize("packed", [False, True])
def test_mpii_matlab_reads_struct_arrays(pictures, packed):
    items = read("mpii", mpii_matlab(pictures, packed=packed))
    assert [entry.key for entry in items] == ["a.png#0", "a.png#1"]
    np.testing.assert_allclose(items[0].truth.keypoints[5], [14.5, 19.5])
    assert items[0].truth.seen.all()
    assert (items[0].square.x, items[0].square.side) == (29.5, pytest.approx(25))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MATLAB 5.0 MAT-file, but cut short", "version 5 to 7"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM", "version 5 to 7"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM", "holds no RELEASE"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM\16\0\0\0\377\377\377\377", "longer than the file"),
    ],
)
def test_mpii_matlab_damaged_is_one_line(tmp_path, content, words):
    (tmp_path / "mpii.mat").write_bytes(content)
    with pytest.raises(PictureError, match=rf"\Ampii\.mat: [^\n]*{words}[^\n]*\Z"):
        read("mpii", tmp_path / "mpii.mat")


def entries_of(kind, path):
    """Return how many people a file holds, or the line that says why it is refused."""
    try:
        return len(read(kind, path))
    except PictureError as error:
        return str(error)


def test_mpii_matlab_that_claims_more_than_it_has_takes_no_memory(pictures):
    whole = mpii_matlab(pictures).read_bytes()
    found = []
    for wrong in (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\0\0\0"):
        # in a good part of its words: types, lengths, sizes, numbers of elements
        for at in range(whole.index(b"RELEASE") - 48, len(whole), 92):
            (pictures / "mpii.mat").write_bytes(whole[:at] + wrong + whole[at + 4 :])
            found.append(entries_of("mpii", pictures / "mpii.mat"))
    refused = [words for words in found if isinstance(words, str)]
    assert 0 < len(refused) < len(found)
    assert all("\n" not in words and len(words) < 300 for words in refused)
    assert all(number <= 2 for number in found if isinstance(number, int))


@pytest.mark.parametrize("packed", [False, True])
@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mpii_matlab_with_any_damage_is_refused_or_read(pictures, data, packed):
    content = bytearray(mpii_matlab(pictures, packed=packed).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + 4] = data.draw(st.binary(max_size=4))
    (pictures / "mpii.mat").write_bytes(content)
    found = entries_of("mpii", pictures / "mpii.mat")
    assert len(found) < 300 if isinstance(found, str) else found <= 2


def test_mpii_matlab_bomb_is_refused_before_it_is_unpacked(tmp_path):
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    bomb = zlib.compress(struct.pack("<II", 14, 1 << 30) + bytes(1 << 20))
    (tmp_path / "mpii.mat").write_bytes(head + struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(PictureError, match="unpacks to more than 512 MiB"):
        read("mpii", tmp_path / "mpii.mat")


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_h36m_json_reads_3d_in_metres_or_millimetres(pictures, unit):
    solid = np.linspace(0, 1.7, 51).reshape(17, 3) * unit
    (entry,) = read("h36m", coco_file(pictures, coco_person(keypoints_3d=solid.tolist())))
    assert entry.truth.skeleton is HUMAN36M_17
    np.testing.assert_allclose(entry.truth.points_mm, solid * 1000 / unit, rtol=1e-5)
    assert set(entry.load().truth[0]) == set(HUMAN36M_17.joints)


def test_h36m_json_without_3d_is_a_fault(pictures):
    items = read("h36m", coco_file(pictures, coco_person(), coco_person(keypoints_3d=[1, 2])))
    assert not usable(items)


def npz_file(folder, **changes):
    part = np.concatenate((np.full((2, 24, 2), 12.0), np.ones((2, 24, 1))), axis=2)
    solid = np.concatenate((np.full((2, 24, 3), 0.4), np.ones((2, 24, 1))), axis=2)
    solid[:, 0] = 0
    arrays = {
        "imgname": np.array(["a.png", "gone.png"]),
        "center": np.full((2, 2), 30.0),
        "scale": np.full(2, 0.1),
        "part": part,
        "S": solid,
        **changes,
    }
    np.savez(folder / "list.npz", **{name: array for name, array in arrays.items() if array is not None})
    return folder / "list.npz"


def test_h36m_npz_reads_lists(pictures):
    items = read("h36m", npz_file(pictures))
    (entry,) = usable(items)
    assert entry.key == "a.png#0"
    assert len(entry.truth.skeleton) == 24
    np.testing.assert_allclose(entry.truth.points_mm[1], 400)
    assert np.isnan(entry.truth.points_mm[0]).all()
    assert list(faults(items)) == ["gone.png#1"]
    assert entry.load().truth[0]["left_knee"] == (12.0, 12.0)
    # 3D alone says nothing of the picture
    (entry,) = usable(read("h36m", npz_file(pictures, part=None)))
    assert entry.load().truth == ({},)


def test_h36m_npz_never_unpickles(pictures):
    names = np.array([{"a": 1}, {"b": 2}], dtype=object)
    with pytest.raises(PictureError, match="not a readable npz list"):
        read("h36m", npz_file(pictures, imgname=names))


def test_h36m_npz_that_lies_about_its_size_is_one_line(pictures):
    path = npz_file(pictures)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 45, 2)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("imgname.npy", header.getvalue())
    with pytest.raises(PictureError, match="does not fit"):
        read("h36m", path)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_h36m_npz_with_any_damage_is_refused_or_read(pictures, data, method):
    members = {}
    with zipfile.ZipFile(npz_file(pictures)) as archive:
        members = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    changed = members[data.draw(st.sampled_from(sorted(members)))]
    at = data.draw(st.integers(0, 140))
    changed[at : at + data.draw(st.integers(0, 4))] = data.draw(
        st.sampled_from([b"(((", b"[", b"9999999999", b"-", b"True", b"'O'", b"\n ", b"\xff\xff\xff\xff"])
    )
    with zipfile.ZipFile(pictures / "list.npz", "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, bytes(content))
    packed = bytearray((pictures / "list.npz").read_bytes())
    packed[data.draw(st.integers(30, len(packed) // 2))] ^= data.draw(st.integers(0, 255))
    (pictures / "list.npz").write_bytes(packed)
    found = entries_of("h36m", pictures / "list.npz")
    assert len(found) < 600 if isinstance(found, str) else found == 2


@pytest.mark.parametrize(("place", "byte"), [(6, 1), (8, 99)])
def test_h36m_npz_encrypted_or_packed_strangely_is_one_line(pictures, place, byte):
    path = npz_file(pictures)
    data = bytearray(path.read_bytes())
    # the flag of encryption, or the method, of each member: both in its own and in the common directory
    for mark, shift in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
        at = data.find(mark)
        while at >= 0:
            data[at + place + shift] = byte
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    with pytest.raises(PictureError, match=r"list\.npz: not a readable npz list"):
        read("h36m", path)


def test_h36m_npz_with_torn_data_is_one_line(pictures):
    arrays = npz_file(pictures)
    with np.load(arrays) as file:
        np.savez_compressed(arrays, **file)
    data = bytearray(arrays.read_bytes())
    data[60:90] = bytes(30)
    arrays.write_bytes(data)
    with pytest.raises(PictureError, match=r"list\.npz"):
        read("h36m", arrays)


@pytest.mark.parametrize("changes", [{"scale": None}, {"scale": np.full(3, 0.1)}, {"center": np.array(3.0)}])
def test_h36m_npz_lacking_arrays_is_one_line(pictures, changes):
    with pytest.raises(PictureError, match=r"list\.npz"):
        read("h36m", npz_file(pictures, **changes))


def test_h36m_npz_reports_damaged_rows(pictures):
    items = read("h36m", npz_file(pictures, scale=np.array([np.nan, 0.1])))
    assert len(faults(items)) == 2


def test_video_yields_frames_in_order(tmp_path):
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in (0, 80, 160, 240):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    first, second = usable(read("video", path, every=2))
    assert (first.frame, second.frame) == (0, 2)
    assert (second.key, second.load().name) == ("clip.avi#2", "clip-000002")
    assert abs(float(second.load().pixels.mean()) - 160) < 5
    with pytest.raises(PictureError, match="from 0 to 3, got 40"):
        Entry("x", str(path), frame=40).load()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no video", "not a video"), (b"ffconcat version 1.0\nfile other.mp4", "is a playlist")],
)
def test_video_that_is_none_is_one_line(tmp_path, content, words):
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(PictureError, match=rf"clip\.mp4: {words}"):
        read("video", tmp_path / "clip.mp4")
    with pytest.raises(PictureError, match=words):
        Entry("x", str(tmp_path / "clip.mp4"), frame=0).load()


@pytest.mark.parametrize("far", [2e6, 1e40, 10**400, "far", None])
def test_a_sample_whose_truth_is_damaged_is_a_fault_and_the_others_go_on(tmp_path, far):
    entry = usable(read("samples", ""))[0]
    content = json.loads(Path(entry.path).with_suffix(".json").read_text())
    write(tmp_path / "b.json", content)
    joints = content["people"][0]["skeletons"]["human36m-17"]
    next(iter(joints.values()))["px"] = [far, 1]
    write(tmp_path / "a.json", content)
    items = read("samples", tmp_path)
    assert [item.key for item in usable(items)] == ["b.jpg"]
    (reason,) = faults(items).values()
    assert reason.isprintable()


def test_keys_of_faults_are_shown_as_they_are(pictures):
    people = [mpii_person(image="\x1b]0;a\x07" + "x" * 5000, joints=None), mpii_person()]
    (key,) = faults(read("mpii", write(pictures / "m.json", people)))
    assert key.isprintable()
    assert len(key) < 400


def test_samples_have_squares_and_exact_truth():
    entries = usable(read("samples", ""))
    assert len(entries) >= 6
    for entry in entries:
        assert entry.truth is not None
        assert np.isfinite(entry.truth.points_mm).all()
        assert 0 < entry.truth.seen.sum() <= 17
        low, high = entry.truth.keypoints.min(axis=0), entry.truth.keypoints.max(axis=0)
        assert (np.abs((low + high) / 2 - (entry.square.x, entry.square.y)) < 1).all()


def test_list_of_nothing_but_damage_is_refused_before_all_of_it_is_told(pictures, monkeypatch):
    monkeypatch.setattr("kaa_gui.evaluation.datasets.entry.MOST_FAULTS", 50)
    content = {"images": [], "annotations": [[]] * 51}
    for kind in ("coco", "h36m"):
        with pytest.raises(PictureError, match="more than 50 entries are damaged; the last"):
            read(kind, write(pictures / "list.json", content))
    with pytest.raises(PictureError, match="more than 50 entries are damaged; the last"):
        read("mpii", write(pictures / "list.json", content["annotations"]))


def test_what_is_wrong_is_one_short_line_whatever_the_file_says(pictures):
    people = [
        coco_person(bbox=["9" * 5000, "\x1b[2J\n", *range(9000)]),
        coco_person(bbox=["\n\x1b" * 900] * 4),
    ]
    for reason in faults(read("coco", coco_file(pictures, *people))).values():
        assert len(reason) <= 301
        assert reason.isprintable()


def test_limit_counts_usable_entries_only(pictures):
    path = coco_file(pictures, coco_person(id=1, image_id=2), coco_person(id=2), coco_person(id=3))
    items = read("coco", path, limit=1)
    assert [entry.key for entry in usable(items)] == ["a.png#2"]
    assert len(faults(items)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("zip:x", "KIND:PATH"), ("coco", "needs a path"), ("folder:", "needs a path")],
)
def test_source_refuses_what_it_does_not_know(text, words):
    with pytest.raises(ConfigError, match=words):
        Source.parse(text)


@pytest.mark.parametrize("text", ["samples", "folder:/a", "video:/a.mp4"])
def test_source_refuses_a_folder_of_pictures_that_nothing_would_be_read_from(text):
    with pytest.raises(ConfigError, match=f"coco, mpii, h36m alone, got {text}"):
        Source.parse(text, images="/pictures")
    assert Source.parse("coco:/a.json", images="/pictures").images == "/pictures"


def test_source_keeps_colons_of_paths():
    assert Source.parse("folder:C:/pictures").path == "C:/pictures"
