"""Keep the records of a running evaluation in an SQLite file, until they go into the Parquet tables.

One process writes, as the folder's lock says; others may read meanwhile. A transaction holds all records of
an outcome, so that a process that dies at any moment leaves whole outcomes only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from kaa_gui.core.errors import PictureError
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.evaluation.layout import JOURNAL_FILE, TABLES
from kaa_gui.evaluation.results.contract import column_type
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.results.parquet import Added, Key, checked_table, one_line

_TABLE = (
    'CREATE TABLE records (name TEXT, row TEXT, "check" TEXT, victim TEXT, record TEXT, '
    'PRIMARY KEY (name, row, "check", victim))'
)
_INSERT = "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)"
_SCHEMA = [("table", "records", _TABLE), ("index", "sqlite_autoindex_records_1", None)]
_SIDE_FILES = ("-wal", "-shm", "-journal")
LONGEST_RECORD = 1 << 26
"""Most bytes of a record: iterations by the hundred thousand."""
_RECORDS = Reader(PictureError, "", most_bytes=LONGEST_RECORD, strict=False)
PATIENCE_S = 600
"""A long report holds up the writer where the file system allows no reading beside it."""
AT_ONCE = 512
"""Records that are checked together."""
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "fuse.")
_Line = tuple[str, str, str, str, str]
"""A row of the SQLite table."""


class Journal:
    """Records of an evaluation that are in no Parquet table yet.

    Attributes:
        path: Of the SQLite file; it is made with the first outcome.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL_FILE
        self._mended = self.path.with_name(f".{JOURNAL_FILE}.part")
        self._connection: sqlite3.Connection | None = None

    def add(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Keep the records of an outcome: all, or when the disk is full none.

        Args:
            records: Table -> records. A row that is done is no failure any more.

        Raises:
            PictureError: The file cannot be written.
        """
        lines = [_line(name, record) for name, each in records.items() for record in each]
        try:
            if self._connection is None:
                self._connection = _opened_for_writing(self.path)
            with self._connection as connection:
                done = [(record["row"],) for record in records["rows"]]
                connection.executemany("DELETE FROM records WHERE name = 'failures' AND row = ?", done)
                connection.executemany(_INSERT, lines)
        except sqlite3.Error as error:
            raise PictureError(
                f"{self.path}: cannot be written ({one_line(error)}); choose an --out on another disk"
            ) from None

    def keys(self, name: str) -> list[Key]:
        """Return what identifies the records of a table, in the order of their rows."""
        query = 'SELECT row, "check", victim FROM records WHERE name = ? ORDER BY row, rowid'
        with self._reading() as connection:
            lines = () if connection is None else connection.execute(query, (name,))
            return [line if name == "checks" else line[:1] for line in lines]

    def rows_as_they_came(self) -> list[str]:
        """Return the finished rows, the first first."""
        query = "SELECT row FROM records WHERE name = 'rows' ORDER BY rowid"
        with self._reading() as connection:
            return [] if connection is None else [row for (row,) in connection.execute(query)]

    def records(self, name: str) -> Iterator[Record]:
        """Yield the records of a table, in the order of their rows.

        Raises:
            PictureError: The file is damaged.
        """
        query = "SELECT record FROM records WHERE name = ? ORDER BY row, rowid"
        with self._reading() as connection:
            cursor = None if connection is None else connection.execute(query, (name,))
            while cursor is not None and (lines := cursor.fetchmany(AT_ONCE)):
                records = [_record(text) for (text,) in lines]
                checked_table(name, records)
                yield from records

    def chosen(self, name: str, keys: Iterable[Key]) -> list[Record]:
        """Return some records of a table, by what identifies them."""
        query = 'SELECT record FROM records WHERE name = ? AND row = ? AND "check" = ? AND victim = ?'
        with self._reading() as connection:
            if connection is None:
                return []
            found = (connection.execute(query, (name, *key, "", "")[:4]).fetchone() for key in keys)
            return [_record(line[0]) for line in found if line is not None]

    def added(self, name: str) -> Added:
        """Return the records of a table, to be merged into it a few at a time."""
        keys, columns = self.keys(name), {}
        for record in self.records(name):
            columns |= dict.fromkeys(record)
        schema = pa.schema([(column, column_type(column)) for column in columns])

        def take(places: Sequence[int]) -> Any:
            return checked_table(name, self.chosen(name, [keys[place] for place in places]))

        return Added(keys, schema, take)

    def mended(self, aside: Path) -> bool:
        """Set a damaged file aside, and go on with those records in it that are whole.

        Args:
            aside: New name of the damaged file.

        Returns:
            Whether it was damaged.
        """
        if not self.path.exists() or self._is_sound():
            return False
        self.sweep()
        mended = self._mended
        with closing(_opened_for_writing(mended)) as connection, connection:
            for line in _salvaged(self.path):
                connection.execute(_INSERT, line)
        for end in ("", *_SIDE_FILES):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + end).replace(aside.with_name(aside.name + end))
        mended.replace(self.path)
        return True

    def sweep(self) -> None:
        """Remove what a mending that was killed has left."""
        _remove(self._mended)

    def is_ours(self) -> bool:
        """Return whether the file is a journal of an evaluation, however damaged."""
        try:
            with self._reading() as connection:
                return connection is not None
        except PictureError:
            return False

    def remove(self) -> None:
        """Take the file away: all that is in it is elsewhere."""
        self.close()
        # where somebody reads it, some systems keep it; what is in it is then merged once more
        with suppress(PermissionError):
            _remove(self.path)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _is_sound(self) -> bool:
        try:
            with self._reading() as connection:
                if connection is None:
                    return True
                if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                    return False
                lines = connection.execute("SELECT * FROM records")
                chunks = iter(lambda: lines.fetchmany(AT_ONCE), [])
                return all(len(_whole(chunk)) == len(chunk) for chunk in chunks)
        except PictureError:
            return False

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Read the same file throughout, also where its writer has finished and taken it away meanwhile."""
        with self._reading() as connection:
            if self._connection is not None or connection is None:
                yield
                return
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Yield a connection; None where there is no file.

        Raises:
            PictureError: The file is damaged.
        """
        try:
            if self._connection is not None:
                yield self._connection
            elif (connection := _opened_for_reading(self.path)) is None:
                yield None
            else:
                with closing(connection):
                    yield connection
        except (sqlite3.Error, ValueError) as error:
            raise PictureError(
                f"{self.path}: not a readable journal of an evaluation ({one_line(error)}); run evaluate "
                "with this folder as --out, which goes on without what is damaged"
            ) from None


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE_S)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_RECORD)
    return connection


def _opened_for_reading(path: Path) -> sqlite3.Connection | None:
    """Open a journal for reading; a file that holds anything else is refused before that is read.

    Raises:
        sqlite3.Error: It is damaged.
        ValueError: It is no journal.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise ValueError("it is no file")
    try:
        # not read-only: what a killed writer left in the file beside it is taken up
        connection = _connected(path, "rw")
    except sqlite3.OperationalError:
        if path.exists():
            raise
        return None
    try:
        schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        if schema == _SCHEMA:
            return connection
        if schema:
            raise ValueError("it holds other tables")
    except BaseException:
        connection.close()
        raise
    # its writer was killed before the first outcome
    connection.close()
    return None


def _opened_for_writing(path: Path) -> sqlite3.Connection:
    """Open a journal for writing; make it where there is none.

    Raises:
        sqlite3.Error: It cannot be written.
    """
    connection = _connected(path, "rwc")
    modes = ("DELETE",) if is_remote(path) else ("WAL", "DELETE")
    try:
        for mode in modes:
            try:
                connection.execute(f"PRAGMA journal_mode = {mode}")
                connection.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1))
                return connection
            except sqlite3.OperationalError:
                # WAL needs memory that processes share, which not every file system has
                if mode == modes[-1]:
                    raise
    except BaseException:
        connection.close()
        raise
    raise AssertionError


def is_remote(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Return whether a file lies on another machine's disk, as far as the system tells."""
    place = path.absolute().parent.resolve()
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        # a share of Windows
        return str(place).startswith("\\\\")
    kinds = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        # the last one mounted on a place is seen there
        kinds[before.split()[4].replace("\\040", " ")] = after.split()[0]
    mount = next((str(each) for each in (place, *place.parents) if str(each) in kinds), "")
    return kinds.get(mount, "").startswith(_REMOTE)


def _line(name: str, record: Record) -> _Line:
    return (*_place(name, record), json.dumps(record, allow_nan=False))


def _place(name: str, record: Record) -> tuple[str, str, str, str]:
    """Return what a record is found by."""
    if name == "checks":
        return name, record["row"], record["check"], record["victim"]
    return name, record["row"], "", ""


def _record(text: Any) -> Record:
    """Read a record.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(text, str):
        raise ValueError(f"a record must be a text, got {type(text).__name__}")
    try:
        return _RECORDS.parsed(text, name="record")
    except PictureError as error:
        raise ValueError(one_line(error)) from None


def _whole(lines: Sequence[_Line]) -> list[_Line]:
    """Return those of some lines that an evaluation may have written."""
    by_name = {name: [line for line in lines if line[0] == name] for name in TABLES}
    return [line for name, each in by_name.items() if each for line in _whole_of(name, each)]


def _whole_of(name: str, lines: Sequence[_Line]) -> Sequence[_Line]:
    try:
        records = [_record(line[4]) for line in lines]
        checked_table(name, records)
        if any(_place(name, record) != line[:4] for record, line in zip(records, lines, strict=True)):
            raise ValueError("a record must be found by what is in it")
        return lines
    except ValueError:
        # which of them it is
        return [] if len(lines) == 1 else [each for line in lines for each in _whole_of(name, [line])]


def _salvaged(path: Path) -> Iterator[_Line]:
    """Yield what can be read of a damaged file and is whole: from its beginning, and from its end."""
    seen: set[int] = set()
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error, ValueError), closing(_opened_for_reading(path)) as connection:  # pyright: ignore
            query = f"SELECT rowid, * FROM records NOT INDEXED ORDER BY rowid {order}"  # noqa: S608
            for number, *line in connection.execute(query):
                # a damaged tree may lead in circles
                if number in seen:
                    break
                seen.add(number)
                yield from _whole([tuple(line)])  # pyright: ignore[reportArgumentType]


def _remove(path: Path) -> None:
    for end in ("", *_SIDE_FILES):
        path.with_name(path.name + end).unlink(missing_ok=True)
