"""Turn pictures into the networks' input tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kaa_gui.core.types import GREY_LEVELS, Pose, UInt8Image
from kaa_gui.core.victims.victim import Victim


def crop_tensor(crop: UInt8Image, device: torch.device) -> Tensor:
    """Return a crop as the victims take it.

    Args:
        crop: ``(H, W, 3)`` uint8.
        device: Device to put it on.

    Returns:
        ``(1, 3, H, W)`` float32 in [0, 1], channels last in memory.
    """
    # torch does not take arrays that are locked against writing
    image = torch.from_numpy(np.array(crop)).to(device).permute(2, 0, 1)[None]
    return (image.float() / GREY_LEVELS).contiguous(memory_format=torch.channels_last)


def pose_in(victim: Victim, crop: UInt8Image) -> Pose:
    """Return the pose that a victim finds in a crop ``(H, W, 3)`` uint8."""
    (pose,) = victim.poses(crop_tensor(crop, victim.device))
    return pose
