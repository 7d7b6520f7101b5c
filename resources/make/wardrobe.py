"""Clothes and shoes for a posed body.

Clothes are shells cut from the base mesh's *tights*, made smooth, let out and wrinkled; where a piece
ends (hem, cuff, collar) is said at rest, along the limbs, so that it holds in every posture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyvista as pv
from body import Array, PosedBody, below, bone_index, bone_names, bone_weights, groups
from hair import Haircut
from numpy.typing import NDArray
from surface import (
    Colour,
    Part,
    corners,
    cut,
    mesh_of,
    painted_material,
    printed_material,
    triangles,
    waves,
)
from textures import fabric

_ARM = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
_LEG = ("upperleg", "lowerleg", "foot", "toe")


@dataclass(frozen=True, slots=True)
class Outfit:
    """How a figure looks; colours are linear RGB.

    Attributes:
        shirt: Colour.
        trousers: Colour.
        shoes: Colour.
        soles: Colour.
        skin: Colour.
        sleeve: Where the sleeves end: 0 shoulder, 1 elbow, 2 wrist.
        leg: Where the trousers end: 0 hip, 1 knee, 2 ankle.
        collar: Height of the collar above the base of the neck, metres.
        hem: How far the shirt hangs below the hip joints, metres; negative above.
        stripes: Width of the shirt's stripes, metres; 0 for none.
        stripe: Colour of every other stripe.
        hair: Haircut.
    """

    shirt: Colour = (0.25, 0.05, 0.05)
    trousers: Colour = (0.03, 0.05, 0.12)
    shoes: Colour = (0.05, 0.04, 0.04)
    soles: Colour = (0.7, 0.7, 0.68)
    skin: Colour = (0.60, 0.36, 0.26)
    sleeve: float = 0.62
    leg: float = 1.9
    collar: float = 0.0
    hem: float = 0.02
    stripes: float = 0.0
    stripe: Colour = (0.7, 0.7, 0.68)
    hair: Haircut = field(default_factory=Haircut)


class Tailor:
    """Measures a body and cuts its clothes."""

    def __init__(self, body: PosedBody, outfit: Outfit, random: np.random.Generator) -> None:
        self.body, self.outfit, self.random = body, outfit, random
        rest = body.rest
        self.rest = rest.vertices
        self.arm, self.on_arm = self._along("upperarm01", "lowerarm01", "wrist", _ARM)
        self.leg, self.on_leg = self._along("upperleg01", "lowerleg01", "foot", _LEG)
        self.on_head = bone_weights()[:, below("neck03")].sum(axis=1)
        self.hip_z = rest.heads[bone_index("upperleg01.L"), 2]
        self.floor_z = self.rest[groups()["body"]["faces"].ravel(), 2].min()

    def _along(self, first: str, second: str, third: str, bones: tuple[str, ...]) -> tuple[Array, Array]:
        """Return where along a limb each vertex lies (0, 1, 2 at its joints) and how much it is of it."""
        names = np.array([name.startswith(bones) for name in bone_names()])
        belongs = bone_weights()[:, names].sum(axis=1)
        heads = self.body.rest.heads
        result = np.zeros(len(self.rest))
        for side, sign in (("L", 1.0), ("R", -1.0)):
            a, b, c = (heads[bone_index(f"{bone}.{side}")] for bone in (first, second, third))
            upper = (self.rest - a) @ (b - a) / ((b - a) @ (b - a))
            lower = (self.rest - b) @ (c - b) / ((c - b) @ (c - b))
            # the bisecting plane at the middle joint decides which half a vertex belongs to
            plane = (b - a) / np.linalg.norm(b - a) + (c - b) / np.linalg.norm(c - b)
            beyond = (self.rest - b) @ plane > 0
            along = np.where(beyond, 1 + np.maximum(lower, 0), np.minimum(upper, 1))
            mine = self.rest[:, 0] * sign > 0
            result[mine] = along[mine]
        return result, belongs

    def inside(self, piece: str) -> Array:
        """Return a field that is positive where a piece of clothing covers the body, about metres."""
        return {"shirt": self._in_shirt, "trousers": self._in_trousers, "shoes": self._in_shoes}[piece]()

    def _in_shirt(self) -> Array:
        hem = self.rest[:, 2] - (self.hip_z - self.outfit.hem)
        # the collar is a plane, lower in front
        neck = self.body.rest.heads[bone_index("neck01")]
        collar = self.outfit.collar - (self.rest - neck) @ np.array([0.0, -0.42, 0.91])
        trunk = np.where(self.on_head > 0.3, -1.0, np.minimum(hem, collar))
        return np.where(self.on_arm > 0.5, 0.28 * (self.outfit.sleeve - self.arm), trunk)

    def _in_trousers(self) -> Array:
        waist = self.hip_z + 0.055 - self.rest[:, 2]
        cuff = np.where(self.on_leg > 0.5, 0.42 * (self.outfit.leg - self.leg), 1.0)
        return np.where(self.on_arm > 0.5, -1.0, np.minimum(cuff, waist))

    def _in_shoes(self) -> Array:
        return np.where(self.on_leg > 0.5, 0.42 * (self.leg - 1.93), -1.0)

    def covered(self) -> Array:
        """Return how deep under clothes each vertex lies, about metres; negative where it is bare."""
        return np.max([self.inside(piece) for piece in ("shirt", "trousers", "shoes")], axis=0)

    def clothes(self) -> list[Part]:
        """Return shirt, trousers and shoes."""
        fields = {"rest": self.rest, "leg": self.leg, "arm": self.arm, "on_arm": self.on_arm}
        fields |= {piece: self.inside(piece) for piece in ("shirt", "trousers", "shoes")}
        tights = triangles(groups()["helper-tights"]["faces"])
        cloth = mesh_of(self.body.vertices, tights, fields, 2)
        return [self._shirt(cloth), self._trousers(cloth), self._shoes(cloth)]

    def _shirt(self, cloth: pv.PolyData) -> Part:
        mesh = cut(cloth, "shirt")
        rest, arm = mesh.point_data["rest"], mesh.point_data["arm"]
        sleeve = mesh.point_data["on_arm"] > 0.5
        low = np.clip((self.hip_z + 0.25 - rest[:, 2]) / 0.25, 0, 1) * ~sleeve
        cuff = np.clip(arm / max(self.outfit.sleeve, 0.1), 0, 1) * sleeve * (self.outfit.sleeve < 1)
        # a long sleeve closes around the wrist
        tight = np.clip((arm - 1.5) / 0.35, 0, 1) * sleeve
        ease = 0.008 + 0.012 * low + 0.008 * cuff - 0.0055 * tight
        along = np.where(sleeve, 0.28 * arm, -rest[:, 2])
        cloth_of = fabric(self.outfit.shirt, self.outfit.stripe if self.outfit.stripes else None, self.random)
        folds = self._folds(rest, 0.002 + 0.002 * low)
        return self._sewn(mesh, ease + folds, along / (2 * self.outfit.stripes or 0.2), cloth_of)

    def _trousers(self, cloth: pv.PolyData) -> Part:
        mesh = cut(cloth, "trousers")
        leg = mesh.point_data["leg"]
        ease = 0.004 + 0.012 * np.clip(leg - 0.15, 0, 1.2)
        creased = np.exp(-(((leg - 1) / 0.18) ** 2)) + np.exp(-(((leg - 1.85) / 0.12) ** 2))
        folds = self._folds(mesh.point_data["rest"], 0.0006 + 0.0008 * np.clip(leg, 0, 1) + 0.0026 * creased)
        return self._sewn(mesh, ease + folds, leg * 2, fabric(self.outfit.trousers, None, self.random))

    def _shoes(self, cloth: pv.PolyData) -> Part:
        mesh = cut(cloth, "shoes")
        above = mesh.point_data["rest"][:, 2] - self.floor_z
        sole = np.clip(0.5 + (0.020 - above) / 0.004, 0, 1)[:, None]
        colours = sole * self.outfit.soles + (1 - sole) * self.outfit.shoes
        points = mesh.points + mesh.point_normals * (0.006 + 0.005 * sole)
        return Part(points, corners(mesh), painted_material(0.5, 0.3), colours)

    def _folds(self, rest: Array, amplitude: Array) -> Array:
        """Return wrinkles, somewhat longer around the limb than along it."""
        return amplitude * waves(rest, (22, 22, 42), 24, self.random)

    def _sewn(self, mesh: pv.PolyData, ease: Array, v: Array, cloth: NDArray[np.float32]) -> Part:
        """Return a shell let out by ``ease`` metres, its fabric running along ``v``."""
        x, y, _ = mesh.point_data["rest"].T
        uv = np.stack([(x + 0.6 * y) / 0.2, v], axis=1)
        points = mesh.points + mesh.point_normals * ease[:, None]
        return Part(points, corners(mesh), printed_material(cloth, 0.9, 0.15), uv=uv)
