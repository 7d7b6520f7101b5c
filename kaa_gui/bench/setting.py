"""Set the scene of every measurement: BlazePose's heatmap route on the first person of the first sample."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.loop import Objective
from kaa_gui.core.attacks.losses import LOSSES, Reference
from kaa_gui.core.importers import by_hand
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.victims.blazepose import HEATMAP_SPEC, BlazePose, load
from kaa_gui.core.victims.input import crop_tensor


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Hold the network and picture that every measurement attacks.

    Attributes:
        victim: The network.
        crop: ``(1, 3, H, W)`` clean.
    """

    victim: BlazePose
    crop: Tensor

    @property
    def network(self) -> nn.Module:
        """F^k at the heatmap layer, its gradients left to autograd: what the peers attack."""
        return self.victim.truncated(self.victim.layers[-1])

    def objective(self, count: int = 1) -> Objective:
        """Return the plain squared error at the heatmap layer, for a batch."""
        network = self.network
        with torch.no_grad():
            reference = Reference(network(self.crop)).repeated(count)
        return Objective(by_hand(network), LOSSES["mse"], reference, sign=1)

    def ball(self, *epsilons: float) -> Ball:
        """Return the balls of some radii around the crop."""
        radius = torch.tensor(epsilons, dtype=self.crop.dtype).reshape(-1, 1, 1, 1)
        clean = self.crop.expand(len(epsilons), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        return Ball.around(clean, epsilon=radius, mask=torch.ones_like(clean, dtype=torch.bool), norm="linf")


def first_sample(bundle: str | None = None) -> Setting:
    """Return the setting of the first sample picture, on the CPU.

    Args:
        bundle: A ``.task`` file in place of the packaged one.

    Raises:
        KaaError: The weights or the sample are missing.
    """
    victim = load(HEATMAP_SPEC, torch.device("cpu"), bundle)
    pixels = load_picture(next(iter(list_samples().values()))).pixels
    person = victim.find_people(pixels)[0]
    sampler = CropSampler.build(person.to_crop, victim.crop_size, (pixels.shape[0], pixels.shape[1]))
    return Setting(victim, crop_tensor(sampler.crop(pixels), victim.device))
