"""The services behind the window ask the engine for what the parameters say."""

from __future__ import annotations

import pytest

from kaa_gui.core.types import AttackConfig, AttackRequest, Picture, Run
from kaa_gui.engine import smallest_epsilon
from kaa_gui.engine.engine import Engine
from kaa_gui.wiring.engine import engine_services


def test_compared_methods_search_the_smallest_epsilon_too(
    walking: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[int] = []

    def judge(_engine: Engine, run: Run) -> bool:
        levels.append(round(run.snapshots[-1].config.epsilon * 255))
        return levels[-1] >= 3

    monkeypatch.setattr(smallest_epsilon, "_succeeds", judge)
    trial, shares = engine_services("cpu").trial, list[float]()
    assert trial is not None
    config = AttackConfig(method="kaa", iterations=2, views=0, epsilon=4 / 255)
    found = trial(AttackRequest(walking, config.with_changes(smallest=True)), "auto", shares.append)
    assert levels == [4, 2, 3]
    assert found.run.snapshots[-1].config.epsilon == pytest.approx(3 / 255)
    assert [values.iteration for values in found.run.metrics] == [0, 1, 2]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    shares.clear()
    assert trial(AttackRequest(walking, config), "auto", shares.append).run.snapshots[-1].iteration == 2
    assert levels == [4, 2, 3]
    assert (shares[0], shares[-1]) == (0, 1)
