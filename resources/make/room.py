"""Rooms to stand in: floor, walls, furniture and light."""

from __future__ import annotations

from dataclasses import dataclass

import mitsuba as mi
import numpy as np
from body import Array
from furniture import bookshelf, box, plant
from surface import Colour, Part, plain_material, printed_material
from textures import planks, plaster, poster, rug, tiles


@dataclass(frozen=True, slots=True)
class Room:
    """A room; the figure stands near the origin, the back wall is behind it.

    Attributes:
        floor: ``"planks"`` or ``"tiles"``.
        floor_colour: Linear RGB.
        wall_colour: Linear RGB.
        depth: Distance of the back wall, metres.
        side: x of a side wall, metres; 0 for none.
        posters: Positions along the back wall, x in metres.
        plant: x and y of a potted plant, metres, if there is one.
        shelf: x of the middle of a bookshelf at the back wall, metres; None for none.
        rug: Colours of a rug under the figure, if there is one.
        key: Where the window's light comes from, x, y, z in metres.
        seed: Of the textures.
    """

    floor: str = "planks"
    floor_colour: Colour = (0.30, 0.17, 0.09)
    wall_colour: Colour = (0.55, 0.55, 0.50)
    depth: float = 1.7
    side: float = 0.0
    posters: tuple[float, ...] = (-0.9,)
    plant: tuple[float, float] | None = None
    shelf: float | None = None
    rug: tuple[Colour, ...] | None = None
    key: tuple[float, float, float] = (-2.6, -3.0, 2.9)
    seed: int = 0


def sheet(
    origin: Array, across: Array, up: Array, material: dict, repeat: tuple[float, float] = (1, 1)
) -> Part:
    """Return a parallelogram, textured upright, ``repeat`` times across and up."""
    origin, across, up = (np.asarray(v, float) for v in (origin, across, up))
    corners = np.stack([origin, origin + across, origin + across + up, origin + up])
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * repeat
    return Part(corners, np.array([[0, 1, 2], [0, 2, 3]]), material, uv=uv, smooth=False)


def furnish(room: Room) -> list[Part]:
    """Return the surfaces of a room."""
    random = np.random.default_rng(room.seed)
    make = {"planks": planks, "tiles": tiles}[room.floor]
    wide, near, high = 6.0, -6.0, 3.0
    far = room.depth
    depth = far - near
    floor = printed_material(make(room.floor_colour, random), 0.35)
    wall = printed_material(plaster(room.wall_colour, random), 0.9)
    white = plain_material((0.72, 0.72, 0.70), 0.4)
    parts = [
        sheet([-wide, near, 0], [2 * wide, 0, 0], [0, depth, 0], floor, (2 * wide / 1.2, depth / 1.2)),
        sheet([-wide, far, 0], [2 * wide, 0, 0], [0, 0, high], wall, (2 * wide / 2, high / 2)),
        box([-wide, far - 0.018, 0], [wide, far, 0.11], white),
    ]
    if room.side:
        parts += [
            sheet([room.side, near, 0], [0, depth, 0], [0, 0, high], wall, (depth / 2, high / 2)),
            box([room.side - 0.018, near, 0], [room.side + 0.018, far, 0.11], white),
        ]
    for x in room.posters:
        parts += _picture(x, far, random)
    if room.plant:
        parts += plant(room.plant, random)
    if room.shelf is not None:
        parts += bookshelf(room.shelf, far, random)
    if room.rug:
        woven = printed_material(rug(room.rug, random), 0.95, 0.1)
        parts.append(sheet([-1.0, -1.0, 0.004], [2.0, 0, 0], [0, 1.7, 0], woven))
    return parts


def _picture(x: float, wall: float, random: np.random.Generator) -> list[Part]:
    image = printed_material(poster(random), 0.5)
    width, height, low = 0.62, 0.82, 1.12
    frame = plain_material((0.05, 0.04, 0.035), 0.4)
    return [
        box(
            [x - width / 2 - 0.025, wall - 0.03, low - 0.025],
            [x + width / 2 + 0.025, wall, low + height + 0.025],
            frame,
        ),
        sheet([x - width / 2, wall - 0.031, low], [width, 0, 0], [0, 0, height], image),
    ]


def lights(room: Room) -> list[dict]:
    """Return a large window-like key light, a weaker fill, and the light of the rest of the room."""
    x, y, z = room.key
    return [
        _panel((x, y, z), (0, 0, 1.0), (1.3, 1.3), (24.0, 22.0, 19.0)),
        _panel((-0.7 * x, y - 0.6, 2.2), (0, 0, 1.1), (1.6, 1.6), (2.2, 2.5, 3.0)),
        {"type": "constant", "radiance": {"type": "rgb", "value": [0.20, 0.21, 0.23]}},
    ]


def _panel(position: tuple, target: tuple, size: tuple[float, float], radiance: tuple) -> dict:
    frame = mi.ScalarTransform4f().look_at(origin=list(position), target=list(target), up=[0, 0, 1])
    return {
        "type": "rectangle",
        "to_world": frame @ mi.ScalarTransform4f().scale([size[0] / 2, size[1] / 2, 1]),
        "emitter": {"type": "area", "radiance": {"type": "rgb", "value": list(radiance)}},
    }
