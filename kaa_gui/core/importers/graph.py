"""Represent a network as named layers that can be cut anywhere: node, graph, cut.

Every activation is batch first. Those that the file calls four-dimensional (batch, height, width,
channels) are torch ``(N, C, H, W)`` in channels-last memory; all others keep the file's order of axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kaa_gui.core.checkpoints import checkpoint
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.importers.ops import Operator


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operator of a network and the layer that it computes.

    Attributes:
        name: Name of the output tensor, as in the file.
        op: Name of the operator in the file's schema, e.g. ``"CONV_2D"``.
        inputs: Names of the activations read, in the order in which ``module`` takes them.
        shape: Shape of one picture's activation, channels first, without the batch.
        activation: Name of the fused activation function, or None.
        module: Computes the layer; carries weights and attributes, frozen.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    activation: str | None
    module: Operator


class Graph(nn.Module):
    """A network with named layers, in evaluation mode, its parameters frozen.

    Attributes:
        source: Origin of the graph, for messages.
        inputs: Names of the input tensors.
        outputs: Names of the output tensors, in the file's order.
        input_shape: Input shape of one picture, channels first, without the batch, e.g. ``(3, 256, 256)``.
        nodes: All layers, in an order in which each comes after those that it reads.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        *,
        source: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        input_shape: Sequence[int],
    ) -> None:
        super().__init__()
        self.source = source
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.input_shape = tuple(input_shape)
        self.nodes = tuple(nodes)
        self.operators = nn.ModuleList(node.module for node in nodes)
        self._by_name = {node.name: node for node in nodes}
        self.requires_grad_(False)
        self.eval()

    def node(self, name: str) -> Node:
        """Return the layer of that name, or raise :class:`ConfigError`."""
        try:
            return self._by_name[name]
        except KeyError:
            raise ConfigError(
                f"layer must be one of the {len(self.nodes)} layers of {self.source}, got {name!r}"
            ) from None

    def ancestors(self, names: Iterable[str]) -> tuple[Node, ...]:
        """Return the layers needed to compute ``names``, those included, in order of computation.

        Raises:
            ConfigError: A name is neither a layer nor an input.
        """
        wanted: set[str] = set()
        pending = [name for name in names if name not in self.inputs]
        while pending:
            node = self.node(pending.pop())
            if node.name not in wanted:
                wanted.add(node.name)
                pending += [name for name in node.inputs if name not in self.inputs]
        return tuple(node for node in self.nodes if node.name in wanted)

    def consumers(self, name: str) -> tuple[Node, ...]:
        """Return the layers that read ``name`` directly, in order of computation."""
        return tuple(node for node in self.nodes if name in node.inputs)

    def truncated(self, names: Sequence[str]) -> Cut:
        """Return the sub-network from the input to the given layers.

        Args:
            names: Layers (or inputs) wanted, at least one.

        Returns:
            A module that shares this graph's parameters and computes nothing but the ancestors.

        Raises:
            ConfigError: A name is unknown, or there is none.
        """
        return Cut(self, names)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return all outputs for ``(N, *input_shape)`` float."""
        return self.truncated(self.outputs)(x)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One call of an operator: which slots it reads and writes, and which nobody reads afterwards."""

    module: Operator
    reads: tuple[int, ...]
    writes: int
    frees: tuple[int, ...]


class Cut(nn.Module):
    """The part of a graph that computes some of its layers.

    Activations are dropped after their last use, so that what autograd does not need is not kept.

    Attributes:
        names: The layers returned, in this order.
        input_shape: Input shape of one picture, channels first, without the batch.
        steps: The calls, in order; slot 0 holds the input.
        returns: The slots of the layers returned.
    """

    def __init__(self, graph: Graph, names: Sequence[str]) -> None:
        super().__init__()
        if not names:
            raise ConfigError("layers must name at least one layer, got none")
        self.names = tuple(names)
        self.input_shape = graph.input_shape
        nodes = graph.ancestors(names)
        self.operators = nn.ModuleList(node.module for node in nodes)
        slots = {name: slot for slot, name in enumerate((*graph.inputs, *(node.name for node in nodes)))}
        self.returns = tuple(slots[name] for name in names)
        self._slots = len(slots)
        self.steps = tuple(_steps(nodes, slots, kept=set(self.returns)))
        self.eval()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Run the operators in order.

        Args:
            x: ``(N, *input_shape)`` float, of the graph's precision and on its device.

        Returns:
            One tensor a name, each ``(N, *shape of the layer)``.
        """
        if tuple(x.shape[1:]) != self.input_shape:
            raise ValueError(f"x must be (N, {str(self.input_shape)[1:]}, got {tuple(x.shape)}")
        if x.dim() == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        values: list[Tensor | None] = [None] * self._slots
        values[0] = x
        for step in self.steps:
            checkpoint()
            values[step.writes] = step.module(*[values[slot] for slot in step.reads])
            for slot in step.frees:
                values[slot] = None
        return tuple(value for value in (values[slot] for slot in self.returns) if value is not None)


def _steps(nodes: Sequence[Node], slots: dict[str, int], *, kept: set[int]) -> Iterator[Step]:
    """Yield the calls that compute ``nodes``, freeing each slot at its last use unless it is kept."""
    last = {slots[name]: position for position, node in enumerate(nodes) for name in node.inputs}
    for position, node in enumerate(nodes):
        reads = tuple(slots[name] for name in node.inputs)
        frees = tuple({slot for slot in reads if last[slot] == position and slot not in kept})
        yield Step(node.module, reads, slots[node.name], frees)
