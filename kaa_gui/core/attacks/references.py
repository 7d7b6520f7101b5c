"""Build the reference h_k that an attack leaves or approaches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from kaa_gui.core.attacks.losses import Loss, Reference
from kaa_gui.core.dragged import CROP_MARGIN_PX, is_dragged
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import visible_joints
from kaa_gui.core.pictures.formats import SUFFIXES
from kaa_gui.core.skeletons import with_carried
from kaa_gui.core.targets.library import load_target, pixels_per_millimetre
from kaa_gui.core.types import AttackConfig, FloatArray, Layer, Pose, ReferenceKind, read_only
from kaa_gui.core.victims import Victim

MILLIMETRES = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Target that an attack is driven to.

    Attributes:
        pose: Placed in the attacked crop.
        crop: ``(1, 3, H, W)``, a picture in that pose as the victim would see it, if there is one.
        sha256: SHA-256 of the pose or picture that it was made from, hexadecimal.
    """

    pose: Pose
    crop: Tensor | None
    sha256: str


def clean_reference(victim: Victim, layer: Layer, activation: Tensor, clean: Pose) -> Reference:
    """Return the reference of a non-target attack: the clean activation and, at heatmaps, its peaks.

    Args:
        victim: Victim that the layer belongs to.
        layer: Layer k.
        activation: ``(1, *layer.shape)``, F^k of the clean crop.
        clean: The clean pose; its visible joints carry the weight.
    """
    if layer.kind != "heatmap":
        return Reference(activation)
    points = victim.peaks(activation, layer)
    return Reference.of_points(
        activation, points, channel_weights(visible_joints(clean), activation), victim.stride(layer)
    )


def truth_reference(victim: Victim, layer: Layer, activation: Tensor, joints: FloatArray) -> Reference:
    """Return the reference of a non-target attack that leaves the annotated joints, at a heatmap layer.

    Args:
        victim: Victim that the layer belongs to.
        layer: Layer k.
        activation: ``(1, *layer.shape)``, F^k of the clean crop.
        joints: ``(K, 2)`` crop pixels, NaN where unknown; the known ones carry the weight.
    """
    known = np.asarray(np.isfinite(joints).all(axis=1))
    points = victim.peaks(activation, layer).clone()
    places = torch.from_numpy(np.flatnonzero(known)).to(points.device)
    points[:, places] = torch.from_numpy(joints[known]).to(points)
    return Reference.of_points(activation, points, channel_weights(known, activation), victim.stride(layer))


def target_reference(
    victim: Victim, layer: Layer, activation: Tensor, target: Target, *, network: nn.Module
) -> Reference:
    """Return the reference of a targeted attack.

    At a heatmap layer, Gaussians at the target's key points; at a coordinate layer, the coordinates
    themselves, those that the target does not prescribe staying clean; at any other layer, the activation
    of a picture in that pose.

    Args:
        victim: Victim that the layer belongs to.
        layer: Layer k.
        activation: ``(1, *layer.shape)``, F^k of the clean crop.
        target: Target to approach.
        network: F^k.

    Raises:
        ConfigError: The layer needs a picture of the target, and there is none.
    """
    if layer.kind == "heatmap":
        keypoints = target.pose.keypoints
        points = victim.peaks(activation, layer).clone()
        points[:, : len(keypoints)] = torch.from_numpy(keypoints.copy()).to(points)
        weights = channel_weights(np.ones(len(keypoints), bool), activation)
        return Reference.of_points(activation, points, weights, victim.stride(layer), leaving=False)
    if layer.kind == "coordinates":
        return Reference(_target_coordinates(layer, activation, target.pose), leaving=False)
    if target.crop is None:
        raise ConfigError(
            f"layer {layer.name!r} needs a picture of the target, and this target has none; choose the layer "
            "heatmap, a target of the library, or a picture as the target"
        )
    with torch.no_grad():
        return Reference(network(target.crop), leaving=False)


def reference_kind(
    config: AttackConfig, loss: Loss, layer: Layer, target: Target | None
) -> ReferenceKind | None:
    """Return which activation the loss compares with; None for the one that the goal makes anyway.

    Raises:
        ConfigError: The loss, the layer or the target does not allow the kind asked for.
    """
    asked = config.reference
    if loss.reads == "points":
        if asked not in (None, "gaussian", "truth"):
            raise ConfigError(
                f"reference {asked} is an activation, and this loss compares with the pose itself; leave "
                "reference out, or choose loss mse, cosine or kl"
            )
        return "truth" if asked == "truth" else None
    if asked is None and target is not None and layer.kind == "heatmap":
        # the clean activation is no target
        asked = "gaussian" if target.crop is None else "picture"
    if asked in ("gaussian", "truth") and layer.kind != "heatmap":
        raise ConfigError(
            f"reference {asked} needs a heatmap layer, got layer {layer.name!r}; choose heatmap"
        )
    if asked == "picture" and (target is None or target.crop is None):
        raise ConfigError(
            "reference picture needs a picture of the target, and this target has none; take a target of the "
            "library, a picture, or reference gaussian"
        )
    return asked


def shows_a_body(target: str) -> bool:
    """Whether a target comes with a picture of a body in its pose, whose activation can be the reference.

    Raises:
        ConfigError: There is no such target, or its file is no pose.
    """
    if is_dragged(target):
        return False
    return Path(target).suffix.lower() in SUFFIXES or load_target(target).picture is not None


def reference_in_force(config: AttackConfig, loss: Loss, layer: Layer) -> ReferenceKind | None:
    """Return the kind of reference that an attack compares with; given as ``reference`` it changes nothing.

    None where no kind names it: the target's own coordinates at a coordinate layer, and the activation of a
    target whose file is gone.
    """
    if config.reference is not None:
        return config.reference
    if loss.reads == "points":
        return "gaussian"
    if config.target is None:
        return "clean"
    if layer.kind == "coordinates":
        return None
    try:
        return "picture" if shows_a_body(config.target) else "gaussian"
    except ConfigError:
        return None


def with_activation(
    reference: Reference, kind: ReferenceKind | None, *, target: Target | None, network: nn.Module
) -> Reference:
    """Return the reference with the activation of a kind that :func:`reference_kind` has allowed.

    Gaussians are drawn in the range of each clean heatmap: networks differ in what they call high and low,
    and a logit is not a probability. One that is left rises from the lowest cell; one that is approached
    rises from the median, since a background as low as the lowest cell everywhere is out of reach, and on
    the way there the peak would count for nothing. Where nothing is annotated the clean activation stays.
    """
    if kind in ("gaussian", "truth") and reference.gaussians is not None:
        flat = reference.activation.flatten(2)
        background = (flat.amin(dim=2) if reference.leaving else flat.median(dim=2).values)[..., None, None]
        highest = reference.activation.amax(dim=(2, 3), keepdim=True)
        drawn = background + (highest - background) * reference.gaussians
        if kind == "truth" and reference.weights is not None:
            drawn = torch.where(reference.weights[:, :, None, None] > 0, drawn, reference.activation)
        return replace(reference, activation=drawn)
    if kind == "picture" and target is not None and target.crop is not None:
        with torch.no_grad():
            return replace(reference, activation=network(target.crop))
    return reference


def channel_weights(wanted: np.ndarray, heatmaps: Tensor) -> Tensor:
    """Return ``(1, K)``: heatmap channels of the wanted joints weigh alike, all others nothing; mean 1.

    A joint that is not in the picture has no peak worth moving, and auxiliary channels don't reach the pose.

    Args:
        wanted: ``(joints,)`` bool; the joints are the first channels.
        heatmaps: ``(N, K, h, w)``.
    """
    weights = torch.zeros(heatmaps.shape[1], device=heatmaps.device, dtype=heatmaps.dtype)
    weights[: len(wanted)] = torch.from_numpy(wanted.copy()).to(weights)
    return (weights * (len(weights) / weights.sum()))[None]


def place_target(clean: Pose, keypoints_mm: FloatArray, points_mm: FloatArray, crop_side: int) -> Pose:
    """Put a target pose where the attacked person is, at the person's size.

    Args:
        clean: The attacked person.
        keypoints_mm: ``(K, 3)`` the target's key points in the clean pose's skeleton, millimetres, x right,
            y down, about the mid-hip. What is missing (NaN) of hands, feet and face
            lies as in the clean pose.
        points_mm: ``(J, 3)`` the target in the clean pose's 3D skeleton, root-relative millimetres.
        crop_side: Side of the crop in pixels.

    Returns:
        The target with key points in crop pixels, kept inside the crop.
    """
    hips = [clean.skeleton.index("left_hip"), clean.skeleton.index("right_hip")]
    scale = pixels_per_millimetre(clean)
    flat = keypoints_mm[:, :2] - keypoints_mm[hips, :2].mean(axis=0)
    placed = clean.keypoints[hips].mean(axis=0) + scale * flat
    placed = with_carried(placed, clean.skeleton, clean.keypoints)
    inside = np.clip(placed, CROP_MARGIN_PX, crop_side - CROP_MARGIN_PX).astype(np.float32)
    scores = np.ones(len(inside), np.float32)
    return Pose(
        read_only(inside),
        read_only(scores),
        read_only(with_carried(points_mm, clean.skeleton_3d, clean.points_mm)),
        clean.skeleton,
        clean.skeleton_3d,
    )


def borrowed_target(clean: Pose, other: Pose, crop_side: int) -> Pose:
    """Return another picture's pose as a target, its hips and size those of the attacked person.

    Args:
        clean: The attacked person.
        other: The other picture's, as the same victim sees it.
        crop_side: Side of the crop in pixels.
    """
    in_mm = (other.keypoints / pixels_per_millimetre(other)).astype(np.float32)
    return place_target(clean, in_mm, other.points_mm, crop_side)


def _target_coordinates(layer: Layer, activation: Tensor, target: Pose) -> Tensor:
    wanted = activation.clone()
    points = torch.from_numpy(target.points_mm.copy()).to(wanted)
    if layer.name == "landmarks":
        per_joint = wanted.reshape(len(wanted), -1, 5)
        per_joint[:, : len(target.keypoints), :2] = torch.from_numpy(target.keypoints.copy()).to(wanted)
    elif layer.name == "world":
        per_joint = wanted.reshape(len(wanted), -1, 3)
        per_joint[:, : len(points)] = points / MILLIMETRES
    else:
        wanted[:] = points
    return wanted
