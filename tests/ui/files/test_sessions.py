from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QRectF, QUrl
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox

from kaa_gui.core.files.stages import claimed
from kaa_gui.ui.files.recovery import RecoveryFolder
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.window.main_window import MainWindow


def _stopped(qtbot, window: MainWindow, iteration: int = 3) -> None:
    qtbot.waitUntil(
        lambda: window.state.snapshot is not None and window.state.snapshot.iteration >= iteration
    )
    # of a stopped run nothing arrives any more; a paused one still brings the iterate in hand
    window.conductor.stop()
    qtbot.waitUntil(lambda: window.display.idle)


def _saved(qtbot, window: MainWindow, path: Path) -> Path:
    window.sessions.save(path)
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert path.is_file()
    return path


def _pixels(window: MainWindow) -> dict[str, np.ndarray]:
    return {
        name: np.array(window.views[name].image.image) for name in ("input", "correlation", "perturbation")
    }


def _lines(window: MainWindow) -> list[str]:
    return [notice.line for notice in window.notifications.shown]


@pytest.fixture
def other(qtbot, engine, settings, tmp_path):
    """A second window that has just been opened on a file."""
    opened = []

    def open_on(path: Path, **more: object) -> MainWindow:
        window = MainWindow(engine.services(), settings, **more)
        opened.append(window)
        window.painted.connect(lambda: window.begin(str(path)))
        window.show()
        qtbot.waitUntil(lambda: not window.tasks.busy and window._seen)
        return window

    yield open_on
    for window in opened:
        window.leave()
        assert window.joined
        window.deleteLater()


def test_session_reopens_to_the_same_pixels_numbers_parameters_and_views(qtbot, window, other, tmp_path):
    window.controls.fields["epsilon"].box.setValue(3.0)
    window.docks["curves"].hide()
    window.views["input"].view_box.setRange(QRectF(60, 70, 50, 50), padding=0)
    _stopped(qtbot, window)
    zoom = window.views["perturbation"].view_box.viewRect()
    expected = _pixels(window)
    path = _saved(qtbot, window, tmp_path / "work.kaa")
    second = other(path)
    qtbot.waitUntil(lambda: second.state.snapshot is not None and second.display.idle)
    for name, pixels in _pixels(second).items():
        assert np.array_equal(pixels, expected[name]), name
    assert second.state.parameters == window.state.parameters
    assert repr(second.state.metrics) == repr(window.state.metrics)
    assert second.runner.phase is Phase.STOPPED
    assert second.docks["curves"].isHidden()
    assert second.views["perturbation"].view_box.viewRect().center().x() == pytest.approx(
        zoom.center().x(), abs=2
    )
    assert not second.state.undo_stack.canUndo()
    assert not second.sessions.unsaved
    assert window.state.picture.name in second.windowTitle()
    second.conductor.toggle()
    qtbot.waitUntil(lambda: second.runner.phase is Phase.RUNNING and len(second.state.metrics) > 1)


def test_session_reopens_on_the_iterate_that_was_looked_at(qtbot, window, other, tmp_path):
    _stopped(qtbot, window, 12)
    window.state.go_to(5)
    path = _saved(qtbot, window, tmp_path / "work.kaa")
    second = other(path)
    qtbot.waitUntil(lambda: second.state.shown is not None and second.state.shown.iteration == 5)
    assert second.state.snapshot.iteration == window.state.snapshot.iteration
    assert second.state.trajectory.best == window.state.trajectory.best
    assert {0, 5, second.state.snapshot.iteration} <= set(second.state.trajectory.iterations)


def test_session_dropped_on_the_window_takes_the_place_of_the_run(qtbot, window, tmp_path):
    _stopped(qtbot, window)
    before = window.state.snapshot
    path = _saved(qtbot, window, tmp_path / "work.kaa")
    window.conductor.start()
    qtbot.waitUntil(lambda: window.state.snapshot not in (None, before))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert window.opening.open_data(data, how="dropped")
    qtbot.waitUntil(lambda: window.runner.phase is Phase.STOPPED)
    assert window.state.snapshot.iteration == before.iteration
    assert str(path) in {action.toolTip() for action in window.opening.actions()}


def test_session_actions_ask_for_files(qtbot, window, tmp_path):
    _stopped(qtbot, window)
    window.commands.actions["save_session"].trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("standing.kaa")
    dialog.fileSelected.emit(str(tmp_path / "mine"))
    dialog.close()
    qtbot.waitUntil(lambda: (tmp_path / "mine.kaa").exists() and not window.tasks.busy)
    assert _lines(window)[-1] == f"Saved {tmp_path / 'mine.kaa'}"
    before = window.state.snapshot
    window.commands.actions["open_session"].trigger()
    dialog = window.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(tmp_path / "mine.kaa"))
    dialog.close()
    qtbot.waitUntil(lambda: window.state.snapshot is not before)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no session", b"x" * 5000])
def test_session_that_is_damaged_is_one_line_and_the_run_stays(qtbot, window, tmp_path, content):
    _stopped(qtbot, window)
    snapshot = window.state.snapshot
    (tmp_path / "bad.kaa").write_bytes(content)
    window.opening.open_path(tmp_path / "bad.kaa")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert window.notifications.shown[-1].level == "warning"
    assert "bad.kaa: not a session file, or damaged" in _lines(window)[-1]
    assert window.state.snapshot is snapshot
    assert window.runner.phase is Phase.STOPPED


def test_session_in_a_folder_that_is_gone_says_so(qtbot, window, tmp_path):
    window.sessions.save(tmp_path / "gone" / "work.kaa")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert "cannot be written" in _lines(window)[-1]


# --- unsaved work ---


def test_close_asks_only_for_work_that_is_in_no_file(qtbot, window, tmp_path):
    window.commands.actions["ask_before_close"].setChecked(True)
    assert window.sessions.asks
    assert not window.sessions.unsaved  # a sample, untouched and running
    _stopped(qtbot, window)
    assert not window.sessions.unsaved
    window.controls.fields["epsilon"].box.setValue(3.0)
    assert window.sessions.unsaved
    _saved(qtbot, window, tmp_path / "work.kaa")
    assert not window.sessions.unsaved


def test_close_asks_for_work_that_is_still_running(qtbot, window):
    window.commands.actions["ask_before_close"].setChecked(True)
    window.controls.fields["iterations"].box.setValue(900)
    qtbot.waitUntil(lambda: window.runner.phase is Phase.RUNNING and window.state.snapshot.iteration > 0)
    assert window.sessions.unsaved
    box = _question(window)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert window.runner.phase is Phase.RUNNING
    window.commands.actions["ask_before_close"].setChecked(False)


def _question(window: MainWindow) -> QMessageBox:
    assert not window.close()
    assert window.isVisible()
    return window.findChild(QMessageBox, "unsaved")


@pytest.fixture
def at_work(qtbot, window) -> MainWindow:
    window.commands.actions["ask_before_close"].setChecked(True)
    _stopped(qtbot, window)
    window.controls.fields["epsilon"].box.setValue(3.0)
    return window


def test_close_cancelled_goes_on(qtbot, at_work):
    box = _question(at_work)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert at_work.isVisible()
    at_work.conductor.toggle()
    assert at_work.runner.phase is Phase.RUNNING
    at_work.commands.actions["ask_before_close"].setChecked(False)


def test_close_discarded_closes(qtbot, at_work):
    _question(at_work).button(QMessageBox.StandardButton.Discard).click()
    assert not at_work.isVisible()


def test_close_saved_closes_once_the_file_is_there(qtbot, at_work, tmp_path):
    _question(at_work).button(QMessageBox.StandardButton.Save).click()
    dialog = at_work.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "work.kaa"))
    dialog.done(QFileDialog.DialogCode.Accepted)
    qtbot.waitUntil(lambda: not at_work.isVisible())
    assert (tmp_path / "work.kaa").is_file()


def test_close_question_can_be_switched_off_where_it_is_asked(qtbot, at_work):
    box = _question(at_work)
    box.findChild(QCheckBox).setChecked(False)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert not at_work.sessions.asks
    assert not at_work.commands.actions["ask_before_close"].isChecked()


# --- after a crash ---


def test_copy_is_kept_while_the_window_lives_and_gone_when_it_closes(qtbot, engine, settings, tmp_path):
    window = MainWindow(engine.services(), settings, recovery=tmp_path / "recovery")
    window.painted.connect(window.begin)
    window.show()
    qtbot.waitUntil(lambda: window.state.snapshot is not None)
    _stopped(qtbot, window)
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert len(list((tmp_path / "recovery").glob("*.kaa"))) == 1
    window.leave()
    assert list((tmp_path / "recovery").iterdir()) == []
    window.deleteLater()


_CRASH = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from kaa_gui.ui.files.recovery import RecoveryFolder
app = QCoreApplication([])
folder = RecoveryFolder(Path(sys.argv[1]))
assert folder.claim()
folder.own.write_bytes(Path(sys.argv[2]).read_bytes())
os._exit(1)
"""


def _crash(folder: Path, session: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _CRASH, folder, session], check=False
    )
    assert done.returncode == 1


def test_copy_of_a_crashed_window_is_offered_and_restored(qtbot, window, other, tmp_path):
    _stopped(qtbot, window)
    saved = _saved(qtbot, window, tmp_path / "work.kaa")
    _crash(tmp_path / "recovery", saved)
    second = other(tmp_path / "room.png", recovery=tmp_path / "recovery")
    notice = next(item for item in second.notifications.shown if "unexpectedly" in item.line)
    toast = next(toast for toast in second.notifications._toasts if toast.notice is notice)
    assert [title for title, _ in notice.actions] == ["Restore", "Discard"]
    next(
        button
        for button in toast.findChildren(type(toast._button("", "", print)))
        if button.text() == "Restore"
    ).click()
    qtbot.waitUntil(lambda: second.sessions.unsaved and not second.tasks.busy)
    assert np.array_equal(second.state.snapshot.perturbation, window.state.snapshot.perturbation)
    assert [path.name for path in (tmp_path / "recovery").glob("*.kaa")] == [
        second.sessions._recovery.own.name
    ]


def test_copy_of_a_crashed_window_can_be_discarded(qtbot, window, other, tmp_path):
    _stopped(qtbot, window)
    _crash(tmp_path / "recovery", _saved(qtbot, window, tmp_path / "work.kaa"))
    second = other(tmp_path / "room.png", recovery=tmp_path / "recovery")
    notice = next(item for item in second.notifications.shown if "unexpectedly" in item.line)
    dict(notice.actions)["Discard"]()
    assert second.sessions._recovery.left_behind() == []


def test_recovery_leaves_the_copies_of_living_windows_alone(qapp, tmp_path):
    first, second = RecoveryFolder(tmp_path), RecoveryFolder(tmp_path)
    assert first.claim()
    assert second.claim()
    first.own.write_bytes(b"copy")
    assert second.left_behind() == []
    first.release()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_recovery_sweeps_up_what_a_dying_program_has_half_written(qapp, tmp_path):
    dead = tmp_path / ".unfinished-00000001" / "new"
    dead.mkdir(parents=True)
    (dead / "old.kaa").write_bytes(b"half")
    folder = RecoveryFolder(tmp_path)
    with claimed(tmp_path) as living:
        assert folder.claim()
        assert not dead.exists()
        assert living.exists()
    folder.release()


def test_recovery_that_has_no_place_keeps_nothing(qapp, tmp_path):
    (tmp_path / "file").write_text("")
    assert not RecoveryFolder(tmp_path / "file" / "recovery").claim()


def test_copy_that_fails_troubles_nobody(qtbot, engine, settings, tmp_path):
    def refuse(session: object, path: Path) -> None:
        raise OSError("disk full")

    services = replace(engine.services(), save_session=refuse)
    window = MainWindow(services, settings, recovery=tmp_path / "recovery")
    window.painted.connect(window.begin)
    window.show()
    qtbot.waitUntil(lambda: window.state.snapshot is not None)
    _stopped(qtbot, window)
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert _lines(window) == []
    window.leave()
    window.deleteLater()
