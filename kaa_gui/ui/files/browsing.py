"""Read folders, videos and the camera in the background, and attack what the user picks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.types import SUFFIXES, Picture, Snapshot, UInt8Image, VideoInfo
from kaa_gui.ui.files.opening import Opening
from kaa_gui.ui.files.save_dialogs import ask_to_open
from kaa_gui.ui.files.source_panel import THUMBNAIL, SourcePanel
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.workspace import Workspace

VIDEO_FILTER = f"Videos ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
_AGAIN_MS = 700


class Browsing(QObject):
    """Joins the panel with the services; a thread of its own keeps pictures from waiting for thumbnails.

    Signals:
        shown: The panel shows another source, and should be seen.
    """

    shown = Signal()

    def __init__(self, workspace: Workspace, opening: Opening) -> None:
        super().__init__(workspace.parent)
        self._workspace, self._opening = workspace, opening
        self._services = workspace.services
        self.panel = panel = SourcePanel()
        self.tasks = Tasks(self)
        self._video: Path | None = None
        self._live = self._asked = False
        self._complaint = ""
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self._ask_for_frame)
        self.tasks.failed.connect(workspace.tell_failure)
        panel.strip.wanted.connect(opening.open_path)
        panel.strip.verticalScrollBar().valueChanged.connect(self._next_thumbnail)
        panel.strip.viewport().installEventFilter(self)
        panel.frames.wanted.connect(self._open_frame)
        panel.camera.stop_wanted.connect(self.stop_camera)
        opening.folder_wanted.connect(self.open_folder)
        opening.video_wanted.connect(self.open_video)
        opening.opened.connect(lambda _picture: self.stop_camera())
        opening.session_opened.connect(lambda _opened: self.stop_camera())
        workspace.state.snapshot_changed.connect(self._on_snapshot)
        workspace.conductor.failed.connect(self._on_run_failed)
        workspace.runner.phase_changed.connect(self._on_phase)

    @property
    def live(self) -> bool:
        """Whether the camera is on."""
        return self._live

    # --- what the actions ask for ---

    def choose_folder(self) -> None:
        """Ask for a folder."""
        ask_to_open(
            self._workspace.parent,
            "Open folder",
            "All files (*)",
            self.open_folder,
            mode=QFileDialog.FileMode.Directory,
        )

    def choose_video(self) -> None:
        """Ask for a video file."""
        ask_to_open(self._workspace.parent, "Open video", VIDEO_FILTER, self.open_video)

    def start_camera(self) -> None:
        """Attack what the camera sees."""
        if not self._live:
            self._live = True
            self.panel.show_camera()
            self.shown.emit()
            self._ask_for_frame()

    def stop_camera(self) -> None:
        """Let the camera go; the run on its last frame goes on."""
        if self._live:
            self._live = False
            self._again.stop()
            self.panel.clear()
            self.tasks.submit("", lambda _task: self._services.close_camera())

    def next(self) -> None:
        """Attack the next picture of the folder, or frame of the video."""
        self.panel.step(1)

    def previous(self) -> None:
        """Attack the former one."""
        self.panel.step(-1)

    def open_folder(self, folder: str | Path) -> None:
        """List a folder's pictures and attack the first one."""
        folder = Path(folder)
        self.tasks.submit(
            f"Listing {folder.name}",
            lambda _task: self._services.list_pictures(folder),
            done=self._show_folder,
            key=self.open_folder,
        )

    def _show_folder(self, paths: tuple[Path, ...]) -> None:
        self.stop_camera()
        self.panel.show_folder(paths)
        self.shown.emit()
        self._next_thumbnail()

    def open_video(self, path: str | Path) -> None:
        """Open a video and attack its first frame."""
        path = Path(path)
        self.tasks.submit(
            f"Opening {path.name}",
            lambda _task: self._services.open_video(path),
            done=self._show_video,
            key=self.open_video,
        )

    def _show_video(self, video: VideoInfo) -> None:
        self.stop_camera()
        self._video = Path(video.path)
        self.panel.show_video(video)
        self.shown.emit()

    def _open_frame(self, number: int) -> None:
        if self._video is not None:
            read = partial(self._services.video_frame, self._video, number)
            self._opening.open_from(f"Opening frame {number}", read)

    def close(self, timeout_s: float) -> bool:
        """Stop everything; return whether the thread ended in time."""
        self._live = False
        self._again.stop()
        self.panel.stop()
        joined = self.tasks.close(timeout_s)
        if joined:
            self._services.close_camera()
        return joined

    # --- thumbnails: one at a time, those in sight first ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go on with thumbnails that have come into sight."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            QTimer.singleShot(0, self, self._next_thumbnail)
        return super().eventFilter(watched, event)

    def _next_thumbnail(self) -> None:
        path = self.panel.strip.blank() if self.panel.strip.isVisible() else None
        if path is None:
            return

        def make(_task: object) -> UInt8Image | None:
            try:
                return self._services.thumbnail(path, THUMBNAIL)
            except Exception:
                # whatever is wrong with it is told when it is opened
                return None

        self.tasks.submit("", make, done=partial(self._take_thumbnail, path), key=self._next_thumbnail)

    def _take_thumbnail(self, path: Path, pixels: UInt8Image | None) -> None:
        self.panel.strip.set_thumbnail(path, pixels)
        self._next_thumbnail()

    # --- the camera ---

    def _ask_for_frame(self) -> None:
        if self._live and not self._asked:
            self._asked = True
            self.tasks.submit(
                "",
                lambda _task: self._services.camera_frame(0),
                done=self._take_frame,
                failed=self._on_no_frame,
            )

    def _take_frame(self, picture: Picture) -> None:
        self._asked = False
        if self._live:
            self._workspace.conductor.open(picture)

    def _on_no_frame(self, failure: Failure) -> None:
        self._workspace.tell_failure(failure)
        self._asked = False
        self.stop_camera()

    def _on_run_failed(self, failure: Failure) -> None:
        self._complaint = failure.line if self._live else ""

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        if self._live and self._complaint:
            # somebody has come into sight
            self._workspace.notifications.withdraw(self._complaint)
            self._complaint = ""
        if self._live and (snapshot.final or snapshot.iteration >= self.panel.camera.every.value()):
            self._ask_for_frame()

    def _on_phase(self, phase: Phase) -> None:
        if not self._live:
            return
        if phase is Phase.STOPPED:
            self.stop_camera()
            self._workspace.tell("The camera has been let go")
        elif phase is Phase.FAILED:
            # nobody in sight, perhaps: look again in a moment
            self._again.start()
