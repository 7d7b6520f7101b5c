"""Ask where to save, and write in the background: whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from kaa_gui.core.errors import KaaError
from kaa_gui.ui.running.tasks import Task

FIGURE_FILTERS = {
    "PDF (*.pdf)": ".pdf",
    "SVG (*.svg)": ".svg",
    "PNG (*.png)": ".png",
    "PGF for LaTeX (*.pgf)": ".pgf",
}
PICTURE_FILTERS = {"PNG (*.png)": ".png"}
POSE_FILTERS = {"Target pose (*.json)": ".json"}

Content = TypeVar("Content")


def ask_for_file(parent: QWidget, title: str, filters: str, mode: QFileDialog.AcceptMode) -> QFileDialog:
    """Return a dialog that asks for one file, yet to be opened; it goes away when answered."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(mode)
    dialog.setNameFilters(filters.split(";;"))
    return dialog


def with_suffix(path: Path, filters: dict[str, str], chosen: str) -> Path:
    """Return the path with a suffix that can be written: its own, else that of the chosen filter."""
    if path.suffix.lower() in filters.values():
        return path
    return path.with_name(path.name + filters.get(chosen, next(iter(filters.values()))))


def writing(write: Callable[[Content, Path], None], content: Content, path: Path) -> Callable[[Task], Path]:
    """Return the work of a task: write beside the place wanted, then rename, with all that belongs to it.

    Raises (the work):
        KaaError: The folder cannot be written.
    """

    def work(task: Task) -> Path:
        # in the worker: it reads pictures as well, and takes its time to import
        from kaa_gui.core.pictures.image import move_together

        try:
            with tempfile.TemporaryDirectory(prefix=".kaa-", dir=path.parent) as folder:
                part = Path(folder) / path.name
                write(content, part)
                task.report(0.9)
                beside = sorted(other for other in Path(folder).iterdir() if other != part)
                move_together({path.with_name(file.name): file for file in (part, *beside)})
        except OSError as error:
            reason = error.strerror or str(error)
            raise KaaError(f"{path}: cannot be written ({reason}); choose another folder") from None
        return path

    return work
