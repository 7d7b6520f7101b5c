"""From a picture to the crop that a victim sees, and from a change of the crop back to the picture.

Points are continuous: pixel (row r, column c) covers [c, c + 1) x [r, r + 1), its centre lies at + 0.5.
The crop is a *linear* function of the picture's pixels (area mean, then bilinear sampling), kept as a
sparse matrix, so that pasting back can ask for its exact inverse in the least-squares sense.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kaa_gui.core.types import GREY_LEVELS, BoolArray, FloatArray, UInt8Image

# pictures are worked on in strips, so that no copy in floats is larger than this
STRIP_PIXELS = 1 << 20
SOLVER_STEPS = 60
LENGTH_BISECTIONS = 12
_Scalar = TypeVar("_Scalar", bound=np.generic)


def apply_affine(transform: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ``(..., 2)`` points mapped by a ``(2, 3)`` affine map."""
    return points @ transform[:, :2].T + transform[:, 2]


def inverse_affine(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of a ``(2, 3)`` affine map."""
    return np.asarray(cv2.invertAffineTransform(transform), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class CropSampler:
    """The linear map from a picture to a victim's crop.

    Attributes:
        to_crop: ``(2, 3)`` affine map from points of the picture to points of the crop.
        size: Height and width of the crop.
        region: x0, y0, x1, y1 of the picture that the crop reads, in whole cells.
        cell: Side of the square of picture pixels that is averaged into one cell before sampling; 1
            unless a crop pixel covers at least two picture pixels.
        weights: ``(crop pixels, cells)`` sparse; bilinear weights of the cells for each crop pixel.
        inside: ``(H, W)`` bool; whether a crop pixel's centre lies on the picture. Outside, the edge
            is repeated.
    """

    to_crop: NDArray[np.float64]
    size: tuple[int, int]
    region: tuple[int, int, int, int]
    cell: int
    weights: sparse.csr_matrix
    inside: BoolArray

    @classmethod
    def build(
        cls,
        to_crop: NDArray[np.float64],
        size: tuple[int, int],
        picture_size: tuple[int, int],
        *,
        margin: float = 0.0,
    ) -> CropSampler:
        """Prepare the map for one crop of one picture.

        Args:
            to_crop: ``(2, 3)`` affine map from points of the picture to points of the crop.
            size: Height and width of the crop.
            picture_size: Height and width of the picture.
            margin: Widens the region by this share of its sides, for crops that lie near this one.
        """
        height, width = size
        picture_height, picture_width = picture_size
        scale = np.sqrt(abs(np.linalg.det(to_crop[:, :2])))
        cell = max(1, int(min(1 / max(scale, 1e-6), picture_height, picture_width)))
        rows, columns = np.mgrid[0:height, 0:width] + 0.5
        back = inverse_affine(to_crop)
        xs = back[0, 0] * columns + back[0, 1] * rows + back[0, 2]
        ys = back[1, 0] * columns + back[1, 1] * rows + back[1, 2]
        inside = (xs >= 0) & (xs < picture_width) & (ys >= 0) & (ys < picture_height)
        first_x, last_x = _cell_range(xs, cell, picture_width, margin)
        first_y, last_y = _cell_range(ys, cell, picture_height, margin)
        cells_x, cells_y = last_x - first_x, last_y - first_y
        weights = _bilinear_weights(
            xs.ravel() / cell - first_x - 0.5, ys.ravel() / cell - first_y - 0.5, cells_x, cells_y
        )
        region = (first_x * cell, first_y * cell, last_x * cell, last_y * cell)
        return cls(to_crop, size, region, cell, weights, inside)

    def crop(self, pixels: UInt8Image) -> UInt8Image:
        """Return the crop of a picture: ``(H, W, 3)`` uint8."""
        return np.rint(self.sampled(pixels)).clip(0, 255).astype(np.uint8)

    def sampled(self, pixels: UInt8Image) -> FloatArray:
        """Return the crop before it is rounded: ``(H, W, 3)`` float32, grey levels."""
        return np.asarray(self.weights @ self.cells(pixels).reshape(-1, 3)).reshape(*self.size, 3)

    def paste(
        self,
        pixels: UInt8Image,
        change: FloatArray,
        *,
        limit: float | None,
        allowed: BoolArray,
        within: BoolArray | None = None,
        length: float | None = None,
    ) -> UInt8Image:
        """Return the 8-bit picture whose crop comes nearest to ``crop(pixels) + change``.

        The change of the cells is the box-constrained least-squares solution of ``weights @ cells =
        change`` (accelerated projected gradient); every pixel of a cell gets the cell's change.

        Args:
            pixels: ``(H, W, 3)`` uint8, the clean picture.
            change: Wanted change of the crop, ``(h, w, 3)`` grey levels.
            limit: Largest absolute change of a picture pixel in grey levels; None for no limit.
            allowed: ``(h, w, 3)`` bool; picture pixels whose place in the crop is not allowed keep
                their value exactly.
            within: Cells that may change at all, as :meth:`whole_cells` gives them; None is all of them.
            length: Largest Euclidean length of the crop's change on the picture, grey levels; None for no
                limit.
        """
        bound = np.inf if limit is None else np.floor(limit + 1e-4)
        free = self.allowed_cells(allowed).reshape(-1, 3)
        if within is not None:
            free &= within.reshape(-1, 1)
        cells = self._solve(change.reshape(-1, 3), bound, free)
        levels = np.rint(cells) if length is None else self._fitted(cells, length)
        grid = levels.clip(-GREY_LEVELS, GREY_LEVELS).astype(np.int16)
        return self.changed(pixels, grid.reshape(*self.grid_size, 3))

    def changed(self, pixels: UInt8Image, change: NDArray[np.int16]) -> UInt8Image:
        """Return a picture with a change added to every pixel of each cell.

        Args:
            pixels: ``(H, W, 3)`` uint8.
            change: ``(rows, columns, 3)`` grey levels, in the shape of :attr:`grid_size`.
        """
        result = pixels.copy()
        for first, last in self._strips():
            window = self._window(result, first, last)
            added = self._per_pixel(change[first:last], window)
            window[:] = np.clip(window + added, 0, 255)
        return result

    def cells(self, pixels: UInt8Image) -> FloatArray:
        """Return the mean of each cell: ``(rows, columns, 3)`` float32, grey levels."""
        rows, columns = self.grid_size
        cells = np.empty((rows, columns, 3), np.float32)
        for first, last in self._strips():
            window = self._window(pixels, first, last)
            short_y = (last - first) * self.cell - window.shape[0]
            short_x = columns * self.cell - window.shape[1]
            if short_y or short_x:
                window = np.pad(window, ((0, short_y), (0, short_x), (0, 0)), mode="edge")
            cells[first:last] = cv2.resize(
                window.astype(np.float32), (columns, last - first), interpolation=cv2.INTER_AREA
            )
        return cells

    @property
    def grid_size(self) -> tuple[int, int]:
        """Number of rows and of columns of cells."""
        x0, y0, x1, y1 = self.region
        return (y1 - y0) // self.cell, (x1 - x0) // self.cell

    def _strips(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last rows of cells of strips that are small enough to be copied as floats."""
        rows, columns = self.grid_size
        height = max(1, STRIP_PIXELS // (columns * self.cell**2))
        for first in range(0, rows, height):
            yield first, min(first + height, rows)

    def _window(self, image: NDArray[_Scalar], first: int, last: int) -> NDArray[_Scalar]:
        """Return the view of a picture-sized array that some rows of cells cover."""
        x0, y0, x1, _ = self.region
        return image[y0 + first * self.cell : y0 + last * self.cell, x0:x1]

    def _per_pixel(self, cells: NDArray[_Scalar], window: NDArray[Any]) -> NDArray[_Scalar]:
        """Return each cell's value for all of its pixels, cut to a window at the picture's edge."""
        spread = cells.repeat(self.cell, axis=0).repeat(self.cell, axis=1)
        return spread[: window.shape[0], : window.shape[1]]

    def painted_mask(self, bitmap: BoolArray) -> BoolArray:
        """Return ``(H, W)`` bool: crop pixels whose centre lies on a painted pixel of the picture.

        Args:
            bitmap: Of the picture's height and width.
        """
        columns, rows = np.moveaxis(np.floor(self._places()).astype(int), -1, 0)
        height, width = bitmap.shape
        within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        return within & bitmap[rows.clip(0, height - 1), columns.clip(0, width - 1)]

    def whole_cells(self, bitmap: BoolArray) -> BoolArray:
        """Return which cells lie on painted pixels alone, in the shape of the grid of cells.

        Args:
            bitmap: Of the picture's height and width.
        """
        rows, columns = self.grid_size
        whole = np.empty((rows, columns), bool)
        for first, last in self._strips():
            window = self._window(bitmap, first, last)
            short = ((last - first) * self.cell - window.shape[0], columns * self.cell - window.shape[1])
            # beyond the picture's edge there is nothing that could be left unpainted
            window = np.pad(window, [(0, size) for size in short], constant_values=True)
            whole[first:last] = window.reshape(last - first, self.cell, columns, self.cell).all(axis=(1, 3))
        return whole

    def region_mask(self, region: tuple[float, float, float, float] | None) -> BoolArray:
        """Return ``(H, W)`` bool: crop pixels whose centre lies in a box of the picture; None is all of them.

        Args:
            region: x, y, width, height in pixels of the picture.
        """
        if region is None:
            return np.ones(self.size, bool)
        places = self._places()
        x, y, wide, high = region
        across = (places[..., 0] >= x) & (places[..., 0] < x + wide)
        return across & (places[..., 1] >= y) & (places[..., 1] < y + high)

    def _places(self) -> NDArray[np.float64]:
        """Return where in the picture the centre of each crop pixel lies: ``(H, W, 2)``, x and y."""
        rows, columns = np.mgrid[0 : self.size[0], 0 : self.size[1]] + 0.5
        return apply_affine(inverse_affine(self.to_crop), np.stack((columns, rows), axis=-1))

    def allowed_pixels(self, allowed: BoolArray, shape: tuple[int, ...]) -> BoolArray:
        """Return ``(H, W, 3)`` bool: picture pixels whose place in the crop is ``allowed``."""
        cells = self.allowed_cells(allowed)
        result = np.zeros(shape, bool)
        for first, last in self._strips():
            window = self._window(result, first, last)
            window[:] = self._per_pixel(cells[first:last], window)
        return result

    def allowed_cells(self, allowed: BoolArray) -> BoolArray:
        """Return ``(rows, columns, 3)`` bool: cells whose place in the crop is ``allowed``, ``(h, w, 3)``."""
        x0, y0, x1, y1 = self.region
        rows, columns = np.mgrid[y0 : y1 : self.cell, x0 : x1 : self.cell] + 0.5 * self.cell
        a = self.to_crop
        u = np.floor(a[0, 0] * columns + a[0, 1] * rows + a[0, 2]).astype(int)
        v = np.floor(a[1, 0] * columns + a[1, 1] * rows + a[1, 2]).astype(int)
        height, width = self.size
        within = (u >= 0) & (u < width) & (v >= 0) & (v < height)
        return allowed[v.clip(0, height - 1), u.clip(0, width - 1)] & within[:, :, None]

    def _weights_inside(self) -> sparse.csr_matrix:
        # beyond the picture the edge is repeated: those crop pixels have no say
        return self.weights.multiply(self.inside.reshape(-1, 1)).tocsr()

    def _fitted(self, cells: FloatArray, length: float) -> FloatArray:
        """Return cells in whole levels, scaled down as little as the length of the crop's change asks for."""
        weights = self._weights_inside()

        def fits(share: float) -> bool:
            return bool(np.linalg.norm(weights @ np.rint(share * cells)) <= length)

        if fits(1.0):
            return np.rint(cells)
        low, high = 0.0, 1.0
        for _ in range(LENGTH_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return np.rint(low * cells)

    def _solve(self, wanted: FloatArray, bound: float, allowed: BoolArray) -> FloatArray:
        weights = self._weights_inside()
        transposed = weights.T.tocsr()
        # rows sum to 1, so the column sums are steps that converge, each cell at its own
        step = 1 / np.maximum(np.asarray(transposed.sum(axis=1)), 1e-3)
        solution = np.zeros((len(allowed), 3), np.float32)
        ahead, momentum = solution, 1.0
        for _ in range(SOLVER_STEPS):
            gradient = transposed @ (weights @ ahead - wanted)
            following = np.clip(ahead - step * gradient, -bound, bound) * allowed
            momentum, previous = (1 + np.sqrt(1 + 4 * momentum**2)) / 2, momentum
            ahead = following + (previous - 1) / momentum * (following - solution)
            solution = following
        return solution


def _cell_range(positions: NDArray[np.float64], cell: int, length: int, margin: float) -> tuple[int, int]:
    """Return the first cell read and the one after the last, kept on the picture."""
    count = -(-length // cell)
    wider = margin * np.ptp(positions)
    first = int(np.clip(np.floor((positions.min() - wider) / cell) - 1, 0, count - 1))
    last = int(np.clip(np.ceil((positions.max() + wider) / cell) + 2, first + 1, count))
    return first, last


def _bilinear_weights(
    xs: NDArray[np.float64], ys: NDArray[np.float64], width: int, height: int
) -> sparse.csr_matrix:
    """Return the sparse matrix that samples a ``height x width`` grid, its edge repeated."""
    left, top = np.floor(xs).astype(int), np.floor(ys).astype(int)
    right_share, bottom_share = xs - left, ys - top
    rows, columns, values = [], [], []
    numbers = np.arange(xs.size)
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share_x = right_share if dx else 1 - right_share
        share_y = bottom_share if dy else 1 - bottom_share
        rows.append(numbers)
        columns.append((top + dy).clip(0, height - 1) * width + (left + dx).clip(0, width - 1))
        values.append((share_x * share_y).astype(np.float32))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_matrix(entries, shape=(xs.size, width * height))
