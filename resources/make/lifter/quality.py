"""How well a lifter does: MPJPE and Procrustes-aligned MPJPE over views, millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from kaa_gui.core.victims.lifter import Lifter
from lifter.views import Views


@dataclass(frozen=True, slots=True)
class Quality:
    """Errors over some views, millimetres.

    Attributes:
        views: Their number.
        mpjpe: Mean of the mean joint error.
        mpjpe_median: Median over the views.
        pa_mpjpe: Mean after the best similarity.
        pa_mpjpe_median: Median over the views.
    """

    views: int
    mpjpe: float
    mpjpe_median: float
    pa_mpjpe: float
    pa_mpjpe_median: float


def measure(lifter: Lifter, views: Views) -> Quality:
    """Return a lifter's errors."""
    with torch.no_grad():
        lifted = lifter.lift(views.keypoints).double()
    truth = views.pose_mm.double()
    plain = (lifted - truth).norm(dim=-1).mean(dim=1)
    similar = (aligned(lifted, truth) - truth).norm(dim=-1).mean(dim=1)
    numbers = (plain.mean(), plain.median(), similar.mean(), similar.median())
    return Quality(len(truth), *(float(number) for number in numbers))


def aligned(poses: Tensor, truth: Tensor) -> Tensor:
    """Return ``(N, J, 3)`` poses under the similarity each that best maps them onto the truth (Umeyama)."""
    middle = truth.mean(dim=1, keepdim=True)
    source, target = poses - poses.mean(dim=1, keepdim=True), truth - middle
    left, singular, right = torch.linalg.svd(target.mT @ source)
    signs = torch.ones_like(singular)
    signs[:, -1] = torch.linalg.det(left @ right).sign()
    rotation = left @ (signs[..., None] * right)
    scale = (singular * signs).sum(dim=-1) / source.square().sum(dim=(1, 2))
    return scale[:, None, None] * (source @ rotation.mT) + middle
