"""The command animate."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.commands.program import run


def test_animate_runs_a_saved_run_once_more(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (
        written,
        "--out",
        tmp_path / "a.gif",
        "--views",
        "attacked",
        "--width",
        200,
        "--device",
        "cpu",
    )
    assert run("animate", *arguments) == 0
    # no word about other pixels: the replay is the run
    assert "other pixels" not in capsys.readouterr().err
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3
    for more, words in (
        (("--out", tmp_path / "a.avi"), ".gif or .mp4"),
        (("--out", tmp_path / "b.gif", "--frames", 1), "frames must be"),
    ):
        assert run("animate", written, *more) == 2
        assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]
