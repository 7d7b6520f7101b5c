"""Show a folder as a film strip, the frames of a video, or a camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.core.types import UInt8Image, VideoInfo
from kaa_gui.ui.files.formats import to_image
from kaa_gui.ui.widgets.plain import plain_label, plain_tip

THUMBNAIL = 96
"""Side of the thumbnails in pixels."""

_REST_MS = 150
_PATH = Qt.ItemDataRole.UserRole
_HINT = (
    "Open a folder or a video from the File menu, or drop one on the window; File also attacks the camera."
)


class FilmStrip(QListWidget):
    """Thumbnails of a folder; arrow keys walk through it.

    Signals:
        wanted: The path of the picture to attack, once the selection rests on it.
    """

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Pictures of the folder")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setGridSize(QSize(THUMBNAIL + 20, THUMBNAIL + 32))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._tell)
        self.currentItemChanged.connect(lambda *_: self._rest.start())

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Show a folder; the first picture is chosen."""
        blank = QPixmap(THUMBNAIL, THUMBNAIL)
        blank.fill(Qt.GlobalColor.transparent)
        empty = QIcon(blank)
        with QSignalBlocker(self):
            self.clear()
            for path in paths:
                item = QListWidgetItem(empty, path.name)
                item.setToolTip(plain_tip(str(path)))
                item.setData(_PATH, path)
                self.addItem(item)
            self.setCurrentRow(0)
        self._rest.start()

    def blank(self) -> Path | None:
        """Return the first picture in sight that has no thumbnail yet; None if all have."""
        visible = self.viewport().rect()
        for row in range(self.count()):
            item = self.item(row)
            place = self.visualItemRect(item)
            if place.top() > visible.bottom():
                return None
            if item.data(_PATH + 1) is None and place.intersects(visible):
                return item.data(_PATH)
        return None

    def set_thumbnail(self, path: Path, pixels: UInt8Image | None) -> None:
        """Show a thumbnail; None where there can be none."""
        for item in self.findItems(path.name, Qt.MatchFlag.MatchExactly):
            if item.data(_PATH) == path:
                item.setData(_PATH + 1, True)
                if pixels is not None:
                    item.setIcon(QIcon(QPixmap.fromImage(to_image(pixels))))

    def step(self, by: int) -> None:
        """Go to another picture."""
        if self.count():
            self.setCurrentRow(min(max(self.currentRow() + by, 0), self.count() - 1))

    def stop(self) -> None:
        """Stop the timer."""
        self._rest.stop()

    def _tell(self) -> None:
        item = self.currentItem()
        if item is not None:
            self.wanted.emit(item.data(_PATH))


class FramePicker(QWidget):
    """A slider over the frames of a video.

    Signals:
        wanted: The number of the frame to attack, once the slider rests on it.
    """

    wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Frame")
        self.box = QSpinBox()
        self.box.setAccessibleName("Number of the frame")
        self.box.setKeyboardTracking(False)
        self.time = QLabel()
        self.time.setObjectName("hint")
        self._rate = 0.0
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(lambda: self.wanted.emit(self.slider.value()))
        line = QHBoxLayout(self)
        line.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addWidget(QLabel("Frame"))
        line.addWidget(self.slider, 1)
        line.addWidget(self.box)
        line.addWidget(self.time)
        self.slider.valueChanged.connect(self._on_moved)
        self.box.valueChanged.connect(self.slider.setValue)

    def show_video(self, video: VideoInfo) -> None:
        """Offer the frames of a video; the first one is chosen."""
        self._rate = video.frames_per_second
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            for widget in (self.slider, self.box):
                widget.setRange(0, video.frames - 1)
                widget.setValue(0)
        self._on_moved(0)

    def step(self, by: int) -> None:
        """Go to another frame."""
        self.slider.setValue(self.slider.value() + by)

    def stop(self) -> None:
        """Stop the timer."""
        self._rest.stop()

    def _on_moved(self, frame: int) -> None:
        with QSignalBlocker(self.box):
            self.box.setValue(frame)
        self.time.setText(f"{frame / self._rate:.2f} s" if self._rate else "")
        self._rest.start()


class CameraControls(QWidget):
    """How often the live attack takes a new frame, and its end.

    Signals:
        stop_wanted: Let the camera go.
    """

    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.every = QSpinBox()
        self.every.setAccessibleName("Iterations for each frame")
        self.every.setRange(1, 1000)
        self.every.setValue(8)
        self.every.setToolTip("Iterations for each frame; then the newest frame takes its place")
        self.stop_button = QPushButton("Let the camera go")
        self.stop_button.clicked.connect(self.stop_wanted)
        line = QHBoxLayout(self)
        line.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addWidget(QLabel("New frame every"))
        line.addWidget(self.every)
        line.addWidget(QLabel("iterations"))
        line.addStretch(1)
        line.addWidget(self.stop_button)


class SourcePanel(QWidget):
    """Shows whichever source is in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sources: folder, video, camera")
        self.caption = plain_label(_HINT)
        self.caption.setWordWrap(True)
        self.caption.setMargin(6)
        self.strip, self.frames, self.camera = FilmStrip(), FramePicker(), CameraControls()
        self.pages = QStackedWidget()
        for page in (QWidget(), self.strip, self.frames, self.camera):
            self.pages.addWidget(page)
        for row in (self.frames, self.camera):
            row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.caption)
        layout.addWidget(self.pages, 1)

    def show_folder(self, paths: Sequence[Path]) -> None:
        """Show a folder."""
        self.caption.setText(f"{paths[0].parent} · {len(paths)} picture{'s' * (len(paths) > 1)}")
        self.pages.setCurrentWidget(self.strip)
        self.strip.show_paths(paths)

    def show_video(self, video: VideoInfo) -> None:
        """Show a video."""
        self.caption.setText(f"{Path(video.path).name} · {video.frames} frames")
        self.pages.setCurrentWidget(self.frames)
        self.frames.show_video(video)

    def show_camera(self) -> None:
        """Show that the camera is on."""
        self.caption.setText("Camera: the newest frame is attacked; nothing leaves this computer")
        self.pages.setCurrentWidget(self.camera)

    def clear(self) -> None:
        """Show that there is nothing."""
        self.caption.setText(_HINT)
        self.pages.setCurrentIndex(0)

    def stop(self) -> None:
        """Stop the timers."""
        self.strip.stop()
        self.frames.stop()

    def step(self, by: int) -> None:
        """Go to the next or former picture or frame."""
        page = self.pages.currentWidget()
        if isinstance(page, FilmStrip | FramePicker):
            page.step(by)
