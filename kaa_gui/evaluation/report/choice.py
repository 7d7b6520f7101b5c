"""Choose the rows that the page shows: a few pictures of every attack, the best and the worst."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.summaries import COLUMNS as SUMMED_UP

GRID_PICTURES, CASES = 8, 4
COLUMNS = (*SUMMED_UP, "target_error_before_mm", "weights_sha256")
"""All that is read of rows to choose among them."""


@dataclass(slots=True, eq=False)
class Choice:
    """Rows to show, by their identifiers.

    Attributes:
        rows: Number of rows that were chosen from.
        entries: All there are.
        victims: Names of the attacked, each with the first digits of its file's SHA-256.
        truths: Entry -> distance of the clean pose from the truth, mm.
        grids: Norm and target -> entry -> rows.
        best: Whether towards a target -> rows with their scores, the best first.
        worst: Likewise, the worst first.
    """

    rows: int = 0
    entries: set[str] = field(default_factory=set)
    victims: set[str] = field(default_factory=set)
    truths: dict[str, float] = field(default_factory=dict)
    grids: dict[tuple[str, str | None], dict[str, list[str]]] = field(default_factory=dict)
    best: dict[bool, list[str]] = field(default_factory=dict)
    worst: dict[bool, list[str]] = field(default_factory=dict)

    @property
    def shown(self) -> set[str]:
        """All that are shown."""
        cases = [row for by_goal in (self.best, self.worst) for rows in by_goal.values() for row in rows]
        grids = [row for entries in self.grids.values() for rows in entries.values() for row in rows]
        return {*cases, *grids}


def watched(rows: Iterable[Record], choice: Choice) -> Iterable[Record]:
    """Pass rows on, choosing among them on the way; the choice stands when they have ended."""
    best: dict[bool, list[tuple[float, int, str]]] = {False: [], True: []}
    worst: dict[bool, list[tuple[float, int, str]]] = {False: [], True: []}
    for row in rows:
        choice.rows += 1
        choice.entries.add(row["entry"])
        digest = (row.get("weights_sha256") or "")[:12]
        choice.victims.add(f"{row['victim']} (SHA-256 {digest})" if digest else row["victim"])
        if row["clean_truth_mpjpe_mm"] is not None:
            choice.truths[row["entry"]] = row["clean_truth_mpjpe_mm"]
        grid = choice.grids.setdefault((row["norm"], row["target"]), {})
        if row["entry"] in grid or len(grid) < GRID_PICTURES:
            grid.setdefault(row["entry"], []).append(row["row"])
        score, towards = _score(row), row["target"] is not None
        if score is not None and not row["met_before"]:
            # of equals the first
            _keep(best[towards], (score, -choice.rows, row["row"]))
            _keep(worst[towards], (-score, -choice.rows, row["row"]))
        yield row
    for towards, good in best.items():
        # a row is not both
        half = min(CASES, len({row for *_, row in (*good, *worst[towards])}) // 2)
        for kept, chosen in ((good, choice.best), (worst[towards], choice.worst)):
            chosen[towards] = [row for *_, row in sorted(kept, reverse=True)[:half]]


def _keep(kept: list[tuple[float, int, str]], item: tuple[float, int, str]) -> None:
    if len(kept) < CASES:
        heapq.heappush(kept, item)
    else:
        heapq.heappushpop(kept, item)


def _score(row: Record) -> float | None:
    """Return how well an attack did: distance gone, or the share of the way to the target."""
    if row["target"] is None:
        return row["saved_pose_error_mm"]
    after, before = row["saved_target_error_mm"], row["target_error_before_mm"]
    return None if after is None or not before else 1 - after / before
