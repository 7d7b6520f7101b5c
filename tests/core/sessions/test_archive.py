from __future__ import annotations

import os
import sys
import zipfile

import pytest

from kaa_gui.core.errors import SessionError
from kaa_gui.core.sessions import archive
from kaa_gui.core.sessions.archive import pack, unpack

LIMITS = {"head.json": 1000, "picture.png": 100 << 20}


def test_archive_comes_back(tmp_path):
    members = {"head.json": b"{}", "picture.png": bytes(range(256))}
    (tmp_path / "a.kaa").write_bytes(pack(members))
    assert unpack(tmp_path / "a.kaa", LIMITS) == members


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "C:\\evil", "sub/head.json", "HEAD.json", "x" * 60_000]
)
def test_archive_with_a_foreign_name_is_refused_and_nothing_is_written(tmp_path, name):
    path = tmp_path / "inner" / "a.kaa"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("head.json", "{}")
        file.writestr(zipfile.ZipInfo(name), b"x")
    with pytest.raises(SessionError):
        unpack(path, LIMITS)
    assert [item.name for item in tmp_path.rglob("*") if item.is_file()] == ["a.kaa"]


def test_archive_with_a_name_twice_is_refused(tmp_path):
    path = tmp_path / "a.kaa"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("head.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("head.json", "[]")
    with pytest.raises(SessionError, match="holds 'head"):
        unpack(path, LIMITS)


def test_archive_with_thousands_of_members_is_refused(tmp_path):
    path = tmp_path / "a.kaa"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(3000):
            file.writestr(f"{number}", "")
    with pytest.raises(SessionError, match="nothing was read"):
        unpack(path, LIMITS)


def test_archive_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.kaa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("picture.png", bytes(64 << 20))
    monkeypatch.setattr(archive, "_read", lambda *_: pytest.fail("was unpacked"))
    assert path.stat().st_size < 100_000
    with pytest.raises(SessionError, match="nothing was read"):
        unpack(path, LIMITS)


def test_archive_with_a_large_member_is_refused(tmp_path):
    path = tmp_path / "a.kaa"
    path.write_bytes(pack({"head.json": bytes(1001)}))
    with pytest.raises(SessionError, match="too large"):
        unpack(path, LIMITS)


def test_archive_that_lies_about_a_size_is_refused(tmp_path):
    path = tmp_path / "a.kaa"
    data = pack({"head.json": b"0123456789" * 90})
    size = (900).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (90).to_bytes(4, "little")))
    with pytest.raises(SessionError):
        unpack(path, LIMITS)


def test_archive_that_is_encrypted_is_refused(tmp_path):
    path = tmp_path / "a.kaa"
    data = bytearray(pack({"head.json": b"{}"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SessionError, match="encrypted"):
        unpack(path, LIMITS)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_archive_that_is_no_file_is_refused(tmp_path, make):
    make(tmp_path / "a.kaa")
    with pytest.raises(SessionError, match="file"):
        unpack(tmp_path / "a.kaa", LIMITS)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_archive_that_is_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "a.kaa")
    with pytest.raises(SessionError, match="no regular file"):
        unpack(tmp_path / "a.kaa", LIMITS)
