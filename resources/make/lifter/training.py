"""The lifter's training loop: endless random views, cosine schedule, averaged weights."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from kaa_gui.core.victims.lifter import MILLIMETRES, Lifter, ResidualBlock, normalised
from lifter.bodies import Proportions, place, random_shrug
from lifter.motions import Postures
from lifter.postures import training_postures
from lifter.views import Noise, Views, look_at


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast.

    Attributes:
        steps: Number of batches.
        batch: Views a batch.
        rate: Highest learning rate, reached after ``warm_up`` steps, then a cosine to 0.
        warm_up: Steps.
        average: Decay of the moving average of the weights that is kept in the end.
        skinned: Share of views that show skinned bodies instead of jointed skeletons.
        width: Units of a hidden layer.
        blocks: Residual blocks.
    """

    steps: int = 12000
    batch: int = 512
    rate: float = 1e-3
    warm_up: int = 100
    average: float = 0.999
    skinned: float = 0.25
    width: int = 512
    blocks: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where views come from.

    Attributes:
        frames: Captured postures of the training clips.
        proportions: Of the bodies measured.
        skinned: ``(N, 15, 3)`` points of posed skinned bodies, metres.
        noise: Of the reported key points.
    """

    frames: Postures
    proportions: Proportions
    skinned: Tensor
    noise: Noise

    def views(self, count: int, share_skinned: float, generator: Generator) -> Views:
        """Return new views of new bodies."""
        from_pool = int(count * share_skinned)
        postures = training_postures(self.frames, count - from_pool, generator)
        drawn = self.proportions.drawn(len(postures), generator)
        jointed = place(postures, drawn, shrug=random_shrug(postures, generator))
        rows = torch.randint(len(self.skinned), (from_pool,), generator=generator)
        return look_at(torch.cat([jointed, self.skinned[rows]]), generator, noise=self.noise)


def train(source: Source, schedule: Schedule, *, seed: int) -> Lifter:
    """Return a trained lifter.

    Args:
        source: Of the views.
        schedule: How long and how fast.
        seed: Of weights and views; with one thread the result is the same to the bit.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    network = with_norms(Lifter(width=schedule.width, blocks=schedule.blocks)).train()
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=0.0)
    began = time.monotonic()
    for step in range(schedule.steps):
        cosine = 0.5 + 0.5 * math.cos(math.pi * step / schedule.steps)
        optimiser.param_groups[0]["lr"] = schedule.rate * min(1.0, (step + 1) / schedule.warm_up) * cosine
        loss = _loss(network, source.views(schedule.batch, schedule.skinned, generator))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        _average(averaged, network, min(schedule.average, (step + 1) / (step + 10)))
        if (step + 1) % 500 == 0:
            minutes = (time.monotonic() - began) / 60
            print(f"step {step + 1}: {float(loss) * MILLIMETRES:.1f} mm, {minutes:.1f} min", flush=True)
    return folded(averaged)


def with_norms(lifter: Lifter) -> Lifter:
    """Return the lifter with a batch normalisation after each hidden layer, in place."""
    lifter.entry = _normed(lifter.entry)
    for block in _blocks(lifter):
        block.first, block.second = _normed(block.first), _normed(block.second)
    # begin near the picture itself: small corrections, no depth
    lifter.exit.weight.data.mul_(0.1)
    lifter.exit.bias.data.zero_()
    return lifter


def folded(lifter: Lifter) -> Lifter:
    """Return a plain lifter with each normalisation folded into the layer before it."""
    lifter = copy.deepcopy(lifter).eval()
    lifter.entry = _fused(lifter.entry)
    for block in _blocks(lifter):
        block.first, block.second = _fused(block.first), _fused(block.second)
    return lifter.requires_grad_(requires_grad=False)


def _loss(network: Lifter, views: Views) -> Tensor:
    """Return the mean distance of the joints, metres (Martinez et al. square it; outliers then dominate)."""
    return (network(normalised(views.keypoints)) - views.pose_mm / MILLIMETRES).norm(dim=-1).mean()


def _blocks(lifter: Lifter) -> list[ResidualBlock]:
    return [block for block in lifter.blocks if isinstance(block, ResidualBlock)]


def _normed(linear: nn.Linear) -> nn.Sequential:
    return nn.Sequential(linear, nn.BatchNorm1d(linear.out_features))


def _fused(pair: nn.Sequential) -> nn.Linear:
    return fuse_linear_bn_eval(pair[0], pair[1])


def _average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
