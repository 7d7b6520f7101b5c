"""Group rows that share a reverse pass: outputs whose receptive fields do not meet.

Their gradients lie side by side in one image, so its values are theirs, exactly; and every pixel sees
zeros from all rows of the pass but one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from kaa_gui.core.correlation.receptive import Spans


def colour_rows(rows: Tensor, shape: tuple[int, ...], spans: Spans | None) -> list[Tensor]:
    """Return the rows in groups that may share a pass, in a fixed order.

    Args:
        rows: ``(R,)`` int64 flat indices into ``shape``.
        shape: Shape of the layer, channels first.
        spans: Receptive fields of its places; None if they may meet anywhere.

    Returns:
        Groups of rows, a partition.
    """
    if spans is None or len(shape) != 3 or not len(rows):
        return [row[None] for row in rows]
    _, height, width = shape
    down, across = spans[0].period(), spans[1].period()
    if down >= height and across >= width:
        return [row[None] for row in rows]
    place = rows % (height * width)
    colour = place // width % down * across + place % width % across
    # rows of one place follow each other: the first of each place share a pass, then the second...
    key = (colour * height * width + place) * shape[0] + rows // (height * width)
    rows, colour, place = (values[key.argsort()] for values in (rows, colour, place))
    _, counts = place.unique_consecutive(return_counts=True)
    rank = torch.arange(len(rows)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    group = colour * int(counts.max()) + rank
    order = group.argsort(stable=True)
    _, sizes = group[order].unique_consecutive(return_counts=True)
    return list(rows[order].split(sizes.tolist()))
