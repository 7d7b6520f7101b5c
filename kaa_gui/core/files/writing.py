"""Write files so that a reader sees the old ones or the whole new ones, never a part.

What is being written lies in a stage, a hidden folder beside its place, and gets its names at the end. Files
and folders are made with the rights that the user's umask leaves.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from errno import EACCES, ENOTDIR
from pathlib import Path

from kaa_gui.core.errors import PictureError
from kaa_gui.core.files.stages import claimed, move_together, sweep


@dataclass(frozen=True, slots=True)
class Stage:
    """A place for the files of one write.

    Attributes:
        path: Of the file whose presence means that all are there.
        hidden: The stage's own folder.
    """

    path: Path
    hidden: Path

    @property
    def folder(self) -> Path:
        """Where the files are to be written."""
        return self.hidden / "new"

    @property
    def part(self) -> Path:
        """Where the first of them is to be written."""
        return self.folder / self.path.name

    def names(self) -> set[str]:
        """Return the names of the files that have been written."""
        return {path.name for path in self.folder.iterdir()}

    def commit(self, gone: Iterable[str] = ()) -> None:
        """Give all files their names, or none; older files of these names stay then.

        The first gets its name last, and an older one of that name goes before any other: its presence means
        that what lies around it belongs to it.

        Args:
            gone: Names of older files that go with those which are replaced.

        Raises:
            PictureError: One could not be moved; all is as it was before.
        """
        with writable(self.path):
            move_together(self.hidden, self.path.name, gone)


@contextmanager
def staged(path: Path, *, sweeping: bool = True) -> Iterator[Stage]:
    """Yield a stage beside a file to write; what is not committed by the end is gone.

    Args:
        path: File to write, or the one among several that gets its name last.
        sweeping: Whether to remove first what killed writes have left beside it; for a folder of thousands of
            files that is done once rather than for each.

    Raises:
        PictureError: The folder cannot be written.
    """
    if sweeping:
        sweep(path.parent)
    with ExitStack() as held:
        with writable(path):
            hidden = held.enter_context(claimed(path.parent))
        yield Stage(path, hidden)


def write_file(path: Path, data: bytes, *, sweeping: bool = True) -> None:
    """Write a file: whole, or when the folder cannot be written or is full, not at all.

    Args:
        path: Where to; an older file is replaced.
        data: Its content.
        sweeping: As :func:`staged` takes it.

    Raises:
        PictureError: The folder cannot be written, or the disk is full.
    """
    with staged(path, sweeping=sweeping) as stage:
        with writable(path):
            stage.part.write_bytes(data)
        stage.commit()


def write_together(files: Mapping[Path, bytes], *, gone: Iterable[str] = ()) -> None:
    """Write files of one folder: all, or when it cannot be written or is full, none; older ones stay then.

    Args:
        files: Where to; the first of them is the one whose presence means that all are there.
        gone: Names of older files that go with those which are replaced.

    Raises:
        PictureError: The folder cannot be written, or the disk is full.
    """
    first = next(iter(files))
    with staged(first) as stage:
        for path, data in files.items():
            with writable(path):
                (stage.folder / path.name).write_bytes(data)
        stage.commit(gone)


def check_folder(folder: Path) -> None:
    """Say early that a folder cannot be written, before anything is computed; nothing is made.

    Raises:
        PictureError: It, or the nearest folder above it, is no folder or read-only.
    """
    with writable(folder):
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))


@contextmanager
def writable(place: Path) -> Iterator[None]:
    """Say in one line that a place cannot be written.

    Raises:
        PictureError: An OSError came up inside.
    """
    try:
        yield
    except OSError as error:
        raise PictureError(
            f"{place}: cannot be written ({error.strerror or error}); choose another folder"
        ) from None
