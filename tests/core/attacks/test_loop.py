"""The one loop, on a network small enough to do its steps by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.attacks.loop import Iterate, Objective, Step, iterate
from kaa_gui.core.attacks.losses import LOSSES, Loss, Reference
from kaa_gui.core.attacks.spaces import CropSpace, Jitter
from kaa_gui.core.errors import AttackError
from kaa_gui.core.types import Norm
from tests.core.networks import small_crop, small_network

EPSILON = 4 / 255


def ball_around(crop: Tensor, *, epsilon: float = EPSILON, norm: Norm = "linf", keep: float = 1.0) -> Ball:
    mask = torch.rand(crop.shape, generator=torch.Generator().manual_seed(9)) < keep
    radius = torch.full((len(crop), 1, 1, 1), epsilon, dtype=crop.dtype)
    return Ball.around(crop, epsilon=radius, mask=mask, norm=norm)


def objective(*, sign: int = 1, quantise: bool = False, views: int = 0, seed: int = 0) -> Objective:
    network, crop = small_network(), small_crop()
    # a reference that is not the clean activation, so that the gradient at the clean crop is not zero
    reference = Reference(network(crop) + 1)
    space = CropSpace(Jitter(views, (torch.Generator().manual_seed(seed),)))
    return Objective(network, LOSSES["mse"], reference, sign, space, quantise=quantise)


def step(iterations: int = 5, *, size: float = EPSILON / 3, epsilon: float = EPSILON) -> Step:
    return Step(epsilon, size, iterations)


def gradient_at(given: Objective, images: Tensor) -> Tensor:
    images = images.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(
        LOSSES["mse"].distance(given.network(images), given.reference).sum(), images
    )
    return gradient


def run(given: Objective, ball: Ball, *, steps: Step | None = None, momentum: float = 0.0) -> list[Iterate]:
    return list(iterate(given, ball, ball.clean, steps or step(), momentum=momentum))


@pytest.mark.parametrize("sign", [1, -1])
def test_one_step_of_epsilon_everywhere_is_fgsm(sign: int) -> None:
    crop, given = small_crop(), objective(sign=sign)
    start, end = run(given, ball_around(crop), steps=step(1, size=EPSILON))
    assert torch.equal(start.images, crop)
    expected = (crop + sign * EPSILON * gradient_at(given, crop).sign()).clamp(0, 1)
    torch.testing.assert_close(end.images, expected, rtol=0, atol=1e-12)
    assert (start.final, end.final) == (False, True)
    assert sign * (end.loss - start.loss) > 0


def test_one_step_of_epsilon_in_l2_is_the_normalised_gradient() -> None:
    crop, given = small_crop().clamp(0.3, 0.7), objective()
    (_, end) = run(given, ball_around(crop, norm="l2", epsilon=0.05), steps=step(1, size=0.05, epsilon=0.05))
    gradient = gradient_at(given, crop)
    torch.testing.assert_close(end.images, crop + 0.05 * gradient / gradient.norm(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_iterates_stay_inside_and_ascend(norm: Norm, momentum: float) -> None:
    crop = small_crop()
    ball = ball_around(crop, norm=norm, keep=0.5, epsilon=0.1)
    points = run(objective(), ball, steps=step(8, size=0.03, epsilon=0.1), momentum=momentum)
    assert [point.iteration for point in points] == list(range(9))
    for point in points:
        assert torch.equal(ball.project(point.images), point.images)
        assert torch.equal(point.images[~ball.mask], crop[~ball.mask])
    assert points[-1].loss > points[0].loss
    assert not any(point.images.requires_grad or point.loss.requires_grad for point in points)


def test_the_mask_comes_before_the_norm() -> None:
    crop, given = small_crop().clamp(0.3, 0.7), objective()
    ball = ball_around(crop, norm="l2", epsilon=0.05, keep=0.3)
    (_, end) = run(given, ball, steps=step(1, size=0.05, epsilon=0.05))
    # the whole length goes into the mask
    assert (end.images - crop).norm() == pytest.approx(0.05, rel=1e-6)


def test_momentum_adds_up_gradients_of_equal_weight() -> None:
    crop, given = small_crop(), objective()
    points = run(given, ball_around(crop), steps=step(4), momentum=0.8)
    ball, images, velocity = ball_around(crop), crop, torch.zeros_like(crop)
    for point in points:
        torch.testing.assert_close(point.images, images, rtol=0, atol=1e-9)
        gradient = gradient_at(given, images)
        velocity = 0.8 * velocity + gradient / gradient.abs().mean()
        images = ball.project(images + EPSILON / 3 * velocity.sign())


def test_loss_and_activation_are_those_of_the_iterate_without_its_views() -> None:
    crop, given = small_crop(), objective(views=2)
    for point in run(given, ball_around(crop), steps=step(2)):
        loss, activation = given.value(point.images)
        torch.testing.assert_close(point.loss, loss)
        torch.testing.assert_close(point.activation, activation)
        assert point.loss.shape == (1,)


def test_quantised_gradients_are_taken_on_the_lattice() -> None:
    crop = small_crop()
    seen: list[Tensor] = []

    class Recording(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            seen.append(images.detach().clone())
            return small_network()(images)

    given = objective(quantise=True)
    given = Objective(Recording(), given.loss, given.reference, 1, quantise=True)
    run(given, ball_around(crop, epsilon=2.4 / 255), steps=step(3, size=0.7 / 255, epsilon=2.4 / 255))
    levels = torch.cat(seen) * 255
    assert (levels - levels.round()).abs().max() < 1e-9
    assert (levels - crop * 255).abs().max() < 2 + 1e-6


def test_a_live_change_holds_from_the_next_step_on() -> None:
    crop, given = small_crop(), objective()
    loop = iterate(given, ball_around(crop), crop, step(6))
    next(loop)
    loop.send(None)
    smaller = loop.send(step(3, size=EPSILON / 30, epsilon=EPSILON / 10))
    assert smaller.iteration == 2
    assert (smaller.images - crop).abs().max() <= EPSILON / 10 + 1e-12
    assert (smaller.ball.epsilon == EPSILON / 10).all()
    last = loop.send(None)
    assert (last.iteration, last.final) == (3, True)
    with pytest.raises(StopIteration):
        loop.send(None)


def test_fewer_iterations_than_are_done_end_the_run_after_the_next_step() -> None:
    crop = small_crop()
    loop = iterate(objective(), ball_around(crop), crop, step(50))
    for _ in range(5):
        next(loop)
    last = loop.send(step(2))
    assert last.final
    assert last.iteration == 5


def test_a_batch_is_its_members_one_by_one() -> None:
    network, crops = small_network(), torch.cat([small_crop(1), small_crop(2)])
    reference = Reference(network(crops) + 1)
    both = list(iterate(Objective(network, LOSSES["mse"], reference, 1), ball_around(crops), crops, step(3)))
    for number in range(2):
        one = slice(number, number + 1)
        alone = Objective(network, LOSSES["mse"], Reference(reference.activation[one]), 1)
        ball = Ball.around(
            crops[one],
            epsilon=torch.full((1, 1, 1, 1), EPSILON, dtype=crops.dtype),
            mask=ball_around(crops).mask[one],
            norm="linf",
        )
        for together, single in zip(both, iterate(alone, ball, crops[one], step(3)), strict=True):
            torch.testing.assert_close(together.images[one], single.images)
            torch.testing.assert_close(together.loss[one], single.loss)


def test_the_same_run_twice_is_bit_for_bit_the_same() -> None:
    crop = small_crop()
    first, second = (run(objective(views=1, seed=3), ball_around(crop)) for _ in range(2))
    assert all(torch.equal(one.images, other.images) for one, other in zip(first, second, strict=True))


def failing_loss(value: float) -> Loss:
    return Loss(
        "Failing", lambda activation, _: activation.flatten(1).sum(dim=1) * value, "activation", False
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    crop, given = small_crop(), objective()
    with pytest.raises(AttackError, match="not finite at iteration 0"):
        run(Objective(given.network, failing_loss(value), given.reference, 1), ball_around(crop))


def test_a_zero_gradient_at_the_start_is_refused() -> None:
    crop, network = small_crop(), small_network()
    at_rest = Objective(network, LOSSES["mse"], Reference(network(crop)), 1, layer="small")
    with pytest.raises(AttackError, match="gradient is zero at iteration 0, layer small"):
        run(at_rest, ball_around(crop))
    with pytest.raises(AttackError, match="gradient is zero"):
        run(objective(), ball_around(crop, keep=0.0))


class Stopping(nn.Module):
    """The small network; from a call on, some members of its batch get this factor."""

    def __init__(self, factor: float, *, call: int, member: int) -> None:
        super().__init__()
        self.network, self.factor, self.call, self.member = small_network(), factor, call, member
        self.calls = 0

    def forward(self, images: Tensor) -> Tensor:
        output = self.network(images)
        self.calls += 1
        if self.calls > self.call:
            output = torch.cat(
                [part * self.factor if number == self.member else part for number, part in enumerate(output)]
            ).reshape(output.shape)
        return output


@pytest.mark.parametrize(("factor", "reason"), [(0.0, "gradient is zero"), (float("nan"), "is not finite")])
def test_a_gradient_that_fails_later_in_one_member_stops_the_run(factor: float, reason: str) -> None:
    crops = torch.cat([small_crop(1), small_crop(2), small_crop(3)])
    network = Stopping(factor, call=2, member=1)
    given = Objective(network, LOSSES["mse"], Reference(small_network()(crops) + 1), 1, layer="small")
    shown = []
    with pytest.raises(AttackError, match=rf"attack 2 of 3: .*{reason} at iteration 2, layer small"):
        shown.extend(iterate(given, ball_around(crops), crops, step(9)))
    # what led there has been shown
    assert network.calls == 3


def test_a_last_iterate_that_is_not_finite_is_no_result() -> None:
    crop = small_crop()
    given = Objective(Stopping(float("nan"), call=2, member=0), LOSSES["mse"], objective().reference, 1)
    with pytest.raises(AttackError, match="not finite at iteration 2, layer k"):
        run(given, ball_around(crop), steps=step(2))


def test_a_loss_that_has_settled_ends_in_peace() -> None:
    crop = small_crop()
    settled = Loss("Settled", LOSSES["mse"].distance, "activation", zero_at_clean=False, settles=True)
    given = Objective(Stopping(0.0, call=1, member=0), settled, objective().reference, 1)
    points = run(given, ball_around(crop), steps=step(3))
    assert [point.iteration for point in points] == [0, 1, 2, 3]
    # no gradient, no step
    assert torch.equal(points[1].images, points[3].images)
