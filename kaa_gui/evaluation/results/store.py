"""Keep results on disk, safe against being killed at any moment.

While an evaluation runs, its outcomes go into a journal. At the end, and before a report, the journal goes
into the Parquet tables; it is removed only when the new tables stand. What is found to be damaged is set
aside, and the evaluation goes on without it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from sys import intern

import pyarrow as pa

from kaa_gui.core.errors import ConfigError, KaaError, PictureError
from kaa_gui.core.files.ownership import check_replaceable
from kaa_gui.core.files.stages import sweep
from kaa_gui.core.files.writing import check_folder, writable, write_file
from kaa_gui.evaluation.datasets import Fault
from kaa_gui.evaluation.layout import JOURNAL_FILE, OURS, PARTS, PICTURES, PLAN_FILE, REPORT, TABLES, VIEWS
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.results.contract import KEYS
from kaa_gui.evaluation.results.journal import Journal
from kaa_gui.evaluation.results.lock import LOCK_FILE, InUseError, locked
from kaa_gui.evaluation.results.outcome import Outcome, Record
from kaa_gui.evaluation.results.parquet import (
    batches,
    chosen,
    joined,
    keys_of,
    merge_into,
    opened_table,
    read_table,
    table_of,
    write_table,
)
from kaa_gui.evaluation.results.parts import read_part
from kaa_gui.evaluation.results.stored_plan import is_plan, read_plan

DAMAGED = ".damaged"
"""Follows the name of what cannot be read."""
_FOREIGN = "is not of an evaluation and might be replaced; choose another --out"
_IDENTITY = {
    "kind": "format",
    "path": "path",
    "crops": "crops by",
    "images": "pictures in",
    "raw_colours": "raw colours",
}
"""What rows of one folder have in common -> how a message calls it."""


class Store:
    """The results' folder of one evaluation.

    Attributes:
        folder: Where it is.
        set_aside: Damaged files that were renamed; what they held is computed again.
    """

    def __init__(self, folder: Path) -> None:
        """Look at what is there; nothing is written."""
        self.folder = folder
        self.set_aside: list[Path] = []
        self._journal = Journal(folder)
        self._unnoted: bytes | None = None

    @contextmanager
    def opened(
        self,
        plan: Plan,
        weights: Mapping[str, str] | None = None,
        *,
        inputs: Iterable[str | Path | None] = (),
        overwrite: bool = False,
    ) -> Iterator[None]:
        """Make the folder, hold its lock; the plan is noted with the first outcome.

        Args:
            plan: Of the evaluation.
            weights: Victim -> SHA-256 of its file; None where nobody knows.
            inputs: Files that are read, and must stay.
            overwrite: Whether files that are not of an evaluation may be replaced.

        Raises:
            KaaError: It cannot be written, is in use, or holds results of another data set or network, of
                batches of another size, an input, or files that are not of an evaluation.
        """
        check_folder(self.folder)
        found = [file for pattern in OURS for file in sorted(self.folder.glob(pattern))]
        if self._holds_evaluation():
            # what is damaged, a folder in place of a file for instance, is set aside
            found, overwrite = [file for file in found if not file.is_dir()], True
        check_replaceable(found, inputs=inputs, overwrite=overwrite, reason=_FOREIGN)
        existed = self.folder.exists()
        with writable(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            try:
                self._sweep()
                self._set_damaged_aside()
                self._take_up()
                known = self._check(plan, weights or {})
                content = plan.as_json() | {"weights": known}
                self._unnoted = json.dumps(content, indent=2, allow_nan=False).encode()
                yield
            finally:
                self._unnoted = None
                self._journal.close()
                self._leave_nothing(existed=existed)

    def _holds_evaluation(self) -> bool:
        if is_plan(self.folder / PLAN_FILE) or self._journal.is_ours():
            return True
        return any(_is_table(self._table(name)) for name in TABLES) or any(map(_is_part, self._parts()))

    def _sweep(self) -> None:
        """Remove what killed writes have left."""
        for folder in ("", VIEWS, PICTURES, REPORT):
            sweep(self.folder / folder)
        self._journal.sweep()

    def _set_damaged_aside(self) -> None:
        """Rename a plan and tables that cannot be read."""
        if (self.folder / PLAN_FILE).exists():
            try:
                self.plan()
            except ConfigError:
                self._rename(self.folder / PLAN_FILE)
        for name in TABLES:
            try:
                for _ in batches(self._table(name)):
                    pass
            except PictureError:
                self._rename(self._table(name))

    def _take_up(self) -> None:
        """Mend the journal, and put the parts of earlier versions into it."""
        aside = _unused(self.folder / f"{JOURNAL_FILE}{DAMAGED}")
        if self._journal.mended(aside):
            self.set_aside.append(aside)
        for path in self._parts():
            try:
                records = read_part(path)
            except ValueError:
                # one damaged row must not block the others
                self._rename(path)
            else:
                self._journal.add(records)
                path.unlink()
        with suppress(OSError):
            (self.folder / PARTS).rmdir()

    def _rename(self, path: Path) -> None:
        aside = _unused(path.with_name(path.name + DAMAGED))
        try:
            path.replace(aside)
        except OSError as error:
            raise PictureError(
                f"{path}: damaged, and cannot be set aside ({error.strerror or error}); move it away"
            ) from None
        self.set_aside.append(aside)

    def _check(self, plan: Plan, weights: Mapping[str, str]) -> dict[str, str]:
        """Refuse what must not be mixed; return the weights of everything in the folder."""
        known = self._weights()
        if (self.folder / PLAN_FILE).exists():
            self._check_plan(plan)
        for victim, digest in weights.items():
            if known.get(victim, digest) != digest:
                raise ConfigError(
                    f"{self.folder} holds results of another {victim} (SHA-256 {known[victim][:12]}, "
                    f"now {digest[:12]}); choose another --out, or the --bundle of then"
                )
        return known | dict(weights)

    def _check_plan(self, plan: Plan) -> None:
        other = self.plan().source
        for name, title in _IDENTITY.items():
            old, new = (source.as_json()[name] for source in (other, plan.source))
            if old != new:
                raise ConfigError(
                    f"{self.folder} holds results of {other.kind}:{other.path} with {title} {old or 'none'}, "
                    f"got {new or 'none'}; choose another --out"
                )
        if (batch := self.batch()) not in (None, plan.batch or 1):
            raise ConfigError(
                f"{self.folder} holds rows computed in batches of {batch}, got {plan.batch or 1}: the last "
                "bits may differ; leave --batch out, or choose another --out"
            )

    def _weights(self) -> dict[str, str]:
        """Return victim -> SHA-256 of the files that made the rows."""
        with suppress(ConfigError):
            if known := read_plan(self.folder).weights:
                return dict(known)
        # an older folder says it in its rows alone
        records = self.stream("rows", ["weights_sha256"])
        pairs = {(each.get("victim"), each.get("weights_sha256")) for each in records}
        return {victim: digest for victim, digest in pairs if victim and digest}

    def _note(self) -> None:
        """Write the plan down, once; a folder without any outcome says nothing about what belongs in it."""
        if self._unnoted is not None:
            write_file(self.folder / PLAN_FILE, self._unnoted)
            self._unnoted = None

    def _leave_nothing(self, *, existed: bool) -> None:
        """Take away what was made for an evaluation that never began."""
        if (self.folder / PLAN_FILE).exists():
            return
        # whatever else lies there stays
        with suppress(OSError):
            (self.folder / LOCK_FILE).unlink()
            if not existed:
                self.folder.rmdir()

    def plan(self) -> Plan:
        """Return the plan that was run here last.

        Raises:
            ConfigError: There is none.
        """
        return read_plan(self.folder).plan

    def batch(self) -> int | None:
        """Return the size of the batches that the rows were computed in; None where there is no row."""
        check_folder(self.folder)
        try:
            done = self.finished(failed=False) or any(read_part(path)["rows"] for path in self._parts())
            return (self.plan().batch or 1) if done else None
        except (KaaError, ValueError):
            # what is damaged is set aside when the folder is opened
            return None

    def finished(self, *, failed: bool = True) -> set[str]:
        """Return the rows that need not be computed again.

        Args:
            failed: Whether failed rows count as finished.
        """
        rows: set[str] = set()
        for name in ("rows", "failures") if failed else ("rows",):
            rows.update(row for row, *_ in self._journal.keys(name) if row)
            for batch in batches(self._table(name), ["row"]):
                rows.update(batch["row"].drop_null().to_pylist())
        return rows

    def checked(self) -> set[tuple[str, str]]:
        """Return the rows and the checks that were made on them."""
        made = {
            pair
            for batch in batches(self._table("checks"), ["row", "check"])
            # of a few names of checks there is one text each
            for pair in zip(batch["row"].to_pylist(), map(intern, batch["check"].to_pylist()), strict=True)
        }
        return made | {(str(row), str(check)) for row, check, _ in self._journal.keys("checks")}

    def files(self, folder: str) -> set[str]:
        """Return the names, below the results' folder, of what lies in one of its folders."""
        return {f"{folder}/{path.name}" for path in (self.folder / folder).glob("*")}

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; it is safe when this returns.

        Raises:
            PictureError: The disk is full.
        """
        self._note()
        for name, data in outcome.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, data, sweeping=False)
        # last, so that a finished row has all its files
        self._journal.add(outcome.records())

    def compact(self, order: Sequence[str], faults: Sequence[Fault] | None = ()) -> None:
        """Put the journal into the tables, rows in the order of the plan.

        Args:
            order: Row identifiers.
            faults: Entries that could not be used; they go to the failures. None leaves those of before.
        """
        self._note()
        places = {row: place for place, row in enumerate(order)}
        done = {row for row, *_ in self._journal.keys("rows")}
        for name in TABLES:
            if name == "failures":
                self._compact_failures(done, faults, places)
            else:
                merge_into(self._table(name), self._journal.added(name), places)
        self._journal.remove()

    def _compact_failures(
        self, done: Collection[str | None], faults: Sequence[Fault] | None, places: Mapping[str, int]
    ) -> None:
        new = list(self._journal.records("failures"))
        new += [
            {"row": None, "entry": each.key, "reason": each.reason, "defect": False} for each in faults or ()
        ]
        old = kept = read_table(self._table("failures"))
        if old is not None:
            # a row that failed once and was done later is no failure; faults are listed anew
            gone = done if faults is None else {*done, None}
            rows = enumerate(old.column("row").to_pylist())
            kept = chosen(old, [place for place, row in rows if row not in gone])
        table = joined("failures", kept, table_of(new), places)
        if table is not None and not (old is not None and table.equals(old)):
            write_table(self._table("failures"), table)

    def settle(self) -> None:
        """Put what a killed evaluation has left into the tables, unless another one is running here.

        Raises:
            KaaError: The folder cannot be written, or a table is damaged.
        """
        if not (self.folder / JOURNAL_FILE).exists() and not self._parts():
            return
        with suppress(InUseError), locked(self.folder):
            try:
                self._take_up()
                table = batches(self._table("rows"), ["row"])
                known = [row for batch in table for row in batch["row"].to_pylist()]
                self.compact([*known, *self._journal.rows_as_they_came()], None)
            finally:
                self._journal.close()

    def read(self, name: str) -> list[Record]:
        """Return a table's records, and those of the journal.

        Args:
            name: One of :data:`TABLES`.
        """
        table = read_table(self._table(name))
        known = [] if table is None else table.column("row").to_pylist()
        new = table_of(list(self._journal.records(name)))
        whole = joined(name, table, new, {row: place for place, row in enumerate(known) if row})
        return [] if whole is None else whole.to_pylist()

    def stream(self, name: str, columns: Sequence[str]) -> Iterator[Record]:
        """Yield some columns of a table, record by record, no more than a few in memory at once.

        Args:
            name: One of :data:`TABLES`.
            columns: Which, as far as there are such.
        """
        wanted = {*columns, *KEYS[name], *(("victim",) if name == "rows" else ())}
        with self._journal.kept_open():
            new = set(self._journal.keys(name))
            for batch in batches(self._table(name), sorted(wanted)):
                keys = keys_of(name, batch) if new else ()
                places = [place for place, key in enumerate(keys) if key not in new]
                yield from (chosen(batch, places) if new else batch).to_pylist()
            for record in self._journal.records(name):
                yield {column: record[column] for column in wanted & record.keys()}

    def chosen(self, rows: Collection[str]) -> dict[str, Record]:
        """Return the whole records of a few rows."""
        with self._journal.kept_open():
            new = self._journal.chosen("rows", [(row,) for row in rows])
            found = {record["row"]: record for record in new}
            for batch in batches(self._table("rows")):
                names = enumerate(batch.column("row").to_pylist())
                places = [place for place, row in names if row in rows and row not in found]
                found |= {record["row"]: record for record in chosen(batch, places).to_pylist()}
        return found

    def _table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _parts(self) -> list[Path]:
        return sorted((self.folder / PARTS).glob("[!.]*.json"))


def _unused(path: Path) -> Path:
    """Return a name that no file has: this one, or it with a number."""
    names = (path, *(path.with_name(f"{path.name}-{number}") for number in range(2, 100)))
    return next((name for name in names if not name.exists()), path)


def _is_table(path: Path) -> bool:
    try:
        with opened_table(path):
            return True
    except (OSError, ValueError, TypeError, pa.ArrowException):
        return False


def _is_part(path: Path) -> bool:
    try:
        return bool(read_part(path))
    except ValueError:
        return False
