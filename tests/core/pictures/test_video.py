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


def numbered(path: Path, codec: str, frames: int = 40) -> Path:
    """Write a video whose frames show their number: a bright bar for each binary digit that is set."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), 25.0, (64, 48))
    if not writer.isOpened():
        pytest.skip(f"this build of OpenCV writes no {codec} into {path.suffix}")
    for number in range(frames):
        bars = [255 * (number >> digit & 1) for digit in range(8)]
        writer.write(np.tile(np.repeat(bars, 8).astype(np.uint8)[None, :, None], (48, 1, 3)))
    writer.release()
    return path


def shown(path: Path, number: int) -> int:
    bars = video_frame(path, number).pixels.reshape(48, 8, 8, 3).mean(axis=(0, 2, 3)) > 128
    return int((bars * 2 ** np.arange(8)).sum())


def without_duration(path: Path) -> None:
    """Make a Matroska file what a browser records: nobody went back to write how long it is."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    data[at : at + 8] = bytes(8)
    path.write_bytes(data)


def cut_to_the_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def with_an_edit_list(path: Path) -> None:
    """Make an MP4 begin at its twelfth frame, as one that was cut without decoding does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 16
    scale = int.from_bytes(data[data.index(b"mdhd") + 16 :][:4], "big")
    data[at : at + 4] = (scale * 12 // 25).to_bytes(4, "big")
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "codec", "change"),
    [
        ("live.mkv", "mp4v", without_duration),
        ("live.webm", "VP80", without_duration),
        ("torn.mkv", "MJPG", cut_to_the_half),
        ("torn.webm", "VP80", cut_to_the_half),
        ("torn.avi", "MJPG", cut_to_the_half),
        ("cut.mp4", "mp4v", with_an_edit_list),
        ("camera.m2ts", "MPG2", None),
        ("stream.ts", "mp4v", cut_to_the_half),
        ("disc.vob", "MPG2", None),
        ("whole.mp4", "mp4v", None),
        ("whole.avi", "MJPG", None),
    ],
)
def test_video_has_as_many_frames_as_can_be_decoded(tmp_path, capfd, name, codec, change):
    path = numbered(tmp_path / name, codec)
    capfd.readouterr()
    hides = change in (cut_to_the_half, with_an_edit_list)
    if change is not None:
        change(path)
    frames = open_video(path).frames
    assert 0 < frames < 40 if hides else frames == 40
    # back and forth, near the end and the same one again
    first = shown(path, 0)
    for number in (frames - 1, frames // 2, frames // 2, frames // 2 + 1, 1, frames - 1):
        assert shown(path, number) == first + number
    with pytest.raises(PictureError, match=f"from 0 to {frames - 1}, got {frames}"):
        video_frame(path, frames)
    # what the library beneath has to say stays off the terminal
    assert capfd.readouterr() == ("", "")


def test_video_that_is_replaced_is_looked_at_anew(tmp_path):
    path = numbered(tmp_path / "a.avi", "MJPG", 10)
    assert open_video(path).frames == 10
    numbered(path, "MJPG", 12)
    assert (open_video(path).frames, shown(path, 11)) == (12, 11)


def test_video_without_a_frame_is_refused_in_one_line(tmp_path, capfd):
    path = numbered(tmp_path / "a.mkv", "MJPG", 2)
    capfd.readouterr()
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(PictureError, match=r"\Aa.mkv: not a video, or damaged[^\n]*\Z"):
        open_video(path)
    assert capfd.readouterr() == ("", "")


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
