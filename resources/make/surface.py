"""Surfaces and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyvista as pv
from body import Array
from numpy.typing import NDArray

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A surface to be rendered.

    Attributes:
        vertices: ``(V, 3)`` metres.
        faces: ``(F, 3)``.
        material: Mitsuba's description.
        colours: ``(V, 3)`` linear RGB, for :func:`painted_material`.
        uv: ``(V, 2)``, for :func:`printed_material`.
        smooth: Whether normals are interpolated.
    """

    vertices: Array
    faces: NDArray[np.integer]
    material: dict
    colours: Array | None = None
    uv: Array | None = None
    smooth: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Strands:
    """Hair to be rendered.

    Attributes:
        points: ``(N, P, 3)`` metres, along each strand.
        radius: Of a strand at its root, metres; it tapers.
        colour: Linear RGB.
    """

    points: Array
    radius: float
    colour: Colour


Surface = Part | Strands


def shifted(surface: Surface, by: Array) -> Surface:
    """Return a surface moved by a vector, metres."""
    if isinstance(surface, Strands):
        return replace(surface, points=surface.points + by)
    return replace(surface, vertices=surface.vertices + by)


def lowest(surfaces: list[Surface]) -> float:
    """Return the height of the lowest point, metres."""
    return min(float(part.vertices[:, 2].min()) for part in surfaces if isinstance(part, Part))


def hair_material(colour: Colour) -> dict:
    """Return the material of strands."""
    return _principled({"type": "rgb", "value": list(colour)}, 0.35, 0.5)


def painted_material(roughness: float, specular: float = 0.4, sheen: float = 0.0) -> dict:
    """Return a material that takes its colour from the vertices."""
    return _principled({"type": "mesh_attribute", "name": "vertex_color"}, roughness, specular, sheen)


def plain_material(colour: Colour, roughness: float = 0.7) -> dict:
    """Return a material of one colour (linear RGB)."""
    return _principled({"type": "rgb", "value": list(colour)}, roughness, 0.3)


def printed_material(image: NDArray[np.float32], roughness: float, specular: float = 0.35) -> dict:
    """Return a material that shows a picture, ``(H, W, 3)`` linear RGB, repeated."""
    import mitsuba as mi

    texture = {"type": "bitmap", "bitmap": mi.Bitmap(image), "raw": True, "wrap_mode": "repeat"}
    return _principled(texture, roughness, specular)


def _principled(colour: dict, roughness: float, specular: float, sheen: float = 0.0) -> dict:
    surface = {
        "type": "principled",
        "base_color": colour,
        "roughness": roughness,
        "specular": specular,
        "sheen": sheen,
    }
    return {"type": "twosided", "bsdf": surface}


def triangles(quads: NDArray[np.integer]) -> NDArray[np.integer]:
    """Split quads into triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def polydata(vertices: Array, faces: NDArray[np.integer]) -> pv.PolyData:
    """Return a triangle mesh as VTK knows it."""
    return pv.PolyData(np.asarray(vertices, float), np.insert(faces, 0, 3, axis=1).ravel())


def mesh_of(
    vertices: Array, faces: NDArray[np.integer], fields: dict[str, Array], levels: int
) -> pv.PolyData:
    """Return the smooth surface through some faces of a larger mesh.

    Args:
        vertices: ``(V, 3)`` of the whole mesh.
        faces: ``(F, 3)``, those wanted.
        fields: Values for each vertex of the whole mesh, carried along.
        levels: Times that each triangle is divided in four (Loop).
    """
    used, local = np.unique(faces, return_inverse=True)
    mesh = polydata(vertices[used], local.reshape(-1, 3))
    for name, values in fields.items():
        mesh.point_data[name] = values[used]
    return mesh.subdivide(levels, "loop")


def cut(mesh: pv.PolyData, field: str) -> pv.PolyData:
    """Return where a field is positive, with point normals."""
    kept = mesh.clip_scalar(scalars=field, value=0.0, invert=False).triangulate().clean()
    return kept.compute_normals(
        split_vertices=False,
        auto_orient_normals=False,
        consistent_normals=False,
        non_manifold_traversal=False,
    )


def corners(mesh: pv.PolyData) -> NDArray[np.integer]:
    """Return the triangles of a mesh, ``(F, 3)``."""
    return mesh.faces.reshape(-1, 4)[:, 1:]


def waves(points: Array, scale: tuple[float, float, float], count: int, random: np.random.Generator) -> Array:
    """Return smooth seeded noise of unit variance.

    Args:
        points: ``(V, 3)`` metres.
        scale: Spread of the wave numbers along x, y, z, radians a metre.
        count: Number of waves.
        random: Source of chance.
    """
    result = np.zeros(len(points))
    for _ in range(count):
        result += np.sin(points @ (random.normal(0, 1, 3) * scale) + random.uniform(0, 2 * np.pi))
    return result * np.sqrt(2 / count)
