"""Run ``redraw``: draw a figure again from the file beside it alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kaa_gui.commands.options import add_output_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("sidecar", metavar="FILE.json", help="file that stands beside a figure")
    words = "figure to write: .pdf, .svg, .png or .pgf (default: where it was)"
    add_output_options(parser, "file", words, required=False)
    add("--runs", nargs="+", default=[], metavar="RUN", help="folders of runs that lie elsewhere now")
    add("--caption", action="store_true", help="print the caption to standard output")


def run(options: argparse.Namespace) -> int:
    """Read the file and the runs that it names, draw, write."""
    from kaa_gui.core.files.ownership import check_output
    from kaa_gui.figures.output.draw import format_of
    from kaa_gui.figures.output.writing import write_drawn
    from kaa_gui.runs.output import data_files
    from kaa_gui.runs.redrawing import read_sidecar, redraw

    recorded = read_sidecar(Path(options.sidecar))
    path = recorded.figure if options.out is None else Path(options.out)
    form = format_of(path)
    check_output(path, inputs=data_files(options.runs), figure=True, overwrite=options.overwrite)
    drawn = redraw(recorded, options.runs)
    read = data_files(source.folder for source in drawn.sources if source is not None)
    digest = write_drawn(drawn, path, form, inputs=read, overwrite=options.overwrite)
    if told := recorded.difference(path, digest):
        print(f"kaa-studio: {told}", file=sys.stderr)
    if options.caption:
        print(drawn.caption)
    return 0
