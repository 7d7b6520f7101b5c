"""A saved run once more: the same bits, and no more iterates than asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig, AttackRequest, Event, Picture, Run, Snapshot
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.figures.record import live_record
from kaa_gui.runs.folder import RUN_FILE
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.replaying import replay, same_bits
from kaa_gui.runs.saving import ended_here, save_run


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


def _until(events: Iterable[Event], iteration: int) -> Iterator[Event]:
    for event in events:
        yield event
        if isinstance(event, Snapshot) and event.iteration == iteration:
            return


def test_a_run_broken_off_is_saved_as_one_that_ended_there(
    engine: Engine, walking: Picture, tmp_path: Path
) -> None:
    request = AttackRequest(walking, AttackConfig(iterations=12, epsilon=4 / 255, space="crop"))
    run = collect(_until(engine.attack(request), 3))
    done: list[float] = []
    content = save_run(engine, ended_here(run), tmp_path / "run", report=done.append)
    assert content["config"]["iterations"] == content["steps"] == 3
    assert content["step_size"] == pytest.approx(1 / 255)
    assert len(content["trajectory"]) == 4
    assert done == sorted(done)
    record = load_record(tmp_path / "run")
    assert same_bits(record, replay(engine, record))
    assert json.loads((tmp_path / "run" / RUN_FILE).read_text()) == content


def test_a_finished_run_is_saved_as_it_is(finished: Run) -> None:
    assert ended_here(finished) is finished


def test_a_run_without_a_step_is_refused(engine: Engine, walking: Picture) -> None:
    request = AttackRequest(walking, AttackConfig(iterations=12, space="crop"))
    with pytest.raises(ConfigError, match="no step yet"):
        ended_here(collect(_until(engine.attack(request), 0)))


def test_saving_given_up_leaves_nothing(engine: Engine, finished: Run, tmp_path: Path) -> None:
    class GivenUp(Exception):  # noqa: N818 - not an error
        pass

    def report(share: float) -> None:
        if share > 0.4:
            raise GivenUp

    with pytest.raises(GivenUp):
        save_run(engine, finished, tmp_path / "run", report=report)
    assert list(tmp_path.iterdir()) == []
