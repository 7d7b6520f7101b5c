"""Save a run: write it, read it back, check it, measure it through the whole pipeline, describe it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from kaa_gui.core.attacks.checks import check_saved
from kaa_gui.core.attacks.methods import step_size
from kaa_gui.core.attacks.saved import (
    adversarial_picture,
    crop_change,
    mask_leak,
    noise_picture,
    paste,
    sampler_of,
    seen_again,
)
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.files.writing import writable
from kaa_gui.core.metrics import joint_table, perturbation_details, picture_details, pose_details
from kaa_gui.core.pictures.image import load_picture, png_bytes, region_pixels, save_png
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import Metrics, Pose, Run, UInt8Image
from kaa_gui.core.victims.victim import network_hashes
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.output.draw import draw_figure, drawn_bytes
from kaa_gui.figures.record import live_record
from kaa_gui.figures.style import Style
from kaa_gui.runs.folder import (
    ADVERSARIAL_FILE,
    ARRAYS_FILE,
    CLEAN_FILE,
    PROVENANCE,
    REGION_FILE,
    Measured,
    describe,
    npz_bytes,
    run_arrays,
    write_run,
)
from kaa_gui.runs.output import staged


def save_adversarial(run: Run, path: Path) -> None:
    """Write the full-resolution adversarial picture alone, checked, as PNG."""
    save_png(path, adversarial_picture(run))


def ended_here(run: Run) -> Run:
    """Return a run that was broken off, or gone back in, as one that was asked to end where it does.

    Its folder then says what made it: the same attack with as many steps ends at the same pixels.

    Raises:
        ConfigError: There is no step in it.
    """
    last = run.snapshots[-1]
    if last.iteration < 1:
        raise ConfigError("the run has no step yet; let it go on, or go to a later iterate")
    config = last.config
    if last.final or config.keep_best or config.restarts > 1 or config.space == "picture":
        return run
    # the usual step depends on how many there are
    config = config.with_changes(iterations=last.iteration, step_size=step_size(config))
    ended = dataclasses.replace(last, config=config, iterations=last.iteration, final=True)
    return dataclasses.replace(run, snapshots=(run.snapshots[0], ended))


def save_run(
    engine: Engine,
    run: Run,
    folder: Path,
    *,
    report: Callable[[float], None] = lambda _share: None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a finished run to a folder, whole or not at all, and return the content of its ``run.json``.

    Args:
        engine: That made the run.
        run: To write.
        folder: Where to.
        report: Told the fraction done; may raise to give up, and nothing is written then.
        overwrite: Whether files that are not of a run may be replaced.

    Raises:
        KaaError: The folder cannot be written, holds files that are not ours to replace, or the saved picture
            fails its check.
    """
    with staged(folder, inputs=[run.scene.picture.path], overwrite=overwrite) as stage:
        report(0.0)
        # checked as it is read back; should it fail, nothing leaves the stage
        pasted = paste(run.scene, run.snapshots[-1], sampler_of(run.scene))
        with writable(folder):
            (stage / ADVERSARIAL_FILE).write_bytes(png_bytes(pasted))
        saved = load_picture(stage / ADVERSARIAL_FILE).pixels
        report(0.3)
        measured, pose = measure(engine, run, saved)
        report(0.5)
        victim = engine.victim(run.scene.spec.name)
        content = describe(run, measured, weights_sha256=victim.sha256, threads=torch.get_num_threads())
        content["hashes"] |= network_hashes(victim)
        pictures = {CLEAN_FILE: run.scene.picture.pixels}
        if (painted := run.snapshots[-1].config.region_mask) is not None:
            pictures[REGION_FILE] = region_pixels(painted)
        crop = sampler_of(run.scene).crop(saved)
        arrays = npz_bytes(run_arrays(run, saved_crop=crop, saved_pose=pose))
        record = dataclasses.replace(
            live_record(run, {name: content[name] for name in PROVENANCE}),
            saved=measured.saved,
            person_found=measured.person_found,
            saved_crop=crop,
            saved_pose=pose,
        )
        figure = drawn_bytes(draw_figure("overview", (record,), Style()), "pdf")
        report(0.9)
        content["files"] = {
            ARRAYS_FILE: sha256(arrays).hexdigest(),
            ADVERSARIAL_FILE: sha256((stage / ADVERSARIAL_FILE).read_bytes()).hexdigest(),
        }
        write_run(stage, pictures, arrays, content, figure)
    return content


def measure(
    engine: Engine, run: Run, saved: UInt8Image, *, redetect: bool = True
) -> tuple[Measured, Pose | None]:
    """Check a saved picture and put it, and noise of the same RMSE, through the whole pipeline.

    Args:
        engine: That made the run.
        run: A finished run.
        saved: ``(H, W, 3)`` uint8, its adversarial picture as read back.
        redetect: Whether the person is looked for anew in it.

    Returns:
        What was measured, and the pose in the clean crop's frame; None where the person is no longer found.
    """
    victim, scene, last = engine.victim(run.scene.spec.name), run.scene, run.snapshots[-1]
    sampler = sampler_of(scene)
    checks = check_saved(scene, last, saved, sampler)
    attacked, pose, _ = seen_again(victim, scene, saved, last.config, redetect=redetect)
    noise = noise_picture(scene, sampler, attacked.perturbation_rmse, seed=last.config.seed)
    noisy, _, _ = seen_again(victim, scene, noise, last.config, redetect=redetect)
    loss = float("nan") if pose is None else engine.loss_of(scene, last.config, saved)
    attacked = dataclasses.replace(attacked, iteration=last.iteration, loss=loss)
    joints = [] if pose is None else joint_table(scene.clean, pose, scene.target)
    numbers = Measured(
        attacked,
        _without_loss(noisy),
        pose is not None,
        checks,
        joints,
        final_details=perturbation_details(scene.crop, last.perturbation)
        | pose_details(scene.clean, last.attacked, scene.target),
        saved_details=_saved_details(run, sampler, saved, pose),
    )
    return numbers, pose


def _saved_details(run: Run, sampler: CropSampler, saved: UInt8Image, pose: Pose | None) -> dict[str, Any]:
    scene, last = run.scene, run.snapshots[-1]
    change = crop_change(scene, saved, sampler)
    return (
        {
            "epsilon": last.config.saved_epsilon,
            "mask_leak": mask_leak(change, last.mask),
            "picture": picture_details(scene.picture.pixels, saved),
        }
        | perturbation_details(scene.crop, change)
        | ({} if pose is None else pose_details(scene.clean, pose, scene.target))
    )


def _without_loss(values: Metrics) -> dict[str, Any]:
    return {name: value for name, value in values.as_json().items() if name not in ("loss", "iteration")}
