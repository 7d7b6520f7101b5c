"""A figure and what made it, on disk: both or neither."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kaa_gui.core.image import write_atomically
from kaa_gui.figures.output import SIDECAR_SUFFIX, Drawn, drawn_bytes, sidecar


def write_drawn(drawn: Drawn, path: Path, form: str, *, ready: Callable[[], None] = lambda: None) -> None:
    """Write a figure, and beside it ``<name>.json``: caption, settings, the runs' configurations and hashes.

    The figure's file comes last, so that its presence means that both are there.

    Args:
        drawn: The figure.
        path: Where to.
        form: Format.
        ready: Called before the first byte is written; may raise to give up.

    Raises:
        PictureError: The folder cannot be written, or the disk is full; no new file is left then.
    """
    data = drawn_bytes(drawn, form)
    ready()
    beside = path.with_name(path.name + SIDECAR_SUFFIX)
    existed = beside.exists()
    write_atomically(beside, sidecar(drawn, path.name, data))
    try:
        write_atomically(path, data)
    except BaseException:
        if not existed:
            beside.unlink(missing_ok=True)
        raise
