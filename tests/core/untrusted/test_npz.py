"""Arrays from hostile files: numbers come through, everything else is refused before it takes memory."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from kaa_gui.core.errors import RunFolderError
from kaa_gui.core.untrusted.npz import read_archive


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def header(shape: tuple[int, ...], descr: str = "<f4", content: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    npy.write_array_header_1_0(buffer, {"shape": shape, "fortran_order": False, "descr": descr})
    return buffer.getvalue() + content


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3), np.uint8),
    ],
)
def test_numbers_come_back(tmp_path: Path, array: np.ndarray) -> None:
    np.savez_compressed(tmp_path / "a.npz", array=array)
    (name, found), *_ = read_archive(tmp_path / "a.npz").items()
    assert name == "array"
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", array=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunFolderError, match="numbers were expected"):
        read_archive(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header((2**40,)), "does not fit"),
        (header((3,), content=b"12345678"), "does not fit"),
        (header((2,), "<U4", b"0" * 32), "numbers were expected"),
        (b"no array", "damaged"),
        (b"", "damaged"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(RunFolderError, match=words):
        read_archive(archive(tmp_path / "a.npz", array=data))


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", array=header((10**6,), "|u1", bytes(10**6)))
    assert path.stat().st_size < 10_000
    with pytest.raises(RunFolderError, match="above the limit"):
        read_archive(path, limit=10**5)


def test_files_that_are_none_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("text.npz", "missing.npz", "."):
        with pytest.raises(RunFolderError) as caught:
            read_archive(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_cut_off_files_are_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", array=np.random.default_rng(0).random(1000))
    whole = (tmp_path / "a.npz").read_bytes()
    for end in (1, 50, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.npz").write_bytes(whole[:end])
        with pytest.raises(RunFolderError):
            read_archive(tmp_path / "cut.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_pipes_are_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(RunFolderError, match="no regular file"):
        read_archive(tmp_path / "pipe.npz")


def test_a_member_that_declares_less_than_it_unpacks_to_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", array=header((10**6,), "|u1", bytes(10**6)))
    data = path.read_bytes()
    size = struct.pack("<I", len(header((10**6,))) + 10**6)
    assert data.count(size) >= 1
    path.write_bytes(data.replace(size, struct.pack("<I", 200)))
    with pytest.raises(RunFolderError, match="damaged"):
        read_archive(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_unpack_without_bounds_are_refused(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", packing) as file:
        file.writestr("array.npy", header((4,), "|u1", b"1234"))
    with pytest.raises(RunFolderError, match="packed in an unknown way"):
        read_archive(tmp_path / "a.npz")


@pytest.mark.parametrize("damage", [b"\0" * 20, b"'" * 20, b"(" * 60, b"1L, (" * 9, b"\xff" * 30])
def test_damaged_headers_are_refused(tmp_path: Path, damage: bytes) -> None:
    data = bytearray(header((3,), "|u1", b"123"))
    data[20 : 20 + len(damage)] = damage
    with pytest.raises(RunFolderError, match="damaged") as caught:
        read_archive(archive(tmp_path / "a.npz", array=bytes(data)))
    assert str(caught.value).isprintable()
