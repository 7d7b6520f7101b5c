"""Run ``report``: make tables, curves and one page out of an evaluation's rows."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", metavar="DIR", help="results of evaluate")
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")


def run(options: argparse.Namespace) -> int:
    """Write the report again, without attacking anything."""
    from kaa_gui.core.errors import one_line
    from kaa_gui.evaluation.report import MARKDOWN, tables_of, write_report
    from kaa_gui.evaluation.results.store import Store

    store = Store(Path(options.folder))
    report = write_report(store)
    for path in store.set_aside:
        print(f"{one_line(str(path))}: damaged, set aside; evaluate computes its rows again", file=sys.stderr)
    if options.json:
        tables = {name: list(titled.records) for name, titled in tables_of(store).items()}
        print(json.dumps(tables, indent=2, allow_nan=False))
    else:
        print((report.parent / MARKDOWN).read_text(encoding="utf-8"))
        print(f"written {report}")
    return 0
