"""A figure drawn again from the file beside it: the same bytes, or one clear line."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kaa_gui import cli
from kaa_gui.core.errors import KaaError
from kaa_gui.core.types import Run
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.limits import Limit
from kaa_gui.figures.output.draw import draw_figure
from kaa_gui.figures.output.recipe import StoredStyle, draw_command
from kaa_gui.figures.output.writing import write_drawn
from kaa_gui.figures.style import Style
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.redrawing import read_sidecar
from kaa_gui.runs.saving import save_run
from kaa_gui.wiring.figures import export_overview
from tests.figures.records import records_of

STYLES = [
    Style(),
    Style("ieee", columns=1, size_pt=9.5, heading="-a 'heading' = $x$", titles=False),
    Style("acm", family="sans", dpi=72, letters=False, methods=("kaa+er",), panels=("trade", "rmse")),
    Style(limits=(Limit("y", "rmse", -0.1, 1 / 3), Limit("x", high=7)), panel_titles=(("pose", "a b"),)),
    Style(family="STIXGeneral", size_pt=7.0, order=("kaa+er",)),
]
FORMS = ("pdf", "svg", "png", "pgf")


@pytest.fixture(scope="module")
def saved(engine: Engine, finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs below it, and a figure of them."""
    folder = tmp_path_factory.mktemp("redrawing")
    save_run(engine, finished, folder / "runs" / "one")
    shutil.copytree(folder / "runs" / "one", folder / "runs" / "two")
    draw(folder, "curves", Style("ieee", columns=1))
    return folder


@pytest.fixture
def study(saved: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(saved, tmp_path / "study"))


def draw(folder: Path, kind: str, style: Style, name: str = "a.pdf") -> Path:
    runs = ("one",) if kind == "overview" else ("one", "two")
    drawn = draw_figure(kind, tuple(load_record(folder / "runs" / run) for run in runs), style)
    write_drawn(drawn, folder / name, name.rpartition(".")[2])
    return folder / f"{name}.json"


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("form", FORMS)
def test_the_sidecar_alone_gives_the_same_bytes(study: Path, form: str) -> None:
    beside = draw(study, "overview", Style(panels=("picture", "poses")), f"a.{form}")
    before = {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()}
    (study / f"a.{form}").unlink()
    assert run("redraw", beside) == 0
    assert {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()} == before


def test_where_runs_and_figure_lie_does_not_change_the_bytes(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole folder moves, the figure goes elsewhere, and the command is given from another place."""
    before = (study / "a.pdf").read_bytes()
    assert str(study.parent).encode() not in before
    assert str(study.parent) not in (study / "a.pdf.json").read_text()
    moved = study.rename(tmp_path / "moved")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert run("redraw", "../moved/a.pdf.json", "--out", "b.pdf", "--caption") == 0
    assert (tmp_path / "other" / "b.pdf").read_bytes() == before
    assert capsys.readouterr().out.startswith("(a) MPJPE")
    again = json.loads((tmp_path / "other" / "b.pdf.json").read_text())
    assert [entry["folder"] for entry in again["runs"]] == ["../moved/runs/one", "../moved/runs/two"]
    (moved / "a.pdf").unlink()
    assert run("redraw", moved / "a.pdf.json") == 0
    assert (moved / "a.pdf").read_bytes() == before


@pytest.mark.parametrize("style", STYLES)
def test_the_recorded_command_and_settings_draw_the_same(
    study: Path, monkeypatch: pytest.MonkeyPatch, style: Style
) -> None:
    content = json.loads(draw(study, "curves", style, "a.svg").read_text())
    before = (study / "a.svg").read_bytes()
    assert draw_command("curves", ["one", "two"], style).encode().split(b"'")[0] in before
    assert msgspec.convert(content["settings"], StoredStyle).style().as_json() == style.as_json()
    monkeypatch.chdir(study)
    for command in (content["command"], content["redraw"]):
        python, main, *words = shlex.split(command)
        assert (python, main) == ("python", "main.py")
        (study / "a.svg").unlink()
        assert run(*words) == 0
        assert (study / "a.svg").read_bytes() == before


def test_a_run_that_moved_is_named_and_can_be_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (study / "a.pdf").read_bytes()
    (study / "runs" / "one").rename(study / "elsewhere")
    shutil.rmtree(study / "runs" / "two")
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.pdf") == 2
    line = capsys.readouterr().err
    assert "runs/one: the run one of a.pdf.json is not there any more" in line
    assert "--runs RUN" in line
    assert line.count("\n") == 1
    assert not (study / "b.pdf").exists()
    # the two are copies: one folder does for both
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.pdf", "--runs", study / "elsewhere") == 0
    assert (study / "b.pdf").read_bytes() == before


@pytest.mark.parametrize("file", ["run.json", "perturbation.npz"])
def test_a_run_that_has_changed_is_refused_by_name(
    study: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    changed = study / "runs" / "two" / file
    if file == "run.json":
        edit(changed, lambda content: content["trajectory"][0].update(pose_error_mm=1e3))
    else:
        changed.write_bytes(changed.read_bytes() + b"\0")
    other = Path(shutil.copytree(study / "runs" / "two", study / "other")) if file == "run.json" else None
    (study / "a.pdf").unlink()
    assert run("redraw", study / "a.pdf.json") == 2
    line = capsys.readouterr().err
    assert f"two/{file}" in line
    assert "changed since" in line
    assert line.count("\n") == 1
    assert sorted(path.name for path in study.iterdir() if path.is_file()) == ["a.pdf.json"]
    if other is not None:
        assert run("redraw", study / "a.pdf.json", "--runs", other) == 2
        assert "other: is none of the runs of a.pdf.json" in capsys.readouterr().err


def test_half_a_character_is_drawn_as_a_question_mark(study: Path) -> None:
    edit(study / "a.pdf.json", lambda content: content["settings"].update(heading="a\ud800"))
    assert read_sidecar(study / "a.pdf.json").style.heading == "a?"
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.svg") == 0


def test_a_figure_that_was_worked_on_is_not_drawn_over(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (study / "a.pdf").write_bytes(b"edited by hand")
    assert run("redraw", study / "a.pdf.json") == 2
    assert "give the new figure another name (--out)" in capsys.readouterr().err
    assert (study / "a.pdf").read_bytes() == b"edited by hand"


def test_other_bytes_are_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(study / "a.pdf.json", lambda content: content.update(sha256="0" * 64, matplotlib="1.0"))
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.pdf") == 0
    assert "matplotlib 1.0" in capsys.readouterr().err
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.svg") == 0
    assert capsys.readouterr().err == ""


def test_a_run_that_is_not_saved_is_said_to_be_so(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_overview(finished, tmp_path / "a.svg")
    content = json.loads((tmp_path / "a.svg.json").read_text())
    assert content["redraw"] is content["command"] is content["runs"][0]["folder"] is None
    assert finished.scene.picture.name in content["note"]
    assert "cannot be drawn again" in content["note"]
    assert run("redraw", tmp_path / "a.svg.json", "--out", tmp_path / "b.svg") == 2
    line = capsys.readouterr().err
    assert f"the run of {finished.scene.picture.name} was not saved" in line
    assert not (tmp_path / "b.svg").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.clear(),
        lambda content: content.update(program="Another"),
        lambda content: content.update(kind="pie"),
        lambda content: content.update(kind=["curves"]),
        lambda content: content.pop("settings"),
        lambda content: content["settings"].update(preset="pie"),
        lambda content: content["settings"].update(dpi=10**400),
        lambda content: content["settings"].update(size_pt=10**400),
        lambda content: content["settings"].update(columns=True),
        lambda content: content["settings"].update(size_pt="8"),
        lambda content: content["settings"].update(family="/etc/passwd"),
        lambda content: content["settings"].update(heading=3),
        lambda content: content["settings"].update(panels=["pie"]),
        lambda content: content["settings"].update(panels=[{}]),
        lambda content: content["settings"].update(order="kaa"),
        lambda content: content["settings"].update(limits=[{"axis": "z"}]),
        lambda content: content["settings"].update(
            limits=[{"axis": "x", "panel": "", "low": "1", "high": 2}]
        ),
        lambda content: content["settings"].update(panel_titles={"pose": 1}),
        lambda content: content.update(runs=[]),
        lambda content: content.update(runs=["one"]),
        lambda content: content.update(runs=content["runs"] * 10_000),
        lambda content: content["runs"][0].pop("folder"),
        lambda content: content["runs"][0].update(folder="//server/share"),
        lambda content: content["runs"][0].update(folder="\\\\server\\share"),
        lambda content: content["runs"][0].update(folder="runs/\0"),
        lambda content: content["runs"][0].update(folder="runs/\x1b[31m\n"),
        lambda content: content["runs"][0].update(folder="x" * 5000),
        lambda content: content["runs"][0].update(folder="/dev"),
        lambda content: content["runs"][0].update(files={}),
        lambda content: content["runs"][0].update(files={"run.json": 3, "perturbation.npz": 4}),
        lambda content: content["runs"][0].update(files=[]),
    ],
)
def test_whatever_a_sidecar_holds_it_is_one_clear_line(
    study: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], object]
) -> None:
    edit(study / "a.pdf.json", change)
    assert run("redraw", study / "a.pdf.json", "--out", study / "b.pdf") == 2
    line = capsys.readouterr().err
    assert line.startswith("kaa-studio: ")
    assert line.count("\n") == 1
    assert line.strip().isprintable()
    assert not (study / "b.pdf").exists()


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 10_000, b'{"program": NaN'])
def test_files_that_are_no_sidecar_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.pdf.json"
    path.write_bytes(data)
    with pytest.raises(KaaError, match=r"a\.pdf\.json"):
        read_sidecar(path)
    for other in (tmp_path, tmp_path / "none.json", path / "none.json"):
        with pytest.raises(KaaError):
            read_sidecar(other)


def test_limits_are_told_in_one_order_wherever_they_come_from(finished: Run) -> None:
    limits = (Limit("y", "pose", 0, 100), Limit("x", "", 0, 3))
    records = records_of("curves", finished)
    origins = [draw_figure("curves", records, Style(limits=given)).origin for given in (limits, limits[::-1])]
    assert origins[0] == origins[1]
    style = msgspec.convert(origins[0]["settings"], StoredStyle).style()
    assert replace(style, family=None, size_pt=None, limits=()) == Style()
