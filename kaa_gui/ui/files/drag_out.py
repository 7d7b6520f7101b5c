"""Drag views out of the window as files, or copy them."""

from __future__ import annotations

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QPoint, QSize, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QPixmap

from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.views.view import View

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

_THUMBNAIL = QSize(160, 160)
# hardly any compression: the hand waits for the file
_QUALITY = 90


class DragOut(QObject):
    """Writes what a drag carries into a folder of its own, which goes when the window does."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        for view in window.views.values():
            view.grip.offer(vectors=view.vectors)
            view.grip.clicked.connect(partial(self.copy, view))
            view.grip.dragged.connect(partial(self.drag, view))

    def copy(self, view: View, _checked: bool = False) -> None:
        """Put what a view shows on the clipboard."""
        QGuiApplication.clipboard().setImage(view.to_image())
        self._window.tell(Notice(f"Copied {view.title}"))

    def drag(self, view: View, vectors: bool) -> None:
        """Let the pointer carry what a view shows, as pixels and as a file, until it is let go."""
        image = view.to_image()
        try:
            path = self._write(view, image, ".pdf" if vectors and view.vectors else ".png")
        except OSError as error:
            reason = error.strerror or str(error)
            self._window.tell(Notice(f"{view.title}: no file can be written to drag ({reason})", "warning"))
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
        state = self._window.state
        picture = "view" if state.scene is None else Path(state.scene.picture.name).stem
        parts = [re.sub(r"[^\w.-]+", "-", picture).strip("-.") or "view", view.name.replace("_", "-")]
        if state.shown is not None:
            parts.append(str(state.shown.iteration))
        return "-".join(parts)

    def close(self) -> None:
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
