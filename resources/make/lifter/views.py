"""Cameras and what a pose network would report: noised key points, some of them missing.

The camera's axes are x right, y down, z away from the viewer. Pictures are crops of 256 pixels around
one person, as the pose network sees them; heatmaps have cells of 4 pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, Skeleton
from lifter.bodies import POINTS
from lifter.rotations import about, multiply, to_matrix

CROP = 256
HEATMAP_CELL = 4
NOMINAL_MM = 3260.0
"""Length of both legs, both arms and the trunk of a person of about 1.70 m: the lifter's unit of size."""

# x forward, y up, z right -> a camera that the body faces
_TO_CAMERA = torch.tensor([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
_MEASURED = (
    ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"),
)  # fmt: skip
# how uncertain a network is of each kind of point, relative to a shoulder
_BLUR = {
    "nose": 0.7,
    "ear": 0.7,
    "shoulder": 1.0,
    "elbow": 1.1,
    "wrist": 1.4,
    "hip": 1.3,
    "knee": 1.1,
    "ankle": 1.3,
}


@dataclass(frozen=True, slots=True)
class Noise:
    """How far the reported key points are from the true ones.

    Attributes:
        blur_px: Median of a picture's standard deviation of a key point, pixels of the crop.
        quantised: Share of pictures whose key points sit on the heatmap's cells.
        outliers: Share of key points anywhere near the body.
        swaps: Share of pairs of limbs' points with left and right exchanged.
        missing: Share of pictures with missing key points.
    """

    blur_px: float = 2.0
    quantised: float = 0.7
    outliers: float = 0.012
    swaps: float = 0.006
    missing: float = 0.3


CLEAN = Noise(blur_px=0.0, quantised=0.0, outliers=0.0, swaps=0.0, missing=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Pictures of posed bodies.

    Attributes:
        keypoints: ``(N, 17, 2)`` pixels of the crop; NaN where missing.
        pose_mm: ``(N, 17, 3)`` millimetres in the camera's axes, pelvis at the origin, scaled to the
            nominal size.
    """

    keypoints: Tensor
    pose_mm: Tensor


def look_at(points: Tensor, generator: Generator, *, noise: Noise) -> Views:
    """Return what random cameras see of the bodies.

    Args:
        points: ``(N, 15, 3)`` metres, in the order of :data:`bodies.POINTS`, pelvis at the origin, y up.
        generator: Of all randomness.
        noise: Of the reported key points.
    """
    count = len(points)
    angles = _camera_angles(points, generator)
    turned = (angles @ points.mT).mT
    distance = 2.5 + 3.5 * torch.rand(count, generator=generator)
    far = torch.rand(count, generator=generator) < 0.25  # telephoto: nearly parallel rays
    distance = torch.where(far, 2 * distance, distance)
    # not everybody stands at the picture's centre, so the ray to a body is not the optical axis
    aside = 6 * torch.randn(2, count, generator=generator).deg2rad()
    off_axis = to_matrix(multiply(about("y", aside[0]), about("x", aside[1])))
    depth = torch.stack([torch.zeros(count), torch.zeros(count), distance], dim=-1)
    seen = (off_axis @ (turned + depth[:, None]).mT).mT
    pose = (off_axis @ turned.mT).mT
    # nothing nearer than 40 cm: a limb into the lens is no picture of a person
    flat = seen[..., :2] / seen[..., 2:].clamp_min(0.4)
    pixels = _crop(flat, generator)
    return Views(as_human36m(_reported(pixels, noise, generator)), nominal(as_human36m(pose)))


def nominal(joints: Tensor) -> Tensor:
    """Return ``(N, 17, 3)`` joints root-centred and at the nominal size, in millimetres."""
    at = dict(zip(HUMAN36M_17.joints, joints.unbind(1), strict=True))
    size = (at["thorax"] - at["pelvis"]).norm(dim=-1)
    for start, end in _MEASURED:
        for side in ("left", "right"):
            size = size + (at[f"{side}_{start}"] - at[f"{side}_{end}"]).norm(dim=-1)
    return (joints - joints[:, :1]) * (NOMINAL_MM / size)[:, None, None]


def as_human36m(points: Tensor) -> Tensor:
    """Return ``(N, 17, D)`` Human3.6M joints, by the very midpoints of :func:`skeletons.convert`."""
    return torch.stack([_joint(points, name, BLAZEPOSE_33) for name in HUMAN36M_17.joints], dim=1)


def _joint(points: Tensor, name: str, source: Skeleton) -> Tensor:
    names = (name,) if name in source.joints else source.midpoints[name]
    return points[:, [POINTS.index(part) for part in names]].mean(dim=1)


def _camera_angles(points: Tensor, generator: Generator) -> Tensor:
    """Return ``(N, 3, 3)`` rotations from the body's world to the camera's axes."""
    count = len(points)
    azimuth = torch.rand(count, generator=generator) * 2 * math.pi
    low = torch.randn(count, generator=generator) * 8
    wide = -10 + 50 * torch.rand(count, generator=generator)
    elevation = torch.where(torch.rand(count, generator=generator) < 0.5, low, wide).deg2rad()
    roll = (torch.randn(count, generator=generator) * 4).deg2rad()
    rotation = to_matrix(about("x", elevation)) @ _TO_CAMERA @ to_matrix(about("y", azimuth))
    turned = (rotation @ points.mT).mT
    at = dict(zip(POINTS, turned.unbind(1), strict=True))
    trunk = at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]
    # the network's crop is turned so that the trunk stands up; a detector does it within some degrees
    upright = torch.atan2(-trunk[:, 0], -trunk[:, 1])
    roll = roll + torch.where(torch.rand(count, generator=generator) < 0.35, upright, torch.zeros(count))
    return to_matrix(about("z", roll)) @ rotation


def _crop(flat: Tensor, generator: Generator) -> Tensor:
    """Scale and shift projected points into a crop around the hips, as the network's detector does."""
    hips = flat[:, [POINTS.index("left_hip"), POINTS.index("right_hip")]].mean(dim=1, keepdim=True)
    reach = (flat - hips).norm(dim=-1).amax(dim=1)
    side = 2.5 * reach * (0.95 + 0.35 * torch.rand(len(flat), generator=generator))
    return CROP * ((flat - hips) / side[:, None, None] + 0.5)


def _reported(pixels: Tensor, noise: Noise, generator: Generator) -> Tensor:
    """Return the points as a network with a heatmap would report them."""
    count, joints = pixels.shape[:2]
    blur = torch.tensor([_BLUR[name.split("_")[-1]] for name in POINTS])
    level = noise.blur_px * torch.randn(count, 1, 1, generator=generator).mul(0.5).exp()
    pixels = pixels + level * blur[:, None] * torch.randn(pixels.shape, generator=generator)
    wild = torch.rand(count, joints, 1, generator=generator) < noise.outliers
    pixels = torch.where(wild, pixels + 25 * torch.randn(pixels.shape, generator=generator), pixels)
    pixels = _swapped(pixels, noise.swaps, generator)
    cells = ((pixels / HEATMAP_CELL).floor() + 0.5) * HEATMAP_CELL
    on_cells = torch.rand(count, 1, 1, generator=generator) < noise.quantised
    pixels = torch.where(on_cells, cells, pixels)
    return torch.where(_missing(count, noise, generator)[..., None], torch.nan, pixels)


def _swapped(pixels: Tensor, share: float, generator: Generator) -> Tensor:
    for name in ("wrist", "ankle", "knee", "elbow"):
        pair = [POINTS.index(f"left_{name}"), POINTS.index(f"right_{name}")]
        swap = (torch.rand(len(pixels), 1, 1, generator=generator) < share).expand(-1, 2, 2)
        exchanged = pixels.clone()
        exchanged[:, pair] = torch.where(swap, pixels[:, pair[::-1]], pixels[:, pair])
        pixels = exchanged
    return pixels


def _missing(count: int, noise: Noise, generator: Generator) -> Tensor:
    """Return ``(count, 15)`` bool: single points, both shins, or all below the trunk."""
    share = torch.rand(count, 1, generator=generator) * 0.35
    single = torch.rand(count, len(POINTS), generator=generator) < share
    kind = torch.rand(count, 1, generator=generator)
    names = torch.tensor([("ankle" in n) * 1 + ("knee" in n) * 2 + ("hip" in n) * 4 for n in POINTS])
    shins, legs, below = (names == 1), (names == 1) | (names == 2), names > 0
    pattern = torch.where(kind < 0.1, shins, torch.where(kind < 0.3, legs, (kind < 0.36) & below))
    hidden = torch.where(kind < 0.36, pattern | (single & (kind < 0.05)), single)
    affected = torch.rand(count, 1, generator=generator) < noise.missing
    return hidden & affected
