"""The folder of a run: all files or none, an older run replaced whole, files of others never."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from kaa_gui.core.errors import OutputError, PictureError
from kaa_gui.runs.folder import FIGURE_FILE, README_FILE, REGION_FILE, RUN_FILE, RUN_FILES
from kaa_gui.runs.output import check_place, staged


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def description(*, region: bool) -> str:
    return json.dumps({"config": {"region_mask": "p" if region else None}, "hashes": {}, "trajectory": []})


def write(folder: Path, *, region: bool = False, error: type[BaseException] | None = None) -> None:
    """Write a run the staged way; ``error`` interrupts it after all its files."""
    with staged(folder) as stage:
        for name in RUN_FILES:
            if region or name != REGION_FILE:
                (stage / name).write_text(description(region=region) if name == RUN_FILE else "run")
        if error is not None:
            raise error


def test_files_arrive_together(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    with staged(folder) as stage:
        (stage / README_FILE).write_text("new")
        (stage / RUN_FILE).write_text("{}")
        assert not (folder / README_FILE).exists()
    assert names(folder) == [README_FILE, RUN_FILE]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_nothing_is_left_of_what_was_interrupted(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        write(tmp_path / "run", error=error)
    assert names(tmp_path) == []


def test_an_older_run_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path, region=True)
    (tmp_path / "mine").write_text("mine")
    assert names(tmp_path) == sorted([*RUN_FILES, "mine"])
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, error=KeyboardInterrupt)
    assert names(tmp_path) == sorted([*RUN_FILES, "mine"])
    # its region goes with it
    write(tmp_path)
    assert names(tmp_path) == sorted({*RUN_FILES, "mine"} - {REGION_FILE})


def test_a_full_disk_leaves_the_older_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(PictureError, match="No space left on device"):
            write(tmp_path, region=True)
    assert names(tmp_path) == sorted({*RUN_FILES} - {REGION_FILE})


def test_what_tells_of_a_figure_that_was_drawn_over_the_runs_goes_with_it(tmp_path: Path) -> None:
    write(tmp_path)
    digest = hashlib.sha256((tmp_path / FIGURE_FILE).read_bytes()).hexdigest()
    beside = tmp_path / f"{FIGURE_FILE}.json"
    beside.write_text(json.dumps({"program": "KAA Studio", "file": FIGURE_FILE, "sha256": digest}))
    write(tmp_path)
    assert not beside.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"config": {}}', "\x00" * 10, "[" * 100_000])
def test_a_description_that_is_none_makes_nothing_ours(tmp_path: Path, content: str) -> None:
    (tmp_path / RUN_FILE).write_text(content)
    with pytest.raises(OutputError, match=rf"{RUN_FILE} is not of a run.*--overwrite"):
        write(tmp_path)
    assert names(tmp_path) == [RUN_FILE]
    check_place(tmp_path, overwrite=True)


def test_folders_that_cannot_be_written_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run", tmp_path / ("long" * 100)):
        with pytest.raises(PictureError, match="choose another folder"), staged(folder):
            pytest.fail("there is no such place")
    assert names(tmp_path) == ["file"]
