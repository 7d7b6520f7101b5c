"""Keep a copy of the work against a crash: one file a running window, locked while it lives."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QLockFile

from kaa_gui.core.files.stages import sweep
from kaa_gui.core.sessions.session import SUFFIX

_LOCK = ".lock"


class RecoveryFolder:
    """A folder of session files; those without a living owner were left behind by a crash."""

    def __init__(self, folder: Path) -> None:
        """Choose this window's own file; nothing is made before :meth:`claim`.

        Args:
            folder: Where the copies of all windows are kept.
        """
        self.folder = folder
        self.own = folder / f"{os.getpid()}-{id(self):x}{SUFFIX}"
        self._lock: QLockFile | None = None

    def claim(self) -> bool:
        """Make the folder and take this window's place in it; return whether that worked."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            return False
        sweep(self.folder)
        self._lock = _locked(self.own)
        return self._lock is not None

    def left_behind(self) -> list[Path]:
        """Return the copies whose window is gone, newest first."""
        found = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            lock = None if path == self.own else _locked(path)
            if lock is not None:
                lock.unlock()
                found.append(path)
        return sorted(found, key=_age)

    def discard(self, path: Path) -> None:
        """Remove a copy."""
        path.unlink(missing_ok=True)

    def release(self) -> None:
        """Leave in good order: the own copy is no longer needed."""
        if self._lock is not None:
            self.own.unlink(missing_ok=True)
            self._lock.unlock()
            self._lock = None


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def _locked(path: Path) -> QLockFile | None:
    """Lock a copy, taking over the lock of a process that is gone; None while its owner lives."""
    lock = QLockFile(str(path.with_suffix(_LOCK)))
    # no age makes a lock stale, only the death of its process
    lock.setStaleLockTime(0)
    return lock if lock.tryLock(0) else None
