"""Writing: whole or not at all, with the user's rights, and nothing left of a writer that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaa_gui.core.errors import PictureError
from kaa_gui.core.files import stages
from kaa_gui.core.files.stages import sweep
from kaa_gui.core.files.writing import check_folder, staged, write_file, write_together

KILLED = """
import os, signal, sys
from pathlib import Path
from kaa_gui.core.files.writing import write_file, write_together

replace, left = Path.replace, int(sys.argv[2])

def replaced(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = replaced
folder = Path(sys.argv[1])
names = sys.argv[3:]
write_together({folder / name: b"new" for name in names}, gone=["gone"])
"""
"""Writes files, and is killed between a number of moves and the next."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def killed_after(moves: int, folder: Path, *files: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(moves), *files], check=False)  # noqa: S603 - our own script
    assert done.returncode == -9


def test_a_file_is_replaced(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"old")
    write_file(tmp_path / "a", b"new")
    assert contents(tmp_path) == {"a": b"new"}
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("failure", "error"), [(OSError(28, "No space"), PictureError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_the_older_file_stays_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, error: type[BaseException]
) -> None:
    write_file(tmp_path / "a", b"old")

    def fail(self: Path, data: bytes) -> int:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(error):
            write_file(tmp_path / "a", b"new")
    assert contents(tmp_path) == {"a": b"old"}
    assert names(tmp_path) == ["a"]


def test_why_not_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    places = (tmp_path / "missing" / "a", tmp_path / "file" / "a", tmp_path / "folder")
    for path in places:
        with pytest.raises(PictureError, match="cannot be written") as caught:
            write_file(path, b"new")
        assert "\n" not in str(caught.value)
    # a folder is not set aside for a file of its name
    with pytest.raises(PictureError, match="cannot be written"):
        write_together({tmp_path / "new": b"new", tmp_path / "folder": b"new"})
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(PictureError, match="cannot be written"):
        write_file(tmp_path / "a", b"new")
    tmp_path.chmod(0o755)
    assert not list(tmp_path.iterdir())


def test_check_folder_says_early_and_makes_nothing(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "a" / "b")
    assert names(tmp_path) == []
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / ("long" * 100)):
        with pytest.raises(PictureError, match="choose another folder") as caught:
            check_folder(folder)
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_files_have_the_rights_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_file(tmp_path / "a", b"")
        write_together({tmp_path / "b": b"", tmp_path / "c": b""})
    finally:
        os.umask(before)
    for name in "abc":
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, and locks of folders")
@pytest.mark.parametrize("moves", range(6))
def test_a_write_that_was_killed_is_undone_by_the_next(tmp_path: Path, moves: int) -> None:
    """Two files are set aside, one goes, three come: killed before each move but the last."""
    before = {"a": b"old", "b": b"old", "gone": b"old", "mine": b"mine"}
    for name, data in before.items():
        (tmp_path / name).write_bytes(data)
    killed_after(moves, tmp_path, "a", "b", "c")
    # what is there says nothing wrong meanwhile: "a" tells that all are
    assert contents(tmp_path).get("a") == (b"old" if moves == 0 else None)
    write_file(tmp_path / "other", b"")
    assert contents(tmp_path) == before | {"other": b""}
    assert names(tmp_path) == sorted({*before, "other"})


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, and locks of folders")
def test_a_write_that_was_killed_at_its_very_end_stays(tmp_path: Path) -> None:
    hidden = tmp_path / ".unfinished-00000001"
    for name in ("new", "old"):
        (hidden / name).mkdir(parents=True)
    (hidden / "old" / "a").write_text("old")
    (tmp_path / "a").write_text("new")
    (hidden / "moves.json").write_text('{"first": "a", "new": {"a": [1, 2]}}')
    sweep(tmp_path)
    assert contents(tmp_path) == {"a": b"new"}
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="locks of folders")
def test_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path / "a") as one, staged(tmp_path / "b") as other:
        for stage in (one, other):
            stage.part.write_bytes(b"new")
        sweep(tmp_path)
        for stage in (one, other):
            stage.commit()
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="locks of folders")
def test_only_what_is_ours_by_name_is_swept(tmp_path: Path) -> None:
    others = (".unfinished-business", ".unfinished-1", "unfinished-00000001", ".unfinished-000000001")
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".unfinished-00000002").write_text("a file")
    # as tempfile named them once
    (tmp_path / ".unfinished-k3_x9abc" / "deep").mkdir(parents=True)
    write_file(tmp_path / "a", b"")
    assert names(tmp_path) == sorted((*others, ".unfinished-00000002", "a"))


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_stage_from_elsewhere_moves_nothing_but_its_own(tmp_path: Path) -> None:
    place, far = tmp_path / "place", tmp_path / "far"
    hidden = place / ".unfinished-00000003"
    (hidden / "new").mkdir(parents=True)
    (hidden / "new" / "a").touch()
    far.mkdir()
    (far / "secret").write_text("mine")
    (place / "mine").write_text("mine")
    (hidden / "old").symlink_to(far)
    (hidden / "moves.json").write_text('{"first": "a", "new": {"mine": [1, 2], "../far/secret": [1, 2]}}')
    (place / ".unfinished-00000004").symlink_to(far)
    sweep(place)
    assert names(far) == ["secret"]
    assert names(place) == [".unfinished-00000004", "mine"]


def test_without_locks_only_old_leftovers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "_locked", lambda hidden: None)
    for name in (".unfinished-00000001", ".unfinished-00000002"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / ".unfinished-00000001", (0, 0))
    write_file(tmp_path / "a", b"")
    assert names(tmp_path) == [".unfinished-00000002", "a"]
