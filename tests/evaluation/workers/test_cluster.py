"""Ray's workers give the rows of one process, whoever dies. Runs where the extra ``cluster`` is installed."""

import importlib

import psutil
import pytest

from kaa_gui.core.errors import ConfigError, DeviceError
from kaa_gui.evaluation.plan.batches import groups_of
from kaa_gui.evaluation.rows.attacker import Attacker
from kaa_gui.evaluation.runner import run
from kaa_gui.evaluation.workers import Alone
from kaa_gui.evaluation.workers.cluster import Cluster
from kaa_gui.evaluation.workers.processes import Equipment
from tests.evaluation import made_rows as rows


def test_without_ray_the_remedy_is_named(monkeypatch):
    real = importlib.import_module

    def without(name, *others):
        if name == "ray":
            raise ImportError
        return real(name, *others)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ConfigError, match="pip install"):
        Cluster("local", 1, Equipment("cpu"))


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    plan = rows.tiny_plan(tmp_path_factory.mktemp("pictures"))
    return groups_of(plan.jobs(plan.source.entries()), 1)


@pytest.fixture(scope="module")
def alone(groups):
    """Return the rows of the tiny plan, made in this process."""
    return {outcome.row: outcome.record for outcome in run(groups, Alone(Attacker("cpu")))}


@pytest.fixture
def ray(monkeypatch):
    # the actors import the tests' plan from here
    monkeypatch.setenv("PYTHONPATH", str(rows.ROOT))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    return pytest.importorskip("ray", reason="needs the extra cluster")


# Ray starts processes whose sockets and files Python sees closed late
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_rows_of_one_process_and_replaces_the_dead(ray, groups, alone):
    crew = Cluster("local", 2, Equipment("cpu"))
    try:
        found = {}
        for outcome in run(groups, crew):
            if not found:
                _actors()[0].kill()
            found[outcome.row] = outcome.record
    finally:
        crew.close()
    assert found == alone


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_goes_on_without_a_node_that_is_lost(ray, groups, alone):
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    lost = nodes.add_node(num_cpus=1)
    try:
        crew = Cluster(nodes.address, None, Equipment("cpu"))
        try:
            assert crew.hands == 2
            found = {}
            for outcome in run(groups, crew):
                if not found:
                    # its worker dies with it, and for another there is no room left
                    nodes.remove_node(lost, allow_graceful=False)
                found[outcome.row] = outcome.record
        finally:
            crew.close()
    finally:
        nodes.shutdown()
    assert found == alone


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:nonsense", "127.0.0.1:99999999"])
def test_cluster_that_is_not_there_is_one_line(address):
    with pytest.raises(DeviceError, match="ray start --head"):
        Cluster(address, 1, Equipment("cpu"))


def _actors():
    """Return the processes of our workers."""
    # of this test: another may be running Ray beside it
    processes = psutil.Process().children(recursive=True)
    return [each for each in processes if "ray::_Hand" in " ".join(each.cmdline())]
