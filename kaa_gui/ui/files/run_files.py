"""Export the run on screen: as pictures, as a figure, as data, as a folder, or as a moving picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.arrays import evenly
from kaa_gui.core.types import Run
from kaa_gui.ui.files.save_dialogs import FIGURE_FILTERS, PICTURE_FILTERS, ask_for_file, ask_to_save, writing
from kaa_gui.ui.messages.progress_dialog import Progress
from kaa_gui.ui.model.trajectory import until
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task
from kaa_gui.ui.workspace import Workspace

DATA_FILTERS = {
    "All arrays (*.npz)": ".npz",
    "Perturbation, 32-bit (*.tiff)": ".tiff",
    "Perturbation, amplified (*.png)": ".png",
}
ANIMATION_FILTERS = {"GIF (*.gif)": ".gif", "MP4 (*.mp4)": ".mp4"}
MOST_FRAMES = 100
"""Iterates unpacked at once, at 1.2 MB each."""


class RunFiles(QObject):
    """Asks where to, and writes in the background; what takes long with progress and cancel."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        self.progress = Progress(workspace.parent, self.cancel)

    # --- slots of the actions ---

    def ask_for_adversarial(self) -> None:
        """Ask where to write the attacked picture."""
        if (run := self._run()) is not None:
            title = "Save adversarial picture"
            self._ask(
                run, title, "adversarial", PICTURE_FILTERS, lambda path: self.write_adversarial(run, path)
            )

    def ask_for_figure(self) -> None:
        """Ask where to draw the figure."""
        if (run := self._run()) is not None:
            self._ask(
                run, "Export figure", "figure", FIGURE_FILTERS, lambda path: self.write_figure(run, path)
            )

    def ask_for_data(self) -> None:
        """Ask where to write the data of the iterate on screen."""
        if (run := self._run()) is not None:
            self._ask(run, "Export data", "data", DATA_FILTERS, lambda path: self.write_data(run, path))

    def ask_for_animation(self) -> None:
        """Ask where to write the run as a moving picture."""
        if (run := self._run("animate")) is not None:
            self._ask(run, "Export animation", "animation", ANIMATION_FILTERS, self.write_animation)

    def ask_for_folder(self) -> None:
        """Ask for the folder to write the run up to the iterate on screen into."""
        if (run := self._run()) is None:
            return
        dialog = ask_for_file(
            self._workspace.parent,
            "Export run as folder",
            "Folder of a run (*)",
            QFileDialog.AcceptMode.AcceptSave,
        )
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, "New folder:")
        dialog.selectFile(f"{Path(run.scene.picture.name).stem}-run")
        dialog.fileSelected.connect(lambda name: self.write_folder(run, Path(name)))
        dialog.open()

    # --- writing ---

    def write_adversarial(self, run: Run, path: Path) -> None:
        """Write the attacked picture."""
        if (note := run.snapshots[-1].config.rounding_note) is not None:
            self._workspace.warn(note)
        self._write(path, writing(self._workspace.services.save_adversarial, run, path, run.scene.picture))

    def write_figure(self, run: Run, path: Path) -> None:
        """Draw the figure of a run, by the suffix."""
        self._write(path, writing(self._workspace.services.export_figure, run, path, run.scene.picture))

    def write_folder(self, run: Run, folder: Path) -> None:
        """Write a run's folder, whole or not at all."""
        save, device = self._workspace.services.save_run, self._workspace.state.parameters.device

        def work(task: Task) -> Path:
            save(run, folder, device, task.report)
            return folder

        self._write_slowly(f"Writing {folder.name}", work)

    def write_data(self, run: Run, path: Path) -> None:
        """Write a run's data, by the suffix."""
        work = writing(self._workspace.services.export_data, run, path, run.scene.picture)
        self._write_slowly(f"Writing {path.name}", work)

    def write_animation(self, path: Path) -> None:
        """Write all that is kept of the run as a moving picture, by the suffix."""
        state, animate = self._workspace.state, self._workspace.services.write_animation
        scene, field = state.scene, state.field
        if scene is None:
            return
        kept, metrics = evenly(state.trajectory.kept, MOST_FRAMES), tuple(state.metrics)

        def work(task: Task) -> Path:
            # unpacking belongs here: it takes a while
            snapshots = tuple(item.snapshot() for item in kept)
            animate(Run(scene, field, snapshots, until(metrics, snapshots[-1].iteration)), path, task.report)
            return path

        self._write_slowly(f"Drawing {path.name}", work)

    def cancel(self) -> None:
        """Give up what is being written with progress; nothing is left of it."""
        self._workspace.tasks.cancel(self._write_slowly)
        self.progress.end()

    # --- inside ---

    def _run(self, verb: str = "write") -> Run | None:
        """Return the run up to the iterate on screen; say so where there is none."""
        run = self._workspace.state.shown_run()
        if run is None:
            self._workspace.warn(f"Nothing to {verb} yet: run an attack first")
        return run

    def _ask(
        self, run: Run, title: str, what: str, filters: Mapping[str, str], chosen: Callable[[Path], None]
    ) -> None:
        name = f"{Path(run.scene.picture.name).stem}-{what}{next(iter(filters.values()))}"
        ask_to_save(self._workspace.parent, title, filters, name, chosen)

    def _write(self, path: Path, work: Callable[[Task], Path]) -> None:
        self._workspace.tasks.submit(f"Writing {path.name}", work, done=self._tell, key=self._write)

    def _write_slowly(self, title: str, work: Callable[[Task], Path]) -> None:
        self.progress.begin(title)
        self._workspace.tasks.submit(
            title,
            work,
            done=self._on_done,
            failed=self._on_failed,
            progressed=self.progress.show,
            key=self._write_slowly,
        )

    def _tell(self, path: Path) -> None:
        self._workspace.tell(f"Wrote {path}")

    def _on_done(self, path: Path) -> None:
        self.progress.end()
        self._tell(path)

    def _on_failed(self, failure: Failure) -> None:
        self.progress.end()
        self._workspace.tell_failure(failure)
