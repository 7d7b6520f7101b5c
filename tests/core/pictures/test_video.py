from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures import video
from kaa_gui.core.pictures.video import Camera, open_video, video_frame
from kaa_gui.core.types import Picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Ten frames, each of one grey, brighter and brighter."""
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for number in range(10):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return path


def test_video_tells_its_frames(clip):
    info = open_video(clip)
    assert (info.frames, info.frames_per_second) == (10, 10.0)


@pytest.mark.parametrize("number", [0, 4, 9])
def test_video_frame_is_the_one_asked_for(clip, number):
    picture = video_frame(clip, number)
    assert picture.pixels.shape == (48, 64, 3)
    assert abs(float(picture.pixels.mean()) - 20 * number) < 6
    assert picture.name == f"clip frame {number}"


@pytest.mark.parametrize("number", [-1, 10])
def test_video_frame_that_is_not_there_is_refused(clip, number):
    with pytest.raises(PictureError, match="frame must be from 0 to 9"):
        video_frame(clip, number)


@pytest.mark.parametrize(
    "content",
    [b"", b"no video at all", b"#EXTM3U\nhttp://example.invalid/a.ts", b"ffconcat version 1.0\nfile x"],
)
def test_video_that_is_none_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(PictureError, match=r"not a video|is a playlist"):
        open_video(tmp_path / "a.mp4")
    assert video._OPTIONS not in os.environ


def test_video_that_is_missing_is_refused(tmp_path):
    with pytest.raises(PictureError, match="no such file"):
        open_video(tmp_path / "a.mp4")


def test_video_with_giant_frames_is_refused(clip, monkeypatch):
    monkeypatch.setattr(video, "MAX_FRAME_PIXELS", 100)
    with pytest.raises(PictureError, match="too large"):
        open_video(clip)


class Device:
    """A recording in the place of a camera: frames come by the clock, and the driver keeps a few old ones.

    The clock is ours: it goes on only while somebody waits for a frame, and where a test says so.
    """

    RATE, KEPT = 25.0, 4

    def __init__(self, path: Path) -> None:
        self._capture = cv2.VideoCapture(str(path))
        self.now, self.plugged = 0.0, True
        self._kept: list[np.ndarray] = []
        self._taken = 0

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time go by; what the driver has no room for is lost."""
        self.now += seconds
        while (self._taken + 1) / self.RATE <= self.now + 1e-9:
            self._taken += 1
            done, pixels = self._capture.read()
            if done and len(self._kept) < self.KEPT:
                self._kept.append(pixels)

    # --- what OpenCV's capture has ---

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._capture.isOpened()

    def set(self, setting: int, value: float) -> bool:
        return self._capture.set(setting, value)

    def grab(self) -> bool:
        if not self.plugged:
            return False
        if not self._kept:
            self.wait((self._taken + 1) / self.RATE - self.now)
        self._grabbed = self._kept.pop(0) if self._kept else None
        return self._grabbed is not None

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return self._grabbed is not None, self._grabbed

    def release(self) -> None:
        self._capture.release()


@pytest.fixture
def long_clip(tmp_path) -> Path:
    """Fifty frames whose grey tells their number."""
    path = tmp_path / "long.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for number in range(50):
        writer.write(np.full((48, 64, 3), 5 * number, np.uint8))
    writer.release()
    return path


def _number(picture: Picture) -> int:
    return round(float(picture.pixels.mean()) / 5)


def test_camera_gives_the_newest_frame_however_long_it_was_not_asked(long_clip, monkeypatch):
    device = Device(long_clip)
    monkeypatch.setattr(video.time, "monotonic", device.monotonic)
    camera = Camera(lambda _number: device)  # type: ignore[arg-type]
    for rest in (0.0, 0.01, 0.2, 1.0):
        device.wait(rest)
        asked = device.now
        number = _number(camera.frame(0))
        # frame n is there at (n + 1) / rate; none that was there before we asked is given
        assert (number + 1) / Device.RATE > asked
        assert device.now - asked <= 1 / Device.RATE + 1e-9
    camera.close()


def test_camera_unplugged_gives_no_old_frame(long_clip, monkeypatch):
    device = Device(long_clip)
    monkeypatch.setattr(video.time, "monotonic", device.monotonic)
    camera = Camera(lambda _number: device)  # type: ignore[arg-type]
    camera.frame(0)
    device.wait(0.5)
    device.plugged = False
    with pytest.raises(PictureError, match="plug it in again"):
        camera.frame(0)
    assert not device.isOpened()
    # plugged in again, it is opened anew
    device = Device(long_clip)
    assert camera.frame(0).pixels.shape == (48, 64, 3)
    camera.close()


def test_recording_stands_in_for_a_camera_until_it_ends(long_clip, capfd):
    camera = Camera(lambda _number: cv2.VideoCapture(str(long_clip)))
    seen = [_number(camera.frame(0)) for _ in range(3)]
    assert seen == sorted(set(seen))
    with pytest.raises(PictureError, match="camera 0: gives no picture"):
        list(iter(lambda: camera.frame(0), None))
    assert capfd.readouterr().err == ""


def test_camera_gives_frames_in_rgb(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "blue.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), (255, 0, 0), np.uint8))
    writer.release()
    red, green, blue = Camera(lambda _: cv2.VideoCapture(str(tmp_path / "blue.avi"))).frame(0).pixels[24, 32]
    assert red < 10
    assert green < 10
    assert blue > 240


def test_camera_that_is_not_there_says_so_in_one_line_and_nothing_on_the_terminal(capfd):
    # no computer has so many
    with pytest.raises(PictureError, match="camera 9876: not there"):
        Camera().frame(9876)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
