"""Figures on disk: both files or none, on a full disk and in a read-only folder too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from kaa_gui.core.errors import PictureError
from kaa_gui.core.types import Run
from kaa_gui.figures.output.draw import Drawn, draw_figure
from kaa_gui.figures.output.writing import write_drawn
from kaa_gui.figures.style import Style
from kaa_gui.ui.files.save_dialogs import writing
from kaa_gui.wiring.figures import export_overview
from tests.figures.records import records_of


@pytest.fixture(scope="module")
def drawn(finished: Run) -> Drawn:
    return draw_figure("epsilon-sweep", records_of("epsilon-sweep", finished), Style())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_figure_has_its_origin_beside_it(drawn: Drawn, tmp_path: Path) -> None:
    write_drawn(drawn, tmp_path / "a.pdf", "pdf")
    assert names(tmp_path) == ["a.pdf", "a.pdf.json"]
    content = json.loads((tmp_path / "a.pdf.json").read_text())
    assert content["sha256"] == hashlib.sha256((tmp_path / "a.pdf").read_bytes()).hexdigest()
    assert content["kind"] == "epsilon-sweep"
    assert content["caption"] == drawn.caption
    assert len(content["runs"]) == 6
    assert content["settings"]["width_mm"] == 180


def test_writing_again_writes_the_same(drawn: Drawn, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        write_drawn(drawn, tmp_path / name, "pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize("files", [0, 1])
def test_a_full_disk_leaves_nothing(
    drawn: Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    """The disk fills up after none or one of the two files."""
    replaced: list[Path] = []
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if len(replaced) >= files:
            raise OSError(28, "No space left on device")
        replaced.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PictureError, match="No space left on device") as caught:
        write_drawn(drawn, tmp_path / "a.svg", "svg")
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_a_folder_that_is_none_is_refused_in_one_line(drawn: Drawn, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PictureError, match="choose another folder"):
        write_drawn(drawn, tmp_path / "file" / "a.png", "png")
    assert names(tmp_path) == ["file"]


def test_giving_up_before_the_first_byte_leaves_nothing(drawn: Drawn, tmp_path: Path) -> None:
    def give_up() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_drawn(drawn, tmp_path / "a.svg", "svg", ready=give_up)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["a.pdf", "a.pgf"])
def test_the_windows_export_has_its_origin_and_pictures_beside_it(
    finished: Run, tmp_path: Path, name: str
) -> None:
    class Bar:
        def report(self, share: float) -> None: ...

    writing(export_overview, finished, tmp_path / name, finished.scene.picture)(Bar())  # type: ignore[arg-type]
    content = json.loads((tmp_path / f"{name}.json").read_text())
    assert content["kind"] == "overview"
    assert content["runs"][0]["config"]["epsilon"] == finished.snapshots[-1].config.epsilon
    listed = {entry["file"]: entry["sha256"] for entry in (content, *content.get("pictures", ()))}
    assert set(names(tmp_path)) == {*listed, f"{name}.json"}
    for file, digest in listed.items():
        assert hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() == digest
