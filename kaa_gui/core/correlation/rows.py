"""Choose which rows p of the Jacobian are read."""

from __future__ import annotations

import torch
from torch import Tensor

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Layer

SAMPLE_SIZE = 64

ROWS: dict[str, str] = {
    "auto": "peaks at a heatmap layer, every output of a coordinate layer, a sample elsewhere",
    "peaks": "the outputs at each joint's peak; peaks:3 takes the 3 x 3 cells around it",
    "all": "every output of the layer (exact)",
    "sample": f"a seeded sample of {SAMPLE_SIZE} outputs; sample:N takes N",
    "joint": "joint:NUMBER, the 5 x 5 cells around one joint's peak",
    "channel": "channel:NUMBER, every output of one channel",
    "output": "output:NUMBER, one output",
}
"""Name of the rule -> what it reads."""


def select_rows(rule: str, layer: Layer, peaks: Tensor | None, *, seed: int) -> Tensor:
    """Return the flat indices of the outputs whose rows of J are read.

    Args:
        rule: Rule, one of :data:`ROWS`, with ``:NUMBER`` where it takes one.
        layer: Layer k.
        peaks: ``(K, 2)`` column and row of each channel's peak, at heatmap layers.
        seed: Seed of the sample.

    Returns:
        ``(rows,)`` int64, distinct.

    Raises:
        ConfigError: The rule is unknown, does not apply to this layer, or its number is out of range.
    """
    name, _, argument = resolve_rows(rule, layer).partition(":")
    if name not in ROWS or name == "auto":
        raise ConfigError(f"rows must be one of {', '.join(ROWS)}, got {rule!r}")
    number = _number(rule, argument)
    if name == "all":
        if number is not None:
            raise ConfigError(f"rows all takes no number, got {rule!r}")
        return torch.arange(layer.outputs)
    if name == "sample":
        count = _count(rule, number, default=SAMPLE_SIZE, most=layer.outputs)
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(layer.outputs, generator=generator)[:count].sort().values
    if name == "output":
        return torch.tensor([_in_range(rule, number, layer.outputs)])
    if name == "channel":
        size = layer.outputs // layer.shape[0]
        return torch.arange(size) + size * _in_range(rule, number, layer.shape[0])
    if peaks is None or layer.kind != "heatmap":
        raise ConfigError(f"rows {name!r} needs a heatmap layer, got layer {layer.name!r}; use all or sample")
    if name == "joint":
        channel = _in_range(rule, number, len(peaks))
        return _window(peaks[channel : channel + 1], layer, torch.tensor([channel]), side=5)
    side = _count(rule, number, default=1, most=max(layer.shape[1:]))
    return _window(peaks, layer, torch.arange(len(peaks)), side=side)


def resolve_rows(rule: str, layer: Layer) -> str:
    """Return what ``auto`` stands for at this layer; other rules as they are."""
    if rule != "auto":
        return rule
    return {"heatmap": "peaks", "coordinates": "all", "features": "sample"}[layer.kind]


def _window(peaks: Tensor, layer: Layer, channels: Tensor, *, side: int) -> Tensor:
    _, height, width = layer.shape
    offsets = torch.arange(side) - (side - 1) // 2
    columns = (peaks[:, 0, None, None] + offsets[None, None, :]).clamp(0, width - 1)
    rows = (peaks[:, 1, None, None] + offsets[None, :, None]).clamp(0, height - 1)
    return (channels[:, None, None] * height * width + rows * width + columns).flatten().unique()


def _number(rule: str, argument: str) -> int | None:
    if not argument:
        return None
    if not argument.isdecimal():
        raise ConfigError(f"rows must carry a whole number after the colon, got {rule!r}")
    return int(argument)


def _count(rule: str, number: int | None, *, default: int, most: int) -> int:
    if number is not None and not 1 <= number <= most:
        raise ConfigError(f"rows needs a number from 1 to {most} after the colon, got {rule!r}")
    return min(default, most) if number is None else number


def _in_range(rule: str, number: int | None, count: int) -> int:
    if number is None or number >= count:
        raise ConfigError(f"rows needs a number from 0 to {count - 1} after the colon, got {rule!r}")
    return number
