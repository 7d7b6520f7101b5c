"""Open pictures and sessions in the background: samples, files, drops, the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QMenu

from kaa_gui.core.sessions.session import SUFFIX, Session
from kaa_gui.core.types import SUFFIXES as VIDEOS
from kaa_gui.core.types import Picture
from kaa_gui.core.untrusted.paths import is_folder
from kaa_gui.ui.files.formats import FILE_FILTER, SESSION_FILTER, RecentFiles, source_of, to_array
from kaa_gui.ui.files.save_dialogs import ask_to_open
from kaa_gui.ui.widgets.plain import plain_tip
from kaa_gui.ui.workspace import Workspace

_Read = TypeVar("_Read")


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
    """

    opened = Signal(object)
    session_opened = Signal(object)
    folder_wanted = Signal(object)
    video_wanted = Signal(object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace = workspace
        self._services = workspace.services
        self._recent = RecentFiles(workspace.settings)
        self._samples: Mapping[str, Path] = {}
        self._wants_first_sample = False
        self.samples_menu = QMenu("Sa&mples", workspace.parent)
        self.recent_menu = QMenu("&Recent files", workspace.parent)
        self.samples_menu.setEnabled(False)
        self.recent_menu.aboutToShow.connect(self._fill_recent)

    @property
    def samples(self) -> Mapping[str, Path]:
        """Title -> file; empty until they have been listed."""
        return self._samples

    def begin(self, first: str | None) -> None:
        """List the samples, and open a picture: the given one, else the first sample."""
        self._wants_first_sample = first is None
        if first is not None:
            self.open_path(first)
        self._workspace.tasks.submit(
            "Listing samples", lambda _task: dict(self._services.samples()), done=self._offer_samples
        )

    # --- slots of the actions ---

    def choose_picture(self) -> None:
        """Ask for a picture file."""
        ask_to_open(self._workspace.parent, "Open picture", FILE_FILTER, self.open_path)

    def choose_session(self) -> None:
        """Ask for a session file."""
        ask_to_open(self._workspace.parent, "Open session", SESSION_FILTER, self.open_path)

    def paste(self) -> None:
        """Attack what the clipboard holds."""
        self.open_data(QGuiApplication.clipboard().mimeData(), how="pasted")

    # --- whatever stands for a picture ---

    def open_path(self, path: str | Path) -> None:
        """Read a picture or a session file in the background; pass folders and videos on."""
        path = Path(path)
        if path.suffix.lower() in VIDEOS or is_folder(path):
            (self.folder_wanted if is_folder(path) else self.video_wanted).emit(path)
            return
        if path.suffix.lower() == SUFFIX:
            self._submit(f"Opening {path.name}", partial(self._read_session, path), self.session_opened.emit)
        else:
            self.open_from(f"Opening {path.name}", partial(self._services.load_picture, str(path)))

    def remember(self, path: Path) -> None:
        """Put a file on the list of recent ones."""
        self._recent.add(path)

    def open_from(self, title: str, read: Callable[[], Picture]) -> None:
        """Take the picture that a function returns; it is called in the background."""
        self._submit(title, read, self._take_picture)

    def open_image(self, image: QImage, name: str) -> None:
        """Take pixels, e.g. from the clipboard."""
        pixels = to_array(image)
        self.open_from(f"Opening {name}", partial(self._services.picture_from_array, pixels, name))

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
            self._workspace.warn(
                source or f"Nothing that could be {how}: neither a picture nor the path of one"
            )
        return isinstance(source, Path | QImage)

    def actions(self) -> list[QAction]:
        """Return an action for each sample and recent file, for the command palette."""
        self._fill_recent()
        return [action for menu in (self.samples_menu, self.recent_menu) for action in menu.actions()]

    # --- inside ---

    def _submit(self, title: str, read: Callable[[], _Read], done: Callable[[_Read], object]) -> None:
        """Read in the background; only what was asked for last is taken."""
        self._workspace.tasks.submit(title, lambda _task: read(), done=done, key=self)

    def _read_session(self, path: Path) -> OpenedSession:
        session, remark = self._services.open_session(path)
        return OpenedSession(session, path, remark)

    def _take_picture(self, picture: Picture) -> None:
        if picture.path is not None and Path(picture.path) not in self._samples.values():
            self._recent.add(Path(picture.path))
        if picture.colours is not None and picture.colours.fault:
            self._workspace.warn(f"{picture.name}: {picture.colours.fault}")
        self.opened.emit(picture)

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
        action.setToolTip(plain_tip(tip))
        action.triggered.connect(lambda _checked=False: slot())
