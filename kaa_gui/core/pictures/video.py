"""Frames of video files and cameras, by OpenCV."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.image import check_file, picture_from_array
from kaa_gui.core.types import Picture, VideoInfo

MAX_FRAME_PIXELS = 40_000_000
"""Somewhat more than 8K."""

MAX_FRAMES = 10_000_000
_MOST_OLD_FRAMES, _WAITED_S = 8, 0.005
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# playlists: their entries may lead to other files and into the network
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"<smil", b"[playlist]")


def open_video(path: str | Path) -> VideoInfo:
    """Return what a video file holds.

    Raises:
        PictureError: It is missing, no video, or its frames are too large.
    """
    with _opened(Path(path)) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        return VideoInfo(str(path), _frames(capture), rate if 0 < rate < 10_000 else 0.0)


def video_frame(path: str | Path, number: int) -> Picture:
    """Return a frame of a video file; the nearest one before it where the video has gaps.

    Raises:
        PictureError: It is missing, no video, or has no such frame.
    """
    path = Path(path)
    with _opened(path) as capture:
        frames = _frames(capture)
        if not 0 <= number < frames:
            raise PictureError(f"{path.name}: frame must be from 0 to {frames - 1}, got {number}")
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        done, pixels = capture.read()
        if not done or pixels is None:
            raise PictureError(f"{path.name}: frame {number} cannot be read; choose another")
    return _picture(pixels, f"{path.stem} frame {number}")


class Camera:
    """A camera of this computer; opened at the first frame, and to be closed."""

    def __init__(self, connect: Callable[[int], cv2.VideoCapture] = cv2.VideoCapture) -> None:
        """Prepare; nothing is opened yet.

        Args:
            connect: Opens the device of a number; another one lets a recording stand in for it.
        """
        self._connect = connect
        self._capture: cv2.VideoCapture | None = None
        self._number = -1

    def frame(self, number: int) -> Picture:
        """Return the newest frame of a camera, 0 is the first.

        Raises:
            PictureError: There is no such camera, it is in use, or it has been unplugged.
        """
        if self._capture is None or self._number != number:
            self.close()
            with _quiet():
                capture = self._connect(number)
            if not capture.isOpened():
                capture.release()
                raise PictureError(
                    f"camera {number}: not there, or in use by another program; plug it in, or allow "
                    "access to it"
                )
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            self._capture, self._number = capture, number
        done, pixels = self._newest(self._capture)
        if not done or pixels is None:
            self.close()
            raise PictureError(f"camera {number}: gives no picture; plug it in again")
        return _picture(pixels, "camera")

    def _newest(self, capture: cv2.VideoCapture) -> tuple[bool, np.ndarray | None]:
        """Return the newest frame: old ones come at once, a new one has to be waited for."""
        with _quiet():
            for _ in range(_MOST_OLD_FRAMES + 1):
                asked = time.monotonic()
                if not capture.grab():
                    # what some drivers give now is the frame before, again and again
                    return False, None
                if time.monotonic() - asked > _WAITED_S:
                    break
            return capture.retrieve()

    def close(self) -> None:
        """Let the camera go."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV from writing about what is not there to the terminal: we say so in one line."""
    log = cv2.utils.logging
    former = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(former)


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    check_file(path)
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    if head.startswith(_PLAYLISTS):
        raise PictureError(f"{path.name}: is a playlist; open one of its videos")
    former = os.environ.get(_OPTIONS)
    # whatever the file is, nothing but files of this computer is read for it
    os.environ[_OPTIONS] = "protocol_whitelist;file"
    try:
        with _quiet():
            capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    finally:
        if former is None:
            del os.environ[_OPTIONS]
        else:
            os.environ[_OPTIONS] = former
    try:
        width, height = (
            int(capture.get(item)) for item in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        if not capture.isOpened() or width <= 0 or height <= 0 or not 0 < _frames(capture) <= MAX_FRAMES:
            raise PictureError(f"{path.name}: not a video, or damaged; use MP4, MOV, AVI, MKV or WebM")
        if width * height > MAX_FRAME_PIXELS:
            raise PictureError(f"{path.name}: {width} x {height} pixels a frame is too large; scale it down")
        yield capture
    finally:
        capture.release()


def _frames(capture: cv2.VideoCapture) -> int:
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if np.isfinite(count) and 0 < count < 2**53 else 0


def _picture(pixels: np.ndarray, name: str) -> Picture:
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return picture_from_array(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8), name)
