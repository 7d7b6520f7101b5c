"""Combine rows of J behind a pyramid: read each branch's rows once, keep nothing but extremes.

One channel of the layer at a time: the shallow branches' rows as windows, the coarse branch's rows a few
lines of places at once, and the layer's rows only as tiles of a few image lines that the cache holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.correlation.chunks import Chunks
from kaa_gui.core.correlation.pyramid import Branch, Pyramid
from kaa_gui.core.correlation.workers import Workers

BAND = 4
"""Image lines of a tile: all places of a line of the layer fit into a core's cache."""
BANDS_PER_TASK = 8


@dataclass(frozen=True, slots=True, eq=False)
class LinesRead:
    """Lines of one channel whose rows have been read.

    Attributes:
        lines: Their numbers; empty for a step that only prepares others.
        maximum: ``(3, H, W)``, max over all their rows.
        minimum: ``(3, H, W)``, min over all their rows.
        passes: Reverse passes since the last one.
    """

    lines: Sequence[int]
    maximum: Tensor
    minimum: Tensor
    passes: int


class Tail:
    """Reads lines of a pyramid's layer; its memory is used again for every channel."""

    def __init__(self, pyramid: Pyramid, chunks: Chunks, workers: Workers) -> None:
        """Set memory aside.

        Args:
            pyramid: The layer.
            chunks: Runs the network backwards.
            workers: Run the tasks.
        """
        self.pyramid, self.chunks, self.workers = pyramid, chunks, workers
        height, width = pyramid.pixels
        self._line = 3 * width
        new = partial(torch.zeros, dtype=chunks.reverse.dtype, device=chunks.reverse.device)
        self._windows = [
            new(*branch.size, branch.window[0], 3 * branch.window[1]) for branch in pyramid.branches
        ]
        self._vertical = pyramid.vertical()
        taps = [_taps(row) for row in self._vertical[-1]]
        depth = max(last - first + 1 for first, last in taps)
        self._coarse = new(depth, pyramid.coarse_size[1], height * self._line)
        self._maximum, self._minimum = new(height * self._line), new(height * self._line)
        self._slack = 3 * max(max(-b.offset[1], b.window[1] + b.offset[1]) for b in pyramid.branches)

    def read(self, channel: int, lines: Sequence[int]) -> Iterator[LinesRead]:
        """Read the rows of whole lines of a channel.

        Args:
            channel: Channel number of the layer.
            lines: Image lines, in rising order.

        Yields:
            After every chunk; those with lines carry the extremes of all rows of these lines.
        """
        weights = self.pyramid.head[channel]
        for passes in self.workers.results(self._window_tasks(weights)):
            yield self._read((), passes)
        taps = [_taps(self._vertical[-1][line]) for line in lines]
        there = -1
        for last in sorted({last for _, last in taps}):
            first = min(first for first, until in taps if until == last)
            for coarse in range(max(first, there + 1), last + 1):
                for passes in self.workers.results(self._coarse_tasks(weights, coarse)):
                    yield self._read((), passes)
            there = last
            ready = [line for line, (_, until) in zip(lines, taps, strict=True) if until == last]
            self._maximum.fill_(-torch.inf)
            self._minimum.fill_(torch.inf)
            for _ in self.workers.results(self._combining_tasks(ready)):
                yield self._read((), 0)
            yield self._read(ready, 0)

    def _read(self, lines: Sequence[int], passes: int) -> LinesRead:
        height, width = self.pyramid.pixels
        images = [image.view(height, width, 3).permute(2, 0, 1) for image in (self._maximum, self._minimum)]
        return LinesRead(lines, images[0], images[1], passes)

    def _window_tasks(self, weights: Tensor) -> Iterator[Callable[[], int]]:
        """Yield tasks that fill the windows of all shallow branches, several places a pass."""
        for branch, store in zip(self.pyramid.branches, self._windows, strict=True):
            colours = [(y, x) for y in range(branch.period[0]) for x in range(branch.period[1])]
            begin = 0
            while begin < len(colours):
                part = colours[begin : begin + self.chunks.size]
                begin += len(part)
                yield partial(self._fill_windows, weights, branch, store, part)

    def _fill_windows(
        self, weights: Tensor, branch: Branch, store: Tensor, colours: Sequence[tuple[int, int]]
    ) -> int:
        down, across = branch.period

        def fill(seeds: Tensor, begin: int) -> None:
            for seed, (y, x) in zip(seeds, colours[begin:], strict=False):
                seed[:, y::down, x::across] = weights[:, None, None]

        images = self.chunks.pull(len(colours), fill, branch.slot)
        with torch.no_grad():
            for image, (y, x) in zip(images, colours, strict=True):
                places = store[y::down, x::across]
                places.copy_(_cut_windows(image, branch, (y, x), (places.shape[0], places.shape[1])))
        return len(colours)

    def _coarse_tasks(self, weights: Tensor, line: int) -> Iterator[Callable[[], int]]:
        """Yield tasks that read one line of the coarse branch's places."""
        begin, width = 0, self.pyramid.coarse_size[1]
        while begin < width:
            count = min(self.chunks.size, width - begin)
            yield partial(self._fill_coarse, weights, line, begin, count)
            begin += count

    def _fill_coarse(self, weights: Tensor, line: int, first: int, count: int) -> int:
        def fill(seeds: Tensor, begin: int) -> None:
            for number, seed in enumerate(seeds, start=first + begin):
                seed[:, line, number] = weights

        images = self.chunks.pull(count, fill, self.pyramid.coarse)
        place = self._coarse[line % len(self._coarse), first : first + count]
        place.copy_(images.permute(0, 2, 3, 1).reshape(count, -1))
        return count

    def _combining_tasks(self, lines: Sequence[int]) -> Iterator[Callable[[], None]]:
        """Yield tasks that combine the branches to the layer's rows, each on its own image lines."""
        height = self.pyramid.pixels[0]
        for begin in range(0, height, BAND * BANDS_PER_TASK):
            yield partial(self._combine, lines, begin, min(height, begin + BAND * BANDS_PER_TASK))

    def _combine(self, lines: Sequence[int], begin: int, end: int) -> None:
        """Take up the rows of some lines at the image lines from ``begin`` to ``end``."""
        widths = [*(branch.size[1] for branch in self.pyramid.branches), self.pyramid.coarse_size[1]]
        with torch.no_grad():
            for top in range(begin, end, BAND):
                count = min(BAND, end - top)
                length = count * self._line + 2 * self._slack
                tiles = [self._coarse.new_zeros(width, length) for width in widths]
                values = tiles[0][:, self._slack : length - self._slack]
                here = slice(top * self._line, (top + count) * self._line)
                for line in lines:
                    self._rows(line, top, count, tiles)
                    torch.maximum(self._maximum[here], values.amax(0), out=self._maximum[here])
                    torch.minimum(self._minimum[here], values.amin(0), out=self._minimum[here])

    def _rows(self, line: int, top: int, count: int, tiles: Sequence[Tensor]) -> None:
        """Compute one line of the layer's rows on some image lines, into the first tile.

        Interpolation down and across commute: each branch's lines are mixed at once to what this line
        takes of them, then the mixture is brought across, branch by branch.
        """
        coarse = tiles[-1][:, self._slack : tiles[-1].shape[1] - self._slack]
        here = slice(top * self._line, (top + count) * self._line)
        taken = self._vertical[-1][line]
        first, last = _taps(taken)
        torch.mul(self._coarse[first % len(self._coarse), :, here], float(taken[first]), out=coarse)
        for number in range(first + 1, last + 1):
            source = self._coarse[number % len(self._coarse), :, here]
            coarse.add_(source, alpha=float(taken[number]))
        for level in reversed(range(len(self.pyramid.branches))):
            branch = self.pyramid.branches[level]
            torch.mm(branch.up[1], tiles[level + 1], out=tiles[level])
            taken = self._vertical[level][line]
            first, last = _taps(taken)
            for number in range(first, last + 1):
                upper = branch.step[0] * number + branch.offset[0]
                begin, end = max(top, upper), min(top + count, upper + branch.window[0])
                if begin < end:
                    windows = self._windows[level][number, :, begin - upper : end - upper]
                    _places(
                        tiles[level],
                        branch,
                        windows.shape,
                        line=self._line,
                        slack=self._slack,
                        first=begin - top,
                    ).add_(windows, alpha=float(taken[number]))


def _places(
    tile: Tensor, branch: Branch, size: Sequence[int], *, line: int, slack: int, first: int
) -> Tensor:
    """Return where a line of windows belongs in a tile: each further to the right in its own row.

    What juts out of the image reaches the neighbouring lines or the slack; it is zero.
    """
    strides = (tile.stride(0) + 3 * branch.step[1], line, 1)
    offset = tile.storage_offset() + slack + first * line + 3 * branch.offset[1]
    return tile.as_strided(size, strides, offset)


def _cut_windows(image: Tensor, branch: Branch, first: tuple[int, int], places: tuple[int, int]) -> Tensor:
    """Return the windows of places of one colour, ``(down, across, height, 3 · width)``.

    Args:
        image: ``(3, H, W)``.
        branch: Branch that the windows belong to.
        first: The colour: its first place.
        places: Number of its places, down and across.
    """
    begins = [branch.step[axis] * first[axis] + branch.offset[axis] for axis in (0, 1)]
    pitch = [branch.step[axis] * branch.period[axis] for axis in (0, 1)]
    ends = [begins[axis] + pitch[axis] * (places[axis] - 1) + branch.window[axis] for axis in (0, 1)]
    before = [max(0, -begin) for begin in begins]
    after = [max(0, ends[axis] - image.shape[1 + axis]) for axis in (0, 1)]
    padded = F.pad(image.permute(1, 2, 0), (0, 0, before[1], after[1], before[0], after[0]))
    row = 3 * padded.shape[1]
    return padded.contiguous().as_strided(
        (*places, branch.window[0], 3 * branch.window[1]),
        (pitch[0] * row, pitch[1] * 3, row, 1),
        (begins[0] + before[0]) * row + 3 * (begins[1] + before[1]),
    )


def _taps(weights: Tensor) -> tuple[int, int]:
    """Return the first and the last number with a weight."""
    numbers = weights.nonzero().flatten().tolist()
    return numbers[0], numbers[-1]


def lines_of(rows: Tensor, shape: tuple[int, ...]) -> dict[int, list[int]]:
    """Return the channels of which the rows hold whole lines, and nothing but whole lines.

    Args:
        rows: ``(R,)`` int64, distinct flat indices.
        shape: Shape of the layer, ``(C, H, W)``.

    Returns:
        Channel -> lines, both rising.
    """
    channels, height, width = shape
    counts = torch.bincount(rows // width, minlength=channels * height).reshape(channels, height)
    found = {}
    for channel, line in enumerate(counts):
        if bool(((line == 0) | (line == width)).all()) and bool(line.any()):
            found[channel] = line.nonzero().flatten().tolist()
    return found


def rows_of(channel: int, lines: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    """Return the flat indices of whole lines, line after line."""
    _, height, width = shape
    begins = (channel * height + torch.tensor(list(lines), dtype=torch.int64)) * width
    return (begins[:, None] + torch.arange(width)).flatten()


def coarse_lines(pyramid: Pyramid, lines: Sequence[int]) -> int:
    """Return how many lines of the coarse branch some lines of the layer take from."""
    matrix = pyramid.vertical()[-1]
    return int(math.fsum(float(column.any()) for column in matrix[list(lines)].T))
