"""The reference h_k that an attack leaves or approaches (mission, section 3)."""

from __future__ import annotations

import torch
from torch import Tensor

from kaa_gui.core.attacks.losses import Reference
from kaa_gui.core.metrics import visible_joints
from kaa_gui.core.types import Layer, Pose
from kaa_gui.core.victims import Victim


def clean_reference(victim: Victim, layer: Layer, activation: Tensor, clean: Pose) -> Reference:
    """Return the reference of a non-target attack: the clean activation and, at heatmaps, its peaks.

    Args:
        victim: Whose layer it is.
        layer: Layer k.
        activation: ``(1, *layer.shape)``, F^k of the clean crop.
        clean: The clean pose; its visible joints carry the weight.
    """
    if layer.kind != "heatmap":
        return Reference(activation)
    points = victim.peaks(activation, layer)
    return Reference.of_points(activation, points, channel_weights(clean, activation), victim.stride(layer))


def channel_weights(pose: Pose, heatmaps: Tensor) -> Tensor:
    """Return ``(1, K)``: heatmap channels of visible joints weigh alike, all others nothing; mean 1.

    A joint that is not in the picture has no peak worth moving, and auxiliary channels don't reach the pose.
    """
    weights = torch.zeros(heatmaps.shape[1], device=heatmaps.device, dtype=heatmaps.dtype)
    visible = torch.from_numpy(visible_joints(pose)).to(weights)
    weights[: len(visible)] = visible
    return (weights * (len(weights) / weights.sum()))[None]
