"""Read folders, videos and the camera in the background, and attack what the user picks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.types import SUFFIXES, Picture, Snapshot
from kaa_gui.ui.files.save_dialogs import ask_for_file
from kaa_gui.ui.files.source_panel import THUMBNAIL, SourcePanel
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import TaskEnding, Tasks

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

PANEL = "sources"
FOLDER, VIDEO, SMALL, FRAME, LET_GO = "folder", "video", "thumbnail", "frame", "let go"
"""Kinds of task."""

VIDEO_FILTER = f"Videos ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
_AGAIN_MS = 700


class Browsing(QObject):
    """Joins the panel with the services; a thread of its own keeps pictures from waiting for thumbnails."""

    def __init__(self, window: MainWindow, panel: SourcePanel) -> None:
        super().__init__(window)
        self._window, self.panel = window, panel
        self._services = window.services
        self.tasks = Tasks(self)
        self._video: Path | None = None
        self._live = self._asked = False
        self._complaint = ""
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self._ask_for_frame)
        self.tasks.ended.connect(self._on_ended)
        window.status.follow(self.tasks)
        panel.strip.wanted.connect(window.opening.open_path)
        panel.strip.verticalScrollBar().valueChanged.connect(self._next_thumbnail)
        panel.strip.viewport().installEventFilter(self)
        panel.frames.wanted.connect(self._open_frame)
        panel.camera.stop_wanted.connect(self.stop_camera)
        window.opening.folder_wanted.connect(self.open_folder)
        window.opening.video_wanted.connect(self.open_video)
        window.opening.opened.connect(lambda _picture: self.stop_camera())
        window.opening.session_opened.connect(lambda _opened: self.stop_camera())
        window.state.snapshot_changed.connect(self._on_snapshot)
        window.conductor.failed.connect(self._on_run_failed)
        window.runner.phase_changed.connect(self._on_phase)

    @property
    def live(self) -> bool:
        """Whether the camera is on."""
        return self._live

    # --- what the actions ask for ---

    def choose_folder(self) -> None:
        """Ask for a folder."""
        dialog = ask_for_file(self._window, "Open folder", "All files (*)", QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.open_folder)
        dialog.open()

    def choose_video(self) -> None:
        """Ask for a video file."""
        dialog = ask_for_file(self._window, "Open video", VIDEO_FILTER, QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.open_video)
        dialog.open()

    def start_camera(self) -> None:
        """Attack what the camera sees."""
        if not self._live:
            self._live = True
            self.panel.show_camera()
            self._window.docks.reveal(PANEL)
            self._ask_for_frame()

    def stop_camera(self) -> None:
        """Let the camera go; the run on its last frame goes on."""
        if self._live:
            self._live = False
            self._again.stop()
            self.panel.clear()
            self.tasks.submit(LET_GO, "", lambda _task: self._services.close_camera())

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
            FOLDER, f"Listing {folder.name}", lambda _task: self._services.list_pictures(folder)
        )

    def open_video(self, path: str | Path) -> None:
        """Open a video and attack its first frame."""
        path = Path(path)
        self.tasks.submit(VIDEO, f"Opening {path.name}", lambda _task: self._services.open_video(path))

    def close(self, timeout_s: float) -> bool:
        """Stop everything; return whether the thread ended in time."""
        self._live = False
        self._again.stop()
        self.panel.stop()
        joined = self.tasks.close(timeout_s)
        if joined:
            self._services.close_camera()
        return joined

    # --- news ---

    def _on_ended(self, ending: TaskEnding) -> None:
        kind, result = ending.task.kind, ending.result
        if ending.task.title:
            self._window.status.show_task("")
        if kind == SMALL:
            path, pixels = result
            self.panel.strip.set_thumbnail(path, pixels)
            self._next_thumbnail()
        elif ending.failure is not None:
            self._on_failure(kind, ending.failure)
        elif kind == FOLDER:
            self.stop_camera()
            self.panel.show_folder(result)
            self._window.docks.reveal(PANEL)
            self._next_thumbnail()
        elif kind == VIDEO:
            self.stop_camera()
            self._video = Path(result.path)
            self.panel.show_video(result)
            self._window.docks.reveal(PANEL)
        elif kind == FRAME:
            self._take_frame(result)

    def _on_failure(self, kind: str, failure: Failure) -> None:
        self._window.tell_failure(failure)
        if kind == FRAME:
            self._asked = False
            self.stop_camera()

    def _open_frame(self, number: int) -> None:
        video = self._video
        if video is not None:
            self._window.opening.open_from(
                f"Opening frame {number}", lambda: self._services.video_frame(video, number)
            )

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

        def make(_task: object) -> tuple[Path, object]:
            try:
                return path, self._services.thumbnail(path, THUMBNAIL)
            except Exception:
                # whatever is wrong with it is told when it is opened
                return path, None

        self.tasks.submit(SMALL, "", make)

    # --- the camera ---

    def _ask_for_frame(self) -> None:
        if self._live and not self._asked:
            self._asked = True
            self.tasks.submit(FRAME, "", lambda _task: self._services.camera_frame(0))

    def _take_frame(self, picture: Picture) -> None:
        self._asked = False
        if self._live:
            self._window.conductor.open(picture)

    def _on_run_failed(self, failure: Failure) -> None:
        self._complaint = failure.line if self._live else ""

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        if self._live and self._complaint:
            # somebody has come into sight
            self._window.notifications.withdraw(self._complaint)
            self._complaint = ""
        if self._live and (snapshot.final or snapshot.iteration >= self.panel.camera.every.value()):
            self._ask_for_frame()

    def _on_phase(self, phase: Phase) -> None:
        if not self._live:
            return
        if phase is Phase.STOPPED:
            self.stop_camera()
            self._window.tell(Notice("The camera has been let go"))
        elif phase is Phase.FAILED:
            # nobody in sight, perhaps: look again in a moment
            self._again.start()
