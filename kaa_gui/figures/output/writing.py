"""Write a figure, its pictures and its recipe to disk: all or none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

from kaa_gui.core.files.ownership import SIDECAR_SUFFIX, check_replaceable, recorded
from kaa_gui.core.files.writing import write_together
from kaa_gui.figures.output.draw import Drawn, drawn_files, json_text
from kaa_gui.figures.output.recipe import draw_command, redraw_command
from kaa_gui.figures.record import Source


def write_drawn(
    drawn: Drawn,
    path: Path,
    form: str,
    *,
    ready: Callable[[], None] = lambda: None,
    inputs: Iterable[str | Path | None] = (),
    asked: bool = False,
    overwrite: bool = False,
) -> str:
    """Write a figure, and beside it ``<name>.json``: caption, settings, the runs and how to draw it again.

    The figure's file comes last, so that its presence means that all are there; for PGF
    there are pictures beside it, too. An older figure is replaced if the file beside it says that it is ours
    and as it was drawn; its pictures go with it.

    Args:
        drawn: The figure.
        path: Path to write to.
        form: Format.
        ready: Called before the first byte is written; may raise to give up.
        inputs: Files that were read and must stay.
        asked: Whether the user has agreed that the figure's own file is replaced, whatever it is.
        overwrite: Whether any file that is not ours may be replaced.

    Returns:
        The SHA-256 of the figure's file.

    Raises:
        PictureError: The folder cannot be written, or the disk is full; no new file is left then.
        OutputError: An input would be replaced, or a file that is not ours.
    """
    files = drawn_files(drawn, path.name, form)
    ready()
    content = sidecar(drawn, files, path.parent)
    beside = {path.name + SIDECAR_SUFFIX: f"{json_text(content)}\n".encode()}
    written = {path.with_name(name): data for name, data in (files | beside).items()}
    ours = recorded(path)
    allowed = {*ours, path.name} if asked else ours
    check_replaceable(written, inputs=inputs, ours=allowed, overwrite=overwrite)
    write_together(written, gone=ours - {*files, *beside})
    return content["sha256"]


def sidecar(drawn: Drawn, files: Mapping[str, bytes], folder: Path) -> dict[str, Any]:
    """Return what stands beside a figure, as JSON values.

    Args:
        drawn: The figure.
        files: Its files by name, its own first.
        folder: Folder that it goes to; the runs' folders are given relative to it.
    """
    (own, *others) = ({"file": name, "sha256": _sha256(data)} for name, data in files.items())
    name, sources = own["file"], drawn.sources
    places = [None if source is None else _place(source, folder) for source in sources]
    saved = [place for place in places if place is not None]
    whole = len(saved) == len(places)
    how: dict[str, Any] = {"redraw": redraw_command(name + SIDECAR_SUFFIX) if whole else None}
    if not whole:
        unsaved = [
            run["name"] for run, source in zip(drawn.origin["runs"], sources, strict=True) if not source
        ]
        how["note"] = (
            f"not saved when this was drawn: {', '.join(unsaved)}; the figure cannot be drawn again from "
            "this file alone, but its runs can be made again from their configurations and seeds"
        )
    command = draw_command(drawn.origin["kind"], saved, drawn.style, out=name) if whole else None
    runs = [
        {"name": run["name"], "folder": place, "files": dict(source.files) if source else None, **run}
        for run, source, place in zip(drawn.origin["runs"], sources, places, strict=True)
    ]
    made = {**drawn.origin, "command": command, "runs": runs}
    pictures = {"pictures": others} if others else {}
    return {**own, **how, "matplotlib": mpl.__version__, **made, **pictures}


def _place(source: Source, folder: Path) -> str:
    """Return where a run lies, seen from a folder if that can be told."""
    there = source.folder.resolve()
    try:
        return Path(os.path.relpath(there, folder.resolve())).as_posix()
    except ValueError:
        # another drive
        return there.as_posix()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
