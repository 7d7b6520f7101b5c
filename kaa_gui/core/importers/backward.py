"""Go back through a network with frozen weights, reusing the memory of gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from kaa_gui.core.checkpoints import checkpoint
from kaa_gui.core.importers.adjoints import Adjoint

Gate = Callable[[Tensor, Tensor], object]
"""Writes the gradient before a fused activation, given the one behind it, to a tensor: possibly the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Back:
    """A step backwards: from the gradient in one slot to those in the slots that it was read from.

    Attributes:
        gate: Through the fused activation; None where there is none.
        adjoint: Adjoint of what comes before it.
        reads: Slots of the inputs.
        writes: Slot of the output.
    """

    gate: Gate | None
    adjoint: Adjoint
    reads: tuple[int, ...]
    writes: int


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """A gradient under way, and whether nothing else holds its memory."""

    values: Tensor
    owned: bool


def run_back(steps: Iterable[Back], gradients: dict[int, Gradient]) -> None:
    """Carry gradients back, through steps that come last first; what is used up is removed.

    Args:
        steps: Steps of the network, each before those that it reads from.
        gradients: Gradients by slot; changed in place.
    """
    for step in steps:
        arriving = gradients.pop(step.writes, None)
        if arriving is None:
            continue
        checkpoint()
        here = _through(step.gate, arriving)
        leaving = step.adjoint(here.values)
        holders = Counter(map(_memory, (here.values, *leaving)))
        for slot, values in zip(step.reads, leaving, strict=True):
            # an adjoint may hand on its argument, or the same tensor to several
            alone = holders[_memory(values)] == 1 + (here.owned and _memory(values) == _memory(here.values))
            accumulate(gradients, slot, Gradient(values, alone))


def accumulate(gradients: dict[int, Gradient], slot: int, arriving: Gradient) -> None:
    """Add a gradient to what a slot holds, in place where that is nobody else's memory."""
    there = gradients.get(slot)
    if there is None:
        gradients[slot] = arriving
    elif there.owned:
        there.values.add_(arriving.values)
    elif arriving.owned:
        gradients[slot] = Gradient(arriving.values.add_(there.values), owned=True)
    else:
        gradients[slot] = Gradient(there.values + arriving.values, owned=True)


def _through(gate: Gate | None, gradient: Gradient) -> Gradient:
    if gate is None:
        return gradient
    to = gradient.values if gradient.owned else torch.empty_like(gradient.values)
    gate(gradient.values, to)
    return Gradient(to, owned=True)


def _memory(values: Tensor) -> int:
    return values.untyped_storage().data_ptr()
