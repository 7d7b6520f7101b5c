"""Sweeps: one configuration a value, runs that are kept, nothing attacked twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig, Event, Picture, Run
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.record import live_record
from kaa_gui.runs.sweeping import default_values, run_sweep, sweep_configs

CONFIG = AttackConfig(iterations=1, views=0, rows="joint:12", alpha=0.5, loss="mse")


@pytest.mark.parametrize("parameter", ["epsilon", "keep"])
def test_numbers_are_read_as_typed(parameter: str) -> None:
    made = sweep_configs(CONFIG, parameter, ["1/4", "0.5"])
    assert [getattr(config, parameter) for config in made.values()] == [0.25, 0.5]
    assert list(made) == [f"{parameter}-1_4", f"{parameter}-0.5"]


def test_a_sweep_over_layers_leaves_the_loss_to_each_layer() -> None:
    made = sweep_configs(CONFIG, "layer", ["encoder.3", "heatmap"])
    assert [(config.layer, config.loss) for config in made.values()] == [
        ("encoder.3", None),
        ("heatmap", None),
    ]


@pytest.mark.parametrize("values", [[], ["1"], ["1/0", "1"], ["many", "1"], ["0", "1"], ["1"] * 101])
def test_values_that_do_not_do_are_refused(values: list[str]) -> None:
    with pytest.raises(ConfigError, match="must"):
        sweep_configs(CONFIG, "epsilon", values)


def test_usual_values_are_valid(engine: Engine) -> None:
    for parameter in ("layer", "keep", "epsilon"):
        for norm in ("linf", "l2"):
            config = CONFIG.with_changes(norm=norm)
            values = default_values(parameter, engine, config)
            assert len(sweep_configs(config, parameter, values)) == len(values)


def never(events: Iterable[Event]) -> Iterator[Event]:
    raise AssertionError("attacked")


def test_a_layer_that_is_not_there_is_refused_before_anything_is_attacked(
    engine: Engine, finished: Run, tmp_path: Path
) -> None:
    record = live_record(finished)
    with pytest.raises(ConfigError, match=r"layer must be .* got '99'"):
        run_sweep(engine, (record,), ("layer", ["heatmap", "99"]), tmp_path, watch=never)
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_mask_is_not_attacked_for_its_size(
    engine: Engine, finished: Run, tmp_path: Path
) -> None:
    record = live_record(replace(finished, field=None))
    with pytest.raises(ConfigError, match=r"mask must choose .* name a run of kaa"):
        run_sweep(engine, (record,), ("keep", ["0.1", "0.5"]), tmp_path, watch=never)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_sweep_is_attacked_once_and_then_read(engine: Engine, walking: Picture, tmp_path: Path) -> None:
    from kaa_gui.core.types import AttackRequest
    from kaa_gui.engine.engine import collect

    watched = 0

    def watch(events: Iterable[Event]) -> Iterator[Event]:
        nonlocal watched
        watched += 1
        yield from events

    config = AttackConfig(method="kaa", iterations=1, views=0)
    record = live_record(collect(engine.attack(AttackRequest(walking, config))))
    for values, runs in ((["1/255", "2/255"], 2), (["2/255", "1/255"], 2)):
        found = run_sweep(engine, (record,), ("epsilon", values), tmp_path, watch=watch)
        assert [item.config.epsilon * 255 for item in found] == pytest.approx([float(v[0]) for v in values])
        assert watched == runs
    assert found[0].saved is not None
