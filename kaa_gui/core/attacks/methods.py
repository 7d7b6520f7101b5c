"""Declare the methods: which layer, which mask, which step. One loop runs them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kaa_gui.core.errors import AttackError, ConfigError
from kaa_gui.core.types import AttackConfig, Layer, VictimSpec
from kaa_gui.core.victims import find_layer

Through = Literal["layer", "output", "surrogate"]


@dataclass(frozen=True, slots=True)
class Method:
    """A method.

    Attributes:
        title: Title for menus.
        formula: Formula in the slides' notation, for tooltips.
        mask: Key of the mask rule that it uses unless told otherwise.
        through: Origin of its gradient: ``"layer"``, the K-limiting layer; ``"output"``, the end of an
            unbroken route; ``"surrogate"``, the pose, the argmax replaced by a soft-argmax.
        single_step: Whether it takes one step of length ε.
    """

    title: str
    formula: str
    mask: str
    through: Through = "layer"
    single_step: bool = False


METHODS: dict[str, Method] = {
    "kaa": Method("KAA", "x̃ ← x̃ + step · sign(∇L(F^k(x̃), h_k))", "everywhere"),
    "kaa+er": Method("KAA+ER", "x̃ ← x̃ + step · sign(C ∘ ∇L(F^k(x̃), h_k))", "relational"),
    "fgsm": Method("FGSM", "x̃ = x + ε · sign(∇L(F(x), y))", "everywhere", "output", single_step=True),
    "i-fgsm": Method("I-FGSM", "x̃ ← x̃ + step · sign(∇L(F(x̃), y))", "everywhere", "output"),
    "bpda": Method(
        "BPDA (soft-argmax gradient)", "x̃ ← x̃ + step · sign(∇L(F_soft(x̃), y))", "everywhere", "surrogate"
    ),
}

STEP_FRACTION = 0.25
"""Default step as a fraction of ε: the best of 1, 1/2, 1/4, 1/10 and 1/20 in our measurements."""
TRAVEL = 2.5
"""Short runs take longer steps, so that they can cross the ball this many times over."""


def find_method(name: str) -> Method:
    """Return a method, or raise :class:`ConfigError`."""
    try:
        return METHODS[name]
    except KeyError:
        raise ConfigError(f"method must be one of {', '.join(METHODS)}, got {name!r}") from None


def step_size(config: AttackConfig) -> float:
    """Return the step in the unit of ε: as configured, or the default."""
    if config.step_size is not None:
        return config.step_size
    if find_method(config.method).single_step:
        return config.epsilon
    return config.epsilon * min(1.0, max(STEP_FRACTION, TRAVEL / config.iterations))


def step_count(config: AttackConfig) -> int:
    """Return the number of steps: as configured, or the method's one."""
    return 1 if find_method(config.method).single_step else config.iterations


def view_count(config: AttackConfig) -> int:
    """Return the number of jittered views a step: as configured; none in FGSM, the slides' plain step."""
    return 0 if find_method(config.method).single_step else config.views


def attacked_layer(config: AttackConfig, spec: VictimSpec, layers: Sequence[Layer]) -> Layer:
    """Return the layer whose output the method ascends.

    Raises:
        AttackError: The method needs an unbroken gradient, and the route is broken.
        ConfigError: The layer is unknown, or the method leaves no choice of it.
    """
    method = find_method(config.method)
    if method.through == "layer":
        return find_layer(layers, config.layer)
    if method.through == "output" and not spec.differentiable:
        steps_without = ", ".join(spec.pipeline[number] for number in spec.breaks)
        raise AttackError(
            f"{method.title} needs a gradient from the pose to the image, and {steps_without} in "
            f"{spec.name} has none; choose kaa, kaa+er or bpda, or the victim blazepose-regression"
        )
    if method.through == "surrogate" and spec.differentiable:
        raise AttackError(
            f"{method.title} is for broken routes; {spec.name} is differentiable: choose i-fgsm"
        )
    if config.layer is not None and find_layer(layers, config.layer) != layers[-1]:
        raise ConfigError(f"{method.title} attacks the end of the network; leave out layer, or choose kaa")
    if method.through == "output":
        return layers[-1]
    return Layer(layers[-1].index, "pose", (len(spec.skeleton_3d), 3), "coordinates")


def check_radius(config: AttackConfig, crop_size: tuple[int, int]) -> None:
    """Refuse an l2 ball that reaches beyond every picture; under l∞ the configuration checks itself."""
    diagonal = math.sqrt(3 * crop_size[0] * crop_size[1])
    if config.norm == "l2" and config.epsilon > diagonal:
        raise ConfigError(
            f"epsilon must be at most {diagonal:.0f} under l2 (from black to white all over the crop), got "
            f"{config.epsilon:g}; 0.5 to 4 is usual"
        )
