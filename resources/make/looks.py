"""A dressed figure: skin, eyes, clothes and hair of a posed body."""

from __future__ import annotations

import numpy as np
from body import Array, PosedBody, bone_index, groups, painted
from hair import grow
from surface import Part, Surface, corners, mesh_of, painted_material, triangles
from wardrobe import Outfit, Tailor

_LIP_RED = np.array([1.0, 0.62, 0.58])
_IRIS, _PUPIL, _WHITE = (0.10, 0.06, 0.035), (0.004, 0.004, 0.004), (0.75, 0.72, 0.69)


def dress(body: PosedBody, outfit: Outfit, seed: int) -> list[Surface]:
    """Return all surfaces of a dressed figure."""
    random = np.random.default_rng(seed)
    tailor = Tailor(body, outfit, random)
    return [skin(tailor), *tailor.clothes(), *eyes(body), *grow(body, outfit.hair, random)]


def skin(tailor: Tailor) -> Part:
    """Return the skin that clothes leave free, and a little under their edges."""
    body, outfit = tailor.body, tailor.outfit
    faces = triangles(groups()["body"]["faces"])
    faces = faces[(tailor.covered()[faces] < 0.035).any(axis=1)]
    faces = faces[(tailor.inside("shoes")[faces] < 0.02).all(axis=1)]
    tint = np.tile(outfit.skin, (len(body.vertices), 1))
    for mask, amount in (("lips", 0.75), ("ears", 0.25), ("fingernails", 0.25)):
        share = np.clip(painted(mask), 0, 1)[:, None] * amount
        tint = tint * (1 - share + share * _LIP_RED)
    brows = _brows(body)[:, None]
    tint = tint * (1 - brows) + np.asarray(outfit.hair.colour) * brows
    mesh = mesh_of(body.vertices, faces, {"tint": tint}, 1)
    colours = np.clip(mesh.point_data["tint"], 0, 1)
    return Part(mesh.points, corners(mesh), painted_material(0.5, 0.35), colours)


def _brows(body: PosedBody) -> Array:
    """Return how much of an eyebrow each vertex is."""
    result = np.zeros(len(body.vertices))
    for side, sign in (("L", 1), ("R", -1)):
        right, back, up = ((body.rest.vertices - body.rest.heads[bone_index(f"eye.{side}")]) * [sign, 1, 1]).T
        # an arch from the nose outwards, thinning
        along = (right + 0.012) / 0.040
        arch = 0.0205 + 0.006 * np.sin(np.pi * np.clip(along, 0, 1) ** 1.3) - 0.004 * along
        width = 0.0045 * (1.15 - 0.6 * np.clip(along, 0, 1))
        share = np.clip(1.5 - np.abs(up - arch) / width, 0, 1)
        share = share * np.clip(along * 8, 0, 1) * np.clip((1 - along) * 8, 0, 1) * (back < 0)
        result = np.maximum(result, 0.85 * share)
    return result


def eyes(body: PosedBody) -> list[Part]:
    """Return both eyeballs, with iris and pupil."""
    parts = []
    for side in "LR":
        faces = triangles(groups()[f"helper-{side.lower()}-eye"]["faces"])
        mesh = mesh_of(body.vertices, faces, {}, 3)
        gaze = body.turns[bone_index(f"eye.{side}")] @ [0, -1, 0]
        rays = mesh.points - mesh.points.mean(axis=0)
        angle = np.degrees(np.arccos(np.clip(rays @ gaze / np.linalg.norm(rays, axis=1), -1, 1)))
        colours = np.tile(_WHITE, (mesh.n_points, 1))
        colours[angle < 27] = _IRIS
        colours[angle < 12] = _PUPIL
        parts.append(Part(mesh.points, corners(mesh), painted_material(0.12, 0.6), colours))
    return parts
