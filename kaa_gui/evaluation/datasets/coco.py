"""COCO person key points: the standard JSON (Lin et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.skeletons import COCO_17
from kaa_gui.evaluation.datasets.entry import (
    DAMAGE,
    Entry,
    Fault,
    Square,
    Truth,
    dictionaries,
    pairs,
    picture_path,
    read_json,
    reason,
)

MARGIN = 1.25
"""Side of the square by the longer side of the annotated box."""
SEEN = 2


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield every annotated person that is no crowd and has at least one key point.

    Raises:
        PictureError: The file is no COCO annotation.
    """
    content = read_json(path)
    if not isinstance(content, dict) or "annotations" not in content:
        raise PictureError(f"{path.name}: no COCO annotation: images and annotations are missing")
    folder = images or path.parent
    files = {image.get("id"): image.get("file_name") for image in pictures_of(content, path)}
    for number, record in enumerate(dictionaries(content["annotations"], "annotations", path)):
        if record.get("iscrowd") or record.get("num_keypoints") == 0:
            continue
        name = files.get(hashable(record.get("image_id")))
        key = f"{name}#{record.get('id', number)}"
        try:
            yield Entry(
                key, str(picture_path(folder, name)), None, box_square(record["bbox"]), _truth(record)
            )
        except DAMAGE as error:
            yield Fault(key, reason(error))


def pictures_of(content: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the listed pictures whose identifiers can be looked up."""
    records = dictionaries(content.get("images", []), "images", path)
    return [record for record in records if hashable(record.get("id")) is not None]


def hashable(value: object) -> object:
    """Return an identifier, or None for what can't be one."""
    return value if isinstance(value, int | str) else None


def box_square(box: Any) -> Square:
    """Return the square around a box x, y, width, height.

    Raises:
        ValueError: The box is empty or not finite.
    """
    x, y, width, height = (float(value) for value in box)
    return Square(x + width / 2, y + height / 2, MARGIN * max(width, height))


def _truth(record: dict[str, Any]) -> Truth:
    points, known = pairs(record["keypoints"], 2)
    # 1 is labelled but hidden, 2 is seen
    flags = np.asarray(record["keypoints"], np.float64).reshape(len(points), -1)
    seen = None if known is None else flags[:, 2] >= SEEN
    return Truth.build(COCO_17, points + 0.5, visible=known, seen=seen)
