"""Group rows that are computed in one pass; the plan alone settles who goes with whom."""

from __future__ import annotations

from collections.abc import Hashable, Set
from dataclasses import dataclass

import torch

from kaa_gui.engine.batch import shared_by
from kaa_gui.evaluation.plan.plan import Job

MOST_ON_A_GPU = 16
"""A GPU is busy with so many; more would wait for the slowest to be prepared."""
BYTES_EACH = 2**29
"""Of a GPU's memory for each attack of a batch: activations, their gradients, and room for the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows that are computed in one pass, by one hand.

    Attributes:
        jobs: In their places, those too that are done: the size of a batch and a place in it may decide the
            last bits of a row.
        wanted: Rows among them that are to be handed in.
    """

    jobs: tuple[Job, ...]
    wanted: Set[str]

    @property
    def row(self) -> str:
        """What identifies the group: its first row."""
        return self.jobs[0].row


def groups_of(jobs: list[Job] | tuple[Job, ...], size: int, wanted: Set[str] | None = None) -> list[Group]:
    """Return a plan's jobs in groups, without the groups that nobody wants a row of.

    Args:
        jobs: All of a plan, entry by entry.
        size: Most rows a group; 1 leaves each on its own.
        wanted: Rows that are to be handed in; None for all.
    """
    filled: list[list[Job]] = []
    open_groups: dict[Hashable, list[Job]] = {}
    for job in jobs:
        shared = shared_by(job.config)
        group = open_groups.setdefault(shared, [])
        group.append(job)
        if len(group) == 1:
            filled.append(group)
        if shared is None or len(group) == size:
            del open_groups[shared]
    rows = {job.row for job in jobs} if wanted is None else wanted
    made = [Group(tuple(group), {job.row for job in group} & rows) for group in filled]
    return [group for group in made if group.wanted]


def usual_batch(device: torch.device) -> int:
    """Return how many attacks a device computes at once if nobody says.

    One on a CPU, where batches take as long as one attack after the other; on a GPU as many as its memory
    holds, however much of it others use now, so that a batch is the same when an evaluation goes on.
    """
    if device.type != "cuda":
        return 1
    memory = torch.cuda.get_device_properties(device).total_memory
    return max(1, min(MOST_ON_A_GPU, memory // BYTES_EACH))
