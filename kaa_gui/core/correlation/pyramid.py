"""Find the linear tail of a decoder: a sum of upsampled branches behind the last non-linearity.

    layer = head · (fine₀ + up(fine₁ + up(... + up(coarse))))

A row of J at the layer is a small combination of rows at the branches. The coarse branch has few
places; the fine ones are shallow, so that many of their rows share a pass and each touches only a
window of the image. Exact, and far fewer passes than the layer has outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from kaa_gui.core.correlation.receptive import Spans, interpolation, receptive_fields
from kaa_gui.core.correlation.reverse import Reverse
from kaa_gui.core.importers.graph import Cut, Step
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from kaa_gui.core.importers.ops.convolution import Convolution
from kaa_gui.core.importers.ops.resizing import ResizeBilinear

WORTHWHILE = 0.8
"""Share of the layer's own passes from which on combining rows would not pay."""


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A shallow branch: each of its places depends on a window of the image.

    Attributes:
        slot: Slot of its activation.
        size: Height and width of the activation.
        period: Distance, down and across, from which on no two places meet.
        step: Distance of neighbouring windows, pixels.
        offset: Offset of the first window, pixels; may be negative.
        window: Height and width of a window, pixels.
        up: Bilinear matrices, vertical and horizontal, from the next coarser branch to this one.
    """

    slot: int
    size: tuple[int, ...]
    period: tuple[int, int]
    step: tuple[int, ...]
    offset: tuple[int, ...]
    window: tuple[int, ...]
    up: tuple[Tensor, Tensor]

    @property
    def passes(self) -> int:
        """Reverse passes for one channel's rows."""
        return self.period[0] * self.period[1]


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A layer as a head on a pyramid of branches.

    Attributes:
        head: ``(channels of the layer, channels of the branches)``.
        branches: The shallow ones, finest first, at least one.
        coarse: Slot of the rest.
        coarse_size: Its height and width.
        pixels: Height and width of the image.
    """

    head: Tensor
    branches: tuple[Branch, ...]
    coarse: int
    coarse_size: tuple[int, ...]
    pixels: tuple[int, ...]

    @property
    def passes(self) -> int:
        """Reverse passes for one channel of the layer."""
        height, width = self.coarse_size
        return height * width + sum(branch.passes for branch in self.branches)

    def vertical(self) -> list[Tensor]:
        """Return what each line of the layer takes of the lines of each branch, the coarse one last.

        Returns:
            Matrices ``(lines of the layer, lines of the branch)``, the first one the identity.
        """
        matrices = [torch.eye(self.branches[0].size[0], dtype=self.head.dtype)]
        for branch in self.branches:
            matrices.append(matrices[-1] @ branch.up[0].cpu())
        return matrices


def find_pyramid(cut: Cut, reverse: Reverse, fields: dict[int, Spans]) -> Pyramid | None:
    """Return the pyramid that a layer ends in, cut where it takes the fewest passes; None without gain."""
    made = {step.writes: step for step in cut.steps}
    slot = cut.returns[0]
    if len(reverse.shapes[slot]) != 3 or len(reverse.shapes[0]) != 3:
        return None
    head = _head(made.get(slot))
    if head is not None:
        slot = made[slot].reads[0]
    else:
        head = torch.eye(reverse.shapes[slot][0], dtype=reverse.dtype, device=reverse.device)
    _, height, width = reverse.shapes[slot]
    best, fewest = None, WORTHWHILE * height * width
    branches: list[Branch] = []
    for fine, resize, coarse in _sums(made, slot, reverse):
        branch = _branch(fine, resize, reverse, fields=fields, coarse=coarse)
        if branch is None:
            break
        branches.append(branch)
        found = Pyramid(head, tuple(branches), coarse, reverse.shapes[coarse][1:], reverse.shapes[0][1:])
        if found.passes < fewest:
            best, fewest = found, found.passes
    return best


def _head(step: Step | None) -> Tensor | None:
    """Return the matrix of a linear 1 × 1 convolution."""
    module = None if step is None else step.module
    if not isinstance(module, Convolution) or module.activation is not None:
        return None
    plain = module.weight.shape[2:] == (1, 1) and module.stride == (1, 1) and module.groups == 1
    return module.weight.detach()[:, :, 0, 0] if plain and not any(module.padding) else None


def _sums(made: dict[int, Step], slot: int, reverse: Reverse) -> Iterator[tuple[int, ResizeBilinear, int]]:
    """Yield, finest first, each sum's plain slot, the resizing of its other one, and what that resizes."""
    while (step := made.get(slot)) is not None:
        module = step.module
        if not (isinstance(module, Arithmetic) and module.function is torch.add):
            return
        if module.activation is not None or len(set(step.reads)) != 2:
            return
        if len({reverse.shapes[read] for read in (*step.reads, slot)}) != 1:
            return
        for fine, other in (step.reads, step.reads[::-1]):
            before = made.get(other)
            if before is not None and isinstance(before.module, ResizeBilinear):
                slot = before.reads[0]
                yield fine, before.module, slot
                break
        else:
            return


def _branch(
    fine: int, resize: ResizeBilinear, reverse: Reverse, *, fields: dict[int, Spans], coarse: int
) -> Branch | None:
    """Return a branch if its windows are well smaller than the image."""
    spans, pixels, size = fields.get(fine), reverse.shapes[0][1:], reverse.shapes[fine][1:]
    if spans is None:
        return None
    steps, offsets, window = zip(
        *(span.window(length) for span, length in zip(spans, pixels, strict=True)), strict=True
    )
    if 2 * window[0] > pixels[0] or 2 * window[1] > pixels[1]:
        return None
    # windows must not meet either: they are cut out whole
    period = [min(size[axis], -(-window[axis] // steps[axis])) for axis in (0, 1)]
    up = [
        interpolation(resize, axis, reverse.shapes[coarse][1 + axis]).to(reverse.device, reverse.dtype)
        for axis in (0, 1)
    ]
    return Branch(fine, size, (period[0], period[1]), steps, offsets, window, (up[0], up[1]))


def pyramid_of(cut: Cut, reverse: Reverse) -> tuple[Pyramid | None, Spans | None]:
    """Return a layer's pyramid, if it has one, and its receptive fields, if they are local."""
    fields = receptive_fields(cut, reverse.shapes)
    return find_pyramid(cut, reverse, fields), fields.get(cut.returns[0])
