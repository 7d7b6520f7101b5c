"""Look through folders of pictures: their names, and small versions of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.decoding import decoded_small, opened
from kaa_gui.core.pictures.formats import SUFFIXES, said_of, unread_kind
from kaa_gui.core.types import UInt8Image

MOST_PICTURES = 20_000


def list_pictures(folder: str | Path) -> tuple[Path, ...]:
    """Return the pictures in a folder, not those in folders below it, in natural order of their names.

    Raises:
        PictureError: The folder is missing, unreadable, too full, or holds no picture.
    """
    folder = Path(folder)
    found: list[Path] = []
    unread: Counter[str] = Counter()
    for path in files_in(folder):
        if path.suffix.lower() in SUFFIXES:
            found.append(path)
        elif kind := unread_kind(path):
            unread[kind] += 1
        if len(found) > MOST_PICTURES:
            raise PictureError(f"{folder}: holds more than {MOST_PICTURES} pictures; divide it up")
    if not found:
        others = "".join(f" ({number} in {said_of(kind)})" for kind, number in unread.most_common(1))
        raise PictureError(f"{folder}: holds no picture that can be read{others}; choose another folder")
    return tuple(sorted(found, key=_natural))


def files_in(folder: Path, *, below: bool = False) -> Iterator[Path]:
    """Yield the files in a folder, without hidden ones, such as macOS leaves beside pictures.

    Args:
        folder: The folder.
        below: Whether to look into the folders in it, too. Links are followed once nothing else is left, so
            that a file goes by its real name where it has one here; no folder is looked into twice.

    Raises:
        PictureError: The folder is missing or unreadable.
    """
    seen: set[tuple[int, int]] = set()
    ahead, linked = [folder], []
    while ahead or linked:
        here = ahead.pop() if ahead else linked.pop(0)
        try:
            status = here.stat()
            with os.scandir(here) as entries:
                content = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if here != folder:
                continue
            raise PictureError(f"{folder}: cannot be read ({error.strerror or error})") from None
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        files = []
        for entry in content:
            if entry.name.startswith("."):
                continue
            # a link that leads to itself is neither
            with suppress(OSError):
                if below and entry.is_dir():
                    (linked if entry.is_symlink() else ahead).append(Path(entry.path))
                elif entry.is_file():
                    files.append(Path(entry.path))
        yield from files


def load_thumbnail(path: str | Path, side: int) -> UInt8Image:
    """Return a picture as it would be opened, scaled down: ``(h, w, 3)`` uint8 RGB, sides at most ``side``.

    Raises:
        PictureError: The file is missing, unreadable, unsupported, too large, or no picture.
    """
    path = Path(path)
    with opened(path, path.name) as image:
        return decoded_small(image, path.name, side)


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
