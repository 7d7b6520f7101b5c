"""Repeat a run over the values of one parameter, and save each like any run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kaa_gui.core.config import parse_fraction
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import GREY_LEVELS, AttackConfig, AttackRequest, Event
from kaa_gui.core.victims import find_layer
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.figures.record import Record
from kaa_gui.runs.folder import RUN_FILE
from kaa_gui.runs.output import check_place
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.saving import save_run

MAX_VALUES = 100

Watch = Callable[[Iterable[Event]], Iterator[Event]]


def sweep_configs(config: AttackConfig, parameter: str, values: Sequence[str]) -> dict[str, AttackConfig]:
    """Return a configuration for each value, by a name that can be part of a file's.

    Args:
        config: What is repeated.
        parameter: ``"layer"``, ``"keep"`` or ``"epsilon"``.
        values: As typed: layers by name or index, fractions as ``0.25``, radii as ``2/255``.

    Raises:
        ConfigError: There are none or too many, or one is out of range.
    """
    if not 2 <= len(values) <= MAX_VALUES:
        raise ConfigError(f"sweep must name from 2 to {MAX_VALUES} values, got {len(values)}")
    made = {}
    for text in values:
        # the radius asked for, not the smallest below it
        changes: dict[str, Any] = {"smallest": False}
        changes[parameter] = text if parameter == "layer" else _number(text)
        if parameter == "layer":
            # a loss that was chosen for one kind of layer need not fit another
            changes["loss"] = None
        if parameter == "keep":
            changes["alpha"] = None
        name = f"{parameter}-{re.sub(r'[^A-Za-z0-9.]+', '_', text)}"
        made[name] = config.with_changes(**changes)
    return made


def run_sweep(
    engine: Engine,
    records: Sequence[Record],
    sweep: tuple[str, Sequence[str]],
    folder: Path,
    *,
    watch: Watch = iter,
    overwrite: bool = False,
) -> tuple[Record, ...]:
    """Attack again with each value of a parameter, and return the saved runs.

    A run that is already in its folder is read instead of made again, so that a sweep can be interrupted
    and extended.

    Args:
        engine: To attack with.
        records: Whose pictures and configurations are repeated. Those without a mask are taken as they are
            where its size is swept.
        sweep: The parameter and its values.
        folder: Where each run gets a folder of its own.
        watch: Passes each run's events on, e.g. to a progress bar.
        overwrite: Whether files that are not of a run may be replaced.

    Raises:
        OutputError: Such a file would be replaced.
        ConfigError: A value does not do, or no run has a mask whose size could be swept.
    """
    parameter, values = sweep
    # what the mask keeps changes nothing where there is none
    found = [record for record in records if parameter == "keep" and record.run.field is None]
    varied = [record for record in records if parameter != "keep" or record.run.field is not None]
    if not varied:
        raise ConfigError(
            "mask must choose among the pixels where its size is swept, here it takes all; "
            "name a run of kaa+er"
        )
    plans = [
        (record, name, config)
        for record in varied
        for name, config in sweep_configs(record.config, parameter, values).items()
    ]
    if parameter == "layer":
        # before hours of attacks, not after
        for _record, _name, config in plans:
            find_layer(engine.layers(config.victim), config.layer)
    # likewise
    for record, name, _config in plans:
        check_place(folder / f"{record.name}-{name}", overwrite=overwrite)
    for record, name, config in plans:
        target = folder / f"{record.name}-{name}"
        if not _holds(target, config):
            scene = record.run.scene
            request = AttackRequest(scene.picture, config, scene.person.number)
            save_run(engine, collect(watch(engine.attack(request))), target, overwrite=overwrite)
        found.append(load_record(target))
    return tuple(found)


def default_values(parameter: str, engine: Engine, config: AttackConfig) -> tuple[str, ...]:
    """Return the values of a sweep that names none."""
    if parameter == "layer":
        return tuple(layer.name for layer in engine.layers(config.victim))
    if parameter == "keep":
        return ("0.02", "0.05", "0.1", "0.25", "0.5", "0.75", "1")
    if config.norm == "linf":
        return tuple(f"{level}/{GREY_LEVELS:g}" for level in (1, 2, 3, 4, 6, 8))
    return ("0.25", "0.5", "1", "2", "4")


def _holds(folder: Path, config: AttackConfig) -> bool:
    """Whether a folder holds a run with this configuration."""
    return (folder / RUN_FILE).exists() and load_record(folder).config == config


def _number(text: str) -> float:
    try:
        return parse_fraction(text)
    except ValueError:
        raise ConfigError(f"sweep must name numbers like 2/255 or 0.25, got {text!r}") from None
