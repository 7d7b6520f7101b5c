"""Tables, curves and one self-contained page out of an evaluation's rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.image import write_atomically
from kaa_gui.evaluation.report.curves import curve_figures
from kaa_gui.evaluation.report.page import Content, page
from kaa_gui.evaluation.store import Store
from kaa_gui.evaluation.tables import Titled, all_tables
from kaa_gui.figures.output import figure_bytes
from kaa_gui.figures.tables import Cell, Column, Table, to_csv, to_latex, to_markdown

FOLDER, PAGE, MARKDOWN = "report", "report.html", "tables.md"


def tables_of(store: Store) -> dict[str, Titled]:
    """Return the tables of an evaluation, finished or not."""
    return all_tables(store.read("rows"), store.read("checks"))


def write_report(store: Store) -> Path:
    """Write tables (CSV, LaTeX, Markdown), curves (PDF) and the page; return the page.

    Raises:
        ConfigError: There is no evaluation.
        PictureError: The folder cannot be written.
    """
    store.plan()
    rows, failures = store.read("rows"), store.read("failures")
    if not rows and not failures:
        raise ConfigError(f"{store.folder} holds no finished row yet; run evaluate --out {store.folder}")
    folder = store.folder / FOLDER
    folder.mkdir(exist_ok=True)
    tables = all_tables(rows, store.read("checks"))
    for name, titled in tables.items():
        write_atomically(folder / f"{name}.csv", to_csv(titled.table).encode())
        write_atomically(folder / f"{name}-numbers.csv", to_csv(_numbers(titled)).encode())
        write_atomically(folder / f"{name}.tex", to_latex(titled.table).encode())
    write_atomically(folder / MARKDOWN, markdown(tables).encode())
    curves = []
    for name, (title, figure) in curve_figures(rows).items():
        write_atomically(folder / f"{name}.pdf", figure_bytes(figure, "pdf"))
        svg = figure_bytes(figure, "svg").decode()
        curves.append((title, svg[svg.index("<svg") :]))
    content = page(Content(store, rows, failures, list(tables.values()), curves))
    # a path need not be valid text
    write_atomically(folder / PAGE, content.encode("utf-8", "replace"))
    return folder / PAGE


def markdown(tables: Mapping[str, Titled]) -> str:
    """Return all tables as Markdown."""
    return "\n".join(f"### {titled.title}\n\n{to_markdown(titled.table)}" for titled in tables.values())


def _numbers(titled: Titled) -> Table:
    """Return every number behind a table, with its intervals, as a table of its own."""
    names = list(dict.fromkeys(name for record in titled.records for name in record))
    rows = tuple(tuple(_cell(record.get(name)) for name in names) for record in titled.records)
    return Table(tuple(Column(name) for name in names), rows, titled.table.caption)


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float) else None


__all__ = ["MARKDOWN", "tables_of", "write_report"]
