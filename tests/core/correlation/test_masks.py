"""From extremes to C: the rules, the threshold in its three forms, and the random control."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from kaa_gui.core.correlation import CONTROLS, MASK_RULES, Extremes, choose_alpha, find_rule, make_mask
from kaa_gui.core.errors import ConfigError

SHAPE = (3, 10, 12)
INSIDE = torch.ones(SHAPE, dtype=torch.bool)


def extremes(seed: int = 0) -> Extremes:
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.randn((2, *SHAPE), generator=generator)
    return Extremes(torch.arange(9), torch.maximum(first, second), torch.minimum(first, second), 9)


def mask_of(name: str, alpha: float = 0.2, *, inside: Tensor = INSIDE, seed: int = 0) -> Tensor:
    return make_mask(find_rule(name), score_of(name, extremes()), alpha, inside=inside, seed=seed)


def score_of(name: str, found: Extremes) -> Tensor | None:
    rule = find_rule(name)
    if rule.gradient:
        return found.strength.abs()
    return None if rule.score is None else rule.score(found.maximum, found.minimum)


def test_rules_divide_the_crop_as_the_signs_do() -> None:
    found = extremes()
    positive, negative = found.maximum > 0.2, found.minimum < -0.2
    assert torch.equal(mask_of("relational"), positive & negative)
    assert torch.equal(mask_of("top-jacobian"), positive | negative)
    assert torch.equal(mask_of("positive"), positive)
    assert torch.equal(mask_of("negative"), negative)
    # as it was called once
    assert find_rule("any") == find_rule("top-jacobian")
    assert mask_of("everywhere").all()


def test_relational_masks_shrink_as_alpha_grows() -> None:
    low, high = mask_of("relational", 0.1), mask_of("relational", 0.7)
    assert not (high & ~low).any()
    assert 0 < high.sum() < low.sum()


@pytest.mark.parametrize("name", MASK_RULES)
def test_every_mask_stays_on_the_picture(name: str) -> None:
    inside = INSIDE.clone()
    inside[:, :4] = False
    mask = mask_of(name, inside=inside)
    assert mask.dtype == torch.bool
    assert mask.any()
    assert not mask[~inside].any()


def test_random_mask_is_seeded_elsewhere_and_of_equal_size() -> None:
    relational = mask_of("relational")
    first, again, other = mask_of("random", seed=1), mask_of("random", seed=1), mask_of("random", seed=2)
    assert first.sum() == other.sum() == relational.sum()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, relational)


@given(st.integers(0, 99), st.floats(0.0, 1.0), st.booleans())
def test_random_masks_have_exactly_the_size_asked_for(seed: int, alpha: float, by_pixel: bool) -> None:
    found, per = extremes(seed), "pixel" if by_pixel else "channel"
    found = found.per_pixel() if by_pixel else found
    inside = INSIDE.clone()
    inside[:, :3] = False
    masks = {
        name: make_mask(find_rule(name), score_of(name, found), alpha, inside=inside, seed=seed, per=per)  # type: ignore[arg-type]
        for name in ("relational", "random")
    }
    assert masks["random"].sum() == masks["relational"].sum()
    assert not (masks["random"] & ~inside).any()
    if by_pixel:
        assert (masks["random"] == masks["random"][:1]).all()


def test_random_masks_of_single_values_part_the_channels() -> None:
    mask = mask_of("random")
    assert not (mask == mask[:1]).all()


def test_keep_counts_the_values_inside_alone() -> None:
    inside, strength = INSIDE.clone(), extremes().strength
    inside[:, :, 4:] = False
    alpha = choose_alpha(strength, alpha=None, keep=0.2, inside=inside)
    assert ((strength > alpha) & inside).sum() == int(0.2 * inside.sum())
    assert choose_alpha(strength * ~inside, alpha="otsu", keep=0.2, inside=inside) == 0


def test_a_mask_that_is_empty_at_zero_says_what_to_read() -> None:
    one_sign = Extremes(torch.arange(1), torch.ones(SHAPE), torch.ones(SHAPE), 1)
    for name in ("relational", "random", "negative"):
        with pytest.raises(ConfigError, match=r"in the rows of J .* read more rows \(rows all\)"):
            make_mask(find_rule(name), score_of(name, one_sign), 0.0, inside=INSIDE, seed=0)


def test_rules_without_a_field_need_no_extremes() -> None:
    assert make_mask(find_rule("everywhere"), None, float("nan"), inside=INSIDE, seed=0).all()


def test_an_empty_mask_is_refused_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match="lower alpha"):
        mask_of("relational", 100.0)
    with pytest.raises(ConfigError, match="mask is empty"):
        mask_of("everywhere", inside=~INSIDE)


def test_unknown_rules_are_refused_with_the_choices() -> None:
    with pytest.raises(ConfigError, match="everywhere, relational, random"):
        find_rule("else")


@given(st.floats(0.01, 1), st.integers(0, 99))
def test_keep_is_never_exceeded_and_nearly_reached(keep: float, seed: int) -> None:
    strength = torch.rand(SHAPE, generator=torch.Generator().manual_seed(seed)) + 0.1
    alpha = choose_alpha(strength, alpha=None, keep=keep)
    kept = float((strength > alpha).double().mean())
    assert keep - 1.5 / strength.numel() <= kept <= keep + 1e-9


@pytest.mark.parametrize("keep", [0.25, 0.35, 0.6])
def test_every_control_keeps_the_same_share(keep: float) -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn((2, 3, 40, 40), generator=generator)
    found = Extremes(torch.arange(9), torch.maximum(first, second) + 2, torch.minimum(first, second) - 2, 9)
    inside = torch.ones(3, 40, 40, dtype=torch.bool)
    inside[:, :, :7] = False
    for name in ("relational", *CONTROLS):
        score = score_of(name, found)
        assert score is not None
        alpha = choose_alpha(score, alpha=None, keep=keep, inside=inside)
        mask = make_mask(find_rule(name), score, alpha, inside=inside, seed=0)
        assert float(mask[inside].double().mean()) == pytest.approx(keep, abs=1e-3), name


def test_keep_never_reaches_below_zero() -> None:
    strength = torch.full(SHAPE, -1.0)
    strength[0, 0, :5] = 1
    alpha = choose_alpha(strength, alpha=None, keep=0.9)
    assert alpha == 0
    assert (strength > alpha).sum() == 5


def test_alpha_is_taken_as_given() -> None:
    strength = extremes().strength
    assert choose_alpha(strength, alpha=0.125, keep=0.25) == 0.125


def test_alpha_agrees_with_what_the_window_computes() -> None:
    from kaa_gui.core.types import CorrelationField, Layer

    found = extremes()
    images = [image.permute(1, 2, 0).numpy() for image in (found.maximum, found.minimum)]
    field = CorrelationField(images[0], images[1], 9, 9, "all", Layer(0, "layer", (9,)))
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[:, 2:7, 3:] = True
    limited = replace(field, inside=region[0].numpy())
    by_pixel = replace(field, per="pixel")
    for keep in (0.01, 0.1, 0.25, 0.5, 0.9, 1.0):
        assert field.alpha_keeping(keep) == choose_alpha(found.strength, alpha=None, keep=keep)
        alpha = choose_alpha(found.strength, alpha=None, keep=keep, inside=region)
        assert limited.alpha_keeping(keep) == alpha
        assert limited.fraction_kept(alpha) == float((found.strength > alpha)[region].double().mean())
        assert by_pixel.alpha_keeping(keep) == choose_alpha(found.per_pixel().strength, alpha=None, keep=keep)


def test_otsu_parts_two_heaps() -> None:
    strength = torch.full(SHAPE, -1.0)
    strength[0] = torch.linspace(0.001, 0.002, 120).reshape(10, 12)
    strength[1] = torch.linspace(1.0, 2.0, 120).reshape(10, 12)
    assert 0.002 <= choose_alpha(strength, alpha="otsu", keep=0.25) < 1


@pytest.mark.parametrize("value", [-1.0, 0.0, 0.5])
def test_otsu_of_one_heap_keeps_all_that_is_positive(value: float) -> None:
    assert choose_alpha(torch.full(SHAPE, value), alpha="otsu", keep=0.25) == 0
