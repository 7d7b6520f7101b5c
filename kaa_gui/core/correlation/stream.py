"""Stream the extremes of the Jacobian: memory O(pixels), any prefix a correct lower bound.

C[i] = 1 ⟺ max_p J[i, p] > α and min_p J[i, p] < -α: the Jacobian itself is never
kept, only its running maximum and minimum over the rows read so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from kaa_gui.core.correlation.chunks import Chunks
from kaa_gui.core.correlation.colouring import colour_rows
from kaa_gui.core.correlation.pyramid import Pyramid, pyramid_of
from kaa_gui.core.correlation.receptive import Spans
from kaa_gui.core.correlation.reverse import Reverse
from kaa_gui.core.correlation.tail import Tail, coarse_lines, lines_of, rows_of
from kaa_gui.core.correlation.workers import Workers
from kaa_gui.core.importers.graph import Cut

SETTLED_S = 0.5
"""Computing time before which the rest is not estimated."""


@dataclass(slots=True, eq=False)
class Extremes:
    """Running extremes of J over its rows; the state of an interrupted stream, ready to go on.

    Attributes:
        rows: ``(R,)`` int64, flat indices of the outputs to read, distinct; those not done yet may change
            their order.
        maximum: ``(3, H, W)``, max over the rows done.
        minimum: ``(3, H, W)``, min over the rows done.
        done: Number of rows read so far.
        seconds_left: Estimate for the rest, by the stream that runs; None at its beginning.
    """

    rows: Tensor
    maximum: Tensor
    minimum: Tensor
    done: int = 0
    seconds_left: float | None = None

    @classmethod
    def empty(cls, rows: Tensor, like: Tensor) -> Extremes:
        """Return the extremes of no rows at all; ``like`` is ``(3, H, W)``."""
        return cls(rows, torch.full_like(like, -torch.inf), torch.full_like(like, torch.inf))

    @property
    def complete(self) -> bool:
        """Whether every row has been read."""
        return self.done >= len(self.rows)

    @property
    def strength(self) -> Tensor:
        """Relational strength R = min(max_p J, -min_p J), ``(3, H, W)``; C(α) = [R > α]."""
        return torch.minimum(self.maximum, -self.minimum)

    def per_pixel(self) -> Extremes:
        """Return the extremes over each pixel's three channels, the same for all three."""
        highest = self.maximum.amax(dim=0, keepdim=True).expand_as(self.maximum)
        lowest = self.minimum.amin(dim=0, keepdim=True).expand_as(self.minimum)
        return Extremes(self.rows, highest, lowest, self.done)

    def add(self, maximum: Tensor, minimum: Tensor, rows: int) -> None:
        """Take up the next rows, given by their extremes, each ``(3, H, W)``."""
        torch.maximum(self.maximum, maximum, out=self.maximum)
        torch.minimum(self.minimum, minimum, out=self.minimum)
        self.done += rows


def stream_extremes(
    network: nn.Module,
    crop: Tensor,
    extremes: Extremes,
    *,
    threads: int | None = None,
    steady: bool = False,
) -> Iterator[Extremes]:
    """Read the rows that are left, yielding every few reverse passes.

    A network read by the importer is run backwards by hand, rows sharing passes and branches where that
    is exact; any other by autograd, row by row. To stop, drop the iterator: it returns within one chunk,
    no thread of it survives, and the same ``extremes`` can be streamed on later.

    Args:
        network: F^k, from ``(1, 3, H, W)`` to ``(1, *layer.shape)``.
        crop: ``(1, 3, H, W)`` in [0, 1].
        extremes: Extremes to begin with; updated in place.
        threads: CPU threads; None takes as many as torch may use.
        steady: Whether the chunks' sizes follow a rule instead of the clock: the same bits every time.

    Yields:
        The same ``extremes``, further on; sometimes nothing but ``seconds_left`` has changed.
    """
    if extremes.complete:
        return
    cut = _cut(network)
    if cut is None:
        yield from _by_autograd(network, crop, extremes)
        return
    count = (threads or torch.get_num_threads()) if crop.device.type == "cpu" else 1
    with Workers(count) as workers:
        yield from _Stream(cut, crop, extremes, workers=workers, steady=steady).run()


def _cut(network: nn.Module) -> Cut | None:
    """Return the imported graph with one output that a module is, or merely reshapes."""
    inner = network if isinstance(network, Cut) else getattr(network, "network", None)
    return inner if isinstance(inner, Cut) and len(inner.returns) == 1 else None


def _by_autograd(network: nn.Module, crop: Tensor, extremes: Extremes) -> Iterator[Extremes]:
    image = crop.detach().clone(memory_format=torch.channels_last).requires_grad_()
    with torch.enable_grad():
        outputs = network(image).flatten()
    began, first = time.perf_counter(), extremes.done
    while not extremes.complete:
        output = outputs[extremes.rows[extremes.done]]
        (row,) = torch.autograd.grad(output, image, retain_graph=True)
        extremes.add(row[0], row[0], 1)
        pace = (time.perf_counter() - began) / (extremes.done - first)
        extremes.seconds_left = pace * (len(extremes.rows) - extremes.done)
        yield extremes


class _Stream:
    """One run over the rows that are left."""

    def __init__(self, cut: Cut, crop: Tensor, extremes: Extremes, *, workers: Workers, steady: bool) -> None:
        self.extremes, self.workers = extremes, workers
        self.reverse = Reverse(cut, crop)
        self.chunks = Chunks(self.reverse, crop.device, steady=steady)
        self.slot = cut.returns[0]
        self.shape = self.reverse.shapes[self.slot]
        self._plan(*pyramid_of(cut, self.reverse))
        self._began, self._passed = time.perf_counter(), 0

    def _plan(self, pyramid: Pyramid | None, spans: Spans | None) -> None:
        """Decide which rows are read one by one, which share passes, and which go through the pyramid."""
        left = self.extremes.rows[self.extremes.done :]
        whole = {} if pyramid is None else lines_of(left, self.shape)
        self.pyramid, self.lines, self.passes = pyramid, {}, 0
        for channel, lines in whole.items():
            assert pyramid is not None  # noqa: S101 - or there would be no lines
            shallow = pyramid.passes - pyramid.coarse_size[0] * pyramid.coarse_size[1]
            passes = shallow + coarse_lines(pyramid, lines) * pyramid.coarse_size[1]
            if passes < len(lines) * self.shape[2]:
                self.lines[channel] = lines
                self.passes += passes
        behind = [rows_of(channel, lines, self.shape) for channel, lines in self.lines.items()]
        singles = left[~torch.isin(left, torch.cat(behind))] if behind else left
        self.groups = colour_rows(singles, self.shape, spans)
        self.passes += len(self.groups)
        order = torch.cat([*self.groups, *behind])
        self.extremes.rows = torch.cat([self.extremes.rows[: self.extremes.done], order])

    def run(self) -> Iterator[Extremes]:
        """Read all groups, then all lines."""
        for maximum, minimum, rows, passes in self.workers.results(self._tasks()):
            self.extremes.add(maximum, minimum, rows)
            yield self._shown(passes)
        if self.pyramid is None or not self.lines:
            return
        tail = Tail(self.pyramid, self.chunks, self.workers)
        for channel, lines in self.lines.items():
            for read in tail.read(channel, lines):
                if read.lines:
                    self.extremes.add(read.maximum, read.minimum, len(read.lines) * self.shape[2])
                yield self._shown(read.passes)

    def _shown(self, passes: int) -> Extremes:
        self._passed += passes
        spent = time.perf_counter() - self._began
        # the first passes are spent on preparing the kernels
        if self._passed and spent > SETTLED_S:
            self.extremes.seconds_left = spent / self._passed * (self.passes - self._passed)
        return self.extremes

    def _tasks(self) -> Iterator[Callable[[], tuple[Tensor, Tensor, int, int]]]:
        begin = 0
        while begin < len(self.groups):
            part = self.groups[begin : begin + self.chunks.size]
            begin += len(part)
            yield partial(self._read_groups, part)

    def _read_groups(self, groups: list[Tensor]) -> tuple[Tensor, Tensor, int, int]:
        """Return the extremes over some groups' rows, and how many rows and passes that were."""
        size = len(self.shape)

        def fill(seeds: Tensor, begin: int) -> None:
            for seed, rows in zip(seeds, groups[begin:], strict=False):
                places = torch.unravel_index(rows.to(seed.device), self.shape)
                seed[places[:size]] = 1

        images = self.chunks.pull(len(groups), fill, self.slot)
        with torch.no_grad():
            maximum, minimum = images.amax(dim=0), images.amin(dim=0)
            if any(len(rows) > 1 for rows in groups):
                # rows whose receptive fields don't meet: each pixel sees zeros from all but one
                maximum.clamp_(min=0)
                minimum.clamp_(max=0)
        return maximum, minimum, sum(map(len, groups)), len(groups)
