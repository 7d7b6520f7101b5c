"""Keep iterates in the ε-ball around the crop, in [0, 1] and in the mask.

Under l∞ all three are one box, so a projection is one clamp. Under l2 the projection onto ball and box
together is found by bisection on its multiplier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from kaa_gui.core.types import GREY_LEVELS, Norm

# float32 sums of x and ε are off by up to 6e-8; a grey level is 4e-3
ROUNDING_SLACK = 1e-4
BISECTIONS = 40
ROUNDING_BISECTIONS = 16
SHORTER = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Ball:
    """The feasible set of a batch of attacks, each with its own radius and mask.

    Attributes:
        clean: ``(N, 3, H, W)`` in [0, 1].
        epsilon: ``(N, 1, 1, 1)``, radius; an intensity under l∞, a Euclidean length under l2.
        mask: ``(N, 3, H, W)`` bool; False keeps the value bit for bit.
        norm: p.
        lower: ``(N, 3, H, W)``, smallest value allowed to each pixel on its own.
        upper: Likewise the largest.
        lowest: Under l∞, the lowest 8-bit level inside each pixel's interval; under l2 unused.
        highest: Likewise the highest.
        measured: Map from a change of the images to what its Euclidean length is taken of; None for the
            change itself.
    """

    clean: Tensor
    epsilon: Tensor
    mask: Tensor
    norm: Norm
    lower: Tensor
    upper: Tensor
    lowest: Tensor
    highest: Tensor
    measured: Callable[[Tensor], Tensor] | None = None

    @classmethod
    def around(
        cls,
        clean: Tensor,
        *,
        epsilon: Tensor,
        mask: Tensor,
        norm: Norm,
        measured: Callable[[Tensor], Tensor] | None = None,
    ) -> Ball:
        """Return the ball around ``clean``; ``mask`` is broadcast over the batch."""
        mask = mask.expand_as(clean)
        reach = epsilon if norm == "linf" else torch.ones_like(epsilon)
        lower = torch.where(mask, (clean - reach).clamp_min(0), clean)
        upper = torch.where(mask, (clean + reach).clamp_max(1), clean)
        lowest = (lower * GREY_LEVELS - ROUNDING_SLACK).ceil()
        highest = (upper * GREY_LEVELS + ROUNDING_SLACK).floor()
        bounds = (x.contiguous(memory_format=torch.channels_last) for x in (lower, upper, lowest, highest))
        return cls(clean, epsilon, mask, norm, *bounds, measured=measured)

    def with_epsilon(self, epsilon: float) -> Ball:
        """Return the same ball with another radius for every member of the batch."""
        radius = torch.full_like(self.epsilon, epsilon)
        return Ball.around(self.clean, epsilon=radius, mask=self.mask, norm=self.norm, measured=self.measured)

    def member(self, number: int) -> Ball:
        """Return the ball of one member of the batch."""
        part = slice(number, number + 1)
        bounds = (x[part] for x in (self.lower, self.upper, self.lowest, self.highest))
        return Ball(
            self.clean[part], self.epsilon[part], self.mask[part], self.norm, *bounds, measured=self.measured
        )

    def project(self, images: Tensor) -> Tensor:
        """Return the nearest feasible images, ``(N, 3, H, W)``; feasible ones are returned unchanged."""
        boxed = images.clamp(self.lower, self.upper)
        if self.norm == "linf":
            return boxed
        outside = self._length(boxed - self.clean) > self.epsilon
        if not bool(outside.any()):
            return boxed
        return torch.where(outside, self._shrunk(images), boxed)

    def random_point(self, generator: torch.Generator) -> Tensor:
        """Return a seeded random point of the ball: uniform under l∞; on a random ray under l2.

        Drawn on the CPU, so that a seed means the same on every device.
        """
        shape, like = self.clean.shape, self.clean
        if self.norm == "linf":
            noise = torch.rand(shape, generator=generator) * 2 - 1
            change = noise.to(like) * self.epsilon
        else:
            noise = torch.randn(shape, generator=generator).to(like) * self.mask
            radius = torch.rand((shape[0], 1, 1, 1), generator=generator).to(like)
            change = noise / self._length(noise).clamp_min(1e-12) * radius * self.epsilon
        return self.project(self.clean + change * self.mask)

    def steepest(self, gradient: Tensor) -> Tensor:
        """Return the unit step along a gradient: its sign under l∞, the direction of length 1 under l2.

        Args:
            gradient: ``(N, 3, H, W)``, already masked.

        Source:
            Seed slides, FGSM for p = ∞ and p = 2.
        """
        if self.norm == "linf":
            return gradient.sign()
        # to a size at which squares neither overflow nor vanish
        scaled = gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True).clamp_min(1e-30)
        length = self._length(scaled)
        return scaled / (length.clamp_min(1) if self.measured is None else length.clamp_min(1e-30))

    def rounded(self, images: Tensor) -> Tensor:
        """Return feasible images on the 8-bit lattice, as intensities in [0, 1]."""
        return self.levels(images) / GREY_LEVELS

    def levels(self, images: Tensor) -> Tensor:
        """Return feasible images on the 8-bit lattice, as whole grey levels in float.

        Under l∞ each value goes to the nearest level inside its interval; the clean value, a level itself,
        is always inside. Under l2 the fractions of a level are rounded up from the largest on, as far as the
        radius allows: rounding all to the nearest level would leave the ball, dropping all would lose most
        of a small perturbation.
        """
        if self.norm == "linf":
            return (images * GREY_LEVELS).round_().clamp_(self.lowest, self.highest)
        change = (images - self.clean) * GREY_LEVELS
        # from this fraction of a level on, values are rounded up; 1 shortens all and always fits
        low, high = torch.full_like(self.epsilon, 0.5), torch.ones_like(self.epsilon)
        for _ in range(ROUNDING_BISECTIONS):
            middle = (low + high) / 2
            fits = self._length(_levels(change, middle)) <= self.epsilon * GREY_LEVELS
            low, high = torch.where(fits, low, middle), torch.where(fits, middle, high)
        if self.measured is not None:
            # what shortens each value need not shorten a mean of several
            while bool((self._length(_levels(change, high)) > self.epsilon * GREY_LEVELS).any()):
                change = change * SHORTER
        return ((self.clean * GREY_LEVELS).round() + _levels(change, high)).clamp(0, GREY_LEVELS)

    def _length(self, change: Tensor) -> Tensor:
        """Return Euclidean lengths, ``(N, 1, 1, 1)``."""
        seen = change if self.measured is None else self.measured(change)
        return torch.linalg.vector_norm(seen, dim=(1, 2, 3), keepdim=True)

    def _shrunk(self, images: Tensor) -> Tensor:
        # the nearest point is box((y + λ x) / (1 + λ)); its distance from x falls as λ grows
        change = images - self.clean
        low = torch.zeros_like(self.epsilon)
        high = torch.ones_like(self.epsilon)
        for _ in range(BISECTIONS if self.measured is None else ROUNDING_BISECTIONS):
            share = (low + high) / 2
            candidate = torch.minimum(torch.maximum(self.clean + share * change, self.lower), self.upper)
            too_long = self._length(candidate - self.clean) > self.epsilon
            high = torch.where(too_long, share, high)
            low = torch.where(too_long, low, share)
        return torch.minimum(torch.maximum(self.clean + low * change, self.lower), self.upper)


def _levels(change: Tensor, threshold: Tensor) -> Tensor:
    """Round changes in grey levels, fractions from ``threshold`` on away from zero."""
    return change.sign() * (change.abs() + 1 - threshold + ROUNDING_SLACK).floor()
