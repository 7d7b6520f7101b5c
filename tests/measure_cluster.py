"""What more workers bring to an evaluation: ``python -m tests.measure_cluster``, on a quiet machine.

One plan is worked off by one worker and by several, in turn, twice each; the ratio is that of the better
times. Workers are started, and have loaded their network, before the clock runs; the rows are compared.
"""

from __future__ import annotations

import argparse
import os
import time

from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.plan.batches import Group, groups_of
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.runner import run
from kaa_gui.evaluation.workers import Crew
from kaa_gui.evaluation.workers.cluster import Cluster
from kaa_gui.evaluation.workers.processes import Equipment, Processes
from tests.evaluation.made_rows import ROOT

WANTED = 1.6
ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2, help="rows a picture")
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--processes", action="store_true", help="without Ray, as evaluate --workers does")
    options = parser.parse_args()
    # the actors import this package from here
    os.environ["PYTHONPATH"] = str(ROOT)
    config = AttackConfig(method="kaa", iterations=options.iterations)
    plan = Plan(Source(), tuple(config.with_changes(seed=seed) for seed in range(options.seeds)))
    groups = groups_of(plan.jobs(plan.source.entries()), 1)
    best: dict[int, float] = {}
    rows: list[dict[str, object]] = []
    for _ in range(ROUNDS):
        for hands in (1, options.workers):
            seconds, found = measured(groups, crew_of(hands, processes=options.processes))
            best[hands] = min(seconds, best.get(hands, seconds))
            rows.append(found)
            print(f"{hands} worker(s): {len(groups)} rows in {seconds:.1f} s", flush=True)
    ratio = best[1] / best[options.workers]
    print(f"{options.workers} workers are {ratio:.2f} x one; wanted {WANTED} with 2 on 2 cores")
    print(f"rows the same: {'yes' if all(found == rows[0] for found in rows) else 'NO'}")


def crew_of(hands: int, *, processes: bool) -> Crew:
    equipment = Equipment("cpu")
    return Processes(hands, equipment) if processes else Cluster("local", hands, equipment)


def measured(groups: list[Group], crew: Crew) -> tuple[float, dict[str, object]]:
    """Return the seconds that a crew takes, and what it brings."""
    try:
        # of different pictures, so that each worker gets one
        pictures = {group.jobs[0].entry.key: group for group in groups}
        for _ in run(list(pictures.values())[: 2 * crew.hands], crew):
            pass
        began = time.perf_counter()
        found = {outcome.row: outcome.record for outcome in run(groups, crew)}
        return time.perf_counter() - began, found
    finally:
        crew.close()


if __name__ == "__main__":
    main()
