"""Find the person to attack: the annotated one, cut out by annotation or by detection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError, NoPersonError
from kaa_gui.core.pictures.sampling import apply_affine, inverse_affine
from kaa_gui.core.skeletons import Skeleton, convert
from kaa_gui.core.types import Person, read_only
from kaa_gui.evaluation.datasets import Entry, Square
from kaa_gui.evaluation.plan.plan import Job

NEAR_HIPS = 0.25
"""A detected person is the annotated one when their hips are within this share of the square's side."""
_HIPS = Skeleton("hips", ("pelvis",), ())


def annotated_person(entry: Entry, crop_size: tuple[int, int]) -> Person:
    """Return the annotated person, cut out upright along the annotated square.

    Raises:
        ConfigError: The data set annotates no square.
    """
    square = entry.square
    if square is None:
        raise ConfigError(f"{entry.key} has no annotated crop; choose --crops detection")
    height, width = crop_size
    scale = min(height, width) / square.side
    to_crop = np.array(
        [[scale, 0, width / 2 - scale * square.x], [0, scale, height / 2 - scale * square.y]], np.float64
    )
    corner = np.array([square.x, square.y]) - square.side / 2
    box = np.array([*corner, square.side, square.side], np.float32)
    return Person(0, 1.0, read_only(box), read_only(to_crop))


def check_annotated(jobs: Sequence[Job]) -> None:
    """Refuse a plan that leaves annotated joints of a data set that has none in its pictures.

    Raises:
        ConfigError: No entry has any.
    """
    if not any(job.entry.truth is not None and job.entry.truth.seen.any() for job in jobs):
        kind = jobs[0].source.kind if jobs else "the data set"
        raise ConfigError(
            f"reference truth needs joints annotated in the pictures, and {kind} has none; take coco, mpii, "
            "h36m or samples, or reference gaussian"
        )


def detected_number(entry: Entry, people: Sequence[Person], crop_size: tuple[int, int]) -> int:
    """Return the number of the detected person that an entry is about; the surest where none is annotated.

    Raises:
        NoPersonError: Nobody was detected where the annotated person is.
    """
    if entry.square is None:
        return 0
    place = _place(entry, entry.square)
    centre = np.array([crop_size[1] / 2, crop_size[0] / 2])
    hips = [apply_affine(inverse_affine(person.to_crop), centre) for person in people]
    distances = [float(np.linalg.norm(point - place)) for point in hips]
    nearest = int(np.argmin(distances))
    if distances[nearest] > NEAR_HIPS * entry.square.side:
        raise NoPersonError(
            f"{entry.key}: the annotated person is not found by the detector; choose --crops annotation"
        )
    return nearest


def _place(entry: Entry, square: Square) -> NDArray[np.floating]:
    """Return where the annotated person's hips are, or at least the middle of their square."""
    if entry.truth is not None:
        hips = convert(entry.truth.keypoints, entry.truth.skeleton, _HIPS)[0]
        if np.isfinite(hips).all():
            return hips
    return np.array([square.x, square.y])
