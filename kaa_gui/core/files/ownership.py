"""Tell which files are ours to replace: nothing else is replaced unless somebody asks for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from errno import EISDIR
from pathlib import Path
from typing import Literal

import msgspec

from kaa_gui.core.errors import OutputError, RunFolderError
from kaa_gui.core.files.stages import sweep
from kaa_gui.core.files.writing import check_folder, writable
from kaa_gui.core.untrusted.documents import Reader

SIDECAR_SUFFIX = ".json"
"""Follows the name of a figure: the file that tells what made it."""
_THERE = "is there already and would be replaced; choose another --out"
_CHANGED = "is not as it was drawn (SHA-256 differs); give the new figure another name (--out)"
_SIDECARS = Reader(RunFolderError, "draw the figure again")


class _File(msgspec.Struct):
    file: str
    sha256: str


class _Sidecar(_File):
    program: Literal["KAA Studio"]
    pictures: list[_File] = []


def recorded(path: Path) -> set[str]:
    """Return the names of the files that the sidecar beside a figure tells of: as they were written, and it.

    Args:
        path: The figure; neither it nor a sidecar need be there.
    """
    beside = path.with_name(path.name + SIDECAR_SUFFIX)
    try:
        stored = _SIDECARS.json(beside, _Sidecar)
    except RunFolderError:
        return set()
    if stored.file != path.name:
        return set()
    files = {
        each.file: each.sha256 for each in (stored, *stored.pictures) if Path(each.file).name == each.file
    }
    unchanged = {name for name, digest in files.items() if _sha256(path.with_name(name)) == digest}
    return {beside.name, *unchanged}


def check_output(
    path: Path, *, inputs: Iterable[str | Path | None] = (), figure: bool = False, overwrite: bool = False
) -> None:
    """Say early that a file cannot be written or is not ours to replace, before anything is computed.

    Args:
        path: File to be written.
        inputs: Files that are read.
        figure: Whether it gets a sidecar, which then also tells whether an older one is ours.
        overwrite: Whether files that are not ours may be replaced.

    Raises:
        PictureError: The folder cannot be written, or the file is one.
        OutputError: It is an input, or there already and not ours.
    """
    check_folder(path.parent)
    sweep(path.parent)
    files = (path, path.with_name(path.name + SIDECAR_SUFFIX)) if figure else (path,)
    ours = recorded(path) if figure else set[str]()
    reason = _CHANGED if ours else _THERE
    check_replaceable(files, inputs=inputs, ours=ours, overwrite=overwrite, reason=reason)


def check_replaceable(
    files: Iterable[Path],
    *,
    inputs: Iterable[str | Path | None] = (),
    ours: Collection[str] = (),
    overwrite: bool = False,
    reason: str = _THERE,
) -> None:
    """Refuse to replace what is read, by whatever path, link or case it is named, and what is not ours.

    Args:
        files: Files that would be replaced.
        inputs: Files that are read; None and what is no file are passed over.
        ours: Names of those that may be replaced.
        overwrite: Whether the others may be replaced, too.
        reason: Why they may not, and what to do instead.

    Raises:
        PictureError: One of them is a folder.
        OutputError: One of them is an input, or not ours.
    """
    read = [Path(path) for path in inputs if path is not None]
    for path in files:
        if any(_same(path, other) for other in read):
            raise OutputError(f"{path} is read and would be replaced; choose another --out")
        with writable(path):
            if path.is_dir():
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if not overwrite and path.name not in ours and os.path.lexists(path):
            raise OutputError(f"{path} {reason}, or add --overwrite")


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        # one of them is not there
        return False


def _sha256(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
