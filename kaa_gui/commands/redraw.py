"""Run ``redraw``: draw a figure again from the file beside it alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("sidecar", metavar="FILE.json", help="file that stands beside a figure")
    add("--out", metavar="FILE", help="figure to write: .pdf, .svg, .png or .pgf (default: where it was)")
    add("--runs", nargs="+", default=[], metavar="RUN", help="folders of runs that lie elsewhere now")
    add("--caption", action="store_true", help="print the caption to standard output")


def run(options: argparse.Namespace) -> int:
    """Read the file and the runs that it names, draw, write."""
    from kaa_gui.figures.output.draw import format_of
    from kaa_gui.figures.output.writing import write_drawn
    from kaa_gui.runs.folder import check_folder
    from kaa_gui.runs.redrawing import check_replaceable, read_sidecar, redraw

    recorded = read_sidecar(Path(options.sidecar))
    path = recorded.figure if options.out is None else Path(options.out)
    form = format_of(path)
    check_folder(path.parent)
    if options.out is None:
        check_replaceable(recorded)
    drawn = redraw(recorded, options.runs)
    digest = write_drawn(drawn, path, form)
    if told := recorded.difference(path, digest):
        print(f"kaa-studio: {told}", file=sys.stderr)
    if options.caption:
        print(drawn.caption)
    return 0
