"""Rewrite a list of nodes into a faster one that computes the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from torch import nn

from kaa_gui.core.importers.graph import Node
from kaa_gui.core.importers.ops.convolution import Convolution
from kaa_gui.core.importers.ops.shaping import Pad


def fold_padding(nodes: Sequence[Node], outputs: Collection[str]) -> list[Node]:
    """Return the nodes with explicit padding done by the convolution behind it.

    A convolution pads at no cost, whereas padding on its own copies the picture. Exact where the zeros
    are equal on opposite sides, touch no channel, and nobody else reads the padded picture.
    """
    readers = Counter(name for node in nodes for name in node.inputs)
    pads = {
        node.name: node
        for node in nodes
        if isinstance(node.module, Pad) and readers[node.name] == 1 and node.name not in outputs
    }
    folded: set[str] = set()
    result: list[Node] = []
    for node in nodes:
        pad = pads.get(node.inputs[0])
        if pad is not None and _fold(pad.module, node.module):
            folded.add(pad.name)
            result.append(replace(node, inputs=pad.inputs))
        else:
            result.append(node)
    return [node for node in result if node.name not in folded]


def _fold(pad: nn.Module, convolution: nn.Module) -> bool:
    """Let the convolution pad as ``pad`` does; return whether it could."""
    if not isinstance(pad, Pad) or not isinstance(convolution, Convolution) or len(pad.amounts) != 3:
        return False
    channels, vertical, horizontal = pad.amounts
    top, bottom, left, right = convolution.padding
    if any(channels) or vertical[0] != vertical[1] or horizontal[0] != horizontal[1]:
        return False
    if top != bottom or left != right:
        return False
    convolution.pad((top + vertical[0], bottom + vertical[0], left + horizontal[0], right + horizontal[0]))
    return True
