"""Export the run on screen as a folder, as data, or as a moving picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.arrays import evenly
from kaa_gui.core.types import Run
from kaa_gui.ui.files.save_dialogs import ask_for_file, with_suffix, writing
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.messages.progress_dialog import Progress
from kaa_gui.ui.model.trajectory import until
from kaa_gui.ui.running.tasks import Task, TaskEnding

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

WRITE_RUN = "write run"
"""Kind of task."""

DATA_FILTERS = {
    "All arrays (*.npz)": ".npz",
    "Perturbation, 32-bit (*.tiff)": ".tiff",
    "Perturbation, amplified (*.png)": ".png",
}
ANIMATION_FILTERS = {"GIF (*.gif)": ".gif", "MP4 (*.mp4)": ".mp4"}
MOST_FRAMES = 100
"""Iterates unpacked at once, at 1.2 MB each."""


class RunFiles(QObject):
    """Asks where to, and writes in the background, with progress and cancel."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.progress = Progress(window, self.cancel)
        window.tasks.progressed.connect(self._on_progress)
        window.tasks.ended.connect(self._on_ended)

    def ask_for_data(self) -> None:
        """Ask where to write the data of the iterate on screen."""
        run = self._window.state.shown_run()
        if run is None:
            self._window.tell(Notice("Nothing to write yet: run an attack first", "warning"))
            return
        self._ask("Export data", "data", DATA_FILTERS, lambda path: self.write_data(run, path))

    def ask_for_animation(self) -> None:
        """Ask where to write the run as a moving picture."""
        if self._window.state.shown_run() is None:
            self._window.tell(Notice("Nothing to animate yet: run an attack first", "warning"))
            return
        self._ask("Export animation", "animation", ANIMATION_FILTERS, self.write_animation)

    def ask_for_folder(self) -> None:
        """Ask for the folder to write the run up to the iterate on screen into."""
        run = self._window.state.shown_run()
        if run is None:
            self._window.tell(Notice("Nothing to write yet: run an attack first", "warning"))
            return
        dialog = ask_for_file(
            self._window, "Export run as folder", "Folder of a run (*)", QFileDialog.AcceptMode.AcceptSave
        )
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, "New folder:")
        dialog.selectFile(f"{Path(run.scene.picture.name).stem}-run")
        dialog.fileSelected.connect(lambda name: self.write_folder(run, Path(name)))
        dialog.open()

    def write_folder(self, run: Run, folder: Path) -> None:
        """Write a run's folder, whole or not at all."""
        save, device = self._window.services.save_run, self._window.state.parameters.device

        def work(task: Task) -> Path:
            save(run, folder, device, task.report)
            return folder

        self._submit(f"Writing {folder.name}", work)

    def write_data(self, run: Run, path: Path) -> None:
        """Write a run's data, by the suffix."""
        work = writing(self._window.services.export_data, run, path)
        self._submit(f"Writing {path.name}", work)

    def write_animation(self, path: Path) -> None:
        """Write all that is kept of the run as a moving picture, by the suffix."""
        state, animate = self._window.state, self._window.services.write_animation
        scene, field = state.scene, state.field
        if scene is None:
            return
        kept, metrics = evenly(state.trajectory.kept, MOST_FRAMES), tuple(state.metrics)

        def work(task: Task) -> Path:
            # unpacking belongs here: it takes a while
            snapshots = tuple(item.snapshot() for item in kept)
            animate(Run(scene, field, snapshots, until(metrics, snapshots[-1].iteration)), path, task.report)
            return path

        self._submit(f"Drawing {path.name}", work)

    def _ask(self, title: str, what: str, filters: dict[str, str], chosen: Callable[[Path], None]) -> None:
        scene = self._window.state.scene
        stem = "run" if scene is None else Path(scene.picture.name).stem
        dialog = ask_for_file(self._window, title, ";;".join(filters), QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(f"{stem}-{what}{next(iter(filters.values()))}")
        dialog.fileSelected.connect(
            lambda name: chosen(with_suffix(Path(name), filters, dialog.selectedNameFilter()))
        )
        dialog.open()

    def _submit(self, title: str, work: Callable[[Task], Path]) -> None:
        self.progress.begin(title)
        self._window.tasks.submit(WRITE_RUN, title, work)

    def cancel(self) -> None:
        """Give up what is being written; nothing is left of it."""
        self._window.tasks.cancel(WRITE_RUN)
        self.progress.end()

    def _on_progress(self, task: Task, fraction: float) -> None:
        if task.kind == WRITE_RUN:
            self.progress.show(fraction)

    def _on_ended(self, ending: TaskEnding) -> None:
        if ending.task.kind == WRITE_RUN:
            self.progress.end()
