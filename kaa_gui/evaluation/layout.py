"""Name the files in the results' folder of an evaluation."""

from __future__ import annotations

from pathlib import Path

PLAN_FILE = "plan.json"
PARTS = "parts"
VIEWS, PICTURES = "views", "pictures"


def made_here(file: Path) -> bool:
    """Return whether a picture is one that an evaluation made, rather than one to be attacked."""
    folder = file.parent
    return (
        folder.name in (VIEWS, PICTURES)
        and (folder.parent / PLAN_FILE).is_file()
        and (folder.parent / PARTS).is_dir()
    )
