"""Turn a configuration into the objective that the loop ascends: network, loss, reference, sign."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kaa_gui.core.attacks.loop import Objective
from kaa_gui.core.attacks.losses import find_loss
from kaa_gui.core.attacks.methods import find_method, view_count
from kaa_gui.core.attacks.references import (
    Target,
    clean_reference,
    reference_kind,
    target_reference,
    truth_reference,
    with_activation,
)
from kaa_gui.core.attacks.spaces import CropSpace, Jitter
from kaa_gui.core.importers import by_hand
from kaa_gui.core.types import AttackConfig, FloatArray, Layer, Pose
from kaa_gui.core.victims import Victim


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """An attack on one crop, before its mask is known.

    Attributes:
        network: F^k, or the surrogate of the whole pipeline.
        activation: Its output for the clean crop.
        objective: Objective to ascend.
        random_start: Whether value and gradient vanish at the clean crop.
    """

    network: nn.Module
    activation: Tensor
    objective: Objective
    random_start: bool


def pose_problem(
    victim: Victim,
    layer: Layer,
    config: AttackConfig,
    crop: Tensor,
    *,
    clean: Pose,
    target: Target | None,
    truth: FloatArray | None = None,
) -> Problem:
    """Set an attack up.

    Args:
        victim: Victim to attack.
        layer: Layer k, as :func:`~kaa_gui.core.attacks.methods.attacked_layer` chose it.
        config: How.
        crop: ``(1, 3, H, W)`` clean.
        clean: Its pose.
        target: Target of a targeted attack.
        truth: ``(K, 2)`` annotated joints, crop pixels, NaN where unknown; where the reference asks for them.

    Raises:
        ConfigError: The loss is unknown, or loss, layer, reference and target do not fit together.
    """
    _, loss = find_loss(config.loss, layer.kind)
    method = find_method(config.method)
    surrogate = method.through == "surrogate"
    network = victim.surrogate() if surrogate else victim.truncated(layer)
    with torch.no_grad():
        activation = network(crop)
    kind = reference_kind(config, loss, layer, target)
    if kind == "truth" and truth is not None:
        reference = truth_reference(victim, layer, activation, truth)
    elif target is None:
        reference = clean_reference(victim, layer, activation, clean)
    else:
        reference = target_reference(victim, layer, activation, target, network=network)
    reference = with_activation(reference, kind, target=target, network=network)
    space = CropSpace(Jitter(view_count(config), (torch.Generator().manual_seed(config.seed),)))
    objective = Objective(
        by_hand(network),
        loss,
        reference,
        -1 if target else 1,
        space,
        quantise=config.quantise,
        layer=layer.name,
    )
    leaves_clean = target is None and kind not in ("gaussian", "truth")
    return Problem(network, activation, objective, loss.zero_at_clean and leaves_clean)
