"""Run the one attack loop: gradient, mask, steepest step in the norm, project, yield.

FGSM, I-FGSM, KAA and KAA+ER differ only in layer, reference, mask and step.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.losses import Loss, Reference
from kaa_gui.core.attacks.spaces import PLAIN, Space
from kaa_gui.core.errors import MemberError

_Value = TypeVar("_Value")
_Live = TypeVar("_Live")


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Objective that the loop ascends: ± the distance of F^k(x̃) from the reference.

    Attributes:
        network: F^k.
        loss: The distance.
        reference: h_k.
        sign: +1 to move away (non-target), -1 to come closer (target).
        space: Turns the images into the crops that the network takes.
        others: References of the crops that a step attacks beside the first one of each image; empty where
            they share its own.
        quantise: Whether the gradient is taken at the images rounded to 8 bits inside the ball.
        layer: Name of layer k, for messages.
    """

    network: nn.Module
    loss: Loss
    reference: Reference
    sign: int
    space: Space = PLAIN
    others: tuple[Reference, ...] = ()
    quantise: bool = False
    layer: str = "k"

    def value(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the distance ``(N,)`` and the activation ``(N, *layer.shape)``."""
        activation = self.network(self.space.crop(images))
        return self.loss.distance(activation, self.reference), activation

    def seen(self, images: Tensor, ball: Ball) -> Tensor:
        """Return the images that the network is shown: rounded to 8 bits with rounding in the loop."""
        return ball.rounded(images) if self.quantise else images

    def ascent(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return distance, activation and the direction of ascent, shaped as the images."""
        images = images.detach().requires_grad_()
        with torch.enable_grad():
            views = self.space.views(images)
            activation = self.network(views)
            distance = self.loss.distance(activation, self._references(len(views) // len(images)))
            # members of a batch don't mix: the gradient of the sum holds each one's own
            (gradient,) = torch.autograd.grad(self.sign * distance.sum(), images)
        number = len(images)
        return distance[:number].detach(), activation[:number].detach(), gradient

    def _references(self, views: int) -> Reference:
        if not self.others:
            return self.reference.repeated(views)
        jittered = views - 1 - len(self.others)
        return Reference.joined((self.reference, *self.others, *[self.others[-1]] * jittered))


@dataclass(frozen=True, slots=True)
class Step:
    """Values that may change while the loop runs; sent into it, a new one holds from the next step on.

    Attributes:
        epsilon: The ball's radius.
        step_size: Length of a step, one for all or ``(N, 1, 1, 1)``.
        iterations: Number of steps.
        objective: Ascended in place of the present one, e.g. with another crop; None for no change.
    """

    epsilon: float
    step_size: float | Tensor
    iterations: int
    objective: Objective | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    """One point of the trajectory.

    Attributes:
        iteration: 0 is the start.
        images: As the space of the attack has them, e.g. ``(N, 3, H, W)`` crops.
        loss: ``(N,)`` distance from the reference.
        activation: F^k of the images.
        ball: Ball in force.
        final: Whether no step follows.
    """

    iteration: int
    images: Tensor
    loss: Tensor
    activation: Tensor
    ball: Ball
    final: bool


def iterate(
    objective: Objective, ball: Ball, start: Tensor, step: Step, *, momentum: float = 0.0
) -> Generator[Iterate, Step | None, None]:
    """Run the attack, yielding every iterate, the start included.

    Args:
        objective: Objective to ascend.
        ball: Ball to stay in.
        start: Feasible images.
        step: Step length and number of steps; a new one may be sent in at every yield.
        momentum: Decay of the accumulated gradient (MI-FGSM, Dong et al. 2018); 0 is none.

    Raises:
        MemberError: Some member's loss or gradient is not finite, or its gradient is identically zero
            before the loss has settled.
    """
    images, velocity, iteration = start, None, 0
    while iteration < step.iterations:
        # a start off the clean images by less than a grey level would be rounded back to them
        shown = objective.seen(images, ball) if iteration else images
        loss, activation, gradient = objective.ascent(shown)
        gradient = gradient * ball.mask
        # asked of the device before the iterate is shown, and read afterwards, when it is long there
        health = torch.stack((loss, gradient.abs().amax(dim=(1, 2, 3)).to(loss)))
        live = yield Iterate(iteration, shown, loss, activation, ball, final=False)
        if live is not None:
            ball = ball if live.epsilon == step.epsilon else ball.with_epsilon(live.epsilon)
            step, objective = live, live.objective or objective
        _check(health, iteration, objective)
        velocity = _accumulate(velocity, gradient, momentum) if momentum else gradient
        images = ball.project(ball.steepest(velocity).mul_(step.step_size).add_(images))
        iteration += 1
    with torch.no_grad():
        images = objective.seen(images, ball)
        loss, activation = objective.value(images)
    # no step follows, so its gradient is of no concern
    _check(torch.stack((loss, torch.ones_like(loss))), iteration, objective)
    yield Iterate(iteration, images, loss, activation, ball, final=True)


def advance(values: Generator[_Value, _Live | None, Any], live: _Live | None) -> _Value | None:
    """Return the next value of a loop or an attack, handing it what has changed; None at its end."""
    try:
        return values.send(live)
    except StopIteration:
        return None


def _accumulate(velocity: Tensor | None, gradient: Tensor, momentum: float) -> Tensor:
    # every gradient counts alike, the first one too: their lengths differ by orders of magnitude
    normed = gradient / gradient.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-30)
    return normed if velocity is None else momentum * velocity + normed


def _check(health: Tensor, iteration: int, objective: Objective) -> None:
    """Stop with a reason where a gradient is of no use (the failures that AutoAttack flags).

    Args:
        health: ``(2, N)``, each member's loss and the largest absolute value of its masked gradient.
        iteration: At which.
        objective: That was ascended.
    """
    losses, gradients = health.tolist()
    for number, (loss, largest) in enumerate(zip(losses, gradients, strict=True)):
        where = f"at iteration {iteration}, layer {objective.layer}"
        if not (math.isfinite(loss) and math.isfinite(largest)):
            raise MemberError(
                f"the loss or its gradient is not finite {where}; choose another loss or layer",
                number,
                len(losses),
            )
        if largest == 0 and not (objective.loss.settles and iteration > 0):
            raise MemberError(
                f"the gradient is zero {where}, so the attack cannot go on; choose another loss or "
                "layer, or a larger mask",
                number,
                len(losses),
            )
