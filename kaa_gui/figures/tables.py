"""Write tables as CSV, LaTeX (booktabs) or Markdown.

A :class:`Table` holds numbers, not text: CSV gets them in full, the others rounded by their column.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from kaa_gui.core.errors import ConfigError, one_line
from kaa_gui.figures.latex import latex_text

Cell = str | int | float | None

UNKNOWN = "–"
# a spreadsheet would run a cell that begins with one of these
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# what ends a cell, or becomes HTML, a link, a picture that is fetched, or code
_MARKDOWN = re.compile(r"[\\|<\[\]`]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        title: Its head, the unit in parentheses.
        digits: Places after the point of its numbers, in LaTeX and Markdown.
        align: ``"l"`` or ``"r"``.
    """

    title: str
    digits: int = 1
    align: Literal["l", "r"] = "r"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with what a reader needs to judge it.

    Attributes:
        columns: Columns, from left to right.
        rows: Each with one cell a column; None is unknown.
        caption: Caption with thresholds and n.
        label: Label for references in LaTeX.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    label: str = "tab:kaa"

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row needs one cell a column")


def to_csv(table: Table) -> str:
    """Return the table as CSV (RFC 4180), numbers in full, the caption as a first line after ``#``."""
    text = io.StringIO()
    text.write(f"# {_one_line(table.caption)}\r\n")
    writer = csv.writer(text)
    writer.writerow([_csv_cell(column.title) for column in table.columns])
    for row in table.rows:
        writer.writerow([_csv_cell(cell) for cell in row])
    return text.getvalue()


def to_latex(table: Table) -> str:
    """Return the table as a LaTeX ``table`` that needs the package booktabs and nothing else."""
    align = "".join(column.align for column in table.columns)
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "  \\centering",
        f"  \\caption{{{latex_text(_one_line(table.caption))}}}",
        f"  \\label{{{table.label}}}",
        f"  \\begin{{tabular}}{{{align}}}",
        "    \\toprule",
        f"    {_latex_row(column.title for column in table.columns)}",
        "    \\midrule",
        *(f"    {_latex_row(row)}" for row in cell_texts(table)),
        "    \\bottomrule",
        "  \\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def to_markdown(table: Table) -> str:
    """Return the table as Markdown, the caption above it."""
    rule = ["---" if column.align == "l" else "---:" for column in table.columns]
    lines = [
        _markdown(table.caption),
        "",
        _markdown_row(_markdown(column.title) for column in table.columns),
        _markdown_row(rule),
        *(_markdown_row(_markdown(cell) for cell in row) for row in cell_texts(table)),
    ]
    return "\n".join(lines) + "\n"


TABLE_FORMATS: dict[str, Callable[[Table], str]] = {"csv": to_csv, "latex": to_latex, "markdown": to_markdown}
"""Name -> writer; the names are choices of the command line."""

TABLE_SUFFIXES = {".csv": "csv", ".tex": "latex", ".md": "markdown"}


def render_table(table: Table, form: str) -> str:
    """Return a table as text.

    Raises:
        ConfigError: The format is unknown.
    """
    if form not in TABLE_FORMATS:
        raise ConfigError(f"format must be one of {', '.join(TABLE_FORMATS)}, got {form!r}")
    return TABLE_FORMATS[form](table)


def cell_texts(table: Table) -> Iterable[list[str]]:
    """Yield each row as text, numbers rounded by their column."""
    for row in table.rows:
        yield [_text(cell, column) for cell, column in zip(row, table.columns, strict=True)]


def _text(cell: Cell, column: Column) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return UNKNOWN
    return f"{cell:.{column.digits}f}" if isinstance(cell, float) else str(cell)


def _csv_cell(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, str):
        return f"'{_one_line(cell)}" if cell.lstrip(" ").startswith(_FORMULA) else _one_line(cell)
    return repr(cell) if isinstance(cell, float) else str(cell)


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(latex_text(_one_line(cell)) for cell in cells) + r" \\"


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", _one_line(text))


def _one_line(text: str) -> str:
    return one_line(" ".join(text.split()))
