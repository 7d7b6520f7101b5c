"""Write records to Parquet and read them; a column keeps its type even where all values are missing."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kaa_gui.core import errors
from kaa_gui.core.errors import PictureError
from kaa_gui.core.files.writing import write_file
from kaa_gui.evaluation.datasets.entry import valid_text
from kaa_gui.evaluation.results.contract import KEYS, check_schema, check_values, column_type
from kaa_gui.evaluation.results.outcome import Record

BATCH = 4096
"""Rows that are read or written at once."""
MOST_ROWS = 10_000_000
"""Most rows of a table; a larger number in a file's header is none of ours."""
Key = tuple[str | None, ...]
"""Values of a table's :data:`KEYS`."""


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """Records that are to go into a table.

    Attributes:
        keys: What identifies each; one that occurs twice is the same record, and the last counts.
        schema: Of all of them.
        take: From places in ``keys`` to a table of these records.
    """

    keys: Sequence[Key]
    schema: Any
    take: Callable[[Sequence[int]], Any]

    @classmethod
    def of(cls, name: str, table: Any) -> Added:
        """Return a table's records.

        Args:
            name: One of :data:`KEYS`.
            table: As :func:`table_of` makes it.
        """
        return cls(keys_of(name, table), table.schema, lambda places: chosen(table, places))


def table_of(records: Sequence[Record]) -> Any:
    """Return records as a table, with the columns of the first and whatever later ones add.

    Raises:
        ValueError: A value has another type than its column.
    """
    names = list(dict.fromkeys(name for record in records for name in record))
    try:
        return pa.Table.from_arrays(
            [_array(name, [record.get(name) for record in records]) for name in names], names
        )
    except (TypeError, OverflowError, pa.ArrowException) as error:
        raise ValueError(one_line(error)) from None


def checked_table(name: str, records: Sequence[Record]) -> Any:
    """Return records that come from disk as a table.

    Args:
        name: One of :data:`KEYS`.
        records: Any JSON objects.

    Raises:
        ValueError: They are none of this table.
    """
    table = table_of(records)
    if records:
        check_schema(name, table.schema)
        check_values(name, table)
    return table


def one_line(error: object) -> str:
    """Return a message of a library as one short line without control characters."""
    return errors.one_line(" ".join(str(error).split()))[:200]


def _array(name: str, values: list[Any]) -> Any:
    kind = column_type(name)
    # names of files need not be valid text, and Parquet holds no other
    return pa.array([valid_text(each) if isinstance(each, str) else each for each in values], kind)


def joined(name: str, old: Any, new: Any, order: Mapping[str, int]) -> Any:
    """Return two tables as one, in the order of the plan; a row that is in both comes once.

    Args:
        name: One of :data:`KEYS`.
        old: Table with a column ``row``, or None.
        new: Likewise.
        order: Row -> place; others follow.
    """
    parts = [part for part in (old, new) if part is not None and part.num_columns]
    if not parts:
        return None
    whole = pa.concat_tables(parts, promote_options="default")
    return chosen(whole, _places(keys_of(name, whole), order))


def merge_into(path: Path, added: Added, order: Mapping[str, int]) -> None:
    """Put records into a Parquet file as :func:`joined` does.

    No more than a few rows are in memory at once, unless the plan's order has changed.

    Args:
        path: File of one of :data:`KEYS`.
        added: The records.
        order: Row -> place; others follow.

    Raises:
        PictureError: The file is damaged, or cannot be written.
    """
    name = path.stem
    keys = [key for batch in batches(path, KEYS[name]) for key in keys_of(name, batch)]
    places = _places([*keys, *added.keys], order)
    staying = [place for place in places if place < len(keys)]
    if not added.keys and staying == sorted(staying):
        return
    if staying != sorted(staying):
        new = added.take(range(len(added.keys)))
        write_table(path, joined(name, read_table(path), new, order))
        return
    schema = pa.unify_schemas([pq.read_schema(path), added.schema]) if keys else added.schema
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for table in _merged(path, added, places, len(keys)):
            # columns that one of the two lacks are unknown there
            writer.write_table(pa.concat_tables([schema.empty_table(), table], promote_options="default"))
    write_file(path, buffer.getvalue())


def _merged(path: Path, added: Added, places: Sequence[int], old: int) -> Iterator[Any]:
    """Yield rows in their order: by their places in the file, and beyond it among the new ones."""
    reader, batch, first = batches(path), pa.table({}), 0
    for start in range(0, len(places), BATCH):
        chunk = places[start : start + BATCH]
        kept, left = [], deque(place for place in chunk if place < old)
        count = len(left)
        while left:
            end = first + batch.num_rows
            here = []
            while left and left[0] < end:
                here.append(left.popleft() - first)
            if here:
                kept.append(chosen(pa.table(batch), here))
            if left:
                batch, first = next(reader), end
        new = added.take([place - old for place in chunk if place >= old])
        both = pa.concat_tables([*kept, new], promote_options="default")
        of_old, of_new = iter(range(count)), iter(range(count, len(chunk)))
        yield chosen(both, [next(of_old if place < old else of_new) for place in chunk])


def _places(keys: Sequence[Key], order: Mapping[str, int]) -> list[int]:
    """Return the places of keys in the order of the plan, each key once; it begins with the row."""
    # the newest wins: a check or a row that was computed twice is the same anyway
    seen, last = {key: place for place, key in enumerate(keys)}, len(order)
    return sorted(seen.values(), key=lambda place: (order.get(keys[place][0] or "", last), str(keys[place])))


def chosen(table: Any, places: Sequence[int]) -> Any:
    """Return some of a table's rows, in this order."""
    return table.take(pa.array(places, pa.int64()))


def keys_of(name: str, table: Any) -> list[Key]:
    """Return what identifies each row of a table or batch."""
    return list(zip(*(table.column(column).to_pylist() for column in KEYS[name]), strict=True))


def read_table(path: Path) -> Any:
    """Return a Parquet file's table; None where there is no such file.

    Raises:
        PictureError: It is damaged.
    """
    read = list(batches(path))
    if not read:
        return None
    with _readable(path):
        return pa.Table.from_batches(read)


def batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Yield a Parquet file's rows, or some columns that it has, in batches small enough for any memory.

    Args:
        path: File of one of :data:`KEYS`; there need not be one.
        columns: Which; all by default.

    Raises:
        PictureError: It is damaged, or holds what no evaluation writes.
    """
    if not path.exists():
        return
    with _readable(path), opened_table(path) as file:
        names = None if columns is None else [name for name in file.schema_arrow.names if name in columns]
        for batch in file.iter_batches(BATCH, columns=names):
            check_values(path.stem, batch)
            yield batch


@contextmanager
def opened_table(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file and check its header.

    Raises:
        OSError, ValueError, pa.ArrowException: It is none of an evaluation.
    """
    if not path.is_file():
        raise ValueError("it is no file")
    with pq.ParquetFile(path, pre_buffer=False) as file:
        check_schema(path.stem, file.schema_arrow)
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError(f"it must hold at most {MOST_ROWS:,} rows, got {file.metadata.num_rows:,}")
        yield file


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, OverflowError, pa.ArrowException) as error:
        raise PictureError(
            f"{path}: not a readable Parquet file of an evaluation ({one_line(error)}); move it away"
        ) from None


def write_table(path: Path, table: Any) -> None:
    """Write a table as Parquet, whole or not at all."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=BATCH)
    write_file(path, buffer.getvalue())
