"""Check that 3D joints are in camera coordinates, by the 2D joints of the same people.

Lists of 3D joints differ in their axes: the camera's, the world's with z or y up, mirrored ones. None of them
says which. The picture does: x and y must lie as the 2D joints lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.skeletons import Skeleton

Points = NDArray[np.float64]

AGREES, AGREES_ALONE, BEYOND_DOUBT = 0.97, 0.9, 0.99
"""Least correlation of x and y with the 2D joints: over the file, of one person, and to look no further."""
FITS = 0.03
"""Most residual of a pinhole camera's picture in other axes, in units of the 2D joints' spread."""
LEAST_JOINTS = 6
MOST_SAMPLES = 100
_CLEARLY, _SURELY = 0.3, 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A person with joints in the picture and in space.

    Attributes:
        flat: ``(K, 2)`` pixels; NaN where unknown.
        solid: ``(K, 3)``, any unit and axes; NaN where unknown.
        centre: ``(2,)``, the middle of the picture, pixels, or None.
        rotation: ``(3, 3)``, of the camera, as the file has it, or None.
    """

    flat: Points
    solid: Points
    centre: Points | None = None
    rotation: Points | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """How the 3D joints of a file become camera coordinates: x right, y down, z away.

    Attributes:
        turn: ``(3, 3)``; None where the cameras of the file have it, or nothing tells.
        note: What was found out, one line; empty where the joints are as they should be.
        cameras: ``"R"`` where the file's cameras turn the joints, ``"transposed"`` where the transposed do.
    """

    turn: Points | None
    note: str = ""
    cameras: str = ""

    def of(self, sample: Sample) -> tuple[Points, str]:
        """Return a person's joints in camera axes, ``(K, 3)``, and what is to be said of them.

        The joints are NaN where their axes are not known, or do not agree with the 2D joints.
        """
        turn = _camera(sample, self.cameras) if self.cameras else self.turn
        if turn is None:
            return np.full_like(sample.solid, np.nan), self.note
        solid = sample.solid @ turn.T if self.note else sample.solid
        found = agreement(sample.flat, solid)
        if found < AGREES_ALONE:
            why = f"the 3D joints do not lie as the 2D joints do (correlation {found:.2f}); {_NONE}"
            return np.full_like(solid, np.nan), why
        return solid, self.note


_NONE = "no 3D error against the truth is given"
_LISTED = Axes(np.eye(3))


def find_axes(samples: Sequence[Sample], skeleton: Skeleton) -> Axes:
    """Return the axes of a file's 3D joints.

    As listed, if x and y lie as the 2D joints do; else those of the file's cameras; else those of the 48 ways
    to name and mirror axes of which a pinhole camera makes the 2D joints.

    Args:
        samples: People of the file.
        skeleton: Of their joints.
    """
    told = [each for each in samples if np.isfinite(agreement(each.flat, each.solid))]
    if not told:
        return _LISTED if _upright(samples, skeleton) else Axes(None, f"no 2D joints tell the axes; {_NONE}")
    listed = _median(told, np.eye(3))
    if listed < BEYOND_DOUBT:
        cameras = {way: [_camera(each, way) for each in told] for way in ("R", "transposed")}
        best, way = max((_median(told, turns), way) for way, turns in cameras.items())
        if best >= max(AGREES, listed):
            return Axes(None, "3D joints turned from world to camera axes by the cameras of the file", way)
        if (turn := _named_axes(told)) is not None:
            return _renamed(np.diag([1.0, 1.0, _depth_sign(told, turn, skeleton)]) @ turn)
    if listed < AGREES:
        return Axes(
            None,
            f"3D joints are not in camera coordinates (x and y correlate {listed:.2f} with the 2D joints), "
            f"and no naming of axes makes them so; {_NONE}",
        )
    away = _depth_sign(told, np.eye(3), skeleton, sure=True)
    return _LISTED if away > 0 else _renamed(np.diag([1.0, 1.0, -1.0]))


def agreement(flat: Points, solid: Points) -> float:
    """Return how x and y of 3D joints correlate with 2D joints; NaN where too few are known to tell."""
    known = np.isfinite(flat).all(axis=1) & np.isfinite(solid).all(axis=1)
    if known.sum() < LEAST_JOINTS:
        return float("nan")
    seen, shape = flat[known] - flat[known].mean(axis=0), solid[known] - solid[known].mean(axis=0)
    if np.linalg.norm(seen) < 1 or not np.linalg.norm(shape) > 0:
        return float("nan")
    size = float(np.linalg.norm(shape[:, :2])) or float(np.linalg.norm(shape))
    return float((seen * shape[:, :2]).sum() / (np.linalg.norm(seen) * size))


def _median(samples: Sequence[Sample], turns: Points | Sequence[Points | None]) -> float:
    each = [turns] * len(samples) if isinstance(turns, np.ndarray) else turns
    pairs = [(one, turn) for one, turn in zip(samples, each, strict=True) if turn is not None]
    found = [agreement(one.flat, one.solid @ turn.T) for one, turn in pairs]
    return float(np.median(found)) if found else -1.0


def _camera(sample: Sample, way: str) -> Points | None:
    turn = sample.rotation
    return turn if turn is None or way == "R" else turn.T


def _renamed(turn: Points) -> Axes:
    words = ", ".join(f"{'-' if row.min() < 0 else ''}{'xyz'[int(np.abs(row).argmax())]}" for row in turn)
    return Axes(turn, f"3D joints turned to camera axes: x, y, z are the file's {words}")


def _named_axes(samples: Sequence[Sample]) -> Points | None:
    """Return which signed axes of the file are x, y and z, or None where no naming is better than the file's.

    The sign of z is not told by this.
    """
    found: list[tuple[float, Points]] = []
    for order, (right, down) in product(permutations(range(3)), product((1.0, -1.0), repeat=2)):
        turn = np.eye(3)[list(order)] * np.array([[right], [down], [1.0]])
        if _median(samples, turn) >= AGREES_ALONE:
            found.append((float(np.median([_residuals(each, turn)[0] for each in samples])), turn))
    residual, turn = min(found, key=lambda each: each[0], default=(np.inf, np.eye(3)))
    listed = min((each for each, turn in found if np.array_equal(turn, np.eye(3))), default=np.inf)
    return turn if residual <= FITS and residual < _CLEARLY * listed else None


def _residuals(sample: Sample, turn: Points) -> tuple[float, float, float]:
    """Return how well cameras make the 2D joints of the turned 3D ones, and on which side of the camera.

    Returns:
        Residual of the better camera; that of a distant one, which sees no depth; and 1 or -1, the sign of z
        with which a near camera explains the 2D joints better than that, else 0.
    """
    solid = sample.solid @ turn.T
    distant = float(np.sqrt(max(0.0, 1 - agreement(sample.flat, solid) ** 2)))
    if sample.centre is None:
        return distant, distant, 0.0
    known = np.isfinite(sample.flat).all(axis=1) & np.isfinite(solid).all(axis=1)
    flat, solid = sample.flat[known] - sample.centre, solid[known] - solid[known].mean(axis=0)
    solid /= np.abs(solid).max()
    size = float(np.linalg.norm(flat - flat.mean(axis=0)))
    # u (z + d) = f x + a and v (z + d) = f y + b, for f, a, b and d
    one, none = np.ones(len(flat)), np.zeros(len(flat))
    across = np.stack([solid[:, 0], one, none, -flat[:, 0] / size], axis=1)
    along = np.stack([solid[:, 1], none, one, -flat[:, 1] / size], axis=1)
    wanted = np.concatenate([flat[:, 0], flat[:, 1]]) / size * np.tile(solid[:, 2], 2)
    focal, a, b, d = np.linalg.lstsq(np.concatenate([across, along]), wanted, rcond=None)[0]
    depth = (solid[:, 2] + d) * np.sign(focal)
    if not depth.min() > 0:
        return distant, distant, 0.0
    made = (focal * solid[:, :2] + [a, b]) / (solid[:, 2:] + d) * size
    near = float(np.linalg.norm(made - flat)) / size
    return min(near, distant), distant, float(np.sign(focal)) if near < _CLEARLY * distant else 0.0


def _depth_sign(samples: Sequence[Sample], turn: Points, skeleton: Skeleton, *, sure: bool = False) -> float:
    """Return 1 where z points away from the camera, -1 where towards it.

    What is nearer is larger in the picture, and faces and knees point to the front of a body that is not
    mirrored.

    Args:
        samples: People of the file.
        turn: What makes x and y those of the camera.
        skeleton: Of the joints.
        sure: Whether both have to say so for -1, or one of them beyond doubt.
    """
    seen = float(np.mean([_residuals(each, turn)[2] for each in samples]))
    front = _front([each.solid @ turn.T for each in samples], skeleton)
    if sure:
        towards = (seen < -0.5 and front < _CLEARLY) or (seen <= 0 and front < -_SURELY)
        return -1.0 if towards else 1.0
    return float(np.sign(seen if abs(seen) > _CLEARLY else front)) or float(np.linalg.det(turn))


def _front(solids: Sequence[Points], skeleton: Skeleton) -> float:
    """Return from -1 to 1 how far faces and knees are at the front of bodies; -1 is a mirrored skeleton."""
    terms = []
    for solid in solids:
        at = dict(zip(skeleton.joints, solid, strict=True))
        hips, shoulders = ((at[f"left_{part}"] + at[f"right_{part}"]) / 2 for part in ("hip", "shoulder"))
        across = at["left_hip"] - at["right_hip"] + at["left_shoulder"] - at["right_shoulder"]
        front = np.cross(across, shoulders - hips)
        bent = [
            at[f"{side}_knee"] - (at[f"{side}_hip"] + at[f"{side}_ankle"]) / 2 for side in ("left", "right")
        ]
        terms += [float(part @ front) for part in (at["nose"] - shoulders, *bent)]
    size = float(np.nansum(np.abs(terms)))
    return float(np.nansum(terms)) / size if size > 0 else 0.0


def _upright(samples: Sequence[Sample], skeleton: Skeleton) -> bool:
    """Whether most bodies stand along y, feet at larger y: all that is told without 2D joints."""
    rises = [_rise(each.solid, skeleton) for each in samples]
    known = [rise for rise in rises if np.isfinite(rise)]
    return not known or float(np.median(known)) > 0.5


def _rise(solid: Points, skeleton: Skeleton) -> float:
    ankles = solid[[skeleton.index("left_ankle"), skeleton.index("right_ankle")]].mean(axis=0)
    shoulders = solid[[skeleton.index("left_shoulder"), skeleton.index("right_shoulder")]].mean(axis=0)
    length = float(np.linalg.norm(ankles - shoulders))
    return float((ankles - shoulders)[1]) / length if length > 0 else float("nan")


def rotation_of(camera: Any) -> Points | None:
    """Return the rotation of a listed camera, ``(3, 3)``; None where it has none that is one."""
    if not isinstance(camera, dict):
        return None
    values = next((camera[name] for name in _ROTATIONS if camera.get(name) is not None), None)
    try:
        turn = np.asarray(values, np.float64).reshape(3, 3)
    except (TypeError, ValueError, OverflowError):
        return None
    if not np.abs(turn).max() < 2:
        return None
    return turn if np.allclose(turn @ turn.T, np.eye(3), atol=1e-2) else None


_ROTATIONS = ("R", "camrot", "rotation", "rot", "cam_R", "rotation_matrix")
