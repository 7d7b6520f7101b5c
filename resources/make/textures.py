"""Seeded pictures for floors, walls and posters; linear-light colours, nothing taken from elsewhere."""

from __future__ import annotations

import numpy as np
from body import Array
from numpy.typing import NDArray
from surface import Colour


def noise(shape: tuple[int, int], cells: tuple[float, float], random: np.random.Generator) -> Array:
    """Return smooth noise in [-1, 1] with about that many cells down and across, tileable."""
    rows, columns = (max(2, int(count)) for count in cells)
    grid = random.uniform(-1, 1, (rows, columns))
    y = np.linspace(0, rows, shape[0], endpoint=False)
    x = np.linspace(0, columns, shape[1], endpoint=False)
    y0, x0 = np.floor(y).astype(int), np.floor(x).astype(int)
    fy, fx = (3 - 2 * (y - y0)) * (y - y0) ** 2, (3 - 2 * (x - x0)) * (x - x0) ** 2
    y1, x1 = (y0 + 1) % rows, (x0 + 1) % columns
    top = grid[np.ix_(y0, x0)] * (1 - fx) + grid[np.ix_(y0, x1)] * fx
    bottom = grid[np.ix_(y1, x0)] * (1 - fx) + grid[np.ix_(y1, x1)] * fx
    return top * (1 - fy[:, None]) + bottom * fy[:, None]


def planks(
    colour: Colour, random: np.random.Generator, *, size: int = 1024, count: int = 8
) -> NDArray[np.float32]:
    """Return a floor of wooden boards running down the picture, ``(size, size, 3)``."""
    image = np.ones((size, size, 3)) * colour
    width = size // count
    for board in range(count):
        columns = slice(board * width, (board + 1) * width)
        start = int(random.integers(size))
        grain = noise((size, width), (6, 10), random) * 0.10 + noise((size, width), (5, 60), random) * 0.12
        pieces = np.arange(size)[:, None] // (size // 2) * np.ones((1, width), int)
        tone = random.uniform(0.8, 1.15, 3)[pieces]
        strip = image[:, columns] * (tone * (1 + grain))[..., None]
        strip[:: size // 2] *= 0.3
        strip[:, :2] *= 0.35
        image[:, columns] = np.roll(strip, start, axis=0)
    return np.clip(image, 0, 1).astype(np.float32)


def tiles(
    colour: Colour, random: np.random.Generator, *, size: int = 1024, count: int = 4
) -> NDArray[np.float32]:
    """Return square tiles with pale joints, ``(size, size, 3)``."""
    image = np.ones((size, size, 3)) * colour
    image *= 1 + 0.08 * noise((size, size), (40, 40), random)[..., None]
    step = size // count
    image *= np.kron(random.uniform(0.85, 1.1, (count, count)), np.ones((step, step)))[..., None]
    joint = (np.arange(size) % step) < 5
    image[joint] = image[:, joint] = (0.32, 0.31, 0.29)
    return np.clip(image, 0, 1).astype(np.float32)


def plaster(colour: Colour, random: np.random.Generator, *, size: int = 512) -> NDArray[np.float32]:
    """Return a painted wall with faint unevenness, ``(size, size, 3)``."""
    uneven = 0.03 * noise((size, size), (5, 5), random) + 0.03 * noise((size, size), (90, 90), random)
    return np.clip(np.ones((size, size, 3)) * colour * (1 + uneven)[..., None], 0, 1).astype(np.float32)


def poster(random: np.random.Generator, *, height: int = 512, width: int = 384) -> NDArray[np.float32]:
    """Return an abstract print of discs and bands on paper, ``(height, width, 3)``."""
    y, x = np.mgrid[:height, :width]
    image = np.ones((height, width, 3)) * [0.78, 0.74, 0.66]
    palette = np.array([[0.55, 0.12, 0.06], [0.04, 0.12, 0.22], [0.62, 0.40, 0.08], [0.06, 0.20, 0.16]])
    for number in range(5):
        centre = random.uniform([0.2 * height, 0.2 * width], [0.8 * height, 0.8 * width])
        radius = random.uniform(0.08, 0.24) * height
        inside = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2
        image[inside] = palette[number % 4] * (0.6 + 0.4 * (number % 2))
    for _ in range(3):
        top = int(random.uniform(0.55, 0.9) * height)
        image[top : top + int(random.uniform(4, 14))] = palette[int(random.integers(4))]
    margin = int(0.07 * width)
    paper = np.ones((height, width, 3)) * [0.78, 0.76, 0.72]
    paper[margin:-margin, margin:-margin] = image[margin:-margin, margin:-margin]
    return paper.astype(np.float32)


def fabric(
    colour: Colour, stripe: Colour | None, random: np.random.Generator, *, size: int = 256
) -> NDArray[np.float32]:
    """Return cloth, faintly uneven, its upper half in the stripe's colour, ``(size, size, 3)``."""
    image = np.ones((size, size, 3)) * colour
    if stripe is not None:
        image[: size // 2] = stripe
    uneven = 0.06 * noise((size, size), (12, 30), random) + 0.05 * noise((size, size), (90, 90), random)
    return np.clip(image * (1 + uneven)[..., None], 0, 1).astype(np.float32)


def rug(colours: tuple[Colour, ...], random: np.random.Generator, *, size: int = 512) -> NDArray[np.float32]:
    """Return a woven rug of nested borders, ``(size, size, 3)``."""
    y, x = np.mgrid[:size, :size] / (size - 1)
    inset = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    bands = np.digitize(inset, [0.03, 0.06, 0.13, 0.15])
    image = np.asarray(colours)[bands % len(colours)]
    weave = 0.12 * noise((size, size), (170, 60), random) + 0.05 * noise((size, size), (9, 9), random)
    return np.clip(image * (1 + weave)[..., None], 0, 1).astype(np.float32)
