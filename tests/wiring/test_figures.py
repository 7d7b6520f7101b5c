"""What the window exports says which networks made it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kaa_gui.core.types import AttackConfig, AttackRequest, Picture, Run
from kaa_gui.engine.engine import Engine
from kaa_gui.ui.model.figure_order import FigureOrder, FigureSettings
from kaa_gui.ui.model.services import Services
from kaa_gui.wiring.engine import engine_services
from kaa_gui.wiring.figures import export_overview


@pytest.fixture(scope="module")
def services(walking: Picture) -> Services:
    """Return services whose engine has made a run."""
    made = engine_services("cpu")
    config = AttackConfig(method="kaa", iterations=1, views=0)
    assert list(made.attack(AttackRequest(walking, config), "auto"))
    return made


def hashes(sidecar: Path) -> dict[str, str]:
    return json.loads(sidecar.read_text())["runs"][0]["hashes"]


def test_exports_of_the_run_on_screen_name_its_weights(
    services: Services, engine: Engine, finished: Run, tmp_path: Path
) -> None:
    wanted = engine.victim(finished.scene.spec.name).sha256
    services.export_figure(finished, tmp_path / "a.svg")
    order = FigureOrder(finished, (), FigureSettings(kind="curves"))
    services.write_figure(order, tmp_path / "b.svg", lambda _share: None)
    services.export_data(finished, tmp_path / "c.npz")
    assert len(wanted) == 64
    assert hashes(tmp_path / "a.svg.json")["weights"] == wanted
    assert hashes(tmp_path / "b.svg.json")["weights"] == wanted
    with np.load(tmp_path / "c.npz") as arrays:
        assert json.loads(arrays["run_json"].tobytes())["hashes"]["weights"] == wanted


def test_weights_that_are_not_at_hand_are_left_out_rather_than_empty(finished: Run, tmp_path: Path) -> None:
    export_overview(finished, tmp_path / "a.svg")
    found = hashes(tmp_path / "a.svg.json")
    assert "weights" not in found
    assert found["picture"] == finished.scene.picture.sha256
