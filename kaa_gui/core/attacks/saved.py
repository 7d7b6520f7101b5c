"""Paste an attack into the picture, round it, check it, and measure what survives on disk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core import metrics
from kaa_gui.core.attacks.checks import check_saved
from kaa_gui.core.attacks.regions import region_in_picture
from kaa_gui.core.errors import NoPersonError
from kaa_gui.core.pictures.sampling import CropSampler, apply_affine, inverse_affine
from kaa_gui.core.types import (
    GREY_LEVELS,
    AttackConfig,
    BoolArray,
    FloatArray,
    Metrics,
    Person,
    Pose,
    Run,
    Scene,
    Snapshot,
    UInt8Image,
)
from kaa_gui.core.victims import Victim
from kaa_gui.core.victims.input import pose_in

ROUNDING_SLACK = 1e-4
NOISE_FITS = 4
# the detector must put the attacked person's hips within this share of the crop's side
SAME_PERSON = 0.35


def sampler_of(scene: Scene) -> CropSampler:
    """Return the linear map from the scene's picture to its crop."""
    height, width = scene.picture.pixels.shape[:2]
    return CropSampler.build(scene.person.to_crop, scene.crop.shape[:2], (height, width))


def paste(scene: Scene, snapshot: Snapshot, sampler: CropSampler) -> UInt8Image:
    """Return the full-resolution adversarial picture, 8 bits, inside the ball, the mask and the region.

    Under l∞ no picture pixel changes by more than ε; under l2 the length is that of the crop's change.
    An attack on the picture's own pixels is written as it is, one on the crop is pasted.
    """
    if snapshot.cells is not None:
        return sampler.changed(scene.picture.pixels, snapshot.cells)
    radius = snapshot.config.epsilon * GREY_LEVELS
    limit, length = (radius, None) if snapshot.config.norm == "linf" else (None, radius)
    pixels = scene.picture.pixels
    region = region_in_picture(snapshot.config, pixels.shape)
    within = None if region is None else sampler.whole_cells(region)
    return sampler.paste(
        pixels, snapshot.perturbation, limit=limit, allowed=snapshot.mask, within=within, length=length
    )


def crop_change(scene: Scene, pixels: UInt8Image, sampler: CropSampler) -> FloatArray:
    """Return the change of the crop that a change of the picture makes, before the crop is rounded.

    Returns:
        ``(H, W, 3)`` float32, grey levels; 0 beyond the picture, where the crop only repeats its edge.
    """
    change = sampler.sampled(pixels) - sampler.sampled(scene.picture.pixels)
    return change * sampler.inside[:, :, None]


def noise_picture(scene: Scene, sampler: CropSampler, rmse: float, *, seed: int) -> UInt8Image:
    """Return the picture with plain noise in place of the attack: the control for "any change would do".

    Args:
        scene: Scene of the clean picture.
        sampler: Its map to the crop.
        rmse: Wanted RMSE over the crop, grey levels, after pasting and rounding.
        seed: Seed of the noise.
    """
    noise = np.random.default_rng(seed).uniform(-1, 1, scene.crop.shape).astype(np.float32)
    everywhere = np.ones(scene.crop.shape, bool)
    amplitude, pixels = np.sqrt(3) * rmse, scene.picture.pixels
    for _ in range(NOISE_FITS):
        pixels = sampler.paste(
            scene.picture.pixels, noise * np.float32(amplitude), limit=None, allowed=everywhere
        )
        reached = metrics.rmse_grey(crop_change(scene, pixels, sampler))
        # noise below half a grey level rounds away entirely; then a larger amplitude is tried
        amplitude *= rmse / reached if reached else 2.0
    return pixels


def mask_leak(change: FloatArray, mask: BoolArray) -> float:
    """Return the share of a saved perturbation's energy that the crop shows outside C, from 0 to 1.

    In the picture nothing outside C changes; but a pixel of the crop is a mean of several of the picture, so
    sampled again, the change spreads a little over the mask's border.

    Args:
        change: ``(H, W, 3)``, of the crop: :func:`crop_change`.
        mask: ``(H, W, 3)`` bool, C.
    """
    energy = np.square(change, dtype=np.float64)
    total = float(energy.sum())
    return float(energy[~mask].sum()) / total if total else 0.0


def remeasure(
    victim: Victim, scene: Scene, pixels: UInt8Image, config: AttackConfig, *, person: Person | None
) -> tuple[Metrics, Pose | None]:
    """Put a full-resolution picture through the whole pipeline, detection and all.

    Args:
        victim: The attacked one.
        scene: Scene of the clean picture.
        pixels: ``(H, W, 3)`` uint8, e.g. the saved adversarial picture.
        config: Configuration of the attack; its criterion of success is applied.
        person: Whose crop is taken: as :func:`found_again` finds them, or the clean picture's where crops are
            annotated; None where nobody was found.

    Returns:
        Metrics against the clean pose, and the pose in the clean crop's frame; NaN and None where the
        person was not found.
    """
    sampler = sampler_of(scene)
    # before the crop is rounded: its rounding is the victim's, not the perturbation's
    change = crop_change(scene, pixels, sampler)
    rmse, largest = metrics.rmse_grey(change), float(np.abs(change).max())
    nan = float("nan")
    if person is None:
        return Metrics(config.iterations, nan, nan, nan, rmse, largest), None
    crop = CropSampler.build(person.to_crop, scene.crop.shape[:2], pixels.shape[:2]).crop(pixels)
    pose = in_frame(pose_in(victim, crop), person.to_crop, scene.person.to_crop)
    measured = metrics.compare(
        scene.clean,
        pose,
        scene.target,
        iteration=config.iterations,
        loss=nan,
        change=change,
        success_mm=config.success_mm,
    )
    return measured, pose


def seen_again(
    victim: Victim, scene: Scene, pixels: UInt8Image, config: AttackConfig, *, redetect: bool = True
) -> tuple[Metrics, Pose | None, Person | None]:
    """Look for the person in another version of the picture, and measure it.

    Args:
        victim: As :func:`remeasure` takes it.
        scene: As :func:`remeasure` takes it.
        pixels: As :func:`remeasure` takes them.
        config: As :func:`remeasure` takes it.
        redetect: Whether the person is detected again; if not, the clean picture's crop is taken, as where
            crops are annotated.

    Returns:
        What :func:`remeasure` returns, and the person that was found; None where nobody was.
    """
    person = found_again(victim, scene, pixels) if redetect else scene.person
    return (*remeasure(victim, scene, pixels, config, person=person), person)


def found_again(victim: Victim, scene: Scene, pixels: UInt8Image) -> Person | None:
    """Return the attacked person as the victim's detector finds them in another version of the picture.

    None where it finds nobody, or somebody else.
    """
    try:
        return _same_person(victim.find_people(pixels), scene)
    except NoPersonError:
        return None


def adversarial_picture(run: Run) -> UInt8Image:
    """Return the full-resolution adversarial picture of a run's last iterate, checked.

    Raises:
        AttackError: It fails the independent check of ball or mask.
    """
    sampler, last = sampler_of(run.scene), run.snapshots[-1]
    pixels = paste(run.scene, last, sampler)
    check_saved(run.scene, last, pixels, sampler)
    return pixels


def measured_unsaved(victim: Victim, run: Run) -> Metrics:
    """Return what saving a run's last iterate would measure, without writing it.

    Raises:
        AttackError: The picture fails the independent check of ball or mask.
    """
    last = run.snapshots[-1]
    measured, _, _ = seen_again(victim, run.scene, adversarial_picture(run), last.config)
    return replace(measured, iteration=last.iteration)


def in_frame(pose: Pose, source: NDArray[np.float64], target: NDArray[np.float64]) -> Pose:
    """Return a pose of one crop as another crop of the same picture shows it.

    Args:
        pose: Pose in the crop of ``source``.
        source: ``(2, 3)`` map from the picture to that crop.
        target: ``(2, 3)`` map from the picture to the crop wanted.
    """
    keypoints = apply_affine(target, apply_affine(inverse_affine(source), pose.keypoints))
    turn = target[:, :2] @ np.linalg.inv(source[:, :2])
    turn /= np.sqrt(abs(np.linalg.det(turn)))
    points = pose.points_mm.copy()
    points[:, :2] = points[:, :2] @ turn.T
    return Pose(keypoints.astype(np.float32), pose.scores, points, pose.skeleton, pose.skeleton_3d)


def _same_person(people: tuple[Person, ...], scene: Scene) -> Person | None:
    """Return the person whose hips are nearest to the attacked one's, if near enough."""
    side = scene.crop.shape[1]
    centre = np.array([side / 2, scene.crop.shape[0] / 2])

    def distance(person: Person) -> float:
        hips = apply_affine(inverse_affine(person.to_crop), centre)
        return float(np.linalg.norm(apply_affine(scene.person.to_crop, hips) - centre))

    nearest = min(people, key=distance)
    return nearest if distance(nearest) < SAME_PERSON * side else None
