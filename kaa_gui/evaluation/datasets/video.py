"""Read a video: every n-th frame, in each the most confident person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.core.untrusted.paths import is_file
from kaa_gui.evaluation.datasets.entry import Entry, Fault


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield the frames of a video; only those that are attacked are decoded.

    Raises:
        PictureError: It is no video, or a playlist, which would lead elsewhere.
    """
    # late: it loads OpenCV, and the window is painted before that is needed
    from kaa_gui.core.pictures.video import open_video

    file = images / path if images else path
    if not is_file(file):
        raise PictureError(f"{file}: no such video; check the path after video:")
    for frame in range(open_video(file).frames):
        yield Entry(f"{file.name}#{frame}", str(file), frame=frame)
