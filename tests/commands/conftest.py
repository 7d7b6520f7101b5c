"""One run on disk for all commands that read one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.program import attack


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished command."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    assert attack(folder, "--seed", 3, "--epsilon", "4/255") == 0
    return folder


@pytest.fixture(scope="session")
def content(written: Path) -> dict[str, Any]:
    return json.loads((written / "run.json").read_text())
