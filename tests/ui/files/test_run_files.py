"""The run on screen as data and as a moving picture: in the background, with progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kaa_gui.core.types import Run
from kaa_gui.ui.files.run_files import RunFiles, evenly, until
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.model.trajectory import Kept
from kaa_gui.ui.window.main_window import MainWindow
from tests.ui import values
from tests.ui.fakes import FakeEngine


class Writer:
    """Writes down what it is asked for."""

    def __init__(self) -> None:
        self.animated: list[Run] = []
        self.exported: list[Run] = []
        self.gate = threading.Event()
        self.gate.set()
        self.folders: list[tuple[Run, Path, str]] = []

    def animate(self, run: Run, path: Path, report: Callable[[float], None]) -> None:
        self.animated.append(run)
        for number in range(len(run.snapshots)):
            self.gate.wait(5)
            report(number / len(run.snapshots))
        path.write_bytes(b"animation")

    def export(self, run: Run, path: Path) -> None:
        self.exported.append(run)
        path.write_bytes(b"data")

    def save(self, run: Run, folder: Path, device: str, report: Callable[[float], None]) -> None:
        self.folders.append((run, folder, device))
        self.gate.wait(5)
        report(0.5)
        folder.mkdir()


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def services(engine: FakeEngine, writer: Writer) -> Services:
    return replace(
        engine.services(), write_animation=writer.animate, export_data=writer.export, save_run=writer.save
    )


@pytest.fixture
def files(window: MainWindow) -> RunFiles:
    return window.run_files


@pytest.mark.parametrize("count", [1, 2, 5, 6, 100])
def test_evenly_keeps_first_and_last(count: int) -> None:
    kept = [Kept.of(values.snapshot(number)) for number in range(min(count, 12))] * (1 + count // 12)
    chosen = evenly(kept, 5)
    assert len(chosen) == min(len(kept), 5)
    assert chosen[0] is kept[0]
    assert chosen[-1] is kept[-1]


def test_until_leaves_out_what_came_later() -> None:
    assert [item.iteration for item in until(values.history(5), 2)] == [0, 1, 2]


def test_data_of_the_iterate_on_screen_is_written(
    qtbot, window: MainWindow, files: RunFiles, writer: Writer, tmp_path: Path
) -> None:
    run = window.state.shown_run()
    assert run is not None
    files.write_data(run, tmp_path / "a.npz")
    qtbot.waitUntil((tmp_path / "a.npz").exists)
    assert writer.exported == [run]
    qtbot.waitUntil(lambda: files.progress.dialog is None)


def test_animation_holds_the_kept_iterates(
    qtbot, window: MainWindow, files: RunFiles, writer: Writer, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: window.state.snapshot.iteration > 3)
    files.write_animation(tmp_path / "a.gif")
    qtbot.waitUntil((tmp_path / "a.gif").exists)
    (run,) = writer.animated
    shown = [snapshot.iteration for snapshot in run.snapshots]
    assert shown[0] == 0
    assert shown == sorted(set(shown))
    assert run.metrics[-1].iteration == shown[-1]
    assert np.isfinite(run.snapshots[-1].perturbation).all()


def test_a_cancelled_animation_is_given_up(
    qtbot, window: MainWindow, files: RunFiles, writer: Writer, tmp_path: Path
) -> None:
    writer.gate.clear()
    files.write_animation(tmp_path / "a.gif")
    qtbot.waitUntil(lambda: bool(writer.animated))
    qtbot.waitUntil(lambda: window.status.task.text() == "Drawing a.gif…")
    files.cancel()
    writer.gate.set()
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert not (tmp_path / "a.gif").exists()
    assert window.status.task.text() == ""
    assert files.progress.dialog is None


def test_both_are_in_the_file_menu_and_ask_where(qtbot, window: MainWindow, files: RunFiles) -> None:
    from PySide6.QtWidgets import QFileDialog

    for identifier, suffix in (("export_data", ".npz"), ("export_animation", ".gif")):
        window.commands.actions[identifier].trigger()
        dialog = window.findChildren(QFileDialog)[-1]
        assert dialog.selectedFiles()[0].endswith(suffix)
        dialog.reject()
        qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))


def test_folder_of_the_run_is_asked_for_and_written_in_the_background(
    qtbot, window: MainWindow, files: RunFiles, writer: Writer, tmp_path: Path
) -> None:
    from PySide6.QtWidgets import QFileDialog

    writer.gate.clear()
    asked = writer.folders
    run = window.state.shown_run()
    assert run is not None
    window.commands.actions["export_run"].trigger()
    dialog = window.findChildren(QFileDialog)[-1]
    assert dialog.selectedFiles()[0].endswith("-run")
    dialog.fileSelected.emit(str(tmp_path / "a"))
    dialog.close()
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert asked[0][0].snapshots[-1].iteration >= run.snapshots[-1].iteration
    assert asked[0][2] == window.state.parameters.device
    files.cancel()
    writer.gate.set()
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert not (tmp_path / "a").exists()
    files.write_folder(run, tmp_path / "b")
    qtbot.waitUntil((tmp_path / "b").exists)
    qtbot.waitUntil(lambda: any(str(tmp_path / "b") in each.line for each in window.notifications.shown))
