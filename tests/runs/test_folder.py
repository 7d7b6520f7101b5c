"""A run on disk: whole or not at all, strict JSON, one clear line when a folder won't do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kaa_gui.core.errors import PictureError
from kaa_gui.core.wording import target_name
from kaa_gui.runs.folder import RUN_FILE, check_folder, dumps, staged, versions


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(folder: Path, *, error: type[BaseException] | None = None) -> None:
    """Write two files the staged way; ``error`` interrupts it after both."""
    with staged(folder) as stage:
        (stage / "a").write_text("new")
        (stage / RUN_FILE).write_text("new")
        if error is not None:
            raise error


def test_staged_files_arrive_together(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    with staged(folder) as stage:
        (stage / "a").write_text("new")
        (stage / RUN_FILE).write_text("{}")
        assert not (folder / "a").exists()
    assert names(folder) == ["a", RUN_FILE]


def test_staged_files_replace_older_ones_and_leave_others(tmp_path: Path) -> None:
    for name in ("a", "mine", RUN_FILE):
        (tmp_path / name).write_text("old")
    write(tmp_path)
    assert names(tmp_path) == ["a", "mine", RUN_FILE]
    assert [(tmp_path / name).read_text() for name in names(tmp_path)] == ["new", "old", "new"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_staged_leaves_nothing_when_interrupted(tmp_path: Path, error: type[BaseException]) -> None:
    folder = tmp_path / "run"
    with pytest.raises(error):
        write(folder, error=error)
    assert names(tmp_path) == []


def test_staged_keeps_the_older_run_when_interrupted(tmp_path: Path) -> None:
    for name in ("a", RUN_FILE):
        (tmp_path / name).write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, error=KeyboardInterrupt)
    assert names(tmp_path) == ["a", RUN_FILE]
    assert (tmp_path / "a").read_text() == "old"


def test_the_older_description_goes_before_the_first_file_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", RUN_FILE):
        (tmp_path / name).write_text("old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PictureError, match="No space left on device"):
        write(tmp_path)
    # the old picture without its description is no run; the old description beside a new picture would lie
    assert names(tmp_path) == ["a"]


def test_folders_that_cannot_be_written_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / ("long" * 100)):
        with pytest.raises(PictureError, match="choose another folder") as caught:
            check_folder(folder)
        assert "\n" not in str(caught.value)
        with pytest.raises(PictureError, match="choose another folder"), staged(folder):
            pytest.fail("there is no such place")
    assert names(tmp_path) == ["file"]


def test_check_folder_makes_nothing(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "a" / "b")
    assert names(tmp_path) == []


def test_dumps_is_strict_and_ascii() -> None:
    text = dumps({"name": "Grüße \udcff", "value": 1.5})
    assert text.isascii()
    assert json.loads(text)["value"] == 1.5
    with pytest.raises(ValueError, match="Out of range float"):
        dumps({"value": np.nan})


@pytest.mark.parametrize(
    ("target", "name"),
    [("sit", "sit"), ("t-pose", "t-pose"), ("some/where/mine.json", "mine"), ("/there/a.b.jpg", "a.b")],
)
def test_a_target_goes_by_its_name_and_not_by_its_path(target: str, name: str) -> None:
    assert target_name(target) == name


def test_versions_name_every_package_that_may_change_a_pixel() -> None:
    found = versions()
    assert {"python", "torch", "numpy", "opencv-python", "pillow", "matplotlib"} <= set(found)
    assert all(found.values())
    # also in a checkout that is not installed
    assert found["kaa-studio"][0].isdigit()
