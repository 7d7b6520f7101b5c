"""Read the parts of earlier versions: one JSON file a row, in place of the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kaa_gui.evaluation.results.outcome import Outcome, Record
from kaa_gui.evaluation.results.parquet import checked_table, one_line

LONGEST = 1 << 26
"""Most bytes of a part."""


def read_part(path: Path) -> dict[str, list[Record]]:
    """Return the records of a part, by their tables.

    Raises:
        ValueError: It is damaged, or none.
    """
    if not path.is_file() or path.stat().st_size > LONGEST:
        raise ValueError(f"a part must be a file of at most {LONGEST >> 20} MiB")
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        records = Outcome(**values).records()
        every = [record["row"] for each in records.values() for record in each]
    except (OSError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(one_line(error)) from None
    for name, each in records.items():
        checked_table(name, each)
    # a row is an identifier, and the part has its name; anything else might name other files
    if not every or any(row != path.stem for row in every):
        raise ValueError(f"a part must hold the row that it is named after, got {one_line(every)}")
    return records
