"""Lock a folder for one evaluation; the system takes the lock back when its holder dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EAGAIN, EDEADLK
from pathlib import Path

from kaa_gui.core.errors import ConfigError, PictureError

LOCK_FILE = ".lock"


class InUseError(ConfigError):
    """Another process writes to the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock.

    Raises:
        InUseError: Another process holds it.
        PictureError: The folder cannot be written, or its file system keeps no locks.
    """
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise PictureError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another --out"
        ) from None
    try:
        try:
            _lock(handle)
        except OSError as error:
            if error.errno in (EACCES, EAGAIN, EDEADLK):
                raise InUseError(
                    f"{folder} is in use by another evaluation; wait for it, or choose another --out"
                ) from None
            raise PictureError(
                f"{folder}: its file system keeps no locks ({error.strerror or error}); choose an --out on "
                "another disk"
            ) from None
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
