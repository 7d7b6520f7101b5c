"""Make small pictures for the report: crops that the victim saw, and the perturbation made visible."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from kaa_gui.core.attacks.saved import crop_change, sampler_of
from kaa_gui.core.types import GREY_LEVELS, FloatArray, Run, UInt8Image
from kaa_gui.evaluation.layout import PICTURES, VIEWS
from kaa_gui.evaluation.plan.plan import Job

SIDE, QUALITY = 192, 88
VISIBLE_PERCENT = 99.0
"""Percentile of the changes that reaches black or white in the report."""


def clean_view(entry: str, victim: str) -> str:
    """Return the file of an entry's clean crop, shared by its rows."""
    return f"{VIEWS}/clean-{hashlib.sha256(f'{victim}:{entry}'.encode()).hexdigest()[:16]}.jpg"


def attacked_view(row: str) -> str:
    """Return the file of a row's attacked crop."""
    return f"{VIEWS}/{row}.jpg"


def perturbation_view(row: str) -> str:
    """Return the file of a row's perturbation."""
    return f"{VIEWS}/{row}-change.jpg"


def picture_file(row: str) -> str:
    """Return the file of a row's adversarial picture."""
    return f"{PICTURES}/{row}.png"


def thumbnails(job: Job, run: Run, pixels: UInt8Image) -> dict[str, bytes]:
    """Return the files that a job asks to be kept, by their names below the results' folder."""
    files = {}
    if job.keep_views:
        sampler = sampler_of(run.scene)
        change = crop_change(run.scene, pixels, sampler)
        shown = visible(change)
        files = {
            clean_view(job.entry.key, job.config.victim): _jpeg(run.scene.crop),
            attacked_view(job.row): _jpeg(sampler.crop(pixels)),
            perturbation_view(job.row): _jpeg(shown),
        }
    if job.keep_picture:
        files[picture_file(job.row)] = _encoded(pixels, ".png", [])
    return files


def visible(change: FloatArray) -> UInt8Image:
    """Return a perturbation ``(H, W, 3)``, grey levels, as a picture: grey is no change.

    The largest changes reach black and white; the few beyond them do too, since an l2 perturbation has
    single values far above all others, beside which nothing else would be seen.
    """
    span = max(float(np.percentile(np.abs(change), VISIBLE_PERCENT)), 1.0)
    return np.rint((np.clip(change / span, -1, 1) + 1) * (GREY_LEVELS / 2)).astype(np.uint8)


def _jpeg(crop: UInt8Image) -> bytes:
    small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return _encoded(np.asarray(small, np.uint8), ".jpg", [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _encoded(pixels: UInt8Image, suffix: str, parameters: list[int]) -> bytes:
    _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)
    return data.tobytes()
