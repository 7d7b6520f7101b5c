"""Define a victim: a pose estimator with its decoding, as an attack needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import FloatArray, Layer, Person, Pose, UInt8Image, VictimSpec


class Victim(Protocol):
    """A loaded pose estimator, frozen, on one device.

    Pictures inside are ``(N, 3, H, W)`` float in [0, 1] of ``crop_size``; an activation is
    ``(N, *layer.shape)``.
    """

    @property
    def spec(self) -> VictimSpec:
        """Description of the victim."""
        ...

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Cut points of its route, from the image on."""
        ...

    @property
    def crop_size(self) -> tuple[int, int]:
        """Height and width of the crops that it takes."""
        ...

    @property
    def device(self) -> torch.device:
        """Device that holds the network."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of the weights' file."""
        ...

    def find_people(self, pixels: UInt8Image) -> tuple[Person, ...]:
        """Return everybody in a picture ``(H, W, 3)``, most confident first, or raise NoPersonError."""
        ...

    def truncated(self, layer: Layer) -> nn.Module:
        """Return F^k: a module from crops to the layer's activation that computes nothing after it."""
        ...

    def poses(
        self, crops: Tensor, *, activation: Tensor | None = None, layer: Layer | None = None
    ) -> list[Pose]:
        """Return a pose a crop; reuses the layer's ``activation`` where that saves the network's pass."""
        ...

    def peaks(self, activation: Tensor, layer: Layer) -> Tensor:
        """Return ``(N, K, 2)`` where a heatmap layer's K channels peak, crop pixels."""
        ...

    def surrogate(self) -> nn.Module:
        """Return a differentiable stand-in from crops to the 3D pose ``(N, J, 3)`` mm.

        Raises:
            AttackError: The victim has none.
        """
        ...

    def posed(self, keypoints: FloatArray, clean: Pose) -> Pose:
        """Return the pose that belongs to key points moved by hand.

        Args:
            keypoints: ``(K, 2)`` crop pixels; they become the pose's.
            clean: The victim's pose that they were moved in.
        """
        ...

    def stride(self, layer: Layer) -> float:
        """Return how many crop pixels a cell of a spatial layer covers."""
        ...


def find_layer(layers: Sequence[Layer], wanted: str | int | None) -> Layer:
    """Return a layer by name or index; None is the last.

    Raises:
        ConfigError: There is no such layer.
    """
    if wanted is None:
        return layers[-1]
    for layer in layers:
        if wanted == layer.name or str(wanted) == str(layer.index):
            return layer
    names = ", ".join(layer.name for layer in layers)
    raise ConfigError(f"layer must be an index from 0 to {len(layers) - 1} or one of {names}, got {wanted!r}")


def network_hashes(victim: Victim) -> dict[str, str]:
    """Return the SHA-256 of a victim's files: ``weights``, and ``lifter`` where the user brought one."""
    lifter = getattr(victim, "lifter_sha256", None)
    return {"weights": victim.sha256} | ({} if lifter is None else {"lifter": lifter})
