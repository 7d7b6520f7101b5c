"""Hair: strands rooted in the scalp, combed over the head or back into a knot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyvista as pv
from body import Array, PosedBody, bone_index, bone_weights, groups, painted
from surface import Colour, Part, Strands, Surface, corners, cut, mesh_of, plain_material, triangles

_STEPS = 6


@dataclass(frozen=True, slots=True)
class Haircut:
    """How the hair is worn.

    Attributes:
        colour: Linear RGB.
        length: Of a strand, metres.
        lift: Height above the scalp, metres.
        knot: Radius of a knot at the back that the hair is combed to, metres; 0 for none.
        count: Number of strands.
        curl: Disorder of the strands, 0 to 1.
    """

    colour: Colour = (0.03, 0.018, 0.01)
    length: float = 0.05
    lift: float = 0.012
    knot: float = 0.0
    count: int = 22000
    curl: float = 0.3


def grow(body: PosedBody, haircut: Haircut, random: np.random.Generator) -> list[Surface]:
    """Return the scalp under the hair, thinly painted in its colour, and the strands."""
    scalp = _scalp(body)
    turn = body.turns[bone_index("head")]
    under = plain_material(haircut.colour, 0.8)
    surfaces: list[Surface] = [Part(scalp.points + 0.0015 * scalp.point_normals, corners(scalp), under)]
    knot = None
    if haircut.knot:
        knot = _on_head(body, np.array([0, 0.165 + 0.3 * haircut.knot, 0.95]))
        core = pv.Icosphere(radius=0.8 * haircut.knot, center=knot, nsub=3)
        surfaces.append(Part(np.asarray(core.points), corners(core), under))
        surfaces.append(Strands(_wound(knot, haircut, turn, random), 0.00035, haircut.colour))
    whorl = _on_head(body, np.array([0.012, 0.135, 0.93]))
    comb = _Comb(whorl, turn @ np.array([0.0, -0.25, -0.55]), knot, 0.6 * haircut.knot)
    combed = _combed(scalp, haircut, comb, random)
    surfaces.append(Strands(combed, 0.0003, haircut.colour))
    return surfaces


def _on_head(body: PosedBody, at: Array) -> Array:
    """Return a place on the head: metres left of and behind the eyes, height between eyes (0) and top (1)."""
    joint = bone_index("head")
    eye = body.rest.heads[bone_index("eye.L")]
    at_rest = np.array([at[0], eye[1] + at[1], eye[2] + at[2] * _crown(body)])
    return body.heads[joint] + body.turns[joint] @ (at_rest - body.rest.heads[joint])


def _crown(body: PosedBody) -> float:
    """Return the height of the top of the head above the eyes at rest, metres."""
    skin = np.unique(groups()["body"]["faces"])
    return float(body.rest.vertices[skin, 2].max() - body.rest.heads[bone_index("eye.L"), 2])


@dataclass(frozen=True, slots=True, eq=False)
class _Comb:
    """Which way the hair lies: away from the whorl and down, or to a knot."""

    whorl: Array
    down: Array
    knot: Array | None
    radius: float

    def direction(self, points: Array) -> Array:
        if self.knot is None:
            return _unit(points - self.whorl) + self.down
        return _unit(self.knot - points)

    def arrived(self, points: Array) -> Array:
        """Return which strands have reached the knot, ``(N, 1)``."""
        if self.knot is None:
            return np.zeros((len(points), 1), bool)
        return np.linalg.norm(points - self.knot, axis=1, keepdims=True) < self.radius


def _combed(scalp: pv.PolyData, haircut: Haircut, comb: _Comb, random: np.random.Generator) -> Array:
    """Return strands that follow the head, ``(N, P, 3)``."""
    roots, normals, edge = _roots(scalp, haircut.count, random)
    length = haircut.length * random.uniform(0.6, 1.1, len(roots)) * np.clip(0.35 + edge / 0.03, 0, 1)
    lift = haircut.lift * np.clip(0.15 + edge / 0.025, 0.15, 1) * random.uniform(0.5, 1.15, len(roots))
    wander = haircut.curl * random.normal(0, 1, (len(roots), 3))
    points, here = [roots - 0.002 * normals], roots
    for step in range(1, _STEPS):
        along = comb.direction(here) + wander
        along -= (along * normals).sum(axis=1, keepdims=True) * normals
        ahead = here + _unit(along) * (length / (_STEPS - 1))[:, None]
        cells, nearest = scalp.find_closest_cell(ahead, return_closest_point=True)
        normals = np.asarray(scalp.cell_normals)[cells]
        height = lift * np.sin(np.pi * (0.25 + 0.6 * step / (_STEPS - 1)))
        here = np.where(comb.arrived(here), here, nearest + normals * height[:, None])
        points.append(here)
    return np.stack(points, axis=1)


def _roots(scalp: pv.PolyData, count: int, random: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return random points on the scalp, their normals and distances to the hairline."""
    faces = corners(scalp)
    triangle = scalp.points[faces]
    area = np.linalg.norm(np.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0]), axis=1)
    chosen = random.choice(len(faces), count, p=area / area.sum())
    share = random.dirichlet([1, 1, 1], count)
    roots = (triangle[chosen] * share[..., None]).sum(axis=1)
    edge = (scalp.point_data["scalp"][faces[chosen]] * share).sum(axis=1)
    return roots, np.asarray(scalp.cell_normals)[chosen], edge


def _wound(centre: Array, haircut: Haircut, turn: Array, random: np.random.Generator) -> Array:
    """Return strands wound around a knot, ``(N, P, 3)``."""
    count = 5000
    axis = _unit(random.normal(0, 0.25, (count, 3)) + turn @ np.array([0.2, 0.9, 0.3]))
    side = _unit(np.cross(axis, random.normal(0, 1, (count, 3))))
    up = np.cross(axis, side)
    angles = np.linspace(0, 1.6, _STEPS)
    radius = haircut.knot * random.uniform(0.86, 1.04, (count, 1, 1))
    tilt = random.uniform(-1.0, 1.0, (count, 1, 1))
    ring = np.cos(angles)[None, :, None] * side[:, None] + np.sin(angles)[None, :, None] * up[:, None]
    return centre + radius * (np.cos(tilt) * ring + np.sin(tilt) * axis[:, None])


def _scalp(body: PosedBody) -> pv.PolyData:
    """Return the skin that hair grows on; its field ``scalp`` is the distance to the hairline, metres."""
    rest = body.rest.vertices
    eye = body.rest.heads[bone_index("eye.L")]
    depth, height = rest[:, 1] - eye[1], rest[:, 2] - eye[2]
    # the hairline: high over the forehead, falling behind the ears to the nape
    line = np.interp(
        depth,
        [0.0, 0.02, 0.045, 0.06, 0.075, 0.10, 0.13, 0.2],
        np.array([0.66, 0.58, 0.42, 0.22, 0.05, -0.12, -0.45, -0.55]) * _crown(body),
    )
    belongs = bone_weights()[:, bone_index("head")] > 0.3
    field = np.where(belongs & (painted("ears") < 0.2), height - line, -0.05)
    faces = triangles(groups()["body"]["faces"])
    faces = faces[(field[faces] > -0.012).any(axis=1)]
    mesh = cut(mesh_of(body.vertices, faces, {"scalp": field}, 1), "scalp")
    return mesh.compute_normals(split_vertices=False, auto_orient_normals=False, consistent_normals=False)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
