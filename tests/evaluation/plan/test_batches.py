"""Who is computed with whom is settled by the plan."""

import itertools

import pytest
import torch

from kaa_gui.core.types import AttackConfig
from kaa_gui.engine.batch import SHARED
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.plan.batches import MOST_ON_A_GPU, groups_of, usual_batch
from kaa_gui.evaluation.plan.plan import Plan
from tests.evaluation import made_rows as rows

CONFIGS = [
    AttackConfig(method=method, epsilon=level / 255, seed=seed, space="crop")
    for method, level, seed in itertools.product(("kaa", "kaa+er"), (1, 2), (0, 1))
]
ALONE = [AttackConfig(restarts=2), AttackConfig(smallest=True)]
JOBS = Plan(Source("folder", "/nowhere"), (*CONFIGS, *ALONE)).jobs(rows.entries(5))


@pytest.mark.parametrize("size", [1, 2, 3, 16, 1000])
def test_every_row_has_one_place_among_its_like(size):
    groups = groups_of(JOBS, size)
    assert sorted(job.row for group in groups for job in group.jobs) == sorted(job.row for job in JOBS)
    for group in groups:
        configs = [job.config for job in group.jobs]
        assert 1 <= len(configs) <= size
        assert all(len({getattr(config, name) for config in configs}) == 1 for name in SHARED)
        assert len(configs) == 1 or not set(ALONE) & set(configs)
    # no more passes than it takes
    assert len(groups) == 2 * -(-20 // size) + 10


def test_what_is_done_moves_nobody():
    whole = {group.row: [job.row for job in group.jobs] for group in groups_of(JOBS, 4)}
    wanted = {job.row for job in JOBS[::7]}
    left = groups_of(JOBS, 4, wanted)
    assert 0 < len(left) < len(whole)
    assert all([job.row for job in group.jobs] == whole[group.row] for group in left)
    assert sorted(row for group in left for row in group.wanted) == sorted(wanted)


def test_usual_batch_goes_by_the_device(monkeypatch):
    assert usual_batch(torch.device("cpu")) == 1
    for gigabytes, batch in ((1, 2), (4, 8), (80, MOST_ON_A_GPU)):
        properties = type("Properties", (), {"total_memory": gigabytes * 2**30})
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device, found=properties: found)
        assert usual_batch(torch.device("cuda")) == batch
