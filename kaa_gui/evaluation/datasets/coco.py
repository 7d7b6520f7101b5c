"""Read COCO person key points: the standard JSON (Lin et al. 2014)."""

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
        name = file_of(record, files)
        key = f"{name}#{record.get('id', number)}"
        try:
            yield Entry(
                key, str(listed_path(folder, record, name)), None, box_square(record["bbox"]), _truth(record)
            )
        except DAMAGE as error:
            yield Fault(key, reason(error))


def pictures_of(content: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the listed pictures whose identifiers can be looked up."""
    records = dictionaries(content.get("images", []), "images", path)
    return [record for record in records if hashable(record.get("id")) is not None]


def file_of(record: dict[str, Any], files: dict[Any, Any]) -> Any:
    """Return the listed file of an annotation's picture; None where there is none."""
    return files.get(hashable(record.get("image_id")))


def listed_path(folder: Path, record: dict[str, Any], name: object) -> Path:
    """Return the path of an annotation's picture.

    Raises:
        ValueError: No picture is listed for it, or there is no such file.
        KeyError: It names no picture.
    """
    if name is None:
        raise ValueError(f"no picture is listed under its image_id, {record['image_id']!r}")
    return picture_path(folder, name)


def hashable(value: object) -> object:
    """Return an identifier, or None for what can't be one."""
    return value if isinstance(value, int | str) else None


def box_square(box: Any) -> Square:
    """Return the square around a box x, y, width, height.

    Raises:
        ValueError: The box is empty or not finite.
    """
    x, y, width, height = (float(value) for value in box)
    if width <= 0 or height <= 0:
        raise ValueError(f"bbox must be x, y and a positive width and height, got {box}")
    return Square(x + width / 2, y + height / 2, MARGIN * max(width, height))


def _truth(record: dict[str, Any]) -> Truth:
    points, known = pairs(record["keypoints"], 2)
    # 1 is labelled but hidden, 2 is seen
    flags = np.asarray(record["keypoints"], np.float64).reshape(len(points), -1)
    seen = None if known is None else flags[:, 2] >= SEEN
    return Truth.build(COCO_17, points + 0.5, visible=known, seen=seen)
