"""A saved run once more: the same bits, and no more iterates than asked for."""

from __future__ import annotations

from dataclasses import replace

from kaa_gui.core.types import Run
from kaa_gui.engine import Engine
from kaa_gui.figures.record import live_record
from kaa_gui.replaying import replay, same_bits


def test_a_replay_ends_at_the_same_pixels(engine: Engine, finished: Run) -> None:
    record = live_record(finished)
    again = replay(engine, record)
    assert same_bits(record, again)
    assert [shot.iteration for shot in again.snapshots] == [0, 1, 2, 3, 4]
    assert again.snapshots[-1].metrics.as_json() == finished.snapshots[-1].metrics.as_json()


def test_a_replay_keeps_first_and_last_when_thinned_out(engine: Engine, finished: Run) -> None:
    again = replay(engine, live_record(finished), most=3)
    kept = [shot.iteration for shot in again.snapshots]
    assert kept[0] == 0
    assert kept[-1] == 4
    assert len(kept) <= 3
    assert [values.iteration for values in again.metrics] == [0, 1, 2, 3, 4]


def test_another_run_is_told_from_a_replay(finished: Run) -> None:
    last = finished.snapshots[-1]
    other = replace(finished, snapshots=(replace(last, adversarial=finished.scene.crop),))
    assert not same_bits(live_record(finished), other)
