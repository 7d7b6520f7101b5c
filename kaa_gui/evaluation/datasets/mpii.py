"""Read MPII Human Pose: the JSON lists in use, and the original MATLAB file (Andriluka et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.skeletons import MPII_16
from kaa_gui.evaluation.datasets.entry import (
    DAMAGE,
    Entry,
    Fault,
    Square,
    Truth,
    check_list,
    dictionaries,
    picture_path,
    read_json,
    reason,
)
from kaa_gui.evaluation.datasets.matlab import NOTHING, Value, read_variable

BODY_PX = 200.0
"""MPII's ``scale`` is the body's height in units of 200 pixels."""
MARGIN = 1.25
# MATLAB counts pixels from 1, and their centres are ours at + 0.5
FROM_MATLAB = -0.5


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield every annotated person.

    Raises:
        PictureError: The file is neither of the two formats.
    """
    check_list(path)
    folder = images or path.parent
    if path.suffix.lower() == ".mat":
        yield from _matlab(path, folder)
        return
    for number, record in enumerate(dictionaries(read_json(path), "an MPII list", path)):
        key = f"{record.get('image')}#{number}"
        try:
            joints = np.asarray(record["joints"], np.float64)[:, :2]
            visible = np.asarray(record.get("joints_vis", np.ones(len(joints))), np.float64) > 0
            # joints at (-1, -1) or (0, 0) are MPII's way to say "not annotated"
            visible = visible.reshape(-1)[: len(joints)] & (joints > 0).any(axis=1)
            square = scale_square(record["center"], record["scale"])
            truth = Truth.build(MPII_16, joints + FROM_MATLAB, visible=visible)
            yield Entry(key, str(picture_path(folder, record.get("image"))), None, square, truth)
        except DAMAGE as error:
            yield Fault(key, reason(error))


def scale_square(centre: Any, scale: Any) -> Square:
    """Return the square around a person given by MPII's centre and scale.

    Raises:
        ValueError: They are not finite, or the scale is not positive.
    """
    x, y = (float(value) for value in np.asarray(centre).reshape(-1)[:2])
    return Square(x + FROM_MATLAB, y + FROM_MATLAB, float(scale) * BODY_PX * MARGIN)


def _matlab(path: Path, folder: Path) -> Iterator[Entry | Fault]:
    try:
        for picture in read_variable(path, "RELEASE").first()["annolist"].records():
            name = picture.get("image", NOTHING).first().get("name")
            people = picture.get("annorect", NOTHING).records()
            yield from _matlab_people(folder, None if name is None else name.text(), people)
    except (OSError, ValueError, KeyError, MemoryError) as error:
        raise PictureError(
            f"{path.name}: not MPII's MATLAB file ({reason(error)}); give its .mat or a JSON list"
        ) from None


def _matlab_people(
    folder: Path, name: str | None, people: Iterator[dict[str, Value]]
) -> Iterator[Entry | Fault]:
    for number, person in enumerate(people):
        # people outside of the training set have a head box and nothing else
        points = person.get("annopoints", NOTHING).first().get("point")
        if points is None:
            continue
        key = f"{name}#{number}"
        try:
            place = person["objpos"].first()
            square = scale_square((place["x"].number(), place["y"].number()), person["scale"].number())
            truth = _matlab_truth(points.records())
            yield Entry(key, str(picture_path(folder, name)), None, square, truth)
        except DAMAGE as error:
            yield Fault(key, reason(error))


def _matlab_truth(points: Iterator[dict[str, Value]]) -> Truth:
    joints, seen = np.full((len(MPII_16), 2), np.nan), np.ones(len(MPII_16), bool)
    for point in points:
        number = int(point["id"].number())
        if not 0 <= number < len(MPII_16):
            raise ValueError(f"a joint's id must be from 0 to {len(MPII_16) - 1}, got {number}")
        joints[number] = point["x"].number() + FROM_MATLAB, point["y"].number() + FROM_MATLAB
        # a number, a letter, or empty where nobody said
        seen[number] = "is_visible" not in point or point["is_visible"].number() != 0
    return Truth.build(MPII_16, joints, seen=seen)
