"""Write records to Parquet and read them; a column keeps its type even where all values are missing."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.image import write_atomically
from kaa_gui.evaluation.datasets.entry import valid_text
from kaa_gui.evaluation.results.outcome import Record

BATCH = 4096
"""Rows that are read at once."""
_KEYS = ("row", "check", "victim", "reason", "entry")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = _words(
    "row dataset entry crops picture picture_sha256 weights_sha256 victim method layer goal target norm loss "
    "mask alpha per region region_mask rows layer_name mask_used reference skeleton skeleton_3d check reason "
    "truth_note"
)
_WHOLE = _words(
    "person people batch reference_joints iterations views restarts seed layer_index layer_outputs rows_read "
    "final_iteration saved_iteration first_success_iteration final_l0 saved_l0 saved_picture_l0"
)
_FLAGS = _words(
    "keep_best stop_at_success quantise final_success saved_success noise_success person_found success "
    "smallest met_before control_person_found control_success defect"
)
_LISTS = (
    "trajectory_",
    "clean_keypoints",
    "clean_points",
    "saved_keypoints",
    "saved_points",
    "target_keypoints",
)


def column_type(name: str) -> Any:
    """Return the type of a column; numbers where nothing else is known."""
    if name in _TEXT:
        return pa.string()
    if name in _WHOLE:
        return pa.int64()
    if name in _FLAGS:
        return pa.bool_()
    if name.startswith((*_LISTS, "target_points")):
        return pa.list_(pa.float64())
    return pa.float64()


def table_of(records: Sequence[Record]) -> Any:
    """Return records as a table, with the columns of the first and whatever later ones add."""
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.Table.from_arrays(
        [_array(name, [record.get(name) for record in records]) for name in names], names
    )


def _array(name: str, values: list[Any]) -> Any:
    kind = column_type(name)
    # names of files need not be valid text, and Parquet holds no other
    return pa.array([valid_text(each) if isinstance(each, str) else each for each in values], kind)


def joined(old: Any, new: Any, order: dict[str, int]) -> Any:
    """Return two tables as one, in the order of the plan; a row that is in both comes once.

    Args:
        old: Table with a column ``row``, or None.
        new: Likewise.
        order: Row -> place; others follow.
    """
    parts = [part for part in (old, new) if part is not None and part.num_columns]
    if not parts:
        return None
    whole = pa.concat_tables(parts, promote_options="default")
    return chosen(whole, _places(_keys(whole), order))


def merge_into(path: Path, new: Any, order: dict[str, int]) -> int:
    """Put new rows into a Parquet file as :func:`joined` does, and return how many it has then.

    No more than a few of the old rows are in memory at once, unless the plan's order has changed.

    Raises:
        PictureError: The file is damaged, or cannot be written.
    """
    keys = [key for batch in batches(path, _KEYS) for key in _keys(batch)]
    if not new.num_columns:
        return len(keys)
    old = len(keys)
    places = _places([*keys, *_keys(new)], order)
    staying = [place for place in places if place < old]
    if staying != sorted(staying):
        write_table(path, joined(read_table(path), new, order))
        return len(places)
    schema = pa.unify_schemas([pq.read_schema(path), new.schema]) if old else new.schema
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for table in _merged(path, new, places, old):
            # columns that one of the two lacks are unknown there
            writer.write_table(pa.concat_tables([schema.empty_table(), table], promote_options="default"))
    write_atomically(path, buffer.getvalue())
    return len(places)


def _merged(path: Path, new: Any, places: Sequence[int], old: int) -> Iterator[Any]:
    """Yield rows in their order: by their places in the file, and beyond it among the new ones."""
    queue, first = deque(places), 0
    for batch in batches(path):
        end, taken = first + batch.num_rows, []
        while queue and (queue[0] < end or queue[0] >= old):
            place = queue.popleft()
            taken.append(place - first if place < end else batch.num_rows + place - old)
        first = end
        yield chosen(pa.concat_tables([pa.table(batch), new], promote_options="default"), taken)
    if queue:
        yield chosen(new, [place - old for place in queue])


def _places(keys: Sequence[tuple[str | None, ...]], order: dict[str, int]) -> list[int]:
    """Return the places of keys in the order of the plan, each key once; it begins with the row."""
    # the newest wins: a check or a row that was computed twice is the same anyway
    seen, last = {key: place for place, key in enumerate(keys)}, len(order)
    return sorted(seen.values(), key=lambda place: (order.get(keys[place][0] or "", last), str(keys[place])))


def chosen(table: Any, places: Sequence[int]) -> Any:
    """Return some of a table's rows, in this order."""
    return table.take(pa.array(places, pa.int64()))


def _keys(table: Any) -> list[tuple[str | None, ...]]:
    """Return what identifies each row of a table or batch."""
    if "check" in table.schema.names:
        names: tuple[str, ...] = ("row", "check", "victim")
    else:
        names = ("row", "entry") if "reason" in table.schema.names else ("row",)
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))


def read_table(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Return a Parquet file's table, or those of some columns that it has; None where there is no such file.

    Raises:
        PictureError: It is damaged.
    """
    if not path.is_file():
        return None
    try:
        names = None if columns is None else [name for name in pq.read_schema(path).names if name in columns]
        return pq.read_table(path, columns=names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PictureError(f"{path}: not a readable Parquet file ({error}); move it away") from None


def batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Yield a Parquet file's rows, or some columns that it has, in tables small enough for any memory.

    Raises:
        PictureError: It is damaged.
    """
    if not path.is_file():
        return
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            names = None if columns is None else [name for name in file.schema_arrow.names if name in columns]
            yield from file.iter_batches(BATCH, columns=names)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PictureError(f"{path}: not a readable Parquet file ({error}); move it away") from None


def write_table(path: Path, table: Any) -> None:
    """Write a table as Parquet, whole or not at all."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=BATCH)
    write_atomically(path, buffer.getvalue())
