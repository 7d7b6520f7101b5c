"""Run the same attack by other libraries, through a wrapper that they accept.

They know classifiers alone: the wrapper returns the logits ``(-loss, 0)`` of a two-class problem whose
true class is 0, so that raising their cross-entropy is raising our loss, and the sign of the gradient is
the same.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kaa_gui.core.attacks.loop import Objective
from kaa_gui.core.importers.graph import Graph
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from kaa_gui.core.importers.ops.shaping import Pad

INSTALL = {
    "torchattacks": "pip install --no-deps torchattacks",
    "foolbox": "pip install foolbox",
}
"""Command that installs a peer. With its dependencies, torchattacks would replace torch by another build."""


class AsClassifier(nn.Module):
    """A truncated network and its loss as a classifier of two classes."""

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network = network
        self.objective = objective

    def forward(self, images: Tensor) -> Tensor:
        """Return logits ``(N, 2)``."""
        distance = self.objective.loss.distance(self.network(images), self.objective.reference)
        return torch.stack([-distance, torch.zeros_like(distance)], dim=1)


class NaiveNetwork(nn.Module):
    """A graph as it is imported without care: channels first in memory, run to its end."""

    def __init__(self, graph: Graph, output: int) -> None:
        super().__init__()
        self.cut = copy.deepcopy(graph).truncated(graph.outputs)
        self.output = output
        for parameter in self.cut.parameters():
            parameter.data = parameter.data.contiguous()
        self.requires_grad_(True)

    def forward(self, x: Tensor) -> Tensor:
        """Return one output of ``(N, 3, H, W)``, having computed all."""
        values: dict[int, Tensor] = {0: x.contiguous()}
        for step in self.cut.steps:
            inputs = [values[slot] for slot in step.reads]
            module = step.module
            if isinstance(module, Arithmetic) and module.constant is None and module.activation is None:
                values[step.writes] = module.function(*inputs)
            elif isinstance(module, Pad):
                amounts = [amount for pair in reversed(module.amounts) for amount in pair]
                values[step.writes] = F.pad(inputs[0], amounts)
            else:
                values[step.writes] = module(*inputs)
        return values[self.cut.returns[self.output]]


def trainable(network: nn.Module) -> nn.Module:
    """Return a copy whose parameters ask for gradients, as torch makes them."""
    return copy.deepcopy(network).requires_grad_(True)


def torchattacks_run(
    model: nn.Module, image: Tensor, *, epsilon: float, step: float, steps: int
) -> Callable[[], Tensor] | None:
    """Return the attack by torchattacks, or None where it is not installed."""
    if not _there("torchattacks"):
        return None
    torchattacks: Any = import_module("torchattacks")

    attack = torchattacks.PGD(model, eps=epsilon, alpha=step, steps=steps, random_start=False)
    label = torch.zeros(len(image), dtype=torch.int64)
    return lambda: attack(image, label)


def foolbox_run(
    model: nn.Module, image: Tensor, *, epsilon: float, step: float, steps: int
) -> Callable[[], object] | None:
    """Return the attack by foolbox, or None where it is not installed."""
    if not _there("foolbox"):
        return None
    foolbox: Any = import_module("foolbox")

    attack = foolbox.attacks.LinfBasicIterativeAttack(abs_stepsize=step, steps=steps, random_start=False)
    wrapped = foolbox.PyTorchModel(model.eval(), bounds=(0, 1), device=image.device)
    label = torch.zeros(len(image), dtype=torch.int64)
    return lambda: attack(wrapped, image, label, epsilons=[epsilon])


def _there(package: str) -> bool:
    if find_spec(package) is not None:
        return True
    sys.stderr.write(f"{package} is not installed, its figure is left out: {INSTALL[package]}\n")
    return False
