"""The feasible set: inside, nearest, on the 8-bit lattice, and nothing outside the mask."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kaa_gui.core.attacks.balls import Ball
from kaa_gui.core.types import Norm

# float32 sums are off by a few 1e-7 of a length
TOLERANCE = 1e-5


@dataclass
class Case:
    ball: Ball
    images: Tensor
    generator: torch.Generator


def make_case(
    norm: Norm, levels: float, *, keep: float, shape: tuple[int, int], spread: float, seed: int
) -> Case:
    """Return a ball around random 8-bit pictures, and pictures around it."""
    generator = torch.Generator().manual_seed(seed)
    number, side = shape
    clean = torch.randint(0, 256, (number, 3, side, side + 1), generator=generator).float() / 255
    mask = torch.rand((1, *clean.shape[1:]), generator=generator) < keep
    radius = levels / 255 * (1 if norm == "linf" else side)
    epsilon = radius * torch.linspace(1, 2, number).reshape(-1, 1, 1, 1)
    ball = Ball.around(clean, epsilon=epsilon, mask=mask, norm=norm)
    images = clean + spread * torch.randn(clean.shape, generator=generator)
    return Case(ball, images, generator)


cases = st.builds(
    make_case,
    st.sampled_from(["linf", "l2"]),
    st.sampled_from([0.3, 1.0, 1.5, 2.0, 8.0, 60.0]),
    keep=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    shape=st.tuples(st.integers(1, 3), st.sampled_from([1, 4, 9])),
    spread=st.sampled_from([1e-3, 0.02, 0.5, 3.0]),
    seed=st.integers(0, 2**32),
)
property_of_balls = settings(deadline=None, max_examples=120)


def length(change: Tensor, norm: Norm) -> Tensor:
    flat = change.flatten(1)
    return flat.abs().amax(dim=1) if norm == "linf" else flat.double().norm(dim=1)


def assert_feasible(ball: Ball, images: Tensor, *, tolerance: float = TOLERANCE) -> None:
    radius = ball.epsilon.flatten()
    assert images.min() >= 0
    assert images.max() <= 1
    assert (length(images - ball.clean, ball.norm) <= radius * (1 + tolerance) + 1e-7).all()
    assert torch.equal(images[~ball.mask], ball.clean[~ball.mask])


@property_of_balls
@given(cases)
def test_project_is_feasible_idempotent_and_leaves_feasible_images_alone(case: Case) -> None:
    projected = case.ball.project(case.images)
    assert_feasible(case.ball, projected)
    assert torch.equal(case.ball.project(projected), projected)
    assert torch.equal(case.ball.project(case.ball.clean), case.ball.clean)


@property_of_balls
@given(cases)
def test_project_finds_the_nearest_point(case: Case) -> None:
    nearest = case.ball.project(case.images).double()
    away = case.images.double() - nearest
    for _ in range(8):
        # the nearest point of a convex set: no feasible point lies on the far side of it
        other = case.ball.random_point(case.generator).double()
        turned = ((other - nearest) * away).flatten(1).sum(dim=1)
        scale = away.flatten(1).norm(dim=1) * (other - nearest).flatten(1).norm(dim=1)
        assert (turned <= 1e-4 * scale + 1e-9).all()


@property_of_balls
@given(cases)
def test_random_point_is_feasible_and_seeded(case: Case) -> None:
    ball = case.ball
    point = ball.random_point(torch.Generator().manual_seed(5))
    assert_feasible(ball, point)
    assert torch.equal(point, ball.random_point(torch.Generator().manual_seed(5)))
    if ball.mask.sum() > 3:
        assert not torch.equal(point, ball.random_point(torch.Generator().manual_seed(6)))
        assert not torch.equal(point, ball.clean)


@property_of_balls
@given(cases)
def test_rounded_is_on_the_lattice_and_feasible(case: Case) -> None:
    ball = case.ball
    rounded = ball.rounded(ball.project(case.images))
    levels = rounded * 255
    assert (levels - levels.round()).abs().max() < 1e-3
    # a level that lies on the sphere up to the rounding of floats counts as inside
    assert_feasible(ball, rounded, tolerance=1e-3)
    assert torch.equal(ball.rounded(ball.clean), ball.clean)


def test_rounded_takes_the_nearest_level_inside_the_interval() -> None:
    clean = torch.full((1, 3, 1, 2), 100.0) / 255
    ball = Ball.around(
        clean,
        epsilon=torch.full((1, 1, 1, 1), 1.5 / 255),
        mask=torch.ones_like(clean, dtype=torch.bool),
        norm="linf",
    )
    images = clean + torch.tensor([1.5, -0.4]) / 255
    assert (ball.rounded(images) * 255).round()[0, 0, 0].tolist() == [101, 100]


def test_rounded_keeps_the_greatest_changes_of_a_small_l2_ball() -> None:
    generator = torch.Generator().manual_seed(0)
    clean = torch.randint(10, 246, (1, 3, 32, 32), generator=generator).float() / 255
    radius = 0.6 * clean[0].numel() ** 0.5 / 255
    ball = Ball.around(
        clean,
        epsilon=torch.full((1, 1, 1, 1), radius),
        mask=torch.ones_like(clean, dtype=torch.bool),
        norm="l2",
    )
    images = ball.project(clean + torch.randn(clean.shape, generator=generator) / 255)
    rounded = ball.rounded(images)
    wanted, kept = images - clean, rounded - clean
    # most wanted changes are below one level, yet the saved picture uses the ball up
    assert wanted.abs().mean() < 0.6 / 255
    assert kept.norm() > 0.95 * radius
    moved = kept != 0
    assert wanted[moved].abs().min() >= wanted[~moved].abs().max() - 1e-6
    assert torch.equal(kept[moved].sign(), wanted[moved].sign())


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_with_epsilon_changes_the_radius_alone(norm: Norm) -> None:
    ball = make_case(norm, 2.0, keep=0.5, shape=(2, 4), spread=1.0, seed=0).ball
    smaller = ball.with_epsilon(0.001)
    assert (smaller.epsilon == 0.001).all()
    assert torch.equal(smaller.mask, ball.mask)
    assert torch.equal(smaller.clean, ball.clean)
    assert_feasible(smaller, smaller.project(torch.rand(ball.clean.shape)))


def _ball(norm: Norm, shape: tuple[int, ...]) -> Ball:
    grey, epsilon = torch.full(shape, 0.5), torch.full((shape[0], 1, 1, 1), 0.1)
    return Ball.around(grey, epsilon=epsilon, mask=torch.ones(shape, dtype=torch.bool), norm=norm)


@property_of_balls
@given(st.integers(0, 2**32), st.sampled_from([1e-25, 1.0, 1e25]))
def test_steepest_is_the_unit_step_that_raises_most(seed: int, size: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    gradient = torch.randn((2, 3, 4, 5), generator=generator)
    for norm in ("linf", "l2"):
        step = _ball(norm, gradient.shape).steepest(gradient * size)
        torch.testing.assert_close(length(step, norm).float(), torch.ones(2))
        gain = (step * gradient).flatten(1).sum(dim=1)
        for _ in range(5):
            other = torch.randn(gradient.shape, generator=generator)
            other = other / length(other, norm).float().reshape(-1, 1, 1, 1)
            assert (gain >= (other * gradient).flatten(1).sum(dim=1) - 1e-5).all()


def test_steepest_of_nothing_is_nothing() -> None:
    for norm in ("linf", "l2"):
        assert not _ball(norm, (1, 3, 2, 2)).steepest(torch.zeros(1, 3, 2, 2)).any()
