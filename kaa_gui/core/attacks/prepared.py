"""Hold an attack with everything settled: person, objective, ball and starting point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.loop import Iterate
from kaa_gui.core.attacks.methods import find_method
from kaa_gui.core.attacks.problem import Problem
from kaa_gui.core.attacks.values import Frame, snapshot_value
from kaa_gui.core.types import AttackConfig, Snapshot
from kaa_gui.core.victims import Victim

# of the random start of a single step, as a fraction of ε
NUDGE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An attack that is ready to run.

    Attributes:
        victim: Victim to attack.
        problem: Problem to ascend.
        crop: ``(1, 3, H, W)`` clean.
        mask: ``(3, H, W)`` bool, C.
        frame: Values that all iterates share.
    """

    victim: Victim
    problem: Problem
    crop: Tensor
    mask: Tensor
    frame: Frame

    def ball(self, config: AttackConfig) -> Ball:
        """Return where the iterates must stay."""
        epsilon = torch.full((1, 1, 1, 1), config.epsilon, device=self.crop.device)
        return Ball.around(self.crop, epsilon=epsilon, mask=self.mask[None], norm=config.norm)

    def start(self, config: AttackConfig, restart: int = 0) -> Tensor:
        """Return the first iterate: the clean crop wherever its gradient allows that, else a random point."""
        if not self.problem.random_start and restart == 0:
            return self.crop
        point = self.ball(config).random_point(torch.Generator().manual_seed(config.seed + restart))
        if find_method(config.method).single_step:
            # just off the clean crop, where the gradient vanishes: the one step of length ε is the change
            point = self.crop + NUDGE * (point - self.crop)
        return point

    def resumed(self, waited_s: float) -> Prepared:
        """Return the same attack, its clock set back by the time that others took or paused it for."""
        return replace(self, frame=replace(self.frame, began=self.frame.began + waited_s))

    def snapshot(self, point: Iterate, config: AttackConfig, *, offset: int = 0) -> Snapshot:
        """Return an iterate as a value, its pose decoded."""
        poses = self.victim.poses(point.images, activation=point.activation, layer=self.frame.layer)
        return snapshot_value(point, poses[0], replace(self.frame, config=config), offset=offset)
