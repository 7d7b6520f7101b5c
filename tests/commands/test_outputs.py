"""Where commands write: nothing that is not ours is replaced, and nothing stale stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from kaa_gui.core.pictures.image import load_picture, save_png
from kaa_gui.core.types import Run
from kaa_gui.engine.engine import Engine
from kaa_gui.runs.saving import save_run
from kaa_gui.wiring.figures import write_animation
from tests.commands.program import FILES, QUICK, WALKING, attack, failed, run

COMMANDS = {
    "a.pdf": ("figure", "joints"),
    "a.gif": ("animate",),
    "a.npz": ("export",),
    "a.tiff": ("export",),
    "a.png": ("export",),
    "a.gltf": ("export",),
    "a.csv": ("table",),
}
"""Name of the file -> command that writes it."""
READ = ("run.json", "perturbation.npz", "clean.png", "adversarial.png")


@pytest.fixture
def study(written: Path, tmp_path: Path) -> Path:
    """Return a folder of one's own with a run in it."""
    shutil.copytree(written, tmp_path / "run")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("name", [*FILES, "region.png"])
def test_attack_refuses_a_folder_of_others_by_the_files_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    line = failed(attack(tmp_path), capsys)
    assert f"{tmp_path / name} is not of a run" in line
    assert "--overwrite" in line
    assert contents(tmp_path) == {name: b"mine", "notes.txt": b"mine"}


def test_attack_replaces_files_of_others_where_that_is_meant_and_its_own_always(tmp_path: Path) -> None:
    """What an older run had and the new one has not goes, too: here the picture of a region."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("README.txt", "notes.txt"):
        (out / name).write_text("mine")
    save_png(tmp_path / "mask.png", np.full(load_picture(WALKING).pixels.shape, 255, np.uint8))
    assert attack(out, "--overwrite", "--region-mask", tmp_path / "mask.png") == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "notes.txt", "region.png"])
    assert attack(out) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "notes.txt"])
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_the_picture_under_attack_is_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(WALKING, folder / "adversarial.png")
    (tmp_path / "link").symlink_to(folder)
    before = contents(folder)
    monkeypatch.chdir(folder)
    for out in (".", folder, folder / ".." / "in", tmp_path / "link"):
        line = failed(run("attack", "adversarial.png", "--out", out, *QUICK, *more), capsys)
        assert "adversarial.png is read and would be replaced" in line
    assert contents(folder) == before


def test_nor_is_a_region_a_truth_or_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_png(tmp_path / "region.png", np.full((4, 4, 3), 255, np.uint8))
    (tmp_path / "run.json").write_text('{"joints": {}}')
    for option, name in (("--region-mask", "region.png"), ("--truth", "run.json"), ("--target", "run.json")):
        before = contents(tmp_path)
        code = attack(tmp_path, option, tmp_path / name, "--overwrite")
        assert f"{name} is read and would be replaced" in failed(code, capsys)
        assert contents(tmp_path) == before


def test_an_empty_out_is_no_folder(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    before = contents(study)
    for words in (("attack", WALKING), ("evaluate",)):
        assert "--out must name a folder" in failed(run(*words, "--out", ""), capsys)
    for words in COMMANDS.values():
        assert "--out must name a file" in failed(run(*words, study / "run", "--out", ""), capsys)
    assert "--out must name a file" in failed(run("redraw", "a.pdf.json", "--out", ""), capsys)
    sweep = ("figure", "layers", study / "run", "--out", "a.pdf", "--sweep", "--sweep-dir", "")
    assert "--sweep-dir must name a folder" in failed(run(*sweep), capsys)
    assert contents(study) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_files_of_others_stay(study: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = study / name
    path.write_text("mine")
    line = failed(run(*COMMANDS[name], study / "run", "--out", path), capsys)
    assert f"{path} is there already" in line
    assert "--overwrite" in line
    assert path.read_text() == "mine"
    if name != "a.gif":
        assert run(*COMMANDS[name], study / "run", "--out", path, "--overwrite") == 0
        assert path.read_bytes() != b"mine"


@pytest.mark.parametrize("name", ["a.pdf", "a.npz", "a.csv"])
def test_nothing_is_written_over_the_run_that_is_read(
    study: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = contents(study)
    for file in READ:
        link = study / name
        link.symlink_to(study / "run" / file)
        line = failed(run(*COMMANDS[name], study / "run", "--out", link, "--overwrite"), capsys)
        assert "is read and would be replaced" in line
        link.unlink()
    assert contents(study) == before


def test_a_figure_of_ours_is_drawn_over_and_its_old_pictures_go(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("figure", "overview", study / "run", "--out", study / "a.pgf")
    assert run(*words) == 0
    first = contents(study)
    assert run(*words) == 0
    assert run("redraw", study / "a.pgf.json") == 0
    assert contents(study) == first
    pictures = {entry["file"] for entry in json.loads(first["a.pgf.json"])["pictures"]}
    assert len(pictures) > 1
    (study / "a-img99.png").write_text("mine")
    # one panel has fewer pictures
    assert run(*words, "--panels", "poses") == 0
    left = {entry["file"] for entry in json.loads((study / "a.pgf.json").read_text()).get("pictures", ())}
    assert {path.name for path in study.glob("a-img*.png")} == {*left, "a-img99.png"}
    assert not pictures <= left
    # a picture of somebody else's is none of ours, though a figure would have one of that name
    (study / sorted(pictures - left)[0]).write_text("mine")
    assert "is there already" in failed(run(*words), capsys)
    (study / "a.pgf").write_text("worked on")
    assert "is not as it was drawn" in failed(run(*words), capsys)
    assert run(*words, "--overwrite") == 0
    assert contents(study).items() >= first.items()


def test_a_region_that_is_not_the_runs_is_somebodys(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study / "run" / "region.png").write_text("mine")
    assert "region.png is not of a run" in failed(attack(study / "run"), capsys)
    assert (study / "run" / "region.png").read_text() == "mine"


def test_what_comes_in_while_an_attack_runs_stays(
    engine: Engine, finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kaa_gui.core.errors import OutputError

    def report(share: float) -> None:
        (tmp_path / "run" / "README.txt").write_text("mine")

    with pytest.raises(OutputError, match=r"README\.txt is not of a run"):
        save_run(engine, finished, tmp_path / "run", report=report)
    assert contents(tmp_path) == {"run/README.txt": b"mine"}


def test_sweeps_refuse_folders_of_others_before_the_first_attack(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = study / "runs" / "run-epsilon-2_255" / "clean.png"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    words = ("figure", "epsilon-sweep", study / "run", "--out", study / "a.pdf", "--sweep", "1/255,2/255")
    line = failed(run(*words, "--sweep-dir", study / "runs"), capsys)
    assert f"{mine} is not of a run" in line
    assert [path.name for path in (study / "runs").iterdir()] == ["run-epsilon-2_255"]


def test_the_windows_animation_is_not_written_over_its_picture(finished: Run, tmp_path: Path) -> None:
    from dataclasses import replace

    from kaa_gui.core.errors import OutputError

    path = tmp_path / "a.gif"
    path.write_text("mine")
    picture = replace(finished.scene.picture, path=str(path))
    mine = replace(finished, scene=replace(finished.scene, picture=picture))

    def report(share: float) -> None:
        raise AssertionError("nothing is drawn")

    with pytest.raises(OutputError, match="is read"):
        write_animation(mine, path, report)
    assert path.read_text() == "mine"
