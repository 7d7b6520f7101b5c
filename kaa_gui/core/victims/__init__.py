"""Victims: pose estimators with their decoding. One file a network, one entry in the registry.

Others register a victim through the entry-point group ``kaa_gui.victims``: a :class:`VictimEntry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import torch

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import VictimSpec
from kaa_gui.core.victims import blazepose
from kaa_gui.core.victims.victim import Victim, find_layer

Loader = Callable[[torch.device, str | Path | None], Victim]


@dataclass(frozen=True, slots=True)
class VictimEntry:
    """A victim that can be loaded.

    Attributes:
        spec: Description of the victim.
        load: Function from a device and an optional model file to the victim; ModelFileError for a bad file.
    """

    spec: VictimSpec
    load: Loader


VICTIMS: dict[str, VictimEntry] = {
    spec.name: VictimEntry(spec, lambda device, bundle, spec=spec: blazepose.load(spec, device, bundle))
    for spec in (blazepose.HEATMAP_SPEC, blazepose.REGRESSION_SPEC)
}


def victims() -> dict[str, VictimEntry]:
    """Return our victims and those of installed extensions."""
    extensions = {point.name: point.load() for point in entry_points(group="kaa_gui.victims")}
    return extensions | VICTIMS


def load_victim(
    name: str,
    device: torch.device,
    bundle: str | Path | None = None,
    *,
    lifter: str | Path | None = None,
) -> Victim:
    """Load a victim by name.

    Args:
        name: Name of the victim.
        device: Device to compute on.
        bundle: A model file in place of the victim's own.
        lifter: A safetensors file of a lifting network in place of the victim's own.

    Raises:
        ConfigError: There is no such victim, or it takes no lifting network.
        ModelFileError: Its weights are missing or damaged.
    """
    known = victims()
    if name not in known:
        raise ConfigError(f"victim must be one of {', '.join(known)}, got {name!r}")
    victim = known[name].load(device, bundle)
    if lifter is None:
        return victim
    if not isinstance(victim, blazepose.BlazePose):
        raise ConfigError(f"victim {name} takes no lifter; leave the lifter out, or choose blazepose-heatmap")
    return victim.with_lifter(Path(lifter))


__all__ = ["VICTIMS", "Victim", "VictimEntry", "find_layer", "load_victim", "victims"]
