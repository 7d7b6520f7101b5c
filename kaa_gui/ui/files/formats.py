"""Tell pictures from other files, drops and clipboard contents, and keep the list of recent ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QSettings
from PySide6.QtGui import QImage, QPainter

from kaa_gui.core.pictures.formats import SUFFIXES
from kaa_gui.core.sessions.session import SUFFIX as SESSION
from kaa_gui.core.types import UInt8Image
from kaa_gui.core.untrusted.paths import is_file

_PICTURES = " ".join(f"*{suffix}" for suffix in SUFFIXES)
FILE_FILTER = f"Pictures and sessions ({_PICTURES} *{SESSION});;All files (*)"
PICTURE_FILTER = f"Pictures ({_PICTURES});;All files (*)"
SESSION_FILTER = f"Sessions (*{SESSION});;All files (*)"
TARGET_FILTER = f"Poses and pictures (*.json *.bvh {_PICTURES});;All files (*)"
_RECENT_KEY = "recent"
_RECENT_COUNT = 10

_NOT_HERE = "Only files of this computer can be opened; save the picture first"

Source = Path | QImage | str
"""A file, pixels, or one line that says why there is neither."""


def source_of(data: QMimeData) -> Source | None:
    """Return the picture that dropped or pasted data stands for; None if it stands for none.

    A file beats pixels (it has a name and all its bits); an address on the network is refused in words.
    """
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    if data.hasImage():
        image = data.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return image
    text = data.text().strip().strip("\"'")
    if data.urls() or "://" in text:
        return _NOT_HERE
    return _path_in(text)


def _path_in(text: str) -> Path | None:
    """Return the existing file that a text names, if it does."""
    try:
        path = Path(text).expanduser()
        return path if text and "\n" not in text and is_file(path) else None
    except (OSError, RuntimeError, ValueError):
        # too long for a path, or of a user that isn't there: some other text
        return None


def to_array(image: QImage) -> UInt8Image:
    """Return the pixels of an image as ``(H, W, 3)`` uint8 RGB, transparency over white."""
    if image.hasAlphaChannel():
        over_white = QImage(image.size(), QImage.Format.Format_RGB32)
        over_white.fill(0xFFFFFFFF)
        painter = QPainter(over_white)
        painter.drawImage(0, 0, image)
        painter.end()
        image = over_white
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def to_image(pixels: UInt8Image) -> QImage:
    """Return ``(H, W, 3)`` uint8 RGB pixels as an image of its own."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


class RecentFiles:
    """The files opened last, newest first, kept in the window's settings."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def paths(self) -> list[Path]:
        """Return those that still exist."""
        stored = self._settings.value(_RECENT_KEY, [])
        # a list of one comes back as its element
        texts = stored if isinstance(stored, list) else [stored]
        return [Path(text) for text in texts if isinstance(text, str) and is_file(Path(text))]

    def add(self, path: Path) -> None:
        """Put a file first."""
        path = path.absolute()
        others = [other for other in self.paths() if other != path]
        self._settings.setValue(_RECENT_KEY, [str(item) for item in [path, *others][:_RECENT_COUNT]])

    def clear(self) -> None:
        """Forget them all."""
        self._settings.remove(_RECENT_KEY)
