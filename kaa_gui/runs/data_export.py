"""Export a run's numbers: one NPZ with everything, the perturbation as TIFF or as a picture."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.files.writing import write_file
from kaa_gui.core.types import FloatArray
from kaa_gui.figures.record import Record
from kaa_gui.runs.folder import npz_bytes, run_arrays

MIDDLE_GREY = 128.0
HEADROOM = 127.0


def export_data(
    record: Record, path: Path, *, gain: float | None = None, others: tuple[str, ...] = ()
) -> None:
    """Write a run's data in the format that the file name asks for.

    Args:
        record: The run.
        path: ``.npz``: all arrays and the description; ``.tiff``: the perturbation, ``(H, W, 3)`` float32,
            grey levels; ``.png``: the perturbation amplified around middle grey.
        gain: Of the picture; None makes the largest change white or black.
        others: Suffixes that the caller writes itself, to be named with ours.

    Raises:
        ConfigError: The name or the gain does not do.
        PictureError: The folder cannot be written, or the disk is full.
    """
    suffix = path.suffix.lower()
    if suffix not in DATA_FORMATS:
        raise ConfigError(f"{path.name}: the name must end in {', '.join((*DATA_FORMATS, *others))}")
    if gain is not None and not 0 < gain <= MIDDLE_GREY:
        raise ConfigError(f"gain must be above 0 and at most {MIDDLE_GREY:g}, got {gain:g}")
    write_file(path, DATA_FORMATS[suffix](record, gain))


def amplified(change: FloatArray, gain: float | None = None) -> tuple[np.ndarray, float]:
    """Return a perturbation as a picture, and the gain.

    Args:
        change: ``(H, W, 3)``, grey levels.
        gain: Grey levels shown for each one changed; None makes the largest change white or black.

    Returns:
        ``(H, W, 3)`` uint8, 128 where nothing changed.
    """
    largest = float(np.abs(change).max())
    used = gain if gain is not None else (HEADROOM / largest if largest else 1.0)
    shown = np.rint(MIDDLE_GREY + used * change.astype(np.float64))
    return shown.clip(0, 255).astype(np.uint8), used


def _npz(record: Record, _gain: float | None) -> bytes:
    described = {
        **record.provenance,
        "layer": record.run.scene.layer.as_json(),
        "picture": record.run.scene.picture.name,
        "trajectory": [values.as_json() for values in record.run.metrics],
        "saved": None if record.saved is None else record.saved.as_json(),
    }
    text = np.frombuffer(json.dumps(described).encode(), np.uint8)
    return npz_bytes(
        run_arrays(record.run, saved_crop=record.saved_crop, saved_pose=record.saved_pose)
        | {"run_json": text}
    )


def _tiff(record: Record, _gain: float | None) -> bytes:
    buffer = io.BytesIO()
    described = {"unit": "grey levels (0-255), before rounding", "config": record.config.as_json()}
    tifffile.imwrite(
        buffer,
        np.ascontiguousarray(record.last.perturbation, np.float32),
        photometric="rgb",
        description=json.dumps(described),
        software="KAA Studio",
        metadata=None,
    )
    return buffer.getvalue()


def _png(record: Record, gain: float | None) -> bytes:
    pixels, used = amplified(record.last.perturbation, gain)
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", "KAA Studio")
    words.add_text("Description", f"128 + {used:.6g} x perturbation in grey levels")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()


DATA_FORMATS: dict[str, Callable[[Record, float | None], bytes]] = {
    ".npz": _npz,
    ".tiff": _tiff,
    ".tif": _tiff,
    ".png": _png,
}
"""Suffix -> what makes the file's bytes."""
