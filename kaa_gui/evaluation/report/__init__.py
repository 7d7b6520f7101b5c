"""Make tables, curves and one self-contained page out of an evaluation's rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.files.writing import check_folder, write_file
from kaa_gui.evaluation.layout import REPORT
from kaa_gui.evaluation.report import choice, curves
from kaa_gui.evaluation.report.page import Content, page
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.tables import check_table, summaries
from kaa_gui.evaluation.tables.all_tables import all_tables
from kaa_gui.evaluation.tables.slides import Titled
from kaa_gui.figures.output.draw import figure_bytes
from kaa_gui.figures.tables import Cell, Column, Table, to_csv, to_latex, to_markdown

PAGE, MARKDOWN = "report.html", "tables.md"


def tables_of(store: Store) -> dict[str, Titled]:
    """Return the tables of an evaluation, finished or not."""
    groups = summaries.grouped(store.stream("rows", summaries.COLUMNS))
    return all_tables(groups, store.stream("checks", check_table.COLUMNS))


def write_report(store: Store) -> Path:
    """Write tables (CSV, LaTeX, Markdown), curves (PDF) and the page; return the page.

    Raises:
        ConfigError: There is no evaluation.
        PictureError: The folder cannot be written.
    """
    store.plan()
    check_folder(store.folder / REPORT)
    store.settle()
    chosen, failures = choice.Choice(), store.read("failures")
    groups = summaries.grouped(choice.watched(store.stream("rows", choice.COLUMNS), chosen))
    if not groups and not failures:
        raise ConfigError(f"{store.folder} holds no finished row yet; let its evaluation go on first")
    folder = store.folder / REPORT
    folder.mkdir(exist_ok=True)
    tables = all_tables(groups, store.stream("checks", check_table.COLUMNS))
    for name, titled in tables.items():
        write_file(folder / f"{name}.csv", to_csv(titled.table).encode())
        write_file(folder / f"{name}-numbers.csv", to_csv(_numbers(titled)).encode())
        write_file(folder / f"{name}.tex", to_latex(titled.table).encode())
    write_file(folder / MARKDOWN, markdown(tables).encode())
    firsts, drawn = {key: members.first for key, members in groups.items()}, []
    figures = curves.curve_figures(store.stream("rows", curves.COLUMNS), firsts)
    for name, (heading, caption, figure) in figures.items():
        write_file(folder / f"{name}.pdf", figure_bytes(figure, "pdf"))
        svg = figure_bytes(figure, "svg").decode()
        drawn.append((heading, svg[svg.index("<svg") :], caption))
    labels = summaries.labels_of(firsts)
    shown = store.chosen(chosen.shown)
    content = page(Content(store, chosen, shown, labels, failures, list(tables.values()), drawn))
    # a path need not be valid text
    write_file(folder / PAGE, content.encode("utf-8", "replace"))
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
