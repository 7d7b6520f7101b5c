"""Ray's workers give the rows of one process, whoever dies. Runs where the extra ``cluster`` is installed."""

import importlib

import psutil
import pytest

from kaa_gui.core.errors import ConfigError, DeviceError
from kaa_gui.evaluation.crews import Alone
from kaa_gui.evaluation.crews.cluster import Cluster
from kaa_gui.evaluation.crews.processes import Equipment
from kaa_gui.evaluation.groups import groups_of
from kaa_gui.evaluation.runner import run
from kaa_gui.evaluation.work import Attacker
from tests.evaluation import rows


def test_without_ray_the_remedy_is_named(monkeypatch):
    real = importlib.import_module

    def without(name, *others):
        if name == "ray":
            raise ImportError
        return real(name, *others)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(ConfigError, match="pip install"):
        Cluster("local", 1, Equipment("cpu"))


# Ray starts processes whose sockets and files Python sees closed late
@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_rows_of_one_process_and_replaces_the_dead(tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra cluster")
    # the actors import the tests' plan from here
    monkeypatch.setenv("PYTHONPATH", str(rows.ROOT))
    plan = rows.tiny_plan(tmp_path)
    groups = groups_of(plan.jobs(plan.source.entries()), 1)
    alone = {outcome.row: outcome.record for outcome in run(groups, Alone(Attacker("cpu")))}
    crew = Cluster("local", 2, Equipment("cpu"))
    try:
        found = {}
        for outcome in run(groups, crew):
            if not found:
                actors = [each for each in psutil.process_iter(["cmdline"]) if "ray::_Hand" in _words(each)]
                actors[0].kill()
            found[outcome.row] = outcome.record
    finally:
        crew.close()
    assert found == alone


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:nonsense", "127.0.0.1:99999999"])
def test_cluster_that_is_not_there_is_one_line(address):
    with pytest.raises(DeviceError, match="ray start --head"):
        Cluster(address, 1, Equipment("cpu"))


def _words(process):
    return " ".join(process.info["cmdline"] or ())
