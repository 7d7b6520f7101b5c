"""Read the parts of earlier versions: one JSON file a row, in place of the journal."""

from __future__ import annotations

from pathlib import Path

from kaa_gui.core.errors import KaaError, PictureError
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.evaluation.results.outcome import Outcome, Record
from kaa_gui.evaluation.results.parquet import checked_table, one_line

_PARTS = Reader(PictureError, "")


def read_part(path: Path) -> dict[str, list[Record]]:
    """Return the records of a part, by their tables.

    Raises:
        ValueError: It is damaged, or none.
    """
    try:
        records = Outcome(**_PARTS.json(path)).records()
        every = [record["row"] for each in records.values() for record in each]
    except (KaaError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(one_line(error)) from None
    for name, each in records.items():
        checked_table(name, each)
    # a row is an identifier, and the part has its name; anything else might name other files
    if not every or any(row != path.stem for row in every):
        raise ValueError(f"a part must hold the row that it is named after, got {one_line(every)}")
    return records
