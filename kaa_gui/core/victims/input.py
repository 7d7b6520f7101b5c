"""Turn pictures into the networks' input tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kaa_gui.core.types import GREY_LEVELS, UInt8Image


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
