"""Open, write and invert the region as a black and white picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import painted_fault, painted_pixels, painted_size, painted_text, region_bitmap
from kaa_gui.core.types import AttackConfig, Scene
from kaa_gui.ui.files.formats import PICTURE_FILTER
from kaa_gui.ui.files.save_dialogs import PICTURE_FILTERS, ask_for_file, with_suffix, writing
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.tasks import Task, TaskEnding

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

OPEN, EXPORT, INVERT = "open region", "export region", "invert region"
"""Kinds of task."""


class RegionFiles(QObject):
    """Slots of those of the region's actions that take a while; the window's tasks do the work."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.tasks.ended.connect(self._on_ended)

    # --- slots of the actions ---

    def ask_to_open(self) -> None:
        """Ask for a black and white picture."""
        mode = QFileDialog.AcceptMode.AcceptOpen
        dialog = ask_for_file(self._window, "Open region mask: white may change", PICTURE_FILTER, mode)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open_path(Path(name)))
        dialog.open()

    def open_path(self, path: Path) -> None:
        """Make the white pixels of a picture file the painted region."""
        scene, load = self._window.state.scene, self._window.services.load_region
        if scene is None:
            return
        size = scene.picture.pixels.shape

        def work(_task: Task) -> tuple[Path, str]:
            text = load(path)
            _check_size(text, size, path.name)
            # read once more here, so that nobody else has to
            painted_fault(text)
            return path, text

        self._window.tasks.submit(OPEN, f"Opening {path.name}", work)

    def ask_to_export(self) -> None:
        """Ask where to write what may change."""
        scene = self._window.state.scene
        if scene is None:
            return
        mode = QFileDialog.AcceptMode.AcceptSave
        dialog = ask_for_file(
            self._window, "Export region mask: white may change", ";;".join(PICTURE_FILTERS), mode
        )
        dialog.selectFile(f"{Path(scene.picture.name).stem}-region.png")
        dialog.fileSelected.connect(lambda name: self.export(with_suffix(Path(name), PICTURE_FILTERS, "")))
        dialog.open()

    def export(self, path: Path) -> None:
        """Write what may change, box and paint together, as ``--region-mask`` reads it."""
        scene, save = self._window.state.scene, self._window.services.save_region
        if scene is None:
            return

        def write(config: AttackConfig, part: Path) -> None:
            bitmap = region_bitmap(config.region, config.region_mask, scene.picture.pixels.shape)
            if bitmap is None or not bitmap.any():
                raise ConfigError("region must hold a pixel of the picture; draw or paint one")
            save(bitmap, part)

        work = writing(write, self._window.state.parameters.config, path)
        self._window.tasks.submit(EXPORT, f"Writing {path.name}", work)

    def invert(self) -> None:
        """Let everything change that might not, and nothing of what might; a box becomes paint."""
        scene, config = self._window.state.scene, self._window.state.parameters.config
        if scene is not None:
            self._window.tasks.submit(
                INVERT, "Inverting the region", lambda _task: (config, _inverted(config, scene))
            )

    # --- inside ---

    def _on_ended(self, ending: TaskEnding) -> None:
        kind = ending.task.kind
        if kind not in (OPEN, EXPORT, INVERT) or ending.failure is not None:
            return
        if kind == EXPORT:
            self._window.tell(Notice(f"Wrote {ending.result}"))
        elif kind == OPEN:
            self._take_file(*ending.result)
        else:
            self._take_inverted(*ending.result)

    def _take_file(self, path: Path, text: str) -> None:
        config = self._window.state.parameters.config
        self._window.state.apply(Edit({"region_mask": text}, new_gesture()))
        if self._window.state.parameters.config.region_mask == text:
            also = "" if config.region is None else ", and of them only those inside the box"
            self._window.tell(Notice(f"{painted_pixels(text)} pixels of {path.name} may change{also}"))

    def _take_inverted(self, before: AttackConfig, text: str) -> None:
        config = self._window.state.parameters.config
        if (config.region, config.region_mask) == (before.region, before.region_mask):
            self._window.state.apply(Edit({"region": None, "region_mask": text}, new_gesture()))
        else:
            self._window.tell(Notice("The region has changed meanwhile; invert it again", "warning"))


def _check_size(text: str, size: tuple[int, ...], name: str) -> None:
    height, width = painted_size(text)
    if (height, width) != size[:2]:
        raise ConfigError(
            f"{name} must be as large as the picture, {size[1]} x {size[0]} pixels, got {width} x {height}; "
            "scale it to that, or open its own picture first"
        )


def _inverted(config: AttackConfig, scene: Scene) -> str:
    bitmap = region_bitmap(config.region, config.region_mask, scene.picture.pixels.shape)
    if bitmap is None or bitmap.all():
        raise ConfigError("region must leave something out before it can be inverted; draw or paint one")
    text = painted_text(~bitmap)
    painted_fault(text)
    return text
