"""Drag views out of the window as files, or copy them."""

from __future__ import annotations

import re
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPoint, QSize, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QPixmap

from kaa_gui.ui.files.formats import to_image
from kaa_gui.ui.views import JointsView
from kaa_gui.ui.views.view import View
from kaa_gui.ui.workspace import Workspace

_THUMBNAIL = QSize(160, 160)
# hardly any compression: the hand waits for the file
_QUALITY = 90


class DragOut(QObject):
    """Writes what a drag carries into a folder of its own, which goes when the window does."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        for view in workspace.views.values():
            view.grip.offer(vectors=view.vectors)
            view.grip.clicked.connect(partial(self.copy, view))
            view.grip.dragged.connect(partial(self.drag, view))

    def copy(self, view: View, _checked: bool = False) -> None:
        """Put what a view shows on the clipboard."""
        QGuiApplication.clipboard().setImage(view.to_image())
        self._workspace.tell(f"Copied {view.title}")

    def copy_picture(self) -> None:
        """Copy the attacked crop, or the clean one before there is another."""
        state = self._workspace.state
        if state.scene is not None:
            pixels = state.scene.crop if state.shown is None else state.shown.adversarial
            QGuiApplication.clipboard().setImage(to_image(pixels))
            self._workspace.tell("Copied the clean crop" if state.shown is None else "Copied")

    def copy_joints(self) -> None:
        """Copy every joint's error as tab-separated text."""
        view, snapshot = self._workspace.views.get("joints"), self._workspace.state.shown
        if isinstance(view, JointsView) and snapshot is not None:
            # a panel that is hidden is not kept up to date
            view.show_snapshot(snapshot)
            view.copy()
            self._workspace.tell("Copied the joints' errors")

    def drag(self, view: View, vectors: bool) -> None:
        """Let the pointer carry what a view shows, as pixels and as a file, until it is let go."""
        image = view.to_image()
        try:
            path = self._write(view, image, ".pdf" if vectors and view.vectors else ".png")
        except OSError as error:
            reason = error.strerror or str(error)
            self._workspace.warn(f"{view.title}: no file can be written to drag ({reason})")
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        if path.suffix == ".png":
            data.setImageData(image)
        drag = QDrag(view)
        drag.setMimeData(data)
        small = image.scaled(
            _THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        small.setDevicePixelRatio(1.0)
        drag.setPixmap(QPixmap.fromImage(small))
        drag.setHotSpot(QPoint(-12, -12))
        drag.exec(Qt.DropAction.CopyAction)

    def name_of(self, view: View) -> str:
        """Return what a file of a view is called: picture, view, iteration."""
        state = self._workspace.state
        picture = "view" if state.scene is None else Path(state.scene.picture.name).stem
        parts = [re.sub(r"[^\w.-]+", "-", picture).strip("-.") or "view", view.name.replace("_", "-")]
        if state.shown is not None:
            parts.append(str(state.shown.iteration))
        return "-".join(parts)

    def stop(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _write(self, view: View, image: QImage, suffix: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="kaa-studio-", ignore_cleanup_errors=True)
        # each in a folder of its own: the one before may still be copied
        path = Path(tempfile.mkdtemp(dir=self._folder.name)) / f"{self.name_of(view)}{suffix}"
        if suffix == ".pdf":
            view.write_page(path)
        elif not image.save(str(path), quality=_QUALITY):
            raise OSError(f"{path.name} cannot be written")
        return path
