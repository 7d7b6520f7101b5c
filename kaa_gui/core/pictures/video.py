"""Read frames of video files and cameras, by OpenCV.

What a container says of its length is a claim: recordings of a browser have none, cut ones count hidden
frames, and damaged ones end early. Here a video has as many frames as can be decoded.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.decoding import check_file
from kaa_gui.core.pictures.image import picture_from_array
from kaa_gui.core.types import Picture, VideoInfo

MAX_FRAME_PIXELS = 40_000_000
"""Somewhat more than 8K."""

MAX_FRAMES = 10_000_000
_MOST_OLD_FRAMES, _WAITED_S = 8, 0.005
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# where transport streams, with and without a time before each packet, have their marks
_PACKETS = ((0, 188), (4, 192))
# playlists: their entries may lead to other files and into the network
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"<smil", b"[playlist]")
# the library beneath writes to the terminal by itself, and asks for this before its first file
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
_PROBED, _COARSE = 1.2, 4
"""Frames that are sought to see whether they are those that come in sequence: each this many times later than
the one before, and every so many of their pixels."""


def open_video(path: str | Path) -> VideoInfo:
    """Return what a video file holds.

    Raises:
        PictureError: It is missing, no video, or its frames are too large.
    """
    path = Path(path)
    with _opened(path) as capture:
        rate = float(capture.get(cv2.CAP_PROP_FPS))
    return VideoInfo(str(path), _index(path).frames, rate if 0 < rate < 10_000 else 0.0)


def video_frame(path: str | Path, number: int) -> Picture:
    """Return a frame of a video file; the nearest one before it where the video has gaps.

    Raises:
        PictureError: It is missing, no video, or has no such frame.
    """
    path = Path(path)
    index = _index(path)
    if not 0 <= number < index.frames:
        raise PictureError(f"{path.name}: frame must be from 0 to {index.frames - 1}, got {number}")
    if index.seeks:
        with _opened(path) as capture:
            pixels = _sought(capture, number)
    else:
        pixels = _SEQUENCE.frame(path, number)
    if pixels is None:
        raise PictureError(f"{path.name}: frame {number} cannot be read; choose another")
    return _picture(pixels, f"{path.stem} frame {number}")


@dataclass(frozen=True, slots=True)
class _Index:
    """What has been found out about a video file.

    Attributes:
        frames: Number of frames that can be decoded.
        seeks: Whether a frame can be sought; otherwise all before it have to be decoded.
    """

    frames: int
    seeks: bool


def _index(path: Path) -> _Index:
    check_file(path)
    return _index_of(path, *_version(path))


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=32)
def _index_of(path: Path, _changed: int, _size: int) -> _Index:
    with _opened(path) as capture:
        claimed = _claimed_frames(capture)
        ends = claimed > 0 and _ends_after(capture, claimed)
    if ends and not _is_stream(path):
        return _Index(claimed, seeks=True)
    frames, probes = _counted(path)
    if frames == 0:
        raise _no_video(path)
    return _Index(frames, seeks=frames <= claimed and _seeks_exactly(path, frames, probes))


def _claimed_frames(capture: cv2.VideoCapture) -> int:
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if np.isfinite(count) and 0 < count <= MAX_FRAMES else 0


def _is_stream(path: Path) -> bool:
    """Whether a file has no index of its frames: transport and programme streams, and bare ones."""
    with path.open("rb") as file:
        head = file.read(197)
    transport = any(head[at : at + 1] == head[at + size : at + size + 1] == b"G" for at, size in _PACKETS)
    return transport or head.startswith((b"\0\0\1", b"\0\0\0\1"))


def _sought(capture: cv2.VideoCapture, number: int) -> np.ndarray | None:
    with _quiet():
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        done, pixels = capture.read()
    return pixels if done else None


def _ends_after(capture: cv2.VideoCapture, frames: int) -> bool:
    """Whether the last of so many frames can be sought, and is the last."""
    last = _sought(capture, frames - 1)
    with _quiet():
        return last is not None and not capture.grab()


def _counted(path: Path) -> tuple[int, dict[int, np.ndarray]]:
    """Decode a whole video: return its number of frames, and some of them, coarsely, by number."""
    probes: dict[int, np.ndarray] = {}
    with _opened(path) as capture, _quiet():
        for number in range(MAX_FRAMES + 1):
            if not capture.grab():
                return number, probes
            if number >= _PROBED * max(probes, default=0):
                done, pixels = capture.retrieve()
                probes |= {number: pixels[::_COARSE, ::_COARSE].copy()} if done else {}
    raise PictureError(f"{path.name}: holds more than {MAX_FRAMES} frames; cut it")


def _seeks_exactly(path: Path, frames: int, probes: dict[int, np.ndarray]) -> bool:
    """Whether frames that are sought are those that come in sequence."""
    with _opened(path) as capture:
        for number, expected in probes.items():
            pixels = _sought(capture, number)
            if pixels is None or not np.array_equal(pixels[::_COARSE, ::_COARSE], expected):
                return False
        return _ends_after(capture, frames)


class _Sequence:
    """The file last read in sequence, kept open at its place: the next frame is mostly a later one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._capture: cv2.VideoCapture | None = None
        self._file: tuple[object, ...] = ()
        self._at = -1

    def frame(self, path: Path, number: int) -> np.ndarray | None:
        """Return the pixels of a frame, or None where it cannot be reached."""
        file = (path, *_version(path))
        with self._lock:
            if self._capture is None or file != self._file or number < self._at:
                self._close()
                self._capture = self._stack.enter_context(_opened(path))
                self._file, self._at = file, -1
            with _quiet():
                while self._at < number and self._capture.grab():
                    self._at += 1
                done, pixels = self._capture.retrieve() if self._at == number else (False, None)
            if not done:
                self._close()
            return pixels if done else None

    def _close(self) -> None:
        self._stack.close()
        self._capture = None


_SEQUENCE = _Sequence()


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
        if not capture.isOpened() or width <= 0 or height <= 0:
            raise _no_video(path)
        if width * height > MAX_FRAME_PIXELS:
            raise PictureError(f"{path.name}: {width} x {height} pixels a frame is too large; scale it down")
        yield capture
    finally:
        capture.release()


def _no_video(path: Path) -> PictureError:
    return PictureError(f"{path.name}: not a video, or damaged; use MP4, MOV, AVI, MKV or WebM")


def _picture(pixels: np.ndarray, name: str) -> Picture:
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return picture_from_array(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8), name)
