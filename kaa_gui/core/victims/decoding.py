"""Decode heatmaps to key points: argmax (no gradient), MediaPipe's refinement, and soft-argmax."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def argmax_points(heatmaps: Tensor, stride: float) -> Tensor:
    """Return where each heatmap peaks. This is the step without a gradient.

    Args:
        heatmaps: ``(N, K, h, w)``.
        stride: Crop pixels a heatmap cell.

    Returns:
        ``(N, K, 2)`` x and y of the peak cells' centres, crop pixels.
    """
    return argmax_peaks(heatmaps, stride)[0]


def argmax_peaks(heatmaps: Tensor, stride: float) -> tuple[Tensor, Tensor]:
    """Return where each heatmap peaks, as :func:`argmax_points` does, and how high, ``(N, K)``."""
    width = heatmaps.shape[-1]
    peaks, flat = heatmaps.flatten(2).max(dim=2)
    cells = torch.stack((flat % width, flat // width), dim=-1)
    return (cells.to(heatmaps.dtype) + 0.5) * stride, peaks


def soft_argmax_points(heatmaps: Tensor, stride: float) -> Tensor:
    """Return the mean position under each heatmap's spatial softmax: like argmax, with a gradient.

    Args:
        heatmaps: ``(N, K, h, w)`` logits.
        stride: Crop pixels a heatmap cell.

    Returns:
        ``(N, K, 2)`` crop pixels.
    """
    height, width = heatmaps.shape[-2:]
    grid = cell_grid(height, width, stride, heatmaps).flatten(0, 1)
    return heatmaps.flatten(2).softmax(dim=2) @ grid


def refined_points(heatmaps: Tensor, points: Tensor, stride: float, *, kernel: int = 7) -> Tensor:
    """Move points to the weighted mean of the heatmap around them.

    Args:
        heatmaps: ``(N, K, h, w)`` logits.
        points: ``(N, K, 2)`` crop pixels.
        stride: Crop pixels a heatmap cell.
        kernel: Side of the window in cells.

    Returns:
        ``(N, K, 2)`` crop pixels; points whose window holds no confident cell stay.

    Source:
        MediaPipe's RefineLandmarksFromHeatmap calculator (public graph, kernel 7, confidence 0.5).
    """
    number, joints, height, width = heatmaps.shape
    reach = kernel // 2
    confidence = F.pad(heatmaps.sigmoid(), (reach,) * 4)
    offsets = torch.arange(kernel, device=heatmaps.device)
    cells = (points / stride).floor().long()
    columns = (cells[..., 0, None].clamp(0, width - 1) + offsets)[:, :, None, :]
    rows = (cells[..., 1, None].clamp(0, height - 1) + offsets)[:, :, :, None]
    n = torch.arange(number, device=heatmaps.device)[:, None, None, None]
    k = torch.arange(joints, device=heatmaps.device)[None, :, None, None]
    window = confidence[n, k, rows, columns]
    total = window.sum(dim=(2, 3))
    x = (window * (columns - reach + 0.5)).sum(dim=(2, 3)) / total.clamp_min(1e-9)
    y = (window * (rows - reach + 0.5)).sum(dim=(2, 3)) / total.clamp_min(1e-9)
    confident = window.flatten(2).amax(dim=2) >= 0.5
    return torch.where(confident[..., None], torch.stack((x, y), dim=-1) * stride, points)


def cell_grid(height: int, width: int, stride: float, like: Tensor) -> Tensor:
    """Return ``(h, w, 2)``: x and y of each heatmap cell's centre in crop pixels."""
    rows = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) * stride
    columns = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) * stride
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)


def gaussian_heatmaps(points: Tensor, size: tuple[int, int], stride: float, *, sigma: float = 2.0) -> Tensor:
    """Return the Gaussian reference h_k of a pose: peaks of height 1.

    Args:
        points: ``(N, K, 2)`` crop pixels.
        size: Height and width of the heatmap.
        stride: Crop pixels a heatmap cell.
        sigma: Standard deviation in cells.

    Returns:
        ``(N, K, h, w)`` in [0, 1].
    """
    grid = cell_grid(*size, stride, points)
    distance = (grid - points[:, :, None, None, :]).square().sum(dim=-1)
    return torch.exp(-distance / (2 * (sigma * stride) ** 2))
