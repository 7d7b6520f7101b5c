"""Skin, eyes and hair of a posed body."""

from __future__ import annotations

import numpy as np
import pyvista as pv
from body import Array, PosedBody, bone_index, bone_weights, groups, painted
from surface import Part, corners, cut, mesh_of, painted_material, triangles, waves
from wardrobe import Outfit, Tailor

_LIP_RED = np.array([1.0, 0.62, 0.58])
_IRIS, _PUPIL, _WHITE = (0.10, 0.06, 0.035), (0.004, 0.004, 0.004), (0.75, 0.72, 0.69)


def dress(body: PosedBody, outfit: Outfit, seed: int) -> list[Part]:
    """Return all surfaces of a dressed figure."""
    random = np.random.default_rng(seed)
    tailor = Tailor(body, outfit, random)
    return [skin(tailor), *tailor.clothes(), *eyes(body), *hair(body, outfit, random)]


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
    tint = tint * (1 - brows) + np.asarray(outfit.hair) * brows
    mesh = mesh_of(body.vertices, faces, {"tint": tint}, 1)
    colours = np.clip(mesh.point_data["tint"], 0, 1)
    return Part(mesh.points, corners(mesh), painted_material(0.5, 0.35), colours)


def _brows(body: PosedBody) -> Array:
    """Return how much of an eyebrow each vertex is."""
    result = np.zeros(len(body.vertices))
    for side, sign in (("L", 1), ("R", -1)):
        offset = (body.rest.vertices - body.rest.heads[bone_index(f"eye.{side}")]) * [sign, 1, 1]
        arch = 0.021 + 0.004 * np.cos((offset[:, 0] - 0.006) / 0.022 * 1.4)
        across = np.abs(offset[:, 2] - arch) / 0.0045
        along = np.abs(offset[:, 0] - 0.002) / 0.024
        share = np.clip(1.4 - across, 0, 1) * np.clip((1.25 - along) * 4, 0, 1) * (offset[:, 1] < 0)
        result = np.maximum(result, 0.8 * share)
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


def hair(body: PosedBody, outfit: Outfit, random: np.random.Generator) -> list[Part]:
    """Return the hair: the scalp let out and combed, and a knot behind."""
    field = _scalp(body)
    faces = triangles(groups()["body"]["faces"])
    faces = faces[(field[faces] > -0.012).any(axis=1)]
    mesh = cut(mesh_of(body.vertices, faces, {"rest": body.rest.vertices, "scalp": field}, 2), "scalp")
    edge = np.clip(mesh.point_data["scalp"] / 0.02, 0, 1) ** 0.6
    strands = waves(mesh.point_data["rest"], (260, 60, 60), 30, random)
    offset = (outfit.hair_length * edge + 0.001) * (1 + 0.13 * strands)
    colours = np.asarray(outfit.hair) * np.clip(1 + 0.45 * strands, 0.4, 2)[:, None]
    points = mesh.points + mesh.point_normals * offset[:, None]
    parts = [Part(points, corners(mesh), painted_material(0.45, 0.5), colours)]
    if outfit.bun:
        parts.append(_knot(body, outfit))
    return parts


def _scalp(body: PosedBody) -> Array:
    """Return a field that is positive where hair grows, about metres."""
    rest = body.rest.vertices
    eye = body.rest.heads[bone_index("eye.L")]
    crown = rest[groups()["body"]["faces"].ravel(), 2].max() - eye[2]
    depth, height = rest[:, 1] - eye[1], rest[:, 2] - eye[2]
    # the hairline: high over the forehead, falling behind the ears to the nape
    line = np.interp(
        depth,
        [0.0, 0.02, 0.06, 0.075, 0.10, 0.13, 0.2],
        np.array([0.62, 0.55, 0.30, 0.05, -0.12, -0.45, -0.55]) * crown,
    )
    belongs = bone_weights()[:, bone_index("head")] > 0.3
    return np.where(belongs & (painted("ears") < 0.2), height - line, -0.05)


def _knot(body: PosedBody, outfit: Outfit) -> Part:
    joint = bone_index("head")
    eye = body.rest.heads[bone_index("eye.L")]
    crown = body.rest.vertices[groups()["body"]["faces"].ravel(), 2].max() - eye[2]
    at_rest = np.array([0, eye[1] + 0.185, eye[2] + 0.55 * crown])
    centre = body.heads[joint] + body.turns[joint] @ (at_rest - body.rest.heads[joint])
    ball = pv.Icosphere(radius=outfit.bun, center=centre, nsub=4)
    colours = np.tile(outfit.hair, (ball.n_points, 1))
    return Part(np.asarray(ball.points), corners(ball), painted_material(0.45, 0.5), colours)
