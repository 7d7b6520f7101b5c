"""Looking through a folder of pictures: their names, and small versions of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.image import FORMATS, SUFFIXES, check_file
from kaa_gui.core.types import UInt8Image

MOST_PICTURES = 20_000
LARGEST_THUMBNAIL = 60_000_000
"""Pixels of a picture that is decoded for its thumbnail alone; JPEG is decoded small and may have more."""


def list_pictures(folder: str | Path) -> tuple[Path, ...]:
    """Return the pictures in a folder, not those in folders below it, in natural order of their names.

    Raises:
        PictureError: The folder is missing, unreadable, too full, or holds no picture.
    """
    folder = Path(folder)
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith("."):
                    found.append(Path(entry.path))
                if len(found) > MOST_PICTURES:
                    raise PictureError(f"{folder}: holds more than {MOST_PICTURES} pictures; divide it up")
    except OSError as error:
        raise PictureError(f"{folder}: cannot be read ({error.strerror or error})") from None
    if not found:
        raise PictureError(f"{folder}: holds no picture; choose another folder")
    return tuple(sorted(found, key=_natural))


def load_thumbnail(path: str | Path, side: int) -> UInt8Image:
    """Return a picture scaled down to fit a square, ``(h, w, 3)`` uint8 RGB with sides of at most ``side``.

    Raises:
        PictureError: The file is missing, unreadable, too large, or no picture.
    """
    path = Path(path)
    check_file(path)
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            # JPEG can be decoded at an eighth of its size
            image.draft("RGB", (2 * side, 2 * side))
            if image.width * image.height > LARGEST_THUMBNAIL:
                raise PictureError(f"{path.name}: too large for a thumbnail")
            image.thumbnail((side, side))
            return np.asarray(image.convert("RGB")).copy()
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError) as error:
        raise PictureError(f"{path.name}: cannot be read ({error or type(error).__name__})") from None


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Return what puts frame2 before frame10."""
    parts: list[tuple[int, int, str]] = []
    word = ""
    for letter in [*path.name.casefold(), ""]:
        if word and (not letter or letter.isdecimal() != word[0].isdecimal()):
            # numbers of absurd length are words
            number = word[0].isdecimal() and len(word) < 19
            parts.append((0, int(word), "") if number else (1, 0, word))
            word = ""
        word += letter
    return parts
