"""Hold an attack with everything settled: person, objective, ball and starting point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.loop import Iterate
from kaa_gui.core.attacks.methods import find_method
from kaa_gui.core.attacks.problem import Problem
from kaa_gui.core.attacks.references import Target
from kaa_gui.core.attacks.spaces import PictureSpace
from kaa_gui.core.attacks.values import Frame, snapshot_value
from kaa_gui.core.types import AttackConfig, Scene, Snapshot
from kaa_gui.core.victims import Victim

# of a random start that is only to leave the clean picture, as a fraction of ε
NUDGE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An attack that is ready to run.

    Attributes:
        victim: Victim to attack.
        problem: Problem to ascend.
        clean: What the attack changes, unchanged: ``(1, 3, H, W)`` crop, or cells of the picture.
        mask: ``(3, H, W)`` bool, C, shaped as what is changed.
        frame: Values that all iterates share.
        scene: Scene of the clean picture.
        target: Target of a targeted attack.
        redetect: Whether the person is detected again on the way.
    """

    victim: Victim
    problem: Problem
    clean: Tensor
    mask: Tensor
    frame: Frame
    scene: Scene
    target: Target | None = None
    redetect: bool = False

    def ball(self, config: AttackConfig) -> Ball:
        """Return where the iterates must stay."""
        space = self.problem.objective.space
        return Ball.around(
            self.clean,
            epsilon=torch.full((1, 1, 1, 1), config.epsilon, device=self.clean.device),
            mask=self.mask[None],
            norm=config.norm,
            measured=space.measured if isinstance(space, PictureSpace) else None,
        )

    def start(self, config: AttackConfig, restart: int = 0) -> Tensor:
        """Return the first iterate: the clean picture, or next to it where the gradient vanishes there.

        Further restarts begin at random points of the ball.
        """
        if not self.problem.random_start and restart == 0:
            return self.clean
        point = self.ball(config).random_point(torch.Generator().manual_seed(config.seed + restart))
        if restart == 0 or find_method(config.method).single_step:
            # the steps are to make the change, not the start
            point = self.clean + NUDGE * (point - self.clean)
        return point

    def resumed(self, waited_s: float) -> Prepared:
        """Return the same attack, its clock set back by the time that others took or paused it for."""
        return replace(self, frame=replace(self.frame, began=self.frame.began + waited_s))

    def snapshot(self, point: Iterate, config: AttackConfig, *, offset: int = 0) -> Snapshot:
        """Return an iterate as a value, its pose decoded."""
        space, frame = self.problem.objective.space, replace(self.frame, config=config)
        crops = space.crop(point.images)
        poses = self.victim.poses(crops, activation=point.activation, layer=frame.layer)
        return snapshot_value(point, poses[0], frame, offset=offset, space=space)
