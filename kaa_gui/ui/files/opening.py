"""Open pictures and sessions in the background: samples, files, drops, the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSettings, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QMenu, QWidget

from kaa_gui.core.sessions.session import SUFFIX, Session
from kaa_gui.core.types import SUFFIXES as VIDEOS
from kaa_gui.core.types import Picture
from kaa_gui.ui.files.formats import RecentFiles, source_of, to_array
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.running.tasks import Tasks

PICTURE, SAMPLES = "picture", "samples"
"""Kinds of task."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSession:
    """A session and where it came from.

    Attributes:
        session: As read and checked.
        path: Of its file.
        remark: What to tell about it; may be empty.
    """

    session: Session
    path: Path
    remark: str


class Opening(QObject):
    """Turns whatever stands for a picture into a :class:`Picture`, and a session file into a session.

    Signals:
        opened: The :class:`Picture`.
        session_opened: The :class:`OpenedSession`.
        folder_wanted: The path of a folder.
        video_wanted: The path of a video file.
        told: A :class:`Notice`.
    """

    opened = Signal(object)
    session_opened = Signal(object)
    folder_wanted = Signal(object)
    video_wanted = Signal(object)
    told = Signal(object)

    def __init__(self, tasks: Tasks, settings: QSettings, *, services: Services, window: QWidget) -> None:
        super().__init__(window)
        self._tasks = tasks
        self._services = services
        self._recent = RecentFiles(settings)
        self._samples: Mapping[str, Path] = {}
        self._wants_first_sample = False
        self.samples_menu = QMenu("Sa&mples", window)
        self.recent_menu = QMenu("&Recent files", window)
        self.samples_menu.setEnabled(False)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        tasks.ended.connect(self._on_ended)

    @property
    def samples(self) -> Mapping[str, Path]:
        """Title -> file; empty until they have been listed."""
        return self._samples

    def begin(self, first: str | None) -> None:
        """List the samples, and open a picture: the given one, else the first sample."""
        self._wants_first_sample = first is None
        if first is not None:
            self.open_path(first)
        self._tasks.submit(SAMPLES, "Listing samples", lambda _task: dict(self._services.samples()))

    def open_path(self, path: str | Path) -> None:
        """Read a picture or a session file in the background; pass folders and videos on."""
        path = Path(path)
        if path.suffix.lower() in VIDEOS or path.is_dir():
            (self.folder_wanted if path.is_dir() else self.video_wanted).emit(path)
            return
        read = self._read_session if path.suffix.lower() == SUFFIX else self._read_picture
        self._tasks.submit(PICTURE, f"Opening {path.name}", lambda _task: read(path))

    def remember(self, path: Path) -> None:
        """Put a file on the list of recent ones."""
        self._recent.add(path)

    def _read_picture(self, path: Path) -> Picture:
        return self._services.load_picture(str(path))

    def _read_session(self, path: Path) -> OpenedSession:
        session, remark = self._services.open_session(path)
        return OpenedSession(session, path, remark)

    def open_from(self, title: str, read: Callable[[], Picture]) -> None:
        """Take the picture that a function returns; it is called in the background."""
        self._tasks.submit(PICTURE, title, lambda _task: read())

    def open_image(self, image: QImage, name: str) -> None:
        """Take pixels, e.g. from the clipboard."""
        pixels = to_array(image)
        wrap = self._services.picture_from_array
        self._tasks.submit(PICTURE, f"Opening {name}", lambda _task: wrap(pixels, name))

    def open_data(self, data: QMimeData, *, how: str) -> bool:
        """Open what was dropped or pasted; return whether it stood for a picture.

        Args:
            data: From the drop or the clipboard.
            how: ``"pasted"`` or ``"dropped"``: becomes part of the name of a picture without a file.
        """
        source = source_of(data)
        if isinstance(source, Path):
            self.open_path(source)
        elif isinstance(source, QImage):
            self.open_image(source, f"{how} picture")
        else:
            line = source or f"Nothing that could be {how}: neither a picture nor the path of one"
            self.told.emit(Notice(line, "warning"))
        return isinstance(source, Path | QImage)

    def actions(self) -> list[QAction]:
        """Return an action for each sample and recent file, for the command palette."""
        self._fill_recent()
        return [action for menu in (self.samples_menu, self.recent_menu) for action in menu.actions()]

    def _on_ended(self, ending: object) -> None:
        kind, result = ending.task.kind, ending.result  # type: ignore[attr-defined]
        if kind == SAMPLES and result is not None:
            self._offer_samples(result)
        elif kind == PICTURE and isinstance(result, Picture):
            if result.path is not None and Path(result.path) not in self._samples.values():
                self._recent.add(Path(result.path))
            self.opened.emit(result)
        elif kind == PICTURE and isinstance(result, OpenedSession):
            self.session_opened.emit(result)

    def _offer_samples(self, samples: Mapping[str, Path]) -> None:
        self._samples = samples
        self.samples_menu.clear()
        for title, path in samples.items():
            self._add(self.samples_menu, title, partial(self.open_path, path), tip=path.name)
        self.samples_menu.setEnabled(bool(samples))
        if self._wants_first_sample and samples:
            self.open_path(next(iter(samples.values())))
        self._wants_first_sample = False

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        paths = self._recent.paths()
        for path in paths:
            self._add(self.recent_menu, path.name, partial(self.open_path, path), tip=str(path))
        if paths:
            self.recent_menu.addSeparator()
            self._add(self.recent_menu, "Clear list", self._recent.clear, tip="Forget the recent files")
        else:
            self.recent_menu.addAction("No recent files").setEnabled(False)

    def _add(self, menu: QMenu, title: str, slot: Callable[[], None], *, tip: str) -> None:
        action = menu.addAction(title.replace("&", "&&"))
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: slot())
