"""A video: every n-th frame, in each the most confident person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.evaluation.datasets.entry import Entry, Fault


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield the frames of a video; only those that are attacked are decoded.

    Raises:
        PictureError: It is no video.
    """
    import cv2  # late: the window is painted before it is needed

    file = images / path if images else path
    if not file.is_file():
        raise PictureError(f"{file}: no such video; check the path after video:")
    capture = cv2.VideoCapture(str(file))
    frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    if frames <= 0:
        raise PictureError(f"{file.name}: not a video, or of unknown length; convert it, e.g. to MP4")
    for frame in range(frames):
        yield Entry(f"{file.name}#{frame}", str(file), frame=frame)
