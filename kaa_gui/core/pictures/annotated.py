"""Joints that somebody annotated in a picture: from a file, and in the crop of the attacked person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.samples import load_ground_truth
from kaa_gui.core.skeletons import BLAZEPOSE_33, COCO_17, Skeleton, convert
from kaa_gui.core.types import Annotation, FloatArray, Person, Picture, read_only
from kaa_gui.core.untrusted.documents import Reader

FARTHEST = 1e6
"""Coordinates beyond this are damage."""
MOST_JOINTS, MOST_PEOPLE = 200, 1000
INSIDE = 0.5
"""Share of a person's annotated joints that must lie in a crop for the crop to be theirs."""
TRUTHS = Reader(
    ConfigError,
    'write {"joints": {"left_knee": [x, y], ...}} in pixels of the picture',
    most_bytes=1_000_000,
    most_values=100_000,
)


def open_picture(path: str | Path, *, raw_colours: bool = False) -> Picture:
    """Read a picture and, of a rendered sample, the joints that are seen in it.

    Args:
        path: Of the file.
        raw_colours: Whether the file's numbers are taken whatever its colour profile says.

    Raises:
        PictureError: It is missing, unreadable, too large, or no picture.
    """
    picture = load_picture(path, raw_colours=raw_colours)
    try:
        known = load_ground_truth(Path(path))
    except PictureError:
        # some other program's JSON beside it
        return picture
    if known is None:
        return picture
    poses = [person[BLAZEPOSE_33.name] for person in known.people if BLAZEPOSE_33.name in person]
    # whole numbers are pixel centres there
    return replace(
        picture,
        truth=tuple(annotation_of(pose.skeleton, pose.keypoints + 0.5, pose.visible) for pose in poses),
    )


def annotation_of(skeleton: Skeleton, keypoints: FloatArray, seen: np.ndarray) -> Annotation:
    """Return the joints that are known and seen, by name."""
    known = np.isfinite(keypoints).all(axis=1) & seen
    return {
        name: (float(x), float(y))
        for name, (x, y), there in zip(skeleton.joints, keypoints, known, strict=True)
        if there
    }


def read_annotation(path: Path) -> Annotation:
    """Read one person's joints from a JSON file: ``{"joints": {"left_knee": [x, y], ...}}``.

    Raises:
        ConfigError: It is missing or something else.
    """
    content = TRUTHS.json(path)
    try:
        joints = checked_annotation(content.get("joints"))
    except ValueError as error:
        TRUTHS.refuse(path, str(error))
    return joints or TRUTHS.refuse(path, "joints is empty")


def checked_annotation(values: object) -> Annotation:
    """Return an annotation that came from a file.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(values, Mapping) or len(values) > MOST_JOINTS:
        raise ValueError("joints must be an object, name to [x, y]")
    found = {}
    for name, place in values.items():
        pair = place if isinstance(place, list | tuple) else ()
        numbers = [each for each in pair if isinstance(each, int | float) and not isinstance(each, bool)]
        if not len(numbers) == len(pair) == 2 or not all(abs(value) <= FARTHEST for value in numbers):
            raise ValueError(f"joint {str(name)[:40]} must be [x, y], pixels within ±{FARTHEST:g}")
        found[str(name)[:80]] = (float(numbers[0]), float(numbers[1]))
    return found


def annotated_joints(
    picture: Picture, person: Person, crop_size: tuple[int, int], skeleton: Skeleton
) -> FloatArray:
    """Return where a person's annotated joints are in the crop.

    Of several annotated people it is the one about whose joints the crop lies best.

    Args:
        picture: With its annotations.
        person: Who was cut out.
        crop_size: Height and width of the crop.
        skeleton: Of the victim.

    Returns:
        ``(K, 2)`` float32, pixels of the crop; NaN for what is not annotated, not seen or not in the crop.

    Raises:
        ConfigError: None of the victim's joints is known of this person.
    """
    if not picture.truth:
        raise ConfigError(
            f"reference truth needs annotated joints, and none are known of {picture.name}; choose reference "
            "gaussian, a rendered sample, --truth FILE, or evaluate with coco, mpii or h36m"
        )
    size = np.array(crop_size[::-1], np.float64)
    best, nearest = None, np.inf
    for annotation in picture.truth:
        points = _in_crop(annotation, person, skeleton)
        known = np.asarray(np.isfinite(points).all(axis=1))
        inside = known & np.asarray(((points >= 0) & (points < size)).all(axis=1))
        if not inside.any() or inside.sum() < INSIDE * known.sum():
            continue
        distance = float(np.linalg.norm(points[known].mean(axis=0) - size / 2))
        if distance < nearest:
            best, nearest = np.where(inside[:, None], points, np.nan).astype(np.float32), distance
    if best is None:
        raise ConfigError(
            f"reference truth: no joint of person {person.number} in {picture.name} is annotated and seen; "
            "choose reference gaussian"
        )
    return read_only(best)


def _in_crop(annotation: Annotation, person: Person, skeleton: Skeleton) -> FloatArray:
    # imported late: the window knows of data sets before its first paint, and OpenCV takes its time
    from kaa_gui.core.pictures.sampling import apply_affine

    names = tuple(annotation)
    midpoints = {name: parts for name, parts in COCO_17.midpoints.items() if set(parts) <= set(names)}
    places = np.array([annotation[name] for name in names], np.float64).reshape(-1, 2)
    placed = apply_affine(person.to_crop, places)
    return convert(placed, Skeleton("annotated", names, (), midpoints), skeleton)
