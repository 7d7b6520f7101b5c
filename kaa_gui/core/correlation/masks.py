"""Make the mask C from the extremes of J: the paper's rule and its controls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from kaa_gui.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class MaskRule:
    """Rule that a mask is made by: C keeps the values whose score is above α.

    Attributes:
        title: Title for menus.
        score: ``(maximum, minimum) -> score``, all ``(3, H, W)``, of max and min over p of J; None for rules
            that need no field.
        random: Whether the values kept are shuffled afterwards: as many, elsewhere.
        gradient: Whether the score is the magnitude of the loss's gradient at the start.
    """

    title: str
    score: Callable[[Tensor, Tensor], Tensor] | None
    random: bool = False
    gradient: bool = False

    @property
    def sized(self) -> bool:
        """Whether α or a share decides how many values it keeps."""
        return self.score is not None or self.gradient


def relational(maximum: Tensor, minimum: Tensor) -> Tensor:
    """Return R: by how much a value pushes some outputs up *and* others down; C(α) = [R > α].

    Args:
        maximum: ``(3, H, W)``, max over p of J, output units per unit of intensity.
        minimum: ``(3, H, W)``, min over p of J.

    Source:
        Seed slides, steps 2 and 3: C[i] = 1 where max_p J > α and min_p J < -α.
    """
    return torch.minimum(maximum, -minimum)


def _largest(maximum: Tensor, minimum: Tensor) -> Tensor:
    return torch.maximum(maximum, -minimum)


def _upwards(maximum: Tensor, minimum: Tensor) -> Tensor:
    return maximum


def _downwards(maximum: Tensor, minimum: Tensor) -> Tensor:
    return -minimum


MASK_RULES: dict[str, MaskRule] = {
    "everywhere": MaskRule("Everywhere (C = 1)", None),
    "relational": MaskRule("Relational (both signs)", relational),
    "random": MaskRule("Random, as many as relational", relational, random=True),
    "top-jacobian": MaskRule("Largest |J| of any sign", _largest),
    "top-gradient": MaskRule("Largest |∇L| at the start", None, gradient=True),
    "positive": MaskRule("Pushes some output up most", _upwards),
    "negative": MaskRule("Pushes some output down most", _downwards),
}
CONTROLS = ("top-jacobian", "top-gradient", "positive", "negative", "random")
"""Rules that a claim about the relational mask stands beside, each at the same share."""
_FORMER = {"any": "top-jacobian"}
"""Names that older files hold."""


def find_rule(name: str) -> MaskRule:
    """Return a mask rule, or raise :class:`ConfigError`."""
    try:
        return MASK_RULES[_FORMER.get(name, name)]
    except KeyError:
        raise ConfigError(f"mask must be one of {', '.join(MASK_RULES)}, got {name!r}") from None


def choose_alpha(
    strength: Tensor, *, alpha: float | str | None, keep: float, inside: Tensor | None = None
) -> float:
    """Return the threshold α, given as a value, as a fraction of pixels kept, or by Otsu's method.

    Args:
        strength: ``(3, H, W)``, the score of the rule, e.g. R = min(max_p J, -min_p J).
        alpha: A value, ``"otsu"`` (on log R), or None.
        keep: Fraction of the values inside that the mask keeps; counts where ``alpha`` is None.
        inside: ``(3, H, W)`` bool, values that may be attacked; None is all of them.
    """
    if inside is not None:
        strength = strength[inside]
    if isinstance(alpha, str):
        return _otsu(strength)
    if alpha is not None:
        return float(alpha)
    drop = math.ceil(strength.numel() * (1 - keep))
    return max(0.0, float(strength.flatten().kthvalue(drop).values)) if drop else 0.0


def make_mask(
    rule: MaskRule,
    score: Tensor | None,
    alpha: float,
    *,
    inside: Tensor,
    seed: int,
    per: Literal["channel", "pixel"] = "channel",
) -> Tensor:
    """Return the mask C, ``(3, H, W)`` bool, on the values that exist in the picture.

    Args:
        rule: Rule to make it by.
        score: ``(3, H, W)``, what the rule compares with the threshold; None for rules that keep all.
        alpha: Threshold.
        inside: ``(3, H, W)`` bool, values that exist in the picture and may be attacked.
        seed: Seed of the random rule.
        per: Whether the random rule shuffles single values or, with ``"pixel"``, whole pixels.

    Raises:
        ConfigError: No value is left, so that nothing could be perturbed.
    """
    mask = inside.clone()
    if score is not None:
        mask &= score > alpha
    if rule.random:
        if per == "pixel":
            # the channels of a pixel are alike by now, and stay together
            mask = _shuffled(mask[:1], inside[:1], seed).expand_as(mask)
        else:
            mask = _shuffled(mask, inside, seed)
    if not bool(mask.any()):
        raise ConfigError(_why_empty(rule, score, alpha))
    return mask


def _shuffled(mask: Tensor, inside: Tensor, seed: int) -> Tensor:
    """Return as many values as the mask has, drawn without replacement from those inside."""
    places = inside.flatten().nonzero().squeeze(1).cpu()
    # drawn on the CPU, so that a seed means the same on every device
    generator = torch.Generator().manual_seed(seed)
    chosen = places[torch.randperm(len(places), generator=generator)[: int(mask.sum())]]
    shuffled = torch.zeros(mask.numel(), dtype=torch.bool)
    shuffled[chosen] = True
    return shuffled.reshape(mask.shape).to(mask.device)


def _why_empty(rule: MaskRule, score: Tensor | None, alpha: float) -> str:
    if score is None:
        return (
            "the mask is empty: no pixel of the crop lies on the picture and in the region; move the region"
        )
    if alpha > 0:
        return f"the mask is empty at alpha = {alpha:.3g}; lower alpha or keep more pixels"
    return (
        f"the mask is empty even at alpha = 0: no pixel is as the mask {rule.title!r} asks in the rows of J "
        "that are read; read more rows (rows all), or choose the mask top-jacobian or everywhere"
    )


def _otsu(values: Tensor) -> float:
    from skimage.filters import threshold_otsu

    positive = values[values > 0]
    if positive.numel() < 2 or bool((positive == positive[0]).all()):
        return 0.0
    return float(10 ** threshold_otsu(positive.log10().cpu().numpy()))
