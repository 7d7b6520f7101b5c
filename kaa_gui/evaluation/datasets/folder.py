"""Read a folder of pictures, its subfolders included; in each picture the most confident person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.image import SUFFIXES
from kaa_gui.evaluation.datasets.entry import Entry, Fault
from kaa_gui.evaluation.layout import made_here


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield the pictures below a folder, by name.

    Raises:
        PictureError: It is no folder, or holds no picture.
    """
    folder = images or path
    if not folder.is_dir():
        raise PictureError(f"{folder}: no such folder of pictures; check the path after folder:")
    # results may lie in the folder itself: what was made of its pictures is none of them
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in SUFFIXES and file.is_file() and not made_here(file)
    )
    if not files:
        raise PictureError(f"{folder}: holds no picture; PNG, JPEG, TIFF, WebP and BMP are read")
    for file in files:
        yield Entry(file.relative_to(folder).as_posix(), str(file))
