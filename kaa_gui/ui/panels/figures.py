"""Join the figure dialog to the services: draw in the background, write, copy, remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.types import Run
from kaa_gui.ui.files.save_dialogs import FIGURE_FILTERS, ask_to_save
from kaa_gui.ui.model.figure_order import FigureDrawing, FigureKind, FigureOrder, FigureSettings
from kaa_gui.ui.panels.figure_dialog import FigureDialog
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task
from kaa_gui.ui.workspace import Workspace

_KEY = "figure/settings"
_Result = TypeVar("_Result")
_Choices = tuple[Mapping[str, FigureKind], Mapping[str, str]]


class Figures(QObject):
    """The figure dialog at work; what its tasks come to is told there."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        self._run: Run | None = None
        self.dialog: FigureDialog | None = None

    def open(self) -> None:
        """Show the dialog with the run on screen."""
        self._run = self._workspace.state.shown_run()
        if self._run is None:
            self._workspace.warn("Nothing to draw yet: run an attack first")
            return
        if self.dialog is None:
            self.dialog = self._make()
            self._submit("Loading the figures", self._read_choices, self._offer)
        else:
            self._preview()
        self.dialog.show()
        self.dialog.raise_()

    def write(self, path: Path) -> None:
        """Write the figure as it is set now, in the background."""
        order, write = self._order(), self._workspace.services.write_figure
        if order is None:
            return

        def work(task: Task) -> Path:
            write(order, path, task.report)
            return path

        self._submit(f"Writing {path.name}", work, self._on_written, key=self.write)

    def _make(self) -> FigureDialog:
        dialog = FigureDialog(self._workspace.parent)
        dialog.changed.connect(self._on_changed)
        dialog.run_wanted.connect(self._take_shown)
        dialog.folder_wanted.connect(self._choose_folder)
        dialog.folders_changed.connect(self._preview)
        dialog.copy_wanted.connect(self._copy)
        dialog.export_wanted.connect(self._export)
        dialog.cancelled.connect(self._cancel)
        return dialog

    def _order(self) -> FigureOrder | None:
        if (dialog := self.dialog) is None:
            return None
        return FigureOrder(self._run, dialog.folders(), dialog.settings(), dialog.place())

    def _submit(
        self,
        title: str,
        work: Callable[[Task], _Result],
        done: Callable[[FigureDialog, _Result], None],
        *,
        key: object = None,
    ) -> None:
        """Work in the background, and tell in the dialog that it goes on, how far, and what went wrong."""
        if (dialog := self.dialog) is None:
            return

        def fail(failure: Failure) -> None:
            if not failure.expected:
                self._workspace.tell_failure(failure)
            # what the runs don't do for is said where it is chosen
            dialog.show_state(failure.line, problem=key == self._preview)

        dialog.show_state(f"{title}…")
        self._workspace.tasks.submit(
            title,
            work,
            done=partial(done, dialog),
            failed=fail,
            progressed=dialog.show_progress if key in (self._copy, self.write) else None,
            key=key,
        )

    def _cancel(self) -> None:
        for key in (self._preview, self._copy, self.write):
            self._workspace.tasks.cancel(key)

    # --- wishes of the dialog ---

    def _on_changed(self, settings: FigureSettings) -> None:
        self._workspace.settings.setValue(_KEY, settings.dumps())
        self._preview()

    def _take_shown(self) -> None:
        self._run = self._workspace.state.shown_run()
        self._preview()

    def _preview(self) -> None:
        order = self._order()
        if order is None or self.dialog is None:
            return
        pixels, draw = self.dialog.preview_pixels(), self._workspace.services.draw_figure

        def work(task: Task) -> FigureDrawing:
            drawing = draw(order, "png", pixels)
            task.report(1.0)
            return drawing

        self._submit("Drawing", work, FigureDialog.show_drawing, key=self._preview)

    def _copy(self) -> None:
        order, draw = self._order(), self._workspace.services.draw_figure
        if order is None:
            return

        def work(task: Task) -> tuple[bytes, bytes]:
            picture = draw(order, "png", None).data
            task.report(0.5)
            return picture, draw(order, "svg", None).data

        self._submit("Copying", work, self._on_copied, key=self._copy)

    def _export(self) -> None:
        order = self._order()
        if order is None or self.dialog is None:
            return
        stem = "figure" if order.run is None else Path(order.run.scene.picture.name).stem
        name = f"{stem}-{order.settings.kind}{next(iter(FIGURE_FILTERS.values()))}"
        ask_to_save(self.dialog, "Export figure", FIGURE_FILTERS, name, self.write)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self.dialog, "Choose the folder of a saved run")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._add_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _add_folder(self, name: str) -> None:
        if self.dialog is not None:
            self.dialog.add_folder(Path(name))
            self._preview()

    # --- the work, and what it comes to ---

    def _read_choices(self, _task: Task) -> _Choices:
        services = self._workspace.services
        return services.figure_kinds(), services.figure_presets()

    def _offer(self, dialog: FigureDialog, choices: _Choices) -> None:
        dialog.offer(*choices)
        dialog.set_settings(FigureSettings.loads(str(self._workspace.settings.value(_KEY, ""))))
        self._preview()

    def _on_copied(self, dialog: FigureDialog, pictures: tuple[bytes, bytes]) -> None:
        bitmap, vectors = pictures
        data = QMimeData()
        data.setImageData(QImage.fromData(bitmap))
        data.setData("image/png", bitmap)
        data.setData("image/svg+xml", vectors)
        QGuiApplication.clipboard().setMimeData(data)
        dialog.show_state("")
        self._workspace.tell("Copied the figure as PNG and SVG")

    def _on_written(self, dialog: FigureDialog, path: Path) -> None:
        dialog.show_state("")
        self._workspace.tell(f"Wrote {path}")
