"""Exports that fail, on a full disk or without rights: nothing is half-written, and older files stay."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from kaa_gui import cli
from kaa_gui.core.errors import KaaError, PictureError
from kaa_gui.core.files.writing import write_together
from kaa_gui.core.types import Run
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.output.animation import write_animation
from kaa_gui.runs.saving import save_run
from kaa_gui.ui.files.save_dialogs import writing
from kaa_gui.wiring.figures import export_overview

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="rights and limits of Linux")

TINY = 64
"""Bytes; below every export."""
PASSES_BY_RIGHTS = 1 << 1
"""Root's CAP_DAC_OVERRIDE, among its first 32 capabilities."""
EXPORTS = {
    "a.pdf": ("figure", "correlation"),
    "a.pgf": ("figure", "overview"),
    "a.svg": ("redraw",),
    "a.npz": ("export",),
    "a.tiff": ("export",),
    "a.png": ("export",),
    "a.gltf": ("export",),
    "a.csv": ("table",),
}
"""Name of the file -> command that writes it."""


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (TINY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def as_anybody() -> Iterator[None]:
    """Make a folder's rights hold for root, too: this thread does without the right to pass them by."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, before = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, before) == 0
    without = type(before)(*before)
    without[0] &= ~PASSES_BY_RIGHTS
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    try:
        with as_anybody():
            with pytest.raises(PermissionError):
                (folder / "probe").touch()
            yield
    finally:
        folder.chmod(0o755)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def saved(engine: Engine, finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run, a drawn figure beside it."""
    folder = tmp_path_factory.mktemp("failing") / "run"
    save_run(engine, finished, folder)
    assert cli.main(["figure", "joints", str(folder), "--out", str(folder.parent / "a.svg")]) == 0
    return folder


def command(name: str, saved: Path, out: Path) -> list[str]:
    source = saved.parent / "a.svg.json" if EXPORTS[name][0] == "redraw" else saved
    return [*EXPORTS[name], str(source), "--out", str(out), "--overwrite"]


@pytest.mark.parametrize("older", [False, True], ids=["new", "over an older one"])
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_fails_changes_nothing(
    name: str, older: bool, saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    if older:
        assert cli.main(command(name, saved, folder / name)) == 0
    before = contents(folder)
    assert bool(before) == older
    (tmp_path / "file").touch()
    capsys.readouterr()
    for barrier, out in (
        (full_disk(), folder / name),
        (read_only(folder), folder / name),
        (as_anybody(), tmp_path / "file" / name),
    ):
        with barrier:
            code = cli.main(command(name, saved, out))
        line = capsys.readouterr().err
        assert code == 2, line
        assert "cannot be written" in line
        assert line.count("\n") == 1
        assert contents(folder) == before
    assert (tmp_path / "file").read_bytes() == b""


def test_an_animation_that_fails_changes_nothing(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    write_animation(tmp_path / "a.gif", iter(pictures))
    before = contents(tmp_path)
    for barrier in (full_disk(), read_only(tmp_path)):
        with barrier, pytest.raises(PictureError, match="cannot be written"):
            write_animation(tmp_path / "a.gif", iter(pictures[::-1]))
        assert contents(tmp_path) == before
    # said before the run is attacked once more
    with read_only(tmp_path):
        assert cli.main(["animate", str(saved), "--out", str(tmp_path / "b.gif")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_the_windows_export_that_fails_changes_nothing(finished: Run, tmp_path: Path) -> None:
    class Bar:
        def report(self, share: float) -> None: ...

    work = writing(export_overview, finished, tmp_path / "a.pdf", finished.scene.picture)
    work(Bar())  # type: ignore[arg-type]
    before = contents(tmp_path)
    for barrier in (full_disk(), read_only(tmp_path)):
        with barrier, pytest.raises(KaaError, match="cannot be written"):
            work(Bar())  # type: ignore[arg-type]
        assert contents(tmp_path) == before


@pytest.mark.parametrize("older", [(), ("a.pgf", "a.pgf.json"), ("a.pgf", "a-img0.png", "a.pgf.json")])
def test_a_figure_and_what_stands_beside_it_never_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, older: tuple[str, ...]
) -> None:
    """Whichever file cannot get its name, all stay as they were; and a figure is there with its own only."""
    for name in older:
        (tmp_path / name).write_bytes(b"old")
    before, wanted = contents(tmp_path), dict.fromkeys(("a.pgf", "a-img0.png", "a.pgf.json"), b"new")
    replace, seen, limit = Path.replace, list[Path](), 0

    def moved(self: Path, target: Path) -> Path:
        found = contents(tmp_path)
        if "a.pgf" in found:
            beside = {name: data for name, data in found.items() if name in wanted}
            assert beside in (before, wanted)
        seen.append(target)
        if len(seen) == limit:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", moved)
    for step in range(1, len(older) + len(wanted) + 1):
        limit = step
        seen.clear()
        with pytest.raises(PictureError, match="No space left"):
            write_together({tmp_path / name: data for name, data in wanted.items()})
        assert contents(tmp_path) == before
    seen.clear()
    limit = 0
    write_together({tmp_path / name: data for name, data in wanted.items()})
    assert contents(tmp_path) == wanted


def test_a_sidecar_holds_the_hash_of_its_figure_when_drawn_over(saved: Path, tmp_path: Path) -> None:
    for columns in ("1", "2"):
        words = ["figure", "joints", str(saved), "--columns", columns, "--out", str(tmp_path / "a.svg")]
        assert cli.main(words) == 0
        content = json.loads((tmp_path / "a.svg.json").read_text())
        assert content["sha256"] == sha256((tmp_path / "a.svg").read_bytes()).hexdigest()
        assert content["settings"]["columns"] == int(columns)
    assert set(contents(tmp_path)) == {"a.svg", "a.svg.json"}
