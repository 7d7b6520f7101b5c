"""Results on disk, safe against being killed at any moment.

A finished row is one small file in ``parts``, written under another name and renamed, so that it is there
whole or not at all, and named after the row, so that it is there once. From time to time, and at the end,
parts go into the Parquet tables; they are removed only when the new tables stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.image import write_atomically
from kaa_gui.evaluation.columns import chosen, joined, read_table, table_of, write_table
from kaa_gui.evaluation.datasets import Fault
from kaa_gui.evaluation.lock import locked
from kaa_gui.evaluation.outcome import Outcome, Record
from kaa_gui.evaluation.plan import Plan
from kaa_gui.session import check_folder

PLAN_FILE = "plan.json"
PARTS = "parts"
TABLES = ("rows", "checks", "timings", "failures")
COMPACT_AT = 500
"""Fewest parts that are worth a new table; as the table grows, so does what it waits for."""


class Store:
    """The results' folder of one evaluation."""

    def __init__(self, folder: Path) -> None:
        """Look at what is there; nothing is written."""
        self.folder = folder
        self._parts = 0
        self._rows = 0

    @contextmanager
    def opened(self, plan: Plan) -> Iterator[None]:
        """Make the folder, hold its lock, note the plan; at the end put the parts into the tables.

        Raises:
            KaaError: It cannot be written, is in use, or holds another data set's results.
        """
        check_folder(self.folder)
        (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
        with locked(self.folder):
            for left in (self.folder / PARTS).glob(".*.part"):
                left.unlink(missing_ok=True)
            self._note(plan)
            yield

    def _note(self, plan: Plan) -> None:
        if (self.folder / PLAN_FILE).exists():
            other = self.plan().source
            if (other.kind, other.path, other.crops) != _identity(plan):
                raise ConfigError(
                    f"{self.folder} holds results of {other.kind}:{other.path} ({other.crops}); "
                    "choose another --out"
                )
        content = json.dumps(plan.as_json(), indent=2, allow_nan=False)
        write_atomically(self.folder / PLAN_FILE, content.encode())

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

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; it is safe when this returns.

        Raises:
            PictureError: The disk is full.
        """
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
        if self._parts >= max(COMPACT_AT, self._rows // 2):
            self.compact(order)

    def compact(self, order: Sequence[str], faults: Sequence[Fault] = ()) -> None:
        """Put the parts into the tables, rows in the order of the plan.

        Args:
            order: Row identifiers.
            faults: Entries that could not be used; they go to the failures.
        """
        outcomes = list(self._unread())
        places = {row: place for place, row in enumerate(order)}
        done = {outcome.row for outcome in outcomes if outcome.record is not None}
        new = {name: table_of(records) for name, records in _records(outcomes, faults).items()}
        for name in TABLES:
            old = read_table(self._table(name))
            if name == "failures" and old is not None:
                # a row that failed once and was done later is no failure; faults are listed anew
                rows = old.column("row").to_pylist()
                old = chosen(old, [place for place, row in enumerate(rows) if row and row not in done])
            table = joined(old, new[name], places)
            if table is not None and not (old is not None and table.equals(old)):
                write_table(self._table(name), table)
            self._rows = max(self._rows, 0 if table is None else table.num_rows)
        for outcome in outcomes:
            (self.folder / PARTS / f"{outcome.row}.json").unlink(missing_ok=True)
        self._parts = 0

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

    def _table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def _unread(self) -> Iterator[Outcome]:
        for path in sorted((self.folder / PARTS).glob("*.json")):
            try:
                yield Outcome.from_json(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as error:
                raise PictureError(
                    f"{path}: damaged ({error}); remove it, its row is computed again"
                ) from None


def _identity(plan: Plan) -> tuple[str, str, str]:
    source: Any = plan.source.as_json()
    return source["kind"], source["path"], source["crops"]


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
