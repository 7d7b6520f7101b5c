"""Save the 3D view as a picture of any size, drawn between the window's own turns, or as glTF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QInputDialog

from kaa_gui.core.errors import KaaError
from kaa_gui.core.types import UInt8Image
from kaa_gui.scene_3d.content import Content3D
from kaa_gui.ui.files.save_dialogs import PICTURE_FILTERS, ask_to_save, writing
from kaa_gui.ui.messages.progress_dialog import Progress
from kaa_gui.ui.running.tasks import Task
from kaa_gui.ui.views import Skeleton3DView
from kaa_gui.ui.workspace import Workspace

if TYPE_CHECKING:
    from kaa_gui.scene_3d.files import Progress as Drawing
    from kaa_gui.scene_3d.files import ScenePicture

GLTF_FILTERS = {"glTF scene (*.gltf)": ".gltf"}
LARGEST_PIXELS = 64_000_000


class SceneFiles(QObject):
    """Asks where to, draws or builds, and writes in the background."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        self._drawing: Drawing | None = None
        self._picture: ScenePicture | None = None
        self._path = Path()
        self.progress = Progress(workspace.parent, self.stop)
        self._turn = QTimer(self, interval=0)
        self._turn.timeout.connect(self._go_on)

    @property
    def drawing(self) -> bool:
        """Whether a picture is being drawn."""
        return self._drawing is not None

    def ask_for_picture(self) -> None:
        """Ask how wide, then where to."""
        if (content := self._content()) is None:
            return
        width, height = content.pane
        widest = int((LARGEST_PIXELS * width / height) ** 0.5)
        dialog = QInputDialog(self._workspace.parent)
        dialog.setWindowTitle("Save 3D view")
        dialog.setLabelText(
            f"Width in pixels. On screen the view is {width} × {height}; the height follows.\n"
            f"{2 * width} is twice as fine, {4 * width} four times; at most {widest}."
        )
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(64, widest)
        dialog.setIntStep(width)
        dialog.setIntValue(min(4 * width, widest))
        dialog.intValueSelected.connect(lambda chosen: self._ask_where(content, chosen))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_for_gltf(self) -> None:
        """Ask where to write the scene."""
        if (content := self._content()) is not None:
            ask_to_save(
                self._workspace.parent,
                "Export 3D scene",
                GLTF_FILTERS,
                "pose.gltf",
                lambda path: self.write_gltf(content, path),
            )

    def draw(self, content: Content3D, width: int, path: Path) -> None:
        """Draw the content this wide, a tile an event-loop pass, and write it as PNG; can be cancelled."""
        from kaa_gui.scene_3d.files import ScenePicture

        self.stop()
        across, down = content.pane
        self._picture = ScenePicture(content, width, max(1, round(width * down / across)))
        self._drawing, self._path = self._picture.draw(), path
        self.progress.begin("Drawing the 3D view")
        self._turn.start()

    def write_gltf(self, content: Content3D, path: Path) -> None:
        """Build the scene again and write it, in the background."""
        from kaa_gui.scene_3d.files import write_gltf

        self._write(path, writing(write_gltf, content, path, self._workspace.state.picture))

    def stop(self) -> None:
        """Give up what is being drawn; nothing is written."""
        self._turn.stop()
        if self._drawing is not None:
            self._drawing.close()
        self.progress.end()
        self._drawing = self._picture = None

    def _content(self) -> Content3D | None:
        view = self._workspace.views.get("skeleton_3d")
        content = view.content() if isinstance(view, Skeleton3DView) else None
        if content is None:
            self._workspace.warn("There is no 3D pose yet: open a picture first")
        return content

    def _ask_where(self, content: Content3D, width: int) -> None:
        ask_to_save(
            self._workspace.parent,
            "Save 3D view",
            PICTURE_FILTERS,
            "pose.png",
            lambda path: self.draw(content, width, path),
        )

    def _go_on(self) -> None:
        if self._drawing is None or self._picture is None:
            return
        try:
            self.progress.show(0.99 * next(self._drawing))
        except StopIteration:
            pixels, path = self._picture.pixels, self._path
            self.stop()
            self._write(path, writing(write_png, pixels, path, self._workspace.state.picture))

    def _write(self, path: Path, work: Callable[[Task], Path]) -> None:
        self._workspace.tasks.submit(
            f"Writing {path.name}", work, done=lambda path: self._workspace.tell(f"Wrote {path}"), key=self
        )


def write_png(pixels: UInt8Image, path: Path) -> None:
    """Write ``(H, W, 3)`` uint8 as PNG.

    Raises:
        KaaError: It cannot be written.
    """
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    if not image.save(str(path)):
        raise KaaError(f"{path.name}: cannot be written; choose another folder")
