"""The command figure."""

from __future__ import annotations

import json
from pathlib import Path

import pypdf
import pytest

from kaa_gui.figures import FIGURES
from kaa_gui.figures.style import PRESETS
from tests.commands.program import run


def test_figure_draws_a_run_again(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.pdf", "b.pdf"):
        style = ("--preset", "ieee", "--columns", 1, "--panels", "picture,poses")
        assert run("figure", "overview", written, "--out", tmp_path / name, *style, "--caption") == 0
    assert "The approach for one picture" in capsys.readouterr().out
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    (page,) = pypdf.PdfReader(tmp_path / "a.pdf").pages
    assert float(page.mediabox.width) == pytest.approx(3.5 * 72, abs=0.1 / 25.4 * 72)
    assert json.loads((tmp_path / "a.pdf.json").read_text())["runs"][0]["seed"] == 3


def test_figure_takes_limits_titles_and_order(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    more = ("--xlim", "0:50", "--ylim", "rmse=0:4,pose=:300", "--title", "rmse=Size", "--title", "All")
    assert run("figure", "curves", written, "--out", path, *more, "--order", "kaa+er") == 0
    settings = json.loads((tmp_path / "a.svg.json").read_text())["settings"]
    assert settings["limits"] == [
        {"axis": "x", "panel": "", "low": 0, "high": 50},
        {"axis": "y", "panel": "rmse", "low": 0, "high": 4},
        {"axis": "y", "panel": "pose", "low": None, "high": 300},
    ]
    assert settings["order"] == ["kaa+er"]
    assert settings["panel_titles"] == {"rmse": "Size"}
    assert settings["heading"] == "All"
    assert ">Size<" in path.read_text().replace("    ", "")


def test_figure_as_pgf_names_its_pictures(written: Path, tmp_path: Path) -> None:
    arguments = ("overview", written, "--panels", "picture,poses", "--out", tmp_path / "a.pgf")
    assert run("figure", *arguments) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    pictures = json.loads(before["a.pgf.json"])["pictures"]
    assert set(before) == {"a.pgf", "a.pgf.json", *(picture["file"] for picture in pictures)}
    assert run("figure", *arguments) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_figure_refuses_what_it_cannot_do(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in (
        (("pie", written, "--out", tmp_path / "a.pdf"), "kind must be one of overview"),
        (("overview", tmp_path, "--out", tmp_path / "a.pdf"), "no run in it"),
        (("overview", written, "--out", tmp_path / "a.docx"), ".pdf, .svg, .png or .pgf"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--preset", "nature"), "preset must be one of"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--panels", ","), "panels must name"),
        (("curves", written, "--out", tmp_path / "a.pdf", "--ylim", "5"), "ylim must be LOW:HIGH"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--ylim", "pie=0:5"), "must be of trajectory"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--order", "pie"), "methods of the runs (kaa"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--title", "pie=a"), "titles are picture"),
        (
            ("overview", written, "--out", tmp_path / "a.pdf", "--title", "a", "--heading", "b"),
            "heading must be given once",
        ),
        (("epsilon-sweep", written, "--out", tmp_path / "a.pdf"), "must differ in the radius"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--sweep"), "--sweep is for layers"),
    ):
        assert run("figure", *arguments) == 2
        assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_kind_of_figure(capsys: pytest.CaptureFixture[str]) -> None:
    run("figure", "--help")
    text = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    assert all(name in text for name in (*FIGURES, *PRESETS))
