"""Tables: numbers in, three texts out, and nothing in a cell that a reader of the file would run."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import replace

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.core.types import Run
from kaa_gui.figures.record import Record, live_record
from kaa_gui.figures.summaries import TABLES, runs_table, summary_table
from kaa_gui.figures.tables import TABLE_FORMATS, Column, Table, render_table

TABLE = Table(
    (Column("method_a & b", align="l"), Column("error (mm)", 1), Column("n")),
    (("KAA|ER", 12.345, 3), ("=1+1", None, 4), ("ℓ∞ 50 %", math.nan, 5)),
    "Success: more than 150 mm,\n  n = 12.",
)


def records(run: Run, *successes: bool) -> tuple[Record, ...]:
    made = []
    for number, success in enumerate(successes):
        record = live_record(run)
        method = "kaa" if number % 2 else "kaa+er"
        last = replace(record.last, config=record.config.with_changes(method=method))
        changed = replace(run, snapshots=(last,))
        made.append(replace(record, run=changed, saved=replace(record.last.metrics, success=success)))
    return tuple(made)


def test_csv_holds_numbers_in_full() -> None:
    first, *lines = render_table(TABLE, "csv").split("\r\n")
    assert first == "# Success: more than 150 mm, n = 12."
    rows = list(csv.reader(lines))
    assert rows[1] == ["KAA|ER", "12.345", "3"]
    assert rows[2][:2] == ["'=1+1", ""]
    assert rows[3][1] == ""


def test_latex_is_a_booktabs_table_with_everything_escaped() -> None:
    text = render_table(TABLE, "latex")
    for word in (
        "toprule",
        "midrule",
        "bottomrule",
        "begin{tabular}{lrr}",
        r"method\_a \& b",
        r"$\ell_\infty$ 50 \%",
    ):
        assert word in text
    assert "12.3 & 3" in text
    assert text.count("{") == text.count("}")
    assert not re.search(r"[^\x00-\x7f]", text)


def test_markdown_has_as_many_cells_in_every_line() -> None:
    lines = render_table(TABLE, "markdown").splitlines()
    assert lines[0] == "Success: more than 150 mm, n = 12."
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines[2:]} == {4}
    assert "| 12.3 | 3 |" in lines[4]


HOSTILE = "\x1b]0;pwned\x07 \\input{x} | <script> ![x](http://a) `rm`\n=1+1 \udcff \u202e"


@pytest.mark.parametrize("form", TABLE_FORMATS)
def test_names_from_files_are_only_names(form: str) -> None:
    table = Table((Column(HOSTILE, align="l"), Column("n")), ((HOSTILE, 1), ("  @x", 2)), HOSTILE)
    text = render_table(table, form)
    # one line each, whatever the names hold; and it can be written
    plain = render_table(Table((Column("a"), Column("n")), (("b", 1), ("@x", 2)), "c"), form)
    assert len(text.splitlines()) == len(plain.splitlines())
    assert all(letter.isprintable() or letter in "\r\n" for letter in text)
    text.encode()
    if form == "csv":
        assert list(csv.reader(text.splitlines()))[3][0].startswith("'")
    if form == "latex":
        assert r"\input" not in text
    if form == "markdown":
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()[2:]} == {3}
        assert not re.search(r"<|(?<!\\)[\[\]`]", text)


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(ConfigError, match="csv, latex, markdown"):
        render_table(TABLE, "docx")


def test_rows_must_fit_the_columns() -> None:
    with pytest.raises(ValueError, match="one cell a column"):
        Table((Column("a"),), (("b", "c"),), "")


def test_summary_counts_successes_by_method(finished: Run) -> None:
    table = summary_table(records(finished, True, True, False, False, True))
    titles = [column.title for column in table.columns]
    rows = [dict(zip(titles, row, strict=True)) for row in table.rows]
    assert [(row["method"], row["n"]) for row in rows] == [("KAA", 2), ("KAA+ER", 3)]
    assert rows[0]["success rate (%)"] == 50
    assert rows[1]["success rate (%)"] == pytest.approx(200 / 3)
    assert "150 mm" in table.caption
    assert "5 runs on 1 person" in table.caption
    assert "target" not in titles


def test_runs_table_names_each_run(finished: Run) -> None:
    table = runs_table(records(finished, True, False))
    assert len(table.rows) == 2
    assert {row[7] for row in table.rows} == {"yes", "no"}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("form", TABLE_FORMATS)
def test_every_table_can_be_written_in_every_format(finished: Run, kind: str, form: str) -> None:
    shown = records(finished, True, False)
    assert render_table(TABLES[kind](shown), form) == render_table(TABLES[kind](shown), form)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(0, 10, 0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1)]
)
def test_wilson_interval_matches_the_books(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=1e-3)


def test_wilson_interval_refuses_nonsense() -> None:
    for successes, trials in ((1, 0), (-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="successes"):
            wilson_interval(successes, trials)
