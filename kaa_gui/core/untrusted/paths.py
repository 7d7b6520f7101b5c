"""Look for files and folders by names that may come from anywhere.

What cannot be looked for, as its name is too long or a folder above it is closed to us, is not there. Path's
own methods raise then, before whoever opens the file can say in one line what is wrong.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Return whether a path is that of a regular file, links followed."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Return whether a path is that of a folder, links followed."""
    return os.path.isdir(path)  # noqa: PTH112


def exists(path: Path) -> bool:
    """Return whether a path is that of anything at all, links followed."""
    return os.path.exists(path)  # noqa: PTH110
