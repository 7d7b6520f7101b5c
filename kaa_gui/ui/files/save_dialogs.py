"""Ask for files to open and to write, and write in the background: whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from kaa_gui.core.files.ownership import check_replaceable, recorded
from kaa_gui.core.files.writing import staged, writable
from kaa_gui.core.types import Picture
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


def ask_to_open(
    parent: QWidget,
    title: str,
    filters: str,
    chosen: Callable[[str], object],
    *,
    mode: QFileDialog.FileMode = QFileDialog.FileMode.ExistingFile,
) -> QFileDialog:
    """Ask for a file, or a folder, that is there, and hand its path over; return the open dialog."""
    dialog = ask_for_file(parent, title, filters, QFileDialog.AcceptMode.AcceptOpen)
    dialog.setFileMode(mode)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, mode is QFileDialog.FileMode.Directory)
    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog


def ask_to_save(
    parent: QWidget, title: str, filters: Mapping[str, str], name: str, chosen: Callable[[Path], object]
) -> QFileDialog:
    """Ask for a file to write, and hand over its path, with a suffix that can be written.

    Args:
        parent: What the dialog stands over.
        title: Of the dialog.
        filters: Kind of file -> its suffix.
        name: Of the file, unless the user gives another.
        chosen: Takes the path.

    Returns:
        The open dialog.
    """
    dialog = ask_for_file(parent, title, ";;".join(filters), QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    dialog.fileSelected.connect(
        lambda name: chosen(with_suffix(Path(name), filters, dialog.selectedNameFilter()))
    )
    dialog.open()
    return dialog


def with_suffix(path: Path, filters: Mapping[str, str], chosen: str) -> Path:
    """Return the path with a suffix that can be written: its own, else that of the chosen filter."""
    if path.suffix.lower() in filters.values():
        return path
    return path.with_name(path.name + filters.get(chosen, next(iter(filters.values()))))


def writing(
    write: Callable[[Content, Path], None], content: Content, path: Path, picture: Picture | None
) -> Callable[[Task], Path]:
    """Return the work of a task: write beside the place wanted, then rename, with all that belongs to it.

    The dialog has asked whether the file itself may be replaced; what goes beside it must be ours.

    Args:
        write: Writes the content to a path.
        content: To write.
        path: Where to.
        picture: That was opened; its file must stay.

    Raises (the work):
        KaaError: The folder cannot be written, or a file would be replaced that must stay.
    """

    def work(task: Task) -> Path:
        read = [None if picture is None else picture.path]
        check_replaceable([path], inputs=read, ours=[path.name])
        with staged(path) as stage:
            with writable(path):
                write(content, stage.part)
            task.report(0.9)
            names, ours = stage.names(), recorded(path)
            files = [path.with_name(name) for name in sorted(names)]
            check_replaceable(files, inputs=read, ours={*ours, path.name})
            stage.commit(ours - names)
        return path

    return work
