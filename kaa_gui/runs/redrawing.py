"""Draw a figure again from the file beside it, if its runs are still what they were.

The file may come from anybody: its size, types and values are checked before they are used, and runs are
read only where their files have the hashes that it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import matplotlib as mpl
import msgspec

from kaa_gui.core.errors import ConfigError, RunFolderError
from kaa_gui.core.files.ownership import SIDECAR_SUFFIX
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.core.untrusted.paths import exists, is_file
from kaa_gui.figures.output.draw import Drawn, draw_figure
from kaa_gui.figures.output.recipe import StoredStyle
from kaa_gui.figures.record import Record, printable
from kaa_gui.figures.style import Style
from kaa_gui.runs.folder import ARRAYS_FILE, RUN_FILE
from kaa_gui.runs.reading import load_record

MOST_RUNS = 10_000
_ANEW = "draw the figure again from its runs: figure KIND RUN... --out FILE"
SIDECARS = Reader(RunFolderError, _ANEW)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as a sidecar tells of it.

    Attributes:
        name: As the figure calls it.
        folder: Where it lay, seen from the sidecar.
        files: File name -> SHA-256.
    """

    name: str
    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The file beside a figure.

    Attributes:
        path: Its own.
        kind: Of figure.
        style: Settings.
        runs: In order.
        sha256: Of the figure.
        matplotlib: The version that drew it.
    """

    path: Path
    kind: str
    style: Style
    runs: tuple[RecordedRun, ...]
    sha256: str
    matplotlib: str

    @property
    def figure(self) -> Path:
        """Where the figure lay: beside this file, under its name without ``.json``."""
        return self.path.with_name(self.path.name.removesuffix(SIDECAR_SUFFIX))

    def difference(self, path: Path, digest: str) -> str:
        """Return what to tell of a new figure that is not the recorded bytes; empty if it is.

        Args:
            path: Of the new figure.
            digest: Its SHA-256.
        """
        # PGF names its pictures after itself
        same_name = path.name == self.figure.name or path.suffix.lower() != ".pgf"
        if digest == self.sha256 or not same_name or path.suffix.lower() != self.figure.suffix.lower():
            return ""
        line = f"{path}: not the bytes that {printable(self.path.name)} tells of"
        if self.matplotlib == mpl.__version__:
            return line
        return (
            f"{line}; those were drawn by matplotlib {printable(self.matplotlib)}, here is {mpl.__version__}"
        )


def read_sidecar(path: Path) -> Sidecar:
    """Read the file beside a figure.

    Raises:
        RunFolderError: There is none, it is damaged, or a run of the figure was not saved.
    """
    if not exists(path):
        raise RunFolderError(f"{path}: no such file; name the .json beside a figure")
    stored = SIDECARS.json(path, _Sidecar)
    if unsaved := [printable(run.name) for run in stored.runs if run.folder is None]:
        raise RunFolderError(
            f"{path}: the run of {unsaved[0]} was not saved when the figure was drawn, so it cannot be drawn "
            "again from this file alone; make it again (attack, with the configuration there) and draw that"
        )
    try:
        style = stored.settings.style()
    except ConfigError as error:
        SIDECARS.refuse(path, f"settings: {printable(str(error))}")
    runs = tuple(_run(run, path) for run in stored.runs)
    return Sidecar(path, stored.kind, style, runs, stored.sha256, stored.matplotlib)


class _Run(msgspec.Struct):
    name: str
    folder: str | None
    files: dict[str, str] | None = None


class _Sidecar(msgspec.Struct):
    program: Literal["KAA Studio"]
    kind: str
    settings: StoredStyle
    runs: Annotated[list[_Run], msgspec.Meta(min_length=1, max_length=MOST_RUNS)]
    sha256: str
    matplotlib: str


def redraw(sidecar: Sidecar, folders: Sequence[str] = ()) -> Drawn:
    """Draw a figure again from the runs that it was drawn from.

    Args:
        sidecar: What was read.
        folders: Of runs that lie elsewhere now, told by their hashes; others are read from where they lay.

    Raises:
        RunFolderError: A run is gone or has changed, or a folder holds none of the figure's runs.
        ConfigError: The settings do not do for these runs.
    """
    moved = {folder: load_record(folder) for folder in folders}
    for folder, record in moved.items():
        if not any(_files(record) == run.files for run in sidecar.runs):
            raise RunFolderError(
                f"{folder}: is none of the runs of {sidecar.path.name} (SHA-256 differs); leave it out"
            )
    read: dict[str, Record] = {}
    records = []
    for run in sidecar.runs:
        record = next((record for record in moved.values() if _files(record) == run.files), None)
        if record is None:
            record = read.get(run.folder) or _from_place(sidecar, run)
            read[run.folder] = record
        _check_unchanged(record, run, sidecar)
        # a folder that has another name now would be another figure
        records.append(replace(record, name=run.name))
    return draw_figure(sidecar.kind, tuple(records), sidecar.style)


def _from_place(sidecar: Sidecar, run: RecordedRun) -> Record:
    folder = sidecar.path.parent / run.folder
    if not _is_there(folder):
        raise RunFolderError(
            f"{printable(str(folder))}: the run {run.name} of {sidecar.path.name} is not there any more; "
            f"tell where it is: redraw {sidecar.path.name} --runs RUN..."
        )
    return load_record(folder)


def _is_there(folder: Path) -> bool:
    try:
        return str(folder).isprintable() and is_file(folder / RUN_FILE)
    except OSError:
        # a name that no file can have
        return False


def _check_unchanged(record: Record, run: RecordedRun, sidecar: Sidecar) -> None:
    found = _files(record)
    if changed := [name for name in run.files if found.get(name) != run.files[name]]:
        folder = sidecar.path.parent / run.folder
        raise RunFolderError(
            f"{folder / changed[0]}: the run {run.name} has changed since {sidecar.path.name} was written "
            f"(SHA-256 differs); put the original back, or {_ANEW}"
        )


def _files(record: Record) -> Mapping[str, str]:
    return {} if record.source is None else record.source.files


def _run(stored: _Run, path: Path) -> RecordedRun:
    folder = stored.folder or ""
    # a share on another machine: opening one would go over the network
    if folder.replace("\\", "/").startswith("//") or "\0" in folder:
        SIDECARS.refuse(path, f"folder must be a path on this machine, got {folder!r:.60}")
    files = stored.files or {}
    if set(files) != {RUN_FILE, ARRAYS_FILE}:
        SIDECARS.refuse(path, f"files must hold the SHA-256 of {RUN_FILE} and {ARRAYS_FILE}")
    return RecordedRun(printable(stored.name), folder, files)
