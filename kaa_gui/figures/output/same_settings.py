"""Check that pooled runs differ in picture, person and seed alone."""

from __future__ import annotations

from dataclasses import fields

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig
from kaa_gui.core.wording import norm_title
from kaa_gui.figures.record import Record, epsilon_text, groups

_FREE = frozenset({"seed", "method", "norm", "mask", "smallest"})
"""Fields that tell people apart, or that groups are made by."""
_SWEPT = {
    "layer": frozenset({"layer", "loss"}),
    "keep": frozenset({"keep", "alpha"}),
    "epsilon": frozenset({"epsilon", "step_size"}),
}
_OF_PICTURES = frozenset({"region", "region_mask"})
"""Places in a picture: they differ with it, so only whether there is one counts."""


def check_alike(records: tuple[Record, ...], *, sweeps: str = "") -> None:
    """Refuse runs that one line, column or marker would pool although they are different attacks.

    Args:
        records: Records of one figure.
        sweeps: The parameter along its axis; empty without one.

    Raises:
        ConfigError: Names the field in which they differ.
    """
    if sweeps and len({record.config.goal for record in records}) > 1:
        raise ConfigError("goal must be the same in all runs of this figure; draw targeted runs on their own")
    if sweeps == "epsilon" and len({record.config.norm for record in records}) > 1:
        raise ConfigError(
            "norm must be the same in all runs of this figure: ε has another unit in each; draw one norm"
        )
    swept = _SWEPT.get(sweeps, frozenset())
    names = [item.name for item in fields(AttackConfig) if item.name not in _FREE | swept]
    for (title, norm), members in groups(records).items():
        for name in names:
            values = list(dict.fromkeys(_value(record, name) for record in members))
            if len(values) > 1:
                raise ConfigError(
                    f"{name} must be the same in all runs of {title}, {norm_title(norm)}, "
                    f"got {values[0]} and "
                    f"{values[1]}; draw them in figures of their own"
                )


def _value(record: Record, name: str) -> str:
    config = record.config
    if name == "layer":
        return record.run.scene.layer.name
    if name == "epsilon":
        # the radius found is each picture's own
        return "the smallest" if config.smallest else epsilon_text(config)
    value = getattr(config, name)
    return str(value is not None) if name in _OF_PICTURES else str(value)
