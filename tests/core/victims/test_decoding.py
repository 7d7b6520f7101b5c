"""From heatmaps to points: against numpy, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kaa_gui.core.victims.decoding import (
    argmax_points,
    cell_grid,
    gaussian_heatmaps,
    refined_points,
    soft_argmax_points,
)


def test_argmax_points_are_numpys_peaks_at_cell_centres() -> None:
    heatmaps = np.random.default_rng(0).normal(size=(2, 5, 7, 9)).astype(np.float32)
    points = argmax_points(torch.from_numpy(heatmaps), 4.0).numpy()
    for n in range(2):
        for k in range(5):
            row, column = np.unravel_index(heatmaps[n, k].argmax(), (7, 9))
            np.testing.assert_array_equal(points[n, k], ((column + 0.5) * 4, (row + 0.5) * 4))


def test_argmax_has_no_gradient_but_soft_argmax_has() -> None:
    heatmaps = torch.randn(1, 3, 6, 6, requires_grad=True)
    assert not argmax_points(heatmaps.detach(), 4.0).requires_grad
    soft_argmax_points(heatmaps, 4.0).sum().backward()
    assert heatmaps.grad is not None
    assert heatmaps.grad.abs().sum() > 0


def test_soft_argmax_of_a_sharp_peak_is_the_argmax() -> None:
    heatmaps = torch.zeros(1, 2, 8, 8)
    heatmaps[0, 0, 2, 5] = heatmaps[0, 1, 7, 0] = 60
    torch.testing.assert_close(soft_argmax_points(heatmaps, 4.0), argmax_points(heatmaps, 4.0))


def test_soft_argmax_of_two_equal_peaks_lies_between_them() -> None:
    heatmaps = torch.zeros(1, 1, 8, 8)
    heatmaps[0, 0, 2, 1] = heatmaps[0, 0, 2, 5] = 60
    torch.testing.assert_close(soft_argmax_points(heatmaps, 2.0), torch.tensor([[[7.0, 5.0]]]))


def test_cell_grid_holds_x_then_y() -> None:
    grid = cell_grid(2, 3, 4.0, torch.zeros(()))
    assert grid.shape == (2, 3, 2)
    assert grid[1, 2].tolist() == [10, 6]


def test_gaussian_heatmaps_by_hand() -> None:
    points = torch.tensor([[[10.0, 6.0], [0.0, 0.0]]])
    drawn = gaussian_heatmaps(points, (4, 5), 4.0, sigma=1.5)
    assert drawn.shape == (1, 2, 4, 5)
    # the first point is the centre of row 1, column 2
    assert drawn[0, 0, 1, 2] == 1
    assert drawn[0, 0, 1, 3].item() == pytest.approx(np.exp(-1 / (2 * 1.5**2)))
    assert drawn[0, 0, 3, 1].item() == pytest.approx(np.exp(-(4 + 1) / (2 * 1.5**2)))
    # the second is half a cell away from the first cell's centre, both ways
    assert drawn[0, 1, 0, 0].item() == pytest.approx(np.exp(-(0.25 + 0.25) / (2 * 1.5**2)))


def test_argmax_finds_gaussians_again() -> None:
    points = (torch.randint(0, 16, (2, 7, 2)) + 0.5) * 4
    torch.testing.assert_close(argmax_points(gaussian_heatmaps(points, (16, 16), 4.0), 4.0), points)


def test_refined_points_by_hand() -> None:
    heatmaps = torch.full((1, 1, 9, 9), -200.0)
    heatmaps[0, 0, 4, 4], heatmaps[0, 0, 4, 6], heatmaps[0, 0, 5, 4] = 200.0, 200.0, 0.0
    points = argmax_points(heatmaps, 4.0)
    # confidences 1, 1 and 1/2 at columns 4, 6, 4 and rows 4, 4, 5
    x, y = (4.5 + 6.5 + 4.5 / 2) / 2.5, (4.5 + 4.5 + 5.5 / 2) / 2.5
    torch.testing.assert_close(refined_points(heatmaps, points, 4.0), torch.tensor([[[4 * x, 4 * y]]]))


def test_refined_points_stay_where_nothing_is_confident() -> None:
    heatmaps = torch.full((1, 2, 9, 9), -1.0)
    points = torch.tensor([[[2.0, 2.0], [34.0, 17.0]]])
    torch.testing.assert_close(refined_points(heatmaps, points, 4.0), points)


def test_refined_points_near_the_edge_use_what_is_there() -> None:
    heatmaps = torch.full((1, 1, 9, 9), -200.0)
    heatmaps[0, 0, 0, 8] = 200.0
    points = argmax_points(heatmaps, 4.0)
    torch.testing.assert_close(refined_points(heatmaps, points, 4.0), points)
