"""Read a folder of pictures, its subfolders included; in each picture the most confident person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.folder import files_in
from kaa_gui.core.pictures.formats import SUFFIXES, said_of, unread_kind
from kaa_gui.core.untrusted.paths import is_folder
from kaa_gui.evaluation.datasets.entry import Entry, Fault
from kaa_gui.evaluation.layout import made_here


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield the pictures below a folder, by name; of those in a format that cannot be read, why.

    Raises:
        PictureError: It is no folder, or holds no picture.
    """
    folder = images or path
    if not is_folder(folder):
        raise PictureError(f"{folder}: no such folder of pictures; check the path after folder:")
    found = False
    for file in sorted(files_in(folder, below=True)):
        key = file.relative_to(folder).as_posix()
        if kind := unread_kind(file):
            found = True
            yield Fault(key, said_of(kind))
        # results may lie in the folder itself: what was made of its pictures is none of them
        elif file.suffix.lower() in SUFFIXES and not made_here(file):
            found = True
            yield Entry(key, str(file))
    if not found:
        raise PictureError(f"{folder}: holds no picture; PNG, JPEG, TIFF, WebP and BMP are read")
