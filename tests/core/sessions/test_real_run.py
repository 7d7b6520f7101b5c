"""Sessions of runs on the real network: what the engine yields must fit into the file and come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.core.sessions.codec import read_session, write_session
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import AttackConfig, AttackRequest
from kaa_gui.core.victims import victims
from kaa_gui.engine.engine import collect
from tests.core.sessions.test_codec import assert_same

SPECS = {name: entry.spec for name, entry in victims().items()}


@pytest.mark.parametrize(
    "config",
    [
        AttackConfig(iterations=2, views=0),
        AttackConfig(iterations=2, views=0, goal="target", target="sit", method="kaa"),
        AttackConfig(iterations=2, views=0, victim="blazepose-regression", method="i-fgsm"),
    ],
    ids=["heatmap", "target", "regression"],
)
def test_session_of_a_real_run_comes_back_to_the_bit(engine, walking, tmp_path, config):
    run = collect(engine.attack(AttackRequest(walking, config)))
    session = Session(walking, config, device="cpu", run=run)
    write_session(session, tmp_path / "real.kaa")
    back = read_session(tmp_path / "real.kaa", SPECS)
    assert np.array_equal(back.run.snapshots[-1].adversarial, run.snapshots[-1].adversarial)
    # where the picture came from is nobody's business
    assert back.picture.path is None
    assert_same(replace(session, picture=back.picture), back)
