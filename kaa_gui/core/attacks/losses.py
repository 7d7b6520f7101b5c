"""Measure at layer k how far F^k(x̃) is from a reference h_k.

Every loss is a distance: a non-target attack ascends it, a targeted attack descends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import LayerKind
from kaa_gui.core.victims.decoding import cell_grid, gaussian_heatmaps

GAUSSIAN_SIGMA = 2.0
"""Standard deviation of the Gaussian reference, heatmap cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The reference h_k of a batch: what F^k(x̃) is compared with.

    Attributes:
        activation: ``(N, *layer.shape)``: clean, or of another picture.
        points: ``(N, K, 2)`` peaks wanted or left, crop pixels; at heatmap layers only.
        weights: ``(N, K)`` weight of each heatmap channel, mean 1 over the channels in use.
        stride: Crop pixels a cell.
        gaussians: ``(N, K, h, w)``, heatmaps of ``points``.
        leaving: Whether the attack leaves this reference (non-target) or approaches it (target).
    """

    activation: Tensor
    points: Tensor | None = None
    weights: Tensor | None = None
    stride: float = 1.0
    gaussians: Tensor | None = None
    leaving: bool = True

    @classmethod
    def of_points(
        cls, activation: Tensor, points: Tensor, weights: Tensor, stride: float, *, leaving: bool = True
    ) -> Reference:
        """Return a reference at a heatmap layer, its Gaussians drawn."""
        height, width = activation.shape[-2:]
        drawn = gaussian_heatmaps(points, (height, width), stride, sigma=GAUSSIAN_SIGMA)
        return cls(activation, points, weights, stride, drawn, leaving)

    def repeated(self, times: int) -> Reference:
        """Return the reference of the batch, repeated for as many views."""
        return self if times == 1 else self.joined([self] * times)

    @staticmethod
    def joined(references: Sequence[Reference]) -> Reference:
        """Return several references as one of a batch."""

        def stacked(name: str) -> Tensor | None:
            parts = [getattr(reference, name) for reference in references]
            return None if parts[0] is None else torch.cat(parts)

        return replace(
            references[0],
            activation=torch.cat([reference.activation for reference in references]),
            points=stacked("points"),
            weights=stacked("weights"),
            gaussians=stacked("gaussians"),
        )


@dataclass(frozen=True, slots=True)
class Loss:
    """A distance between an activation and a reference.

    Attributes:
        title: Title for menus.
        distance: ``(activation, reference) -> (N,)``.
        needs: ``"activation"`` applies to every layer; ``"heatmap"`` only to heatmap layers.
        zero_at_clean: Whether value and gradient vanish at the clean picture, so that a non-target attack
            has to start from a random point.
        settles: Whether the gradient vanishes of itself once every joint is where it should be.
        reads: Part of the reference compared with: its activation, or its points (the pose itself).
    """

    title: str
    distance: Callable[[Tensor, Reference], Tensor]
    needs: Literal["activation", "heatmap"]
    zero_at_clean: bool
    settles: bool = False
    reads: Literal["activation", "points"] = "activation"


def mse(activation: Tensor, reference: Reference) -> Tensor:
    """Return the mean squared difference to the reference activation.

    On the way to a target the heatmaps of its joints count, and no others: nearly all of the rest is error
    far from any joint. An attack that leaves its reference takes all channels alike, as in the slides.
    """
    square = (activation - reference.activation).square()
    if reference.weights is None or reference.leaving:
        return square.flatten(1).mean(dim=1)
    return _weighted(square.flatten(2).mean(dim=2), reference)


def probability_mse(activation: Tensor, reference: Reference) -> Tensor:
    """Return the mean squared difference of the heatmaps' probabilities to Gaussians from 0 to 1.

    The sigmoid lets go of cells that are far below zero anyway, and of peaks that are as high as they get:
    what counts lies around the joints.
    """
    square = (activation.sigmoid() - _given(reference.gaussians)).square()
    return _weighted(square.flatten(2).mean(dim=2), reference)


def cosine(activation: Tensor, reference: Reference) -> Tensor:
    """Return 1 - cos of the angle to the reference activation."""
    return 1 - F.cosine_similarity(activation.flatten(1), reference.activation.flatten(1), dim=1)


def kl(activation: Tensor, reference: Reference) -> Tensor:
    """Return KL(reference ‖ activation), heatmaps read as distributions over the picture."""
    wanted = reference.activation.flatten(2).log_softmax(dim=2)
    found = activation.flatten(2).log_softmax(dim=2)
    return _weighted((wanted.exp() * (wanted - found)).sum(dim=2), reference)


def cross_entropy(activation: Tensor, reference: Reference) -> Tensor:
    """Return the spatial cross-entropy to the Gaussians of the reference points."""
    wanted = _given(reference.gaussians).flatten(2)
    wanted = wanted / wanted.sum(dim=2, keepdim=True).clamp_min(1e-12)
    return _weighted(-(wanted * activation.flatten(2).log_softmax(dim=2)).sum(dim=2), reference)


def binary_cross_entropy(activation: Tensor, reference: Reference) -> Tensor:
    """Return the cell-wise cross-entropy of heatmap logits to the Gaussians of the reference points."""
    gaussians = _given(reference.gaussians)
    each = F.binary_cross_entropy_with_logits(activation, gaussians, reduction="none")
    return _weighted(each.flatten(2).mean(dim=2), reference)


def peak(activation: Tensor, reference: Reference) -> Tensor:
    """Return how far the peaks are from the reference points, in crop pixels, smoothed.

    The expected distance of a point drawn from the spatial softmax of each heatmap; it goes up only when
    the peak *moves*, never when it merely grows.
    """
    points, (height, width) = _given(reference.points), activation.shape[-2:]
    grid = cell_grid(height, width, reference.stride, activation)
    distance = torch.linalg.vector_norm(grid - points[:, :, None, None, :], dim=-1).flatten(2)
    probability = activation.flatten(2).softmax(dim=2)
    return _weighted((probability * distance).sum(dim=2), reference)


def margin(activation: Tensor, reference: Reference) -> Tensor:
    """Return by how many logits the best cell away from the reference point beats those near it.

    Capped for each joint once it is safely away (or, on the way to a target, safely there), so that the
    joints not yet moved get the gradient (the margin of Carlini and Wagner 2017, carried over to heatmaps).
    """
    points, (height, width) = _given(reference.points), activation.shape[-2:]
    grid = cell_grid(height, width, reference.stride, activation)
    distance = torch.linalg.vector_norm(grid - points[:, :, None, None, :], dim=-1)
    near = (distance <= NEAR_CELLS * reference.stride).flatten(2)
    logits = activation.flatten(2)
    best_near = logits.masked_fill(~near, -torch.inf).logsumexp(dim=2)
    best_far = logits.masked_fill(near, -torch.inf).logsumexp(dim=2)
    difference = best_far - best_near
    settled = difference.clamp_max(MARGIN_CAP) if reference.leaving else difference.clamp_min(-MARGIN_CAP)
    return _weighted(settled, reference)


NEAR_CELLS = 3.0
MARGIN_CAP = 5.0

LOSSES: dict[str, Loss] = {
    "mse": Loss("Mean squared error", mse, "activation", zero_at_clean=True),
    "probability-mse": Loss(
        "Mean squared error of probabilities", probability_mse, "heatmap", zero_at_clean=False, reads="points"
    ),
    "cosine": Loss("Cosine distance", cosine, "activation", zero_at_clean=True),
    "kl": Loss("KL divergence of heatmaps", kl, "heatmap", zero_at_clean=True),
    "ce": Loss("Cross-entropy to Gaussians", cross_entropy, "heatmap", zero_at_clean=False, reads="points"),
    "bce": Loss(
        "Cell-wise cross-entropy to Gaussians",
        binary_cross_entropy,
        "heatmap",
        zero_at_clean=False,
        reads="points",
    ),
    "peak": Loss("Expected peak distance", peak, "heatmap", zero_at_clean=False, reads="points"),
    "margin": Loss("Peak margin", margin, "heatmap", zero_at_clean=False, settles=True, reads="points"),
}


def find_loss(name: str | None, kind: LayerKind) -> tuple[str, Loss]:
    """Return a loss and its name; None takes the default for this kind of layer.

    Raises:
        ConfigError: Unknown, or it needs a heatmap layer.
    """
    if name is None:
        name = "margin" if kind == "heatmap" else "mse"
    if name not in LOSSES:
        raise ConfigError(f"loss must be one of {', '.join(LOSSES)}, got {name!r}")
    loss = LOSSES[name]
    if loss.needs == "heatmap" and kind != "heatmap":
        raise ConfigError(
            f"loss {name!r} needs a heatmap layer; choose the layer heatmap, or loss mse or cosine"
        )
    return name, loss


def _weighted(each: Tensor, reference: Reference) -> Tensor:
    """Average over the channels, weighted: ``(N, K) -> (N,)``."""
    if reference.weights is None:
        return each.mean(dim=1)
    return (each * reference.weights).mean(dim=1)


def _given(value: Tensor | None) -> Tensor:
    if value is None:
        raise ConfigError("this loss needs reference points; choose a heatmap layer")
    return value
