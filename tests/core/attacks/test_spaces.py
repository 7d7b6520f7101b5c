"""Jittered views: seeded, small, differentiable, and none when none are wanted."""

from __future__ import annotations

import torch

from kaa_gui.core.attacks.spaces import Jitter


def jitter(views: int, seed: int = 0, strength: float = 1.0) -> Jitter:
    return Jitter(views, (torch.Generator().manual_seed(seed),), strength)


def images(number: int = 2) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    smooth = torch.stack([(rows / 9 + shift).sin() * (columns / 7).cos() for shift in range(3)])
    return (smooth * 0.4 + 0.5).repeat(number, 1, 1, 1) * torch.linspace(0.5, 1, number).reshape(-1, 1, 1, 1)


def test_no_views_change_nothing() -> None:
    crop = images()
    assert jitter(0).extend(crop) is crop


def test_views_follow_the_images_themselves() -> None:
    crop = images()
    extended = jitter(3).extend(crop)
    assert extended.shape == (8, 3, 32, 32)
    assert torch.equal(extended[:2], crop)
    # each view is of its own member, moved by a little
    for number, view in enumerate(extended[2:]):
        member = crop[number % 2]
        assert not torch.equal(view, member)
        assert (view - member).abs().mean() < 0.05


def test_views_are_seeded_and_differ_from_step_to_step() -> None:
    crop = images()
    first, again, other = jitter(1), jitter(1), jitter(1, seed=1)
    step = first.extend(crop)
    assert torch.equal(step, again.extend(crop))
    assert not torch.equal(step, first.extend(crop))
    assert not torch.equal(step, other.extend(crop))


def test_members_of_a_batch_get_the_views_that_they_would_get_alone() -> None:
    crop = images(3)
    generators = tuple(torch.Generator().manual_seed(seed) for seed in range(3))
    together = Jitter(2, generators)
    alone = [jitter(2, seed=seed) for seed in range(3)]
    for _ in range(2):
        extended = together.extend(crop).unflatten(0, (3, 3))
        for number, each in enumerate(alone):
            assert torch.equal(extended[:, number], each.extend(crop[number : number + 1]))


def test_views_without_strength_are_the_images() -> None:
    crop = images()
    torch.testing.assert_close(
        jitter(2, strength=0.0).extend(crop), crop.repeat(3, 1, 1, 1), atol=1e-5, rtol=0
    )


def test_gradients_run_through_the_views() -> None:
    crop = images().requires_grad_()
    jitter(2).extend(crop)[2:].sum().backward()
    assert crop.grad is not None
    # what the views take away at the edge is little
    assert abs(crop.grad.mean().item() - 2) < 0.1
