"""Whoever is killed while writing results leaves a folder that goes on to the same rows, each done once."""

import json
import os
import subprocess
import sys

import pytest

from tests.evaluation import made_rows as rows

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
TABLES = ("rows", "checks", "timings", "failures")


def killed(folder, how, number):
    command = [sys.executable, "-m", "tests.evaluation.results.killed", str(folder), how, str(number)]
    found = subprocess.run(command, cwd=rows.ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert not found.returncode, found.stderr
    whole, *others = [json.loads(line) for line in found.stdout.splitlines()]
    assert whole["files"] == sorted([".lock", "plan.json", *(f"{name}.parquet" for name in TABLES)])
    for each in others:
        assert each["tables"] == whole["tables"]
        assert each["files"] == whole["files"]
        assert not set(each["safe"]) & set(each["computed"])
    return others


@pytest.mark.parametrize("begin", ["nothing", "parts", "report"])
@pytest.mark.parametrize("stride", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_any_step_it_goes_on_to_the_same_rows(tmp_path, begin, stride):
    assert len(killed(tmp_path, begin, stride)) > 20 / stride


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_to_the_same_rows(tmp_path):
    assert len(killed(tmp_path, "moments", 40)) == 39
