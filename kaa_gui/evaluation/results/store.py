"""Keep results on disk, safe against being killed at any moment.

A finished row is one small file in ``parts``, written under another name and renamed, so that it is there
whole or not at all, and named after the row, so that it is there once. From time to time, and at the end,
parts go into the Parquet tables; they are removed only when the new tables stand.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from sys import intern
from typing import Any

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.pictures.image import write_atomically
from kaa_gui.evaluation.datasets import Fault
from kaa_gui.evaluation.layout import PARTS, PLAN_FILE
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.results.lock import LOCK_FILE, locked
from kaa_gui.evaluation.results.outcome import Outcome, Record
from kaa_gui.evaluation.results.parquet import (
    batches,
    chosen,
    joined,
    merge_into,
    read_table,
    table_of,
    write_table,
)
from kaa_gui.runs.folder import check_folder

TABLES = ("rows", "checks", "timings", "failures")
COMPACT_AT = 500
"""Fewest parts that are worth a new table; as the table grows, so does what it waits for."""
MOST_PARTS = 5000
"""As many parts fit any memory."""


DAMAGED = ".damaged"
"""Follows the name of a part that cannot be read."""


class Store:
    """The results' folder of one evaluation.

    Attributes:
        folder: Where it is.
        set_aside: Damaged parts that were renamed; their rows are computed again.
    """

    def __init__(self, folder: Path) -> None:
        """Look at what is there; nothing is written."""
        self.folder = folder
        self.set_aside: list[Path] = []
        self._parts = 0
        self._rows = 0
        self._unnoted: bytes | None = None

    @contextmanager
    def opened(self, plan: Plan, weights: Mapping[str, str] | None = None) -> Iterator[None]:
        """Make the folder, hold its lock; the plan is noted with the first outcome.

        Args:
            plan: Of the evaluation.
            weights: Victim -> SHA-256 of its file; None where nobody knows.

        Raises:
            KaaError: It cannot be written, is in use, or holds results of another data set or network, or of
                batches of another size.
        """
        check_folder(self.folder)
        existed = self.folder.exists()
        try:
            (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PictureError(
                f"{self.folder}: cannot be written ({error.strerror or error}); choose another --out"
            ) from None
        with locked(self.folder):
            for left in (self.folder / PARTS).glob(".*.part"):
                left.unlink(missing_ok=True)
            try:
                known = self._check(plan, weights or {})
                content = plan.as_json() | {"weights": known}
                self._unnoted = json.dumps(content, indent=2, allow_nan=False).encode()
                yield
            finally:
                self._unnoted = None
                self._leave_nothing(existed=existed)

    def _check(self, plan: Plan, weights: Mapping[str, str]) -> dict[str, str]:
        """Refuse what must not be mixed; return the weights of everything in the folder."""
        if not (self.folder / PLAN_FILE).exists():
            return dict(weights)
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
        known = self._weights()
        for victim, digest in weights.items():
            if known.get(victim, digest) != digest:
                raise ConfigError(
                    f"{self.folder} holds results of another {victim} (SHA-256 {known[victim][:12]}, "
                    f"now {digest[:12]}); choose another --out, or the --bundle of then"
                )
        return known | dict(weights)

    def _weights(self) -> dict[str, str]:
        """Return victim -> SHA-256 of the files that made the rows."""
        values = json.loads((self.folder / PLAN_FILE).read_text(encoding="utf-8"))
        # an older folder says it in its rows alone
        table = read_table(self._table("rows"), ["victim", "weights_sha256"])
        records = [] if table is None else table.to_pylist()
        records += [outcome.record for outcome in self._unread() if outcome.record is not None]
        pairs = {(each.get("victim"), each.get("weights_sha256")) for each in records}
        return {victim: digest for victim, digest in pairs if victim and digest} | values.get("weights", {})

    def _note(self) -> None:
        """Write the plan down, once; a folder without any outcome says nothing about what belongs in it."""
        if self._unnoted is not None:
            write_atomically(self.folder / PLAN_FILE, self._unnoted)
            self._unnoted = None

    def _leave_nothing(self, *, existed: bool) -> None:
        """Take away what was made for an evaluation that never began."""
        if (self.folder / PLAN_FILE).exists():
            return
        # whatever else lies there stays
        with suppress(OSError):
            (self.folder / PARTS).rmdir()
            (self.folder / LOCK_FILE).unlink()
            if not existed:
                self.folder.rmdir()

    def plan(self) -> Plan:
        """Return the plan that was run here last.

        Raises:
            ConfigError: There is none.
        """
        path = self.folder / PLAN_FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ConfigError(
                f"{self.folder} holds no evaluation; run evaluate --out {self.folder}"
            ) from None
        return Plan.from_json(values)

    def batch(self) -> int | None:
        """Return the size of the batches that the rows were computed in; None where there is no row."""
        check_folder(self.folder)
        if not (self.folder / PLAN_FILE).exists() or not self.finished(failed=False):
            return None
        return self.plan().batch or 1

    def finished(self, *, failed: bool = True) -> set[str]:
        """Return the rows that need not be computed again.

        Args:
            failed: Whether failed rows count as finished.
        """
        rows = set()
        for name in ("rows", "failures") if failed else ("rows",):
            table = read_table(self._table(name), ["row"])
            rows |= set() if table is None else set(table.column("row").to_pylist())
        for outcome in self._unread():
            if failed or outcome.failure is None:
                rows.add(outcome.row)
        rows.discard(None)
        return rows

    def checked(self) -> set[tuple[str, str]]:
        """Return the rows and the checks that were made on them."""
        made = {
            pair
            for batch in batches(self._table("checks"), ["row", "check"])
            # of a few names of checks there is one text each
            for pair in zip(batch["row"].to_pylist(), map(intern, batch["check"].to_pylist()), strict=True)
        }
        return made | {
            (record["row"], record["check"]) for outcome in self._unread() for record in outcome.checks
        }

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
            write_atomically(path, data)
        # last, so that a finished row has all its files
        path = self.folder / PARTS / f"{outcome.row}.json"
        write_atomically(path, json.dumps(outcome.as_json(), allow_nan=False).encode())
        self._parts += 1

    def compact_if_due(self, order: Sequence[str]) -> None:
        """Put the parts into the tables when there are many."""
        if self._parts >= min(max(COMPACT_AT, self._rows // 2), MOST_PARTS):
            self.compact(order)

    def compact(self, order: Sequence[str], faults: Sequence[Fault] = ()) -> None:
        """Put the parts into the tables, rows in the order of the plan.

        Args:
            order: Row identifiers.
            faults: Entries that could not be used; they go to the failures.
        """
        self._note()
        outcomes = list(self._unread())
        places = {row: place for place, row in enumerate(order)}
        done = {outcome.row for outcome in outcomes if outcome.record is not None}
        new = {name: table_of(records) for name, records in _records(outcomes, faults).items()}
        for name in TABLES:
            if name == "failures":
                self._compact_failures(new[name], done, places)
            else:
                self._rows = max(self._rows, merge_into(self._table(name), new[name], places))
        for outcome in outcomes:
            (self.folder / PARTS / f"{outcome.row}.json").unlink(missing_ok=True)
        self._parts = 0

    def _compact_failures(self, new: Any, done: Collection[str], places: dict[str, int]) -> None:
        old = read_table(self._table("failures"))
        if old is not None:
            # a row that failed once and was done later is no failure; faults are listed anew
            rows = old.column("row").to_pylist()
            old = chosen(old, [place for place, row in enumerate(rows) if row and row not in done])
        table = joined(old, new, places)
        if table is not None and not (old is not None and table.equals(old)):
            write_table(self._table("failures"), table)

    def read(self, name: str) -> list[Record]:
        """Return a table's records, and those of parts that are not in it yet.

        Args:
            name: One of :data:`TABLES`.
        """
        table = read_table(self._table(name))
        new = table_of(_records(list(self._unread()), ())[name])
        known = [] if table is None else table.column("row").to_pylist()
        whole = joined(table, new, {row: place for place, row in enumerate(known) if row})
        return [] if whole is None else whole.to_pylist()

    def stream(self, name: str, columns: Sequence[str]) -> Iterator[Record]:
        """Yield some columns of a table, record by record: of those in the tables no more than a few at once.

        Args:
            name: One of :data:`TABLES`.
            columns: Which, as far as there are such.
        """
        wanted = {*columns, *_KEYS}
        new = {
            tuple(record.get(key) for key in _KEYS): {name: record.get(name) for name in wanted & set(record)}
            for outcome in self._unread()
            for record in _records([outcome], ())[name]
        }
        for batch in batches(self._table(name), sorted(wanted)):
            for record in batch.to_pylist():
                if tuple(record.get(key) for key in _KEYS) not in new:
                    yield record
        yield from new.values()

    def chosen(self, rows: Collection[str]) -> dict[str, Record]:
        """Return the whole records of a few rows."""
        found = {
            outcome.row: outcome.record
            for outcome in self._unread()
            if outcome.record is not None and outcome.row in rows
        }
        for batch in batches(self._table("rows")):
            names = enumerate(batch.column("row").to_pylist())
            places = [place for place, row in names if row in rows and row not in found]
            found |= {record["row"]: record for record in chosen(batch, places).to_pylist()}
        return found

    def _table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _unread(self) -> Iterator[Outcome]:
        for path in sorted((self.folder / PARTS).glob("*.json")):
            try:
                yield Outcome.from_json(json.loads(path.read_text(encoding="utf-8")))
            except FileNotFoundError:
                # it has gone into the tables since
                continue
            except OSError as error:
                raise PictureError(f"{path}: cannot be read ({error.strerror or error})") from None
            except (ValueError, TypeError, RecursionError):
                # one damaged row must not block the others
                aside = path.with_name(path.name + DAMAGED)
                path.replace(aside)
                self.set_aside.append(aside)


_KEYS = ("row", "check", "victim")
"""What identifies a record of rows or checks."""
_IDENTITY = {"kind": "format", "path": "path", "crops": "crops by", "images": "pictures in"}
"""What rows of one folder have in common -> how a message calls it."""


def _records(outcomes: Sequence[Outcome], faults: Sequence[Fault]) -> dict[str, list[Record]]:
    """Return the new records of each table."""
    return {
        "rows": [outcome.record for outcome in outcomes if outcome.record is not None],
        "checks": [record for outcome in outcomes for record in outcome.checks],
        "timings": [
            {"row": outcome.row, **outcome.timings} for outcome in outcomes if outcome.record is not None
        ],
        "failures": [
            {"row": outcome.row, "entry": outcome.entry, "reason": outcome.failure, "defect": outcome.defect}
            for outcome in outcomes
            if outcome.failure is not None
        ]
        + [{"row": None, "entry": fault.key, "reason": fault.reason, "defect": False} for fault in faults],
    }
