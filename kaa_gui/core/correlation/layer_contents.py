"""Look into the network without attacking: activations at layer k and single rows of its Jacobian."""

from __future__ import annotations

import numpy as np
import torch

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import GREY_LEVELS, FloatArray, Layer, UInt8Image, read_only
from kaa_gui.core.victims import Victim
from kaa_gui.core.victims.input import crop_tensor


def activations_of(
    victim: Victim, layer: Layer, crop: UInt8Image, perturbation: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return F^k of the clean and of the attacked crop.

    Args:
        victim: The network.
        layer: Layer k.
        crop: ``(H, W, 3)``, clean.
        perturbation: ``(H, W, 3)`` float32, grey levels.

    Returns:
        Two arrays of ``layer.shape``, float32.
    """
    clean = crop_tensor(crop, victim.device)
    # torch does not take arrays that are locked against writing
    change = torch.from_numpy(np.array(perturbation)).to(victim.device).permute(2, 0, 1)[None] / GREY_LEVELS
    with torch.no_grad():
        values = victim.truncated(layer)(torch.cat([clean, (clean + change).clamp(0, 1)]))
    first, second = (read_only(value.cpu().numpy()) for value in values)
    return first, second


def row_of(victim: Victim, layer: Layer, crop: UInt8Image, output: int) -> FloatArray:
    """Return one row of the Jacobian: how each value of the crop moves one output of layer k.

    Args:
        victim: The network.
        layer: Layer k.
        crop: ``(H, W, 3)``, clean.
        output: Flat index p, from 0 to ``layer.outputs - 1``.

    Returns:
        ``(H, W, 3)`` float32, ∂F^k(x)_p / ∂x, output units per unit of intensity.

    Raises:
        ConfigError: There is no such output.

    Source:
        Seed slides, step 1.
    """
    if not 0 <= output < layer.outputs:
        raise ConfigError(f"output must be from 0 to {layer.outputs - 1} at {layer.name}, got {output}")
    image = crop_tensor(crop, victim.device).requires_grad_()
    with torch.enable_grad():
        value = victim.truncated(layer)(image).flatten()[output]
    (row,) = torch.autograd.grad(value, image)
    return read_only(np.ascontiguousarray(row[0].permute(1, 2, 0).cpu().numpy()))
