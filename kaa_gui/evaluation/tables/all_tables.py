"""Make all tables of an evaluation from its rows and checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.check_table import check_table
from kaa_gui.evaluation.tables.gathered import Members
from kaa_gui.evaluation.tables.paired import paired_table
from kaa_gui.evaluation.tables.slides import Titled, table_one, table_two
from kaa_gui.evaluation.tables.summaries import Key, summarise


def all_tables(groups: Mapping[Key, Members], checks: Iterable[Record]) -> dict[str, Titled]:
    """Return the tables that there are rows for, by the names of their files.

    Args:
        groups: Rows of each attack, as :func:`~kaa_gui.evaluation.tables.summaries.grouped` has them.
        checks: Read once.
    """
    summaries = summarise(groups)
    away = [summary for summary in summaries.values() if summary.target is None]
    towards = [summary for summary in summaries.values() if summary.target is not None]
    tables = {
        "table1": table_one(away) if away else None,
        "table2": table_two(towards) if towards else None,
        "paired": paired_table(groups, summaries),
        "checks": check_table(groups, summaries, checks),
    }
    return {name: table for name, table in tables.items() if table is not None}
