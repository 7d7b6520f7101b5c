"""Things that stand in a room."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from body import Array
from surface import Colour, Part, plain_material, triangles


def box(low: Array, high: Array, material: dict) -> Part:
    """Return an upright box between two corners."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (high - low) + low
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    return Part(corners, triangles(quads), material, smooth=False)


def stool(height: float, centre: tuple[float, float], heading: float, colour: Colour) -> list[Part]:
    """Return a seat on four legs.

    Args:
        height: Of the seat, metres.
        centre: x and y, metres.
        heading: Turn about the vertical, degrees.
        colour: Linear RGB.
    """
    wood = plain_material(colour, 0.45)
    parts = [
        box([a * 0.19 - 0.02, b * 0.17 - 0.02, 0], [a * 0.19 + 0.02, b * 0.17 + 0.02, height - 0.035], wood)
        for a in (-1, 1)
        for b in (-1, 1)
    ]
    parts.append(box([-0.23, -0.21, height - 0.04], [0.23, 0.21, height], wood))
    cos, sin = np.cos(np.radians(heading)), np.sin(np.radians(heading))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    shift = np.array([*centre, 0.0])
    return [Part(part.vertices @ turn.T + shift, part.faces, part.material, smooth=False) for part in parts]


def bookshelf(x: float, wall: float, random: np.random.Generator) -> list[Part]:
    """Return a bookshelf at the back wall, filled with books."""
    width, depth, height, boards = 0.8, 0.26, 1.9, 5
    wood = plain_material((0.30, 0.20, 0.12), 0.5)
    left, front = x - width / 2, wall - depth
    parts = [
        box([left, front, 0], [left + 0.025, wall, height], wood),
        box([left + width - 0.025, front, 0], [left + width, wall, height], wood),
        box([left, wall - 0.01, 0], [left + width, wall, height], wood),
    ]
    levels = np.linspace(0.06, height - 0.025, boards + 1)
    parts += [box([left, front, z], [left + width, wall, z + 0.025], wood) for z in levels]
    for z, above in pairwise(levels):
        parts += _books((left + 0.03, front, z + 0.025), left + width - 0.03, above - z - 0.06, random)
    return parts


def _books(
    low: tuple[float, float, float], right: float, room: float, random: np.random.Generator
) -> list[Part]:
    """Return a row of books from the corner ``low`` rightwards, at most ``room`` high."""
    left, front, z = low
    palette = np.array(
        [[0.35, 0.06, 0.04], [0.04, 0.09, 0.16], [0.42, 0.34, 0.20], [0.05, 0.13, 0.09], [0.5, 0.48, 0.44]]
    )
    parts, x = [], left
    while True:
        thick = random.uniform(0.018, 0.045)
        if x + thick > right - random.uniform(0, 0.12):
            return parts
        colour = tuple(palette[random.integers(5)] * random.uniform(0.6, 1.2))
        top = z + room * random.uniform(0.68, 0.98)
        setback = random.uniform(0.015, 0.05)
        parts.append(
            box([x, front + setback, z], [x + thick - 0.002, front + 0.22, top], plain_material(colour, 0.6))
        )
        x += thick


def plant(at: tuple[float, float], random: np.random.Generator) -> list[Part]:
    """Return a potted plant with long arching leaves."""
    x, y = at
    parts = [_pot(x, y)]
    green = [plain_material((0.03 + 0.02 * i, 0.12 + 0.03 * i, 0.03), 0.45) for i in range(3)]
    for leaf in range(34):
        angle, length = random.uniform(0, 2 * np.pi), random.uniform(0.45, 0.85)
        reach = random.uniform(0.15, 0.5) * length
        t = np.linspace(0, 1, 9)
        out = reach * t**1.5
        up = 0.33 + length * (t - 0.42 * t**3 * reach / 0.25)
        width = 0.001 + 0.032 * np.sin(np.pi * (0.12 + 0.86 * t)) ** 0.7
        across = np.array([-np.sin(angle), np.cos(angle), 0])
        spine = np.stack([x + out * np.cos(angle), y + out * np.sin(angle), up], axis=1)
        edges = np.concatenate([spine - width[:, None] * across, spine + width[:, None] * across])
        quads = np.array([[i, i + 1, i + 10, i + 9] for i in range(8)])
        parts.append(Part(edges, triangles(quads), green[leaf % 3]))
    return parts


def _pot(x: float, y: float) -> Part:
    rings, around = [(0.10, 0.0), (0.14, 0.34), (0.125, 0.34), (0.12, 0.30), (0.001, 0.30)], 32
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    points = np.array([[x + r * np.cos(a), y + r * np.sin(a), z] for r, z in rings for a in angles])
    quads = np.array(
        [
            [
                ring * around + i,
                ring * around + (i + 1) % around,
                (ring + 1) * around + (i + 1) % around,
                (ring + 1) * around + i,
            ]
            for ring in range(len(rings) - 1)
            for i in range(around)
        ]
    )
    return Part(points, triangles(quads), plain_material((0.45, 0.42, 0.38), 0.6))
