"""Animations: one picture an iterate, all of one size, and nothing left of an interrupted one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.types import Run, UInt8Image
from kaa_gui.figures.output.animation import frames, records_by_iterate, write_animation, writer_of
from kaa_gui.figures.record import Record, live_record


@pytest.fixture(scope="module")
def records(finished: Run) -> tuple[Record, ...]:
    return records_by_iterate(live_record(finished), finished)


def pictures(count: int = 3) -> Iterator[UInt8Image]:
    for number in range(count):
        yield np.full((20, 30, 3), 40 * number, np.uint8)


def test_frames_are_of_one_even_size_and_differ(records: tuple[Record, ...]) -> None:
    found = list(frames(records, views=("attacked", "perturbation", "poses", "trajectory"), width_px=321))
    assert len(found) == len(records) == 2
    assert {frame.shape for frame in found} == {found[0].shape}
    assert found[0].shape[0] % 2 == found[0].shape[1] % 2 == 0
    assert found[0].shape[1] == pytest.approx(321, abs=2)
    assert (found[0] != found[1]).any()


def test_frames_repeat_themselves(records: tuple[Record, ...]) -> None:
    first, second = (next(frames(records[:1], views=("poses",), width_px=200)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_still_parts_do_not_move_with_the_pose(records: tuple[Record, ...]) -> None:
    """The 3D view holds the poses of every frame: the floor stays where it is."""
    last = records[-1].last
    far = replace(last, attacked=replace(last.attacked, points_mm=last.attacked.points_mm * 2))
    more = replace(records[-1], run=replace(records[-1].run, snapshots=(far,)))
    first, second = frames((records[0], more), views=("poses",), width_px=320)
    floor = (first == second).all(axis=2).mean()
    assert floor > 0.8


def test_gif_holds_every_picture_at_its_rate(tmp_path: Path) -> None:
    for name in ("a.gif", "b.gif"):
        write_animation(tmp_path / name, pictures(), fps=4)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3
        assert image.size == (30, 20)
        assert image.info["duration"] == 250
        image.seek(2)
        assert image.convert("RGB").getpixel((5, 5)) == (80, 80, 80)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_mp4_holds_every_picture(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg")
    import cv2

    write_animation(tmp_path / "a.mp4", (np.full((64, 96, 3), 60 * n, np.uint8) for n in range(4)), fps=4)
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    found = []
    while (read := video.read())[0]:
        found.append(int(read[1].mean()))
    video.release()
    assert found == pytest.approx([0, 60, 120, 180], abs=8)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_animation_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def broken() -> Iterator[UInt8Image]:
        yield from pictures(1)
        raise error

    with pytest.raises(error):
        write_animation(tmp_path / "a.gif", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PictureError, match="choose another folder"):
        write_animation(tmp_path / "file" / "a.gif", pictures())


def test_what_does_not_do_is_refused_in_one_line(records: tuple[Record, ...], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.gif or \.mp4"):
        writer_of(tmp_path / "a.avi")
    with pytest.raises(ConfigError, match="fps"):
        write_animation(tmp_path / "a.gif", pictures(), fps=0)
    for views, width, words in ((("pie",), 960, "views"), ((), 960, "views"), (("poses",), 10, "width")):
        with pytest.raises(ConfigError, match=words):
            next(frames(records, views=views, width_px=width))


@pytest.mark.skipif(sys.platform == "win32", reason="a file's size can be limited on POSIX only")
def test_mp4_that_does_not_fit_on_the_disk_is_an_error_and_no_file(tmp_path: Path) -> None:
    import resource

    pytest.importorskip("imageio_ffmpeg")
    noise = np.random.default_rng(0).integers(0, 256, (12, 256, 256, 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        with pytest.raises(PictureError, match="disk full"):
            write_animation(tmp_path / "a.mp4", iter(noise))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_mp4_without_its_extra_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ConfigError, match="extra 'video'"):
        writer_of(tmp_path / "a.mp4")
