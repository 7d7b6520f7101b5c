"""Streaming the extremes of the Jacobian: memory O(pixels), any prefix a correct lower bound.

C[i] = 1 ⟺ max_p J[i, p] > α and min_p J[i, p] < -α (mission, section 4): the Jacobian itself is never
kept, only its running maximum and minimum over the rows read so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(slots=True, eq=False)
class Extremes:
    """Running extremes of J over its rows; the state of an interrupted stream, ready to go on.

    Attributes:
        rows: ``(R,)`` int64, flat indices of the outputs to read, in order.
        maximum: ``(3, H, W)``, max over the rows done.
        minimum: ``(3, H, W)``, min over the rows done.
        done: How many of the rows have been read.
    """

    rows: Tensor
    maximum: Tensor
    minimum: Tensor
    done: int = 0

    @classmethod
    def empty(cls, rows: Tensor, like: Tensor) -> Extremes:
        """Return the extremes of no rows at all; ``like`` is ``(3, H, W)``."""
        return cls(rows, torch.full_like(like, -torch.inf), torch.full_like(like, torch.inf))

    @property
    def complete(self) -> bool:
        """Whether every row has been read."""
        return self.done >= len(self.rows)

    @property
    def strength(self) -> Tensor:
        """Relational strength R = min(max_p J, -min_p J), ``(3, H, W)``; C(α) = [R > α]."""
        return torch.minimum(self.maximum, -self.minimum)

    def per_pixel(self) -> Extremes:
        """Return the extremes over each pixel's three channels, the same for all three."""
        highest = self.maximum.amax(dim=0, keepdim=True).expand_as(self.maximum)
        lowest = self.minimum.amin(dim=0, keepdim=True).expand_as(self.minimum)
        return Extremes(self.rows, highest, lowest, self.done)

    def add(self, gradients: Tensor) -> None:
        """Take up the next rows, ``(n, 3, H, W)``."""
        torch.maximum(self.maximum, gradients.amax(dim=0), out=self.maximum)
        torch.minimum(self.minimum, gradients.amin(dim=0), out=self.minimum)
        self.done += len(gradients)


def stream_extremes(network: nn.Module, crop: Tensor, extremes: Extremes) -> Iterator[Extremes]:
    """Read the rows that are left, one reverse pass each, yielding after every row.

    Args:
        network: F^k, from ``(1, 3, H, W)`` to ``(1, *layer.shape)``.
        crop: ``(1, 3, H, W)`` in [0, 1].
        extremes: Where to begin; updated in place.

    Yields:
        The same ``extremes``, one row further.
    """
    if extremes.complete:
        return
    image = crop.detach().clone(memory_format=torch.channels_last).requires_grad_()
    with torch.enable_grad():
        outputs = network(image).flatten()
    while not extremes.complete:
        output = outputs[extremes.rows[extremes.done]]
        (row,) = torch.autograd.grad(output, image, retain_graph=True)
        extremes.add(row)
        yield extremes
