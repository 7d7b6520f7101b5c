"""The methods of the paper as declarations: which layer, which mask, which step. One loop runs them all."""

from __future__ import annotations

from dataclasses import dataclass

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig


@dataclass(frozen=True, slots=True)
class Method:
    """A method.

    Attributes:
        title: For menus.
        formula: As the slides write it; for tooltips.
        mask: Key of the mask rule that it uses unless told otherwise.
        end_to_end: Whether it needs a gradient from the pose to the image.
        single_step: Whether it takes one step of length ε.
    """

    title: str
    formula: str
    mask: str
    end_to_end: bool = False
    single_step: bool = False


METHODS: dict[str, Method] = {
    "kaa": Method("KAA", "x̃ ← x̃ + step · sign(∇L(F^k(x̃), h_k))", "everywhere"),
    "kaa+er": Method("KAA+ER", "x̃ ← x̃ + step · sign(C ∘ ∇L(F^k(x̃), h_k))", "relational"),
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
