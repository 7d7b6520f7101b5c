from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from kaa_gui.core import video
from kaa_gui.core.errors import PictureError
from kaa_gui.core.video import Camera, open_video, video_frame


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


class _Capture:
    def __init__(self, *frames: np.ndarray | None) -> None:
        self.frames, self.released = list(frames), False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return bool(self.frames)

    def set(self, *_: object) -> None:
        pass

    def grab(self) -> bool:
        if len(self.frames) > 1:
            self.frames.pop(0)
            return True
        return False

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        frame = self.frames.pop(0)
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


def test_camera_gives_frames_in_rgb_until_it_is_unplugged(monkeypatch):
    blue = np.zeros((4, 6, 3), np.uint8)
    blue[..., 0] = 255
    capture = _Capture(np.zeros_like(blue), np.zeros_like(blue), blue)
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: capture)
    camera = Camera()
    # the newest one
    assert camera.frame(0).pixels[0, 0].tolist() == [0, 0, 255]
    capture.frames.append(None)
    with pytest.raises(PictureError, match="plug it in again"):
        camera.frame(0)
    assert capture.released


def test_camera_that_is_not_there_says_so(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: _Capture())
    with pytest.raises(PictureError, match="camera 3: not there"):
        Camera().frame(3)
