"""Compute receptive fields: the pixels that an output can depend on, exactly, axis by axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from kaa_gui.core.importers.graph import Cut
from kaa_gui.core.importers.ops.activation import Elementwise, PReLU
from kaa_gui.core.importers.ops.arithmetic import Arithmetic
from kaa_gui.core.importers.ops.convolution import Convolution
from kaa_gui.core.importers.ops.operator import Operator
from kaa_gui.core.importers.ops.pooling import MaxPool
from kaa_gui.core.importers.ops.resizing import ResizeBilinear
from kaa_gui.core.importers.ops.shaping import Concatenation, Pad

_Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Along one axis: the first and the last pixel that each place of a layer depends on.

    Attributes:
        first: ``(places,)``; above ``last`` where a place depends on nothing.
        last: ``(places,)``.
    """

    first: _Integers
    last: _Integers

    def period(self) -> int:
        """Return the smallest distance from which on no two places meet; the number of places if none."""
        places = len(self.first)
        lowest = np.minimum.accumulate(self.first[::-1])[::-1]
        for distance in range(1, places):
            if (lowest[distance:] > self.last[: places - distance]).all():
                return distance
        return places

    def window(self, pixels: int) -> tuple[int, int, int]:
        """Return windows that hold every place's pixels: step, offset and size.

        Place ``u`` depends on nothing outside ``step · u + offset`` to ``step · u + offset + size - 1``.

        Args:
            pixels: Length of the image's axis.
        """
        step = max(1, pixels // len(self.first))
        starts = self.first - step * np.arange(len(self.first))
        ends = self.last - step * np.arange(len(self.last))
        return step, int(starts.min()), int(ends.max() - starts.min() + 1)


Spans = tuple[Span, Span]
"""Along the vertical and the horizontal axis."""


def receptive_fields(cut: Cut, shapes: dict[int, tuple[int, ...]]) -> dict[int, Spans]:
    """Return the receptive fields of every slot whose places are known to be local.

    Args:
        cut: The network.
        shapes: Shapes of each slot's activation, without the batch.
    """
    fields: dict[int, Spans] = {}
    if len(shapes[0]) == 3:
        identity = [np.arange(size, dtype=np.int64) for size in shapes[0][1:]]
        fields[0] = (Span(identity[0], identity[0]), Span(identity[1], identity[1]))
    for step in cut.steps:
        known = [fields.get(slot) for slot in step.reads]
        reach = _REACHES.get(type(step.module))
        spans = [spans for spans in known if spans is not None]
        shape = shapes[step.writes]
        if reach is None or not spans or len(spans) < len(known) or len(shape) != 3:
            continue
        if any(len(s[axis].first) != len(spans[0][axis].first) for s in spans for axis in (0, 1)):
            continue
        joined = [_union([s[axis] for s in spans]) for axis in (0, 1)]
        fields[step.writes] = (
            _reached(joined[0], reach(step.module, 0, len(joined[0].first), shape[1])),
            _reached(joined[1], reach(step.module, 1, len(joined[1].first), shape[2])),
        )
    return fields


def _union(spans: Sequence[Span]) -> Span:
    return Span(np.minimum.reduce([s.first for s in spans]), np.maximum.reduce([s.last for s in spans]))


def _reached(span: Span, ends: tuple[_Integers, _Integers]) -> Span:
    """Return the span of places that read their input from ``ends[0]`` to ``ends[1]``, clipped."""
    size = len(span.first)
    below, above = ends
    pixels = int(span.last.max()) + 1
    first = np.full(len(below), pixels, dtype=np.int64)
    last = np.full(len(below), -1, dtype=np.int64)
    for place, (low, high) in enumerate(zip(below, above, strict=True)):
        part = slice(max(0, low), min(size - 1, high) + 1)
        if part.start < part.stop:
            first[place], last[place] = span.first[part].min(), span.last[part].max()
    return Span(first, last)


def _of_convolution(module: Operator, axis: int, size: int, places: int) -> tuple[_Integers, _Integers]:
    assert isinstance(module, Convolution)  # noqa: S101 - by the table below
    reach = (module.weight.shape[2 + axis] - 1) * module.dilation[axis]
    begins = np.arange(places, dtype=np.int64) * module.stride[axis] - module.padding[2 * axis]
    return begins, begins + reach


def _of_pool(module: Operator, axis: int, size: int, places: int) -> tuple[_Integers, _Integers]:
    assert isinstance(module, MaxPool)  # noqa: S101 - by the table below
    begins = np.arange(places, dtype=np.int64) * module.stride[axis] - module.padding[2 * axis]
    return begins, begins + module.kernel[axis] - 1


def _of_resize(module: Operator, axis: int, size: int, places: int) -> tuple[_Integers, _Integers]:
    assert isinstance(module, ResizeBilinear)  # noqa: S101 - by the table below
    taken = interpolation(module, axis, size).numpy() != 0
    return taken.argmax(axis=1), size - 1 - taken[:, ::-1].argmax(axis=1)


def _of_pad(module: Operator, axis: int, size: int, places: int) -> tuple[_Integers, _Integers]:
    assert isinstance(module, Pad)  # noqa: S101 - by the table below
    there = np.arange(places, dtype=np.int64) - module.amounts[1 + axis][0]
    return there, there


def _of_places(module: Operator, axis: int, size: int, places: int) -> tuple[_Integers, _Integers]:
    here = np.arange(places, dtype=np.int64)
    if isinstance(module, Concatenation) and module.axis != 1:
        # side by side along the axis itself: no place knows where it came from
        return np.zeros_like(here), np.full_like(here, size - 1)
    return (here, here) if size == places else (np.zeros_like(here), np.full_like(here, size - 1))


_REACHES: dict[type[Operator], Callable[[Operator, int, int, int], tuple[_Integers, _Integers]]] = {
    Arithmetic: _of_places,
    Concatenation: _of_places,
    Convolution: _of_convolution,
    Elementwise: _of_places,
    MaxPool: _of_pool,
    PReLU: _of_places,
    Pad: _of_pad,
    ResizeBilinear: _of_resize,
}


def interpolation(module: ResizeBilinear, axis: int, size: int) -> torch.Tensor:
    """Return the matrix of a bilinear resizing along one axis, ``(size after, size before)`` float64."""
    units = torch.eye(size, dtype=torch.float64)[:, None]
    units = units[..., None] if axis == 0 else units[:, :, None]
    other = units.shape[3 - axis]
    wanted = list(module.size)
    wanted[1 - axis] = other
    alone = ResizeBilinear(
        (wanted[0], wanted[1]),
        align_corners=module.align_corners,
        half_pixel_centers=module.half_pixel_centers,
    )
    return alone(units).reshape(size, module.size[axis]).T.contiguous()
