"""Operators that resize bilinearly, in the three conventions of the file format."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from kaa_gui.core.importers.ops.call import Call, UnsupportedError
from kaa_gui.core.importers.ops.layout import dense
from kaa_gui.core.importers.ops.operator import Operator, Shape
from kaa_gui.core.importers.ops.registry import op


class ResizeBilinear(Operator):
    """Bilinear interpolation to a fixed size.

    Attributes:
        size: Height and width.
        align_corners: Whether the corner pixels' centres stay in the corners.
        half_pixel_centers: Whether a pixel's centre is at its middle; otherwise at its corner.
    """

    def __init__(self, size: tuple[int, int], *, align_corners: bool, half_pixel_centers: bool) -> None:
        super().__init__()
        self.size = size
        self.align_corners = align_corners
        self.half_pixel_centers = half_pixel_centers

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return ``(C, *size)``."""
        return (shapes[0][0], *self.size)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, C, *size)`` for ``(N, C, H, W)``."""
        if self.align_corners or self.half_pixel_centers:
            return F.interpolate(x, self.size, mode="bilinear", align_corners=self.align_corners)
        return dense(_interpolated(_interpolated(x, 2, self.size[0]), 3, self.size[1]))


def _interpolated(x: Tensor, axis: int, size: int) -> Tensor:
    """Return ``x`` resized along one axis, pixels' centres being at their corners."""
    length = x.shape[axis]
    places = torch.arange(size, device=x.device, dtype=x.dtype) * (length / size)
    below = places.floor().long().clamp_(max=length - 1)
    above = (below + 1).clamp_(max=length - 1)
    shape = [1, 1, 1, 1]
    shape[axis] = size
    fraction = (places - below).reshape(shape)
    return x.index_select(axis, below) * (1 - fraction) + x.index_select(axis, above) * fraction


@op("RESIZE_BILINEAR")
def resize_bilinear(call: Call) -> Operator:
    """Build a bilinear interpolation."""
    size = call.integers(1)
    if len(call.activation().shape) != 4 or len(size) != 2 or min(size) < 1:
        raise UnsupportedError(f"it must give a positive height and width, got {size}")
    align, half = bool(call.option("AlignCorners")), bool(call.option("HalfPixelCenters"))
    if align and half:
        raise UnsupportedError("aligned corners and half-pixel centres contradict each other")
    return ResizeBilinear((size[0], size[1]), align_corners=align, half_pixel_centers=half)
