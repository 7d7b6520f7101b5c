"""Jitter the crop as the detector's answer to the perturbed picture does.

The saved picture goes through detection again, and its crop comes out turned and scaled by a little. An
attack that only knows the exact crop does not survive that. Ascending the loss of a jittered view as well
(expectation over transformation, Athalye et al. 2018) makes it survive.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

# standard deviations of the crop's change between clean and perturbed pictures, measured on photographs
TURN_RADIANS = 0.012
LOG_SCALE = 0.012
SHIFT = 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Jitter:
    """A seeded sequence of small random similarity transforms.

    Attributes:
        views: Jittered views a step; 0 attacks the exact crop alone.
        generators: Drawn from on the CPU, so that a seed means the same on every device; one for each
            member of a batch, whose views are then those that it would get alone, or one for all.
        strength: Factor on the standard deviations.
    """

    views: int
    generators: tuple[torch.Generator, ...]
    strength: float = 1.0

    def extend(self, images: Tensor) -> Tensor:
        """Return the images followed by jittered views of them, ``((1 + views) * N, 3, H, W)``."""
        if not self.views:
            return images
        repeated = images.repeat(self.views, 1, 1, 1)
        grid = F.affine_grid(self._maps(len(repeated)).to(images), list(repeated.shape), align_corners=False)
        moved = F.grid_sample(repeated, grid, padding_mode="border", align_corners=False)
        return torch.cat((images, moved)).contiguous(memory_format=torch.channels_last)

    def _maps(self, number: int) -> Tensor:
        each = (number // len(self.generators), 4)
        drawn = [torch.randn(each, generator=generator) for generator in self.generators]
        # view by view, as the images are repeated
        noise = torch.stack(drawn, dim=1).reshape(number, 4) * self.strength
        turn, scale = noise[:, 0] * TURN_RADIANS, (noise[:, 1] * LOG_SCALE).exp()
        cosine, sine = scale * turn.cos(), scale * turn.sin()
        shift = noise[:, 2:] * (2 * SHIFT)
        linear = torch.stack((cosine, -sine, sine, cosine), dim=1).reshape(number, 2, 2)
        return torch.cat((linear, shift[:, :, None]), dim=2)
