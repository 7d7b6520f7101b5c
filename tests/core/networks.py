"""Small networks whose Jacobian can be written out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kaa_gui.core.types import Layer, LayerKind


def small_network(seed: int = 0, *, channels: int = 4) -> nn.Module:
    """Return a float64 network from ``(N, 3, 8, 8)`` to ``(N, channels, 4, 4)``, its parameters frozen."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(6, channels, 3, stride=2, padding=1),
        )
    return network.double().eval().requires_grad_(False)


def small_crop(seed: int = 0) -> Tensor:
    """Return ``(1, 3, 8, 8)`` float64 in [0, 1], on the 8-bit lattice."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, 3, 8, 8), generator=generator).double() / 255


def small_layer(kind: LayerKind = "features", *, channels: int = 4) -> Layer:
    """Return the layer at the end of :func:`small_network`."""
    return Layer(0, "small", (channels, 4, 4), kind)
