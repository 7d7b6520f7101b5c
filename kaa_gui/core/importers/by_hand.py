"""Run an imported network forward and back by hand, a quarter faster than autograd.

Autograd copies every activation that a ReLU6 is about to overwrite, and takes the slow way back through
depthwise convolutions. With frozen weights neither is needed: a fused activation's derivative can be read
off its result, and everything else about the way back depends on shapes alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from kaa_gui.core.checkpoints import checkpoint
from kaa_gui.core.importers.adjoints import Adjoint, shape_adjoint
from kaa_gui.core.importers.backward import Back, Gradient, accumulate, run_back
from kaa_gui.core.importers.graph import Cut, Step

_aten = torch.ops.aten
_GATES: dict[str, Callable[[Tensor, Tensor, Tensor], object]] = {
    "relu": lambda y, g, to: _aten.threshold_backward.grad_input(g, y, 0.0, grad_input=to),
    "relu_n1_to_1": lambda y, g, to: _aten.hardtanh_backward.grad_input(g, y, -1.0, 1.0, grad_input=to),
    "relu6": lambda y, g, to: _aten.hardtanh_backward.grad_input(g, y, 0.0, 6.0, grad_input=to),
    "tanh": lambda y, g, to: _aten.tanh_backward.grad_input(g, y, grad_input=to),
}
"""From a fused activation's result y and the gradient g there to the gradient before it, written ``to``."""


def by_hand(network: nn.Module) -> nn.Module:
    """Return a network that computes the same, and its gradient at the input more quickly.

    Args:
        network: Any module; what it holds of the importer's networks, weights frozen, goes by hand.

    Returns:
        A module of its own that shares the parameters; without gradients asked for, it runs as before.
    """
    if isinstance(network, Cut):
        return ByHand(network)
    found = {name: by_hand(child) for name, child in network.named_children()}
    if all(found[name] is child for name, child in network.named_children()):
        return network
    shared = copy.copy(network)
    # the copy shares its table of children with the original until it gets its own
    shared._modules = {**network._modules, **found}
    return shared


class ByHand(nn.Module):
    """A cut of an imported graph whose gradient is found by hand.

    Attributes:
        network: The cut.
    """

    def __init__(self, network: Cut) -> None:
        super().__init__()
        self.network = network
        # by position; None where the derivative depends on the input
        self._adjoints: dict[int, Adjoint | None] = {}
        # to walk through all modules for them takes as long as some of the network's layers
        self._weights = tuple(network.parameters())

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return one tensor a layer of the cut, as the cut itself does."""
        frozen = not any(weight.requires_grad for weight in self._weights)
        if not (torch.is_grad_enabled() and x.requires_grad and frozen):
            return self.network(x)
        return _Pass.apply(x, self)

    def run(self, x: Tensor) -> tuple[tuple[Tensor, ...], list[Back]]:
        """Return the layers of the cut and the steps back, last first."""
        if x.dim() == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        values, back = {0: x}, []
        for position, step in enumerate(self.network.steps):
            checkpoint()
            inputs = [values[slot] for slot in step.reads]
            values[step.writes], taken = self._step(position, step, inputs)
            back.append(taken)
            for slot in step.frees:
                del values[slot]
        return tuple(values[slot] for slot in self.network.returns), back[::-1]

    def _step(self, position: int, step: Step, inputs: Sequence[Tensor]) -> tuple[Tensor, Back]:
        module = step.module
        if position not in self._adjoints:
            self._adjoints[position] = shape_adjoint(module, inputs)
        adjoint, name = self._adjoints[position], module.activation
        if adjoint is None:
            output, adjoint = _by_autograd(module, inputs)
            return output, Back(None, adjoint, step.reads, step.writes)
        output = module(*inputs)
        gate = None if name is None else partial(_GATES[name], output)
        return output, Back(gate, adjoint, step.reads, step.writes)


def _by_autograd(module: nn.Module, inputs: Sequence[Tensor]) -> tuple[Tensor, Adjoint]:
    with torch.enable_grad():
        leaves = [value.detach().requires_grad_() for value in inputs]
        output = module(*leaves)
    return output.detach(), lambda gradient: torch.autograd.grad(output, leaves, gradient)


class _Pass(torch.autograd.Function):
    """The whole cut as one step of autograd's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, network: ByHand) -> tuple[Tensor, ...]:
        """Run the cut, keeping the steps back."""
        outputs, ctx.back = network.run(x)
        ctx.returns, ctx.shape = network.network.returns, x.shape
        # a layer that is returned may also stand in the way back: what leaves is a view of its own
        return tuple(output.view_as(output) for output in outputs)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - once_differentiable names it otherwise
        ctx: Any, *arriving: Tensor | None
    ) -> tuple[Tensor | None, None]:
        """Return the gradient at the input."""
        gradients: dict[int, Gradient] = {}
        for slot, gradient in zip(ctx.returns, arriving, strict=True):
            if gradient is not None:
                accumulate(gradients, slot, Gradient(_channels_last(gradient), owned=False))
        run_back(ctx.back, gradients)
        return gradients[0].values if 0 in gradients else None, None


def _channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last) if gradient.dim() == 4 else gradient
