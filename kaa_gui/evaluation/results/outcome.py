"""Hand a row's outcome back as plain values that survive a pipe, a file and a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = dict[str, Any]
"""Column -> JSON value."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A row, done or failed.

    Attributes:
        row: Its identifier.
        entry: Key of the attacked entry.
        record: Its columns; None if it failed.
        failure: Why it failed, in one line.
        defect: Whether the failure is a defect of ours, with the traceback in ``failure``.
        timings: Seconds by stage; kept apart from the record, which is the same on every machine like it.
        checks: One record a check.
        files: Name below the results' folder -> content.
    """

    row: str
    entry: str
    record: Record | None = None
    failure: str | None = None
    defect: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    checks: Sequence[Record] = ()
    files: dict[str, bytes] = field(default_factory=dict)

    def records(self) -> dict[str, list[Record]]:
        """Return the records that this adds to each table."""
        failure = {"row": self.row, "entry": self.entry, "reason": self.failure, "defect": self.defect}
        return {
            "rows": [] if self.record is None else [self.record],
            "checks": list(self.checks),
            "timings": [] if self.record is None else [{"row": self.row, **self.timings}],
            "failures": [] if self.failure is None else [failure],
        }


def rounded(values: NDArray[np.floating], digits: int = 2) -> list[float | None]:
    """Return an array flat, rounded, with None for what is not finite."""
    return [None if not np.isfinite(value) else round(float(value), digits) for value in values.ravel()]
