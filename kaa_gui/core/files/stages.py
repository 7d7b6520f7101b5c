"""Keep what is being written in a hidden folder, and clear away what killed writers have left.

A stage is locked while its writer lives; the system takes the lock back when it dies. A stage that can be
locked is therefore left over: moves that it broke off are undone, and it goes.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EAGAIN, EISDIR
from pathlib import Path
from secrets import randbelow
from shutil import rmtree

import msgspec

from kaa_gui.core.errors import RunFolderError
from kaa_gui.core.untrusted.documents import Reader

PREFIX = ".unfinished-"
# eight characters as tempfile makes them, not all letters: no word that somebody may have chosen
_NAME = re.compile(r"\.unfinished-(?=[a-z]*[0-9_])[a-z0-9_]{8}")
_DAY_S = 86400.0
_NOTES = Reader(RunFolderError, "remove its folder")


class _Moves(msgspec.Struct):
    """What a stage notes before its first move.

    Attributes:
        first: Name of the file that is moved last.
        new: Name of each file -> what tells it from others: inode and time of change, ns.
    """

    first: str
    new: dict[str, tuple[int, int]]


@contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """Yield a new stage, with an empty folder ``new`` in it; it is removed at the end.

    Args:
        folder: Where to make it.

    Raises:
        OSError: It cannot be made.
    """
    hidden, handle = _made(folder)
    try:
        (hidden / "new").mkdir()
        yield hidden
    finally:
        with suppress(OSError):
            undo(hidden)
            # nothing of the older files is in it any more
            rmtree(hidden, ignore_errors=True)
        _release(handle)


def move_together(hidden: Path, first: str, gone: Iterable[str] = ()) -> None:
    """Move all files of a stage beside it, that of a name last; on failure none.

    Args:
        hidden: The stage.
        first: Name of the file that is moved last, and before which an older one goes.
        gone: Names of older files that have no place beside the new ones.

    Raises:
        OSError: One could not be moved; all is as it was before.
    """
    folder, new, old = hidden.parent, hidden / "new", hidden / "old"
    names = [first, *sorted(path.name for path in new.iterdir() if path.name != first)]
    older = [name for name in dict.fromkeys((*names, *gone)) if os.path.lexists(folder / name)]
    for name in older:
        if (folder / name).is_dir():
            raise IsADirectoryError(EISDIR, f"{name} is a folder")
    if len(names) == 1 and set(older) <= {first}:
        # one file alone is replaced in a single step
        (new / first).replace(folder / first)
        return
    try:
        moves = _Moves(first, {name: _mark(new / name) for name in names})
        (hidden / "moves.json").write_text(json.dumps(msgspec.to_builtins(moves)), encoding="utf-8")
        old.mkdir()
        for name in older:
            (folder / name).replace(old / name)
        for name in reversed(names):
            (new / name).replace(folder / name)
    except BaseException:
        undo(hidden)
        raise


def undo(hidden: Path) -> None:
    """Take moves back that were broken off; those that came to their end stay.

    Raises:
        OSError: That cannot be done.
    """
    folder, new, old, note = hidden.parent, hidden / "new", hidden / "old", hidden / "moves.json"
    if any(path.is_symlink() or not path.is_dir() for path in (new, old)):
        return
    try:
        moves = _NOTES.json(note, _Moves)
    except RunFolderError:
        return
    if not (new / moves.first).exists():
        return
    for name, mark in moves.new.items():
        path = folder / name
        # by its mark, so that nobody else's file is taken for it
        if Path(name).name == name and path.is_file() and not path.is_symlink() and _mark(path) == mark:
            path.unlink()
    for path in sorted(old.iterdir(), key=lambda path: path.name == moves.first):
        if not os.path.lexists(folder / path.name):
            path.replace(folder / path.name)


def sweep(folder: Path) -> None:
    """Remove the stages in a folder whose writers are gone; moves that they broke off are undone."""
    try:
        with os.scandir(folder) as entries:
            left = [Path(entry.path) for entry in entries if _NAME.fullmatch(entry.name)]
    except OSError:
        return
    for hidden in left:
        with suppress(OSError):
            if hidden.is_symlink() or not hidden.is_dir():
                continue
            if (handle := _locked(hidden)) is None and time.time() - hidden.stat().st_mtime < _DAY_S:
                # nobody can tell whether its writer lives
                continue
            try:
                undo(hidden)
                rmtree(hidden, ignore_errors=True)
            finally:
                _release(handle)


def _made(folder: Path) -> tuple[Path, int | None]:
    while True:
        hidden = folder / f"{PREFIX}{randbelow(10**8):08d}"
        try:
            hidden.mkdir()
        except FileExistsError:
            continue
        # somebody else may sweep it before it is locked
        with suppress(FileNotFoundError, BlockingIOError):
            handle = _locked(hidden)
            if hidden.is_dir():
                return hidden, handle
            _release(handle)


def _locked(hidden: Path) -> int | None:
    """Lock a stage; return the handle that holds it, None where folders cannot be locked.

    Raises:
        BlockingIOError: Its writer lives.
        OSError: It is gone, or somebody else's.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(hidden, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if error.errno in (EACCES, EAGAIN):
            raise BlockingIOError(EAGAIN, os.strerror(EAGAIN)) from None
        return None
    return handle


def _release(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)


def _mark(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_ino, found.st_mtime_ns
