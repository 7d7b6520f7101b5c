"""Write a run as a moving picture, GIF or MP4, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.files.writing import staged, writable
from kaa_gui.core.types import Run, UInt8Image
from kaa_gui.figures.drawing.panels import LEAST_LEVEL, strongest
from kaa_gui.figures.kinds.overview import PANELS, Steady, frame
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import MM_PER_INCH, Style

VIEWS = ("attacked", "perturbation", "poses", "trajectory")
"""Panels by default."""

WIDTHS_PX = (160, 3840)
FPS = (0.5, 60.0)


def records_by_iterate(record: Record, run: Run) -> tuple[Record, ...]:
    """Return a record an iterate, in order and each once, with the whole run's numbers.

    Args:
        record: Record whose name and origin they carry.
        run: Run with the iterates to show.
    """
    # an iterate chosen at the end as the best is not shown a second time
    once = {snapshot.iteration: snapshot for snapshot in run.snapshots}
    return tuple(
        Record(record.name, Run(run.scene, run.field, (shot,), run.metrics), provenance=record.provenance)
        for _, shot in sorted(once.items())
    )


def frames(
    records: Sequence[Record], *, views: tuple[str, ...] = VIEWS, width_px: int = 960
) -> Iterator[UInt8Image]:
    """Yield one picture a record, ``(H, W, 3)`` uint8, all of one size, which is even.

    Args:
        records: Records as :func:`records_by_iterate` makes them.
        views: Panels of the overview, in order.
        width_px: Width of the pictures.

    Raises:
        ConfigError: A view is unknown, or the width out of range.
    """
    for view in views:
        if view not in PANELS:
            raise ConfigError(f"views must be among {', '.join(PANELS)}, got {view!r}")
    if not views:
        raise ConfigError(f"views must name at least one of {', '.join(PANELS)}")
    if not WIDTHS_PX[0] <= width_px <= WIDTHS_PX[1]:
        raise ConfigError(f"width must be from {WIDTHS_PX[0]} to {WIDTHS_PX[1]} pixels, got {width_px}")
    style = Style(columns=1 if len(views) < 3 else 2, panels=views, letters=False)
    steady = _steady(records)
    size: tuple[int, int] | None = None
    for record in records:
        figure = frame(record, style, steady)
        figure.set_dpi(width_px / (style.width_mm / MM_PER_INCH))
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
        # video codecs halve the colours' resolution
        size = size or (pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2)
        yield np.ascontiguousarray(pixels[: size[0], : size[1]])


def _steady(records: Sequence[Record]) -> Steady:
    poses = tuple(record.last.attacked for record in records)
    sizes = [float(np.abs(strongest(record.last.perturbation)).max()) for record in records]
    return Steady(poses, max(LEAST_LEVEL, *sizes, LEAST_LEVEL))


def write_animation(path: Path, pictures: Iterator[UInt8Image], *, fps: float = 8.0) -> None:
    """Write pictures as an animation, by the suffix; nothing is left when it is interrupted.

    Args:
        path: ``.gif`` or ``.mp4``.
        pictures: Pictures of one size; drawn while they are written.
        fps: Pictures a second.

    Raises:
        ConfigError: The suffix or the rate does not do, or MP4 is not installed.
        PictureError: The folder cannot be written, or the disk is full.
    """
    writer = writer_of(path)
    if not FPS[0] <= fps <= FPS[1]:
        raise ConfigError(f"fps must be from {FPS[0]:g} to {FPS[1]:g}, got {fps:g}")
    with staged(path) as stage:
        with writable(path):
            writer(stage.part, pictures, fps)
        stage.commit()


def writer_of(path: Path) -> Callable[[Path, Iterator[UInt8Image], float], None]:
    """Return what writes a file of this name, or raise ConfigError."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise ConfigError(f"{path.name}: the name must end in {' or '.join(WRITERS)}")
    if suffix == ".mp4":
        _ffmpeg()
    return WRITERS[suffix]


def _write_gif(path: Path, pictures: Iterator[UInt8Image], fps: float) -> None:
    images = (Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE) for pixels in pictures)
    first = next(images)
    # the format counts hundredths of a second
    duration = max(20, round(100 / fps) * 10)
    # closed in any case: an interrupted Pillow would leave its own handle open
    with path.open("wb") as file:
        first.save(
            file, "GIF", save_all=True, append_images=images, duration=duration, loop=0, optimize=False
        )


def _write_mp4(path: Path, pictures: Iterator[UInt8Image], fps: float) -> None:
    first = next(pictures)
    height, width = first.shape[:2]
    options = {"codec": "libx264", "quality": 8, "macro_block_size": 2, "ffmpeg_log_level": "error"}
    # its annotation says whole numbers only; ffmpeg takes any
    send = _ffmpeg().write_frames(str(path), (width, height), fps=fps, **options)  # type: ignore[arg-type]
    sent = 0
    try:
        send.send(None)
        for pixels in chain([first], pictures):
            send.send(pixels.tobytes())
            sent += 1
    finally:
        send.close()
    # ffmpeg's own end, on a full disk say, is not told otherwise
    if _frames_of(path) != sent:
        raise OSError("ffmpeg could not finish the file; is the disk full?")


def _frames_of(path: Path) -> int:
    try:
        return _ffmpeg().count_frames_and_secs(str(path))[0] or 0
    except RuntimeError:
        return 0


def _ffmpeg():
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped]
    except ImportError:
        raise ConfigError(
            "MP4 needs the extra 'video': python -m pip install 'kaa-studio[video]'; or write a .gif"
        ) from None
    return imageio_ffmpeg


WRITERS: dict[str, Callable[[Path, Iterator[UInt8Image], float], None]] = {
    ".gif": _write_gif,
    ".mp4": _write_mp4,
}
