"""What ``evaluate`` says before and while it works: how much there is to do, and how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kaa_gui.evaluation.plan import Job, Plan

if TYPE_CHECKING:
    from kaa_gui.evaluation.assignment import Assignment
    from kaa_gui.evaluation.store import Store
    from kaa_gui.evaluation.work import Attacker

PATIENCE_S = 4.0
"""Trying attacks out may delay the first row by this much."""
MOST_ROWS = 100
"""After so many rows the time left is said in any case."""


def plan_size(plan: Plan, assignment: Assignment) -> dict[str, int]:
    """Return the numbers of entries, damaged ones, attacks on each, and rows."""
    return {
        "entries": len({job.entry.key for job in assignment.jobs}),
        "damaged": len(assignment.faults),
        "attacks_per_entry": len(plan.configs),
        "rows": len(assignment.jobs),
    }


def size_in_words(plan: Plan, assignment: Assignment) -> str:
    """Return the same in one line."""
    size = plan_size(plan, assignment)
    return (
        f"{size['entries']} entries ({size['damaged']} damaged) x {size['attacks_per_entry']} attacks = "
        f"{size['rows']} rows"
    )


def tell_known(store: Store, missing: Sequence[Job], total: int) -> None:
    """Say what is there already, and what is not as whoever goes on with a folder may think."""
    for path in store.set_aside:
        print(f"damaged, set aside: {path}; its row is computed again", file=sys.stderr)
    if len(missing) < total:
        print(f"{total - len(missing)} rows are there already, {len(missing)} to do", file=sys.stderr)
    done = store.finished(failed=False)
    if again := sum(job.row in done for job in missing):
        print(f"{again} finished rows lack a check or a picture: attacked again for it", file=sys.stderr)


def tell_estimate(attacker: Attacker, missing: Sequence[Job], hands: int, *, batch: int = 1) -> bool:
    """Say how long the missing rows will take; return whether that was known soon enough."""
    from kaa_gui.evaluation.estimate import estimate, in_words

    if not missing:
        return True
    try:
        # what single attacks take says little of batches
        seconds = estimate(attacker, missing, hands, patience_s=PATIENCE_S if batch == 1 else 0)
    except TimeoutError:
        print("estimated time: follows with the first rows", file=sys.stderr, flush=True)
        return False
    print(f"estimated time with {hands} worker(s): {in_words(seconds)}", file=sys.stderr, flush=True)
    return True


class Pace:
    """Says once, from the first rows, how long the others will take."""

    def __init__(self, missing: Sequence[Job], hands: int) -> None:
        first = sum(job.entry.key == missing[0].entry.key for job in missing)
        # one picture with each attack, by everybody: some attacks take longer than others
        self._enough = min(first * hands, MOST_ROWS)
        self._rows, self._done, self._began = len(missing), 0, time.monotonic()

    def after_a_row(self, *, failed: bool = False) -> str:
        """Count a row; return what to say now, mostly nothing."""
        from kaa_gui.evaluation.estimate import in_words

        if failed:
            # soon over, and no measure of the others
            self._rows -= 1
            return ""
        self._done += 1
        left = self._rows - self._done
        if self._done != self._enough or not left:
            return ""
        seconds = (time.monotonic() - self._began) / self._done * left
        return f"estimated time for the other {left} rows: {in_words(seconds)}"
