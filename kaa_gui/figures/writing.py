"""A figure, its pictures and what made it, on disk: all or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kaa_gui.core.image import write_together
from kaa_gui.figures.output import SIDECAR_SUFFIX, Drawn, drawn_files, sidecar


def write_drawn(drawn: Drawn, path: Path, form: str, *, ready: Callable[[], None] = lambda: None) -> None:
    """Write a figure, and beside it ``<name>.json``: caption, settings, the runs' configurations and hashes.

    The figure's file comes last, so that its presence means that all are there; for PGF
    there are pictures beside it, too.

    Args:
        drawn: The figure.
        path: Where to.
        form: Format.
        ready: Called before the first byte is written; may raise to give up.

    Raises:
        PictureError: The folder cannot be written, or the disk is full; no new file is left then.
    """
    files = drawn_files(drawn, path.name, form)
    ready()
    beside = {path.name + SIDECAR_SUFFIX: sidecar(drawn, files)}
    write_together({path.with_name(name): data for name, data in (files | beside).items()})
