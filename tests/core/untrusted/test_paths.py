"""Names that no disk takes: not there, in one line, whatever they are given for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaa_gui.cli import main
from kaa_gui.core.untrusted.paths import exists, is_file, is_folder

LONG = "x" * 400
PICTURE = "resources/samples/standing.jpg"


@pytest.mark.parametrize("name", [LONG, "a\0b", "\ud800", "a/b/c"])
def test_names_that_no_disk_takes_are_not_there(tmp_path: Path, name: str) -> None:
    for there in (exists, is_file, is_folder):
        assert not there(tmp_path / name)


def test_what_is_there_is_found(tmp_path: Path) -> None:
    (file := tmp_path / "a").write_text("a")
    assert (exists(file), is_file(file), is_folder(file)) == (True, True, False)
    assert (exists(tmp_path), is_file(tmp_path), is_folder(tmp_path)) == (True, False, True)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["evaluate", "--dry-run", "--dataset", f"{kind}:{LONG}"] for kind in ("folder", "coco", "video")),
        *(["evaluate", "--dry-run", "--dataset", f"{kind}:{LONG}"] for kind in ("samples", "h36m", "mpii")),
        ["evaluate", "--dry-run", "--plan", LONG],
        ["evaluate", "--dry-run", "--target", LONG],
        ["report", LONG],
        ["redraw", LONG],
        ["table", LONG],
        ["figure", "overview", LONG, "--out", "a.pdf"],
        ["attack", LONG, "--out", "a"],
        ["attack", PICTURE, "--out", LONG],
        ["attack", PICTURE, "--out", "a", "--target", f"{LONG}.bvh"],
        ["attack", PICTURE, "--out", "a", "--truth", LONG],
        ["attack", PICTURE, "--out", "a", "--region-mask", LONG],
        ["attack", PICTURE, "--out", "a", "--bundle", LONG],
    ],
)
def test_a_name_that_is_too_long_is_refused_in_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(Path(PICTURE).absolute()) if word == PICTURE else word for word in arguments]
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
