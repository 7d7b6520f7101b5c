"""Name the files in the results' folder of an evaluation."""

from __future__ import annotations

from pathlib import Path

PLAN_FILE = "plan.json"
TABLES = ("rows", "checks", "timings", "failures")
TABLE_FILES = tuple(f"{name}.parquet" for name in TABLES)
JOURNAL_FILE = "unfinished.sqlite"
"""Records that are in no table yet; there while an evaluation runs, or where it was killed."""
PARTS = "parts"
"""One JSON file a record in place of the journal: folders of earlier versions."""
VIEWS, PICTURES, REPORT = "views", "pictures", "report"
STATE = (PLAN_FILE, JOURNAL_FILE, *TABLE_FILES)
"""Files that tell what was evaluated."""
OURS = (
    *STATE,
    f"{PARTS}/*.json",
    f"{VIEWS}/*.jpg",
    f"{PICTURES}/*.png",
    f"{REPORT}/report.html",
    f"{REPORT}/tables.md",
    f"{REPORT}/curves-*.pdf",
    *(
        f"{REPORT}/{name}{end}"
        for name in ("table1", "table2", "paired", "checks")
        for end in (".csv", "-numbers.csv", ".tex")
    ),
)
"""Patterns of all files that an evaluation writes."""


def made_here(file: Path) -> bool:
    """Return whether a picture is one that an evaluation made, rather than one to be attacked."""
    folder = file.parent
    results = folder.parent
    return (
        folder.name in (VIEWS, PICTURES)
        and (results / PLAN_FILE).is_file()
        and ((results / PARTS).is_dir() or any((results / name).is_file() for name in STATE[1:]))
    )
