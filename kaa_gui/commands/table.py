"""Run ``table``: put success rates and perturbation sizes of saved runs into CSV, LaTeX or Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path

from kaa_gui.commands.options import add_output_options
from kaa_gui.core.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("runs", nargs="+", metavar="RUN", help="folder that the attack command wrote")
    add("--kind", default="summary", help="summary (a row a method, norm, layer and ε; default) or runs")
    add("--format", help="csv, latex (booktabs) or markdown (default: by --out's name, else markdown)")
    words = "write to a file (.csv, .tex, .md) instead of standard output"
    add_output_options(parser, "file", words, required=False)


def run(options: argparse.Namespace) -> int:
    """Read the runs, write the table."""
    from kaa_gui.core.files.ownership import check_output
    from kaa_gui.core.files.writing import write_file
    from kaa_gui.figures.summaries import TABLES
    from kaa_gui.figures.tables import render_table
    from kaa_gui.runs.output import data_files
    from kaa_gui.runs.reading import load_record

    if options.kind not in TABLES:
        raise ConfigError(f"kind must be one of {', '.join(TABLES)}, got {options.kind!r}")
    form = options.format or _form_of(options.out)
    if options.out is not None:
        check_output(Path(options.out), inputs=data_files(options.runs), overwrite=options.overwrite)
    records = tuple(load_record(folder) for folder in options.runs)
    text = render_table(TABLES[options.kind](records), form)
    if options.out is None:
        print(text, end="")
    else:
        write_file(Path(options.out), text.encode())
    return 0


def _form_of(out: str | None) -> str:
    from kaa_gui.figures.tables import TABLE_SUFFIXES

    if out is None:
        return "markdown"
    suffix = Path(out).suffix.lower()
    if suffix not in TABLE_SUFFIXES:
        raise ConfigError(f"{out}: the name must end in {', '.join(TABLE_SUFFIXES)}, or give --format")
    return TABLE_SUFFIXES[suffix]
