"""Join the figure dialog to the services: draw in the background, write, copy, remember."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.types import Run
from kaa_gui.ui.files.save_dialogs import FIGURE_FILTERS, ask_for_file, with_suffix
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.model.figure_order import FigureDrawing, FigureOrder, FigureSettings
from kaa_gui.ui.panels.figure_dialog import FigureDialog
from kaa_gui.ui.running.tasks import Task, TaskEnding

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

OFFER, PREVIEW, COPY, EXPORT = "figure kinds", "figure preview", "figure copy", "figure export"
FIGURE_TASKS = (OFFER, PREVIEW, COPY, EXPORT)
"""Kinds of task whose endings are told here."""

_KEY = "figure/settings"


class FigureDesk(QObject):
    """The figure dialog at work."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._run: Run | None = None
        self.dialog: FigureDialog | None = None
        window.tasks.ended.connect(self._on_ended)
        window.tasks.progressed.connect(self._on_progress)

    def open(self) -> None:
        """Show the dialog with the run on screen."""
        self._run = self._window.state.shown_run()
        if self._run is None:
            self._window.tell(Notice("Nothing to draw yet: run an attack first", "warning"))
            return
        if self.dialog is None:
            self.dialog = self._make()
            self._submit(OFFER, "Loading the figures", self._offer)
        else:
            self._preview()
        self.dialog.show()
        self.dialog.raise_()

    def _make(self) -> FigureDialog:
        dialog = FigureDialog(self._window)
        dialog.changed.connect(self._on_changed)
        dialog.run_wanted.connect(self._take_shown)
        dialog.folder_wanted.connect(self._choose_folder)
        dialog.folders_changed.connect(self._preview)
        dialog.copy_wanted.connect(self._copy)
        dialog.export_wanted.connect(self._export)
        dialog.cancelled.connect(self._cancel)
        return dialog

    def _offer(self, _task: Task) -> object:
        services = self._window.services
        return services.figure_kinds(), services.figure_presets()

    def _submit(self, kind: str, title: str, work: object) -> None:
        if self.dialog is not None:
            self.dialog.show_state(f"{title}…")
        self._window.tasks.submit(kind, title, work)  # type: ignore[arg-type]

    def _order(self) -> FigureOrder | None:
        if self.dialog is None:
            return None
        dialog = self.dialog
        return FigureOrder(self._run, dialog.folders(), dialog.settings(), dialog.place())

    # --- wishes ---

    def _on_changed(self, settings: FigureSettings) -> None:
        self._window.settings.setValue(_KEY, settings.dumps())
        self._preview()

    def _take_shown(self) -> None:
        self._run = self._window.state.shown_run()
        self._preview()

    def _preview(self) -> None:
        order = self._order()
        if order is None or self.dialog is None:
            return
        pixels, draw = self.dialog.preview_pixels(), self._window.services.draw_figure

        def work(task: Task) -> FigureDrawing:
            drawing = draw(order, "png", pixels)
            task.report(1.0)
            return drawing

        self._submit(PREVIEW, "Drawing", work)

    def _copy(self) -> None:
        order, draw = self._order(), self._window.services.draw_figure
        if order is None:
            return

        def work(task: Task) -> tuple[bytes, bytes]:
            picture = draw(order, "png", None).data
            task.report(0.5)
            return picture, draw(order, "svg", None).data

        self._submit(COPY, "Copying", work)

    def _export(self) -> None:
        order = self._order()
        if order is None or self.dialog is None:
            return
        filters = ";;".join(FIGURE_FILTERS)
        dialog = ask_for_file(self.dialog, "Export figure", filters, QFileDialog.AcceptMode.AcceptSave)
        stem = "figure" if order.run is None else Path(order.run.scene.picture.name).stem
        dialog.selectFile(f"{stem}-{order.settings.kind}{next(iter(FIGURE_FILTERS.values()))}")
        dialog.fileSelected.connect(
            lambda name: self.write(with_suffix(Path(name), FIGURE_FILTERS, dialog.selectedNameFilter()))
        )
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the figure as it is set now, in the background."""
        order, write = self._order(), self._window.services.write_figure
        if order is None:
            return

        def work(task: Task) -> Path:
            write(order, path, task.report)
            return path

        self._submit(EXPORT, f"Writing {path.name}", work)

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

    def _cancel(self) -> None:
        for kind in (PREVIEW, COPY, EXPORT):
            self._window.tasks.cancel(kind)

    # --- news of the tasks ---

    def _on_progress(self, task: Task, fraction: float) -> None:
        if self.dialog is not None and task.kind in (COPY, EXPORT):
            self.dialog.show_progress(fraction)

    def _on_ended(self, ending: TaskEnding) -> None:
        dialog, kind = self.dialog, ending.task.kind
        if dialog is None or kind not in FIGURE_TASKS:
            return
        if ending.failure is not None:
            if not ending.failure.expected:
                self._window.tell_failure(ending.failure)
            # what the runs don't do for is said where it is chosen
            dialog.show_state(ending.failure.line, problem=kind == PREVIEW)
            return
        if kind == OFFER:
            dialog.offer(*ending.result)
            dialog.set_settings(FigureSettings.loads(str(self._window.settings.value(_KEY, ""))))
            self._preview()
        elif kind == PREVIEW:
            dialog.show_drawing(ending.result)
        elif kind == COPY:
            self._put_on_clipboard(*ending.result)
            dialog.show_state("")
            self._window.tell(Notice("Copied the figure as PNG and SVG"))
        else:
            dialog.show_state("")
            self._window.tell(Notice(f"Wrote {ending.result}"))

    def _put_on_clipboard(self, picture: bytes, vectors: bytes) -> None:
        data = QMimeData()
        data.setImageData(QImage.fromData(picture))
        data.setData("image/png", picture)
        data.setData("image/svg+xml", vectors)
        QGuiApplication.clipboard().setMimeData(data)
