"""Put a run's files into their folder: all or none, over an older run only, and nothing stale beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from kaa_gui.core.errors import RunFolderError
from kaa_gui.core.files.ownership import check_replaceable, recorded
from kaa_gui.core.files.stages import sweep
from kaa_gui.core.files.writing import check_folder, writable
from kaa_gui.core.files.writing import staged as staged_files
from kaa_gui.core.untrusted.documents import Object
from kaa_gui.runs.folder import DATA_FILES, FIGURE_FILE, REGION_FILE, RUN_FILE, RUN_FILES
from kaa_gui.runs.reading import RUNS

_FOREIGN = "is not of a run and would be replaced; choose another --out"


class _Written(msgspec.Struct):
    """Fields that every ``run.json`` has had."""

    config: Object
    hashes: dict[str, str]
    trajectory: list[Object]


def check_place(folder: Path, *, inputs: Iterable[str | Path | None] = (), overwrite: bool = False) -> None:
    """Say early that a run cannot be written to a folder, before anything is computed; nothing is made.

    Args:
        folder: Where to.
        inputs: Files that are read.
        overwrite: Whether files that are not of a run may be replaced.

    Raises:
        PictureError: The folder cannot be written.
        OutputError: An input would be replaced, or a file that is not of a run.
    """
    check_folder(folder)
    sweep(folder)
    _check_files(folder, inputs, overwrite=overwrite)


@contextmanager
def staged(
    folder: Path, *, inputs: Iterable[str | Path | None] = (), overwrite: bool = False
) -> Iterator[Path]:
    """Yield a place for a run's files; at the end move all of them to their folder, or on failure none.

    The description goes before the first file is moved and the new one comes last, so that its presence
    means that the files around it belong together. What an older run had and this one has not goes with it.

    Args:
        folder: Where to; it is made.
        inputs: As :func:`check_place` takes them.
        overwrite: As :func:`check_place` takes it.

    Raises:
        PictureError: The folder cannot be made or written.
        OutputError: An input would be replaced, or a file that is not of a run.
    """
    inputs = tuple(inputs)
    check_place(folder, inputs=inputs, overwrite=overwrite)
    with writable(folder):
        existed = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with staged_files(folder / RUN_FILE) as stage:
            yield stage.folder
            # once more: an attack takes its time
            _check_files(folder, inputs, overwrite=overwrite)
            stage.commit({*RUN_FILES, *recorded(folder / FIGURE_FILE)} - stage.names())
    finally:
        if not existed:
            # only if nothing came of it: a folder with files in it stays
            with suppress(OSError):
                folder.rmdir()


def data_files(folders: Iterable[str | Path]) -> list[Path]:
    """Return the files that are read where runs are."""
    return [Path(folder) / name for folder in folders for name in DATA_FILES]


def _check_files(folder: Path, inputs: Iterable[str | Path | None], *, overwrite: bool) -> None:
    files = [folder / name for name in RUN_FILES]
    check_replaceable(files, inputs=inputs, ours=_ours(folder), overwrite=overwrite, reason=_FOREIGN)


def _ours(folder: Path) -> set[str]:
    """Return the names of the files that a run has written to its folder."""
    try:
        stored = RUNS.json(folder / RUN_FILE, _Written)
    except RunFolderError:
        return set()
    without = {REGION_FILE} if stored.config.get("region_mask") is None else set()
    return {*RUN_FILES} - without
