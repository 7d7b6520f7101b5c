"""Every loss: what it is at the clean picture, its gradient, whom it weighs, which way it grows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kaa_gui.core.attacks.losses import LOSSES, Loss, Reference, find_loss
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.victims.decoding import gaussian_heatmaps

STRIDE, SIDE, JOINTS = 4.0, 12, 3
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
heatmap_losses = pytest.mark.parametrize(
    "loss", [loss for loss in LOSSES.values() if loss.needs == "heatmap"], ids=lambda loss: loss.title
)


def logits(points: Tensor, *, height: float = 8.0) -> Tensor:
    """Return heatmap logits with a peak at each point, ``(N, K, 12, 12)`` float64."""
    return height * gaussian_heatmaps(points, (SIDE, SIDE), STRIDE) - height / 2


def clean_points() -> Tensor:
    return torch.tensor([[[14.0, 22.0], [30.0, 10.0], [26.0, 38.0]]], dtype=torch.float64)


def clean_reference(weights: tuple[float, ...] = (1.5, 1.5, 0.0), *, leaving: bool = True) -> Reference:
    points = clean_points()
    weight = torch.tensor([weights], dtype=torch.float64)
    return Reference.of_points(logits(points), points, weight, STRIDE, leaving=leaving)


@every_loss
def test_losses_vanish_at_the_clean_activation_exactly_where_they_say(loss: Loss) -> None:
    reference = clean_reference()
    activation = reference.activation.clone().requires_grad_()
    value = loss.distance(activation, reference)
    (gradient,) = torch.autograd.grad(value.sum(), activation)
    assert value.shape == (1,)
    if loss.zero_at_clean:
        assert abs(value.item()) < 1e-12
        assert gradient.abs().max() < 1e-9
    else:
        assert abs(value.item()) > 1e-6
        assert gradient.abs().max() > 1e-6


@every_loss
@pytest.mark.parametrize("leaving", [True, False])
def test_gradients_are_those_of_finite_differences(loss: Loss, leaving: bool) -> None:
    reference = clean_reference(leaving=leaving)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(reference.activation.shape, generator=generator, dtype=torch.float64)
    activation = (0.3 * reference.activation + 0.3 * noise).requires_grad_()
    assert torch.autograd.gradcheck(lambda given: loss.distance(given, reference), activation)


@every_loss
def test_members_of_a_batch_do_not_mix(loss: Loss) -> None:
    reference = clean_reference()
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn((4, JOINTS, SIDE, SIDE), generator=generator, dtype=torch.float64)
    together = loss.distance(batch, reference.repeated(4))
    alone = torch.cat([loss.distance(member[None], reference) for member in batch])
    torch.testing.assert_close(together, alone)


@heatmap_losses
def test_invisible_joints_have_no_say(loss: Loss) -> None:
    reference = clean_reference()
    activation = logits(clean_points() + 6).requires_grad_()
    value = loss.distance(activation, reference)
    (gradient,) = torch.autograd.grad(value.sum(), activation)
    assert not gradient[:, 2].any()
    assert gradient[:, :2].abs().amax(dim=(2, 3)).min() > 0
    changed = activation.detach().clone()
    changed[:, 2] = 5 * torch.randn(SIDE, SIDE, dtype=torch.float64)
    torch.testing.assert_close(loss.distance(changed, reference), value.detach())


@heatmap_losses
def test_without_weights_all_channels_count_alike(loss: Loss) -> None:
    reference = clean_reference()
    activation = logits(clean_points() + 6)
    alike = replace(reference, weights=torch.ones(1, JOINTS, dtype=torch.float64))
    torch.testing.assert_close(
        loss.distance(activation, replace(reference, weights=None)), loss.distance(activation, alike)
    )


@heatmap_losses
def test_losses_grow_as_peaks_move_away(loss: Loss) -> None:
    reference = clean_reference()
    values = [float(loss.distance(logits(clean_points() + shift), reference)) for shift in (0, 4, 8)]
    assert values == sorted(values)
    assert values[0] < values[-1]


@pytest.mark.parametrize("name", ["peak", "margin"])
def test_peak_and_margin_do_not_grow_when_peaks_only_grow(name: str) -> None:
    reference = clean_reference()
    low, high = logits(clean_points(), height=8.0), logits(clean_points(), height=16.0)
    assert LOSSES[name].distance(high, reference) < LOSSES[name].distance(low, reference)
    # which is what the mean squared error does
    assert LOSSES["mse"].distance(high, reference) > LOSSES["mse"].distance(low, reference)


def test_peak_is_the_distance_in_pixels_of_a_sharp_peak() -> None:
    reference = clean_reference(weights=(3.0, 0.0, 0.0))
    activation = torch.full((1, JOINTS, SIDE, SIDE), -500.0, dtype=torch.float64)
    # the centre of row 5, column 6 is (26, 22), 12 pixels right of the first point
    activation[0, 0, 5, 6] = 500
    assert LOSSES["peak"].distance(activation, reference).item() == pytest.approx(12)


def test_margin_leaves_joints_alone_that_are_safely_away() -> None:
    reference = clean_reference(weights=(1.5, 1.5, 0.0))
    points = clean_points()
    points[0, 0] += 24
    activation = logits(points, height=40.0).requires_grad_()
    (gradient,) = torch.autograd.grad(LOSSES["margin"].distance(activation, reference).sum(), activation)
    assert not gradient[0, 0].any()
    assert gradient[0, 1].any()


def test_margin_on_the_way_to_a_target_leaves_joints_alone_that_are_there() -> None:
    reference = clean_reference(weights=(1.5, 1.5, 0.0), leaving=False)
    points = clean_points()
    points[0, 1] += 24
    activation = logits(points, height=40.0).requires_grad_()
    (gradient,) = torch.autograd.grad(LOSSES["margin"].distance(activation, reference).sum(), activation)
    assert not gradient[0, 0].any()
    assert gradient[0, 1].any()


@pytest.mark.parametrize("name", ["mse", "cosine"])
def test_activation_losses_take_any_shape(name: str) -> None:
    reference = Reference(torch.randn(2, 117))
    assert LOSSES[name].distance(torch.randn(2, 117), reference).shape == (2,)


def test_mse_and_cosine_by_hand() -> None:
    reference = Reference(torch.tensor([[3.0, 4.0]]))
    assert LOSSES["mse"].distance(torch.tensor([[0.0, 0.0]]), reference).item() == pytest.approx(12.5)
    assert LOSSES["cosine"].distance(torch.tensor([[4.0, -3.0]]), reference).item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("kind", "name"), [("heatmap", "margin"), ("features", "mse"), ("coordinates", "mse")]
)
def test_find_loss_has_a_default_for_every_layer(kind, name: str) -> None:
    assert find_loss(None, kind)[0] == name


def test_find_loss_refuses_in_one_line() -> None:
    with pytest.raises(ConfigError, match="mse, cosine"):
        find_loss("else", "heatmap")
    with pytest.raises(ConfigError, match="needs a heatmap layer"):
        find_loss("margin", "features")
    with pytest.raises(ConfigError, match="reference points"):
        LOSSES["peak"].distance(torch.zeros(1, 2, 3, 3), Reference(torch.zeros(1, 2, 3, 3)))
