"""Read Human3.6M: COCO-style JSON with 3D joints, and the npz lists in use (Ionescu et al. 2014).

Both formats are meant to hold camera coordinates; the 2D joints tell whether they do. Millimetres,
centimetres and metres are told apart by the size of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.skeletons import HUMAN36M_17, Skeleton
from kaa_gui.core.untrusted.npz import NUMBERS, TEXTS, arrays_in
from kaa_gui.evaluation.datasets.camera_axes import MOST_SAMPLES, Sample, find_axes, rotation_of
from kaa_gui.evaluation.datasets.entry import (
    DAMAGE,
    MAX_LIST_BYTES,
    Entry,
    Fault,
    Truth,
    check_list,
    first_of,
    pairs,
    picture_path,
    reason,
)
from kaa_gui.evaluation.datasets.listing import Listed, Listing, joint_order, ordered
from kaa_gui.evaluation.datasets.mpii import scale_square
from kaa_gui.evaluation.datasets.raster import moved, picture_size, turned

_JOINTS = (
    "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist right_elbow "
    "right_shoulder left_shoulder left_elbow left_wrist neck head_top pelvis thorax spine jaw head "
    "nose left_eye right_eye left_ear right_ear"
)
LISTED_24 = Skeleton(
    "listed-24",
    tuple(_JOINTS.split()),
    (),
)
"""Joint order of the npz lists (Kolotouros et al. 2019, SPIN)."""
LARGEST_BODY_M, LARGEST_BODY_CM = 10.0, 300.0
_ALIASES = {
    "root": "pelvis",
    "root_pelvis": "pelvis",
    "hip": "pelvis",
    "left_foot": "left_ankle",
    "right_foot": "right_ankle",
    "neck_base": "nose",
    "neck_nose": "nose",
    "neck": "nose",
    "belly": "spine",
    "torso": "spine",
    "head_top": "head",
}
_REQUIRED = ("imgname", "center", "scale")


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield every annotated person.

    Raises:
        PictureError: The file is neither of the two formats.
    """
    check_list(path)
    folder = images or path.parent
    yield from (_npz if path.suffix.lower() == ".npz" else _json)(path, folder)


def _json(path: Path, folder: Path) -> Iterator[Entry | Fault]:
    people = list(Listing.of(path, folder).people())
    listed = [each for each in people if isinstance(each, Listed)]
    orders = {names: _order(names, listed, path) for names in {each.names for each in listed}}
    samples = _samples(len(listed), lambda at: _centred(_sample(listed[at], orders), listed[at].path()))
    axes = find_axes(samples, HUMAN36M_17)
    for each in people:
        if isinstance(each, Fault):
            yield each
            continue
        try:
            sample, to_picture = _sample(each, orders), each.to_picture()
            solid, note = axes.of(sample)
            truth = Truth.build(
                HUMAN36M_17,
                moved(sample.flat, to_picture),
                in_millimetres(turned(solid, to_picture)),
                note=note,
            )
            yield Entry(each.key, str(each.path()), None, each.square(to_picture), truth)
        except DAMAGE as error:
            yield Fault(each.key, reason(error))


def _samples(count: int, sample: Callable[[int], Sample | None]) -> list[Sample]:
    """Return some people, evenly over a file; damaged ones are left out."""
    found = []
    for at in np.unique(np.linspace(0, count - 1, MOST_SAMPLES).astype(int)) if count else ():
        with suppress(*DAMAGE):
            found.append(sample(int(at)))
    return [each for each in found if each is not None]


def _sample(listed: Listed, orders: Mapping[tuple[str, ...], tuple[int, ...] | None]) -> Sample:
    """Return a person's joints in the order of :data:`HUMAN36M_17`, in the pixels of the list."""
    order, count = orders[listed.names], len(listed.names) or len(HUMAN36M_17)
    record = listed.record
    flat = np.full((count, 2), np.nan)
    if "keypoints" in record:
        flat = _known(*pairs(record["keypoints"], 2, count)) + 0.5
    solid = _known(*pairs(first_of(record, ("keypoints_cam", "keypoints_3d")), 3, count))
    size = listed.size()
    return Sample(
        ordered(flat, order, count, np.nan),
        ordered(solid, order, count, np.nan),
        None if size is None else np.array(size) / 2,
        rotation_of(listed.camera()),
    )


def _order(names: tuple[str, ...], people: Sequence[Listed], path: Path) -> tuple[int, ...] | None:
    """Return which listed joint each joint is, after the names have been compared with the joints.

    A converter in use names the left leg right and the right leg left: then hips and shoulders are crossed.
    """
    order = joint_order(names, HUMAN36M_17, _ALIASES, path.name)
    if order is None or len(names) != len(HUMAN36M_17):
        return order
    own = [each for each in people if each.names == names]
    named, plain = (_crossed(own, {names: each}) for each in (order, None))
    return None if named > 0 > plain else order


def _crossed(people: Sequence[Listed], orders: Mapping[tuple[str, ...], tuple[int, ...] | None]) -> float:
    """Return a number above 0 where most people have their left hip at the side of their right shoulder."""
    sides = []
    for sample in _samples(len(people), lambda at: _sample(people[at], orders)):
        at = dict(zip(HUMAN36M_17.joints, sample.solid, strict=True))
        hips, shoulders = (at[f"right_{part}"] - at[f"left_{part}"] for part in ("hip", "shoulder"))
        sides.append(-np.sign(float(hips @ shoulders)))
    return float(np.nansum(sides))


def _npz(path: Path, folder: Path) -> Iterator[Entry | Fault]:
    arrays = _arrays(path)
    count = len(arrays["imgname"])
    samples = _samples(
        count, lambda at: _centred(_listed_sample(arrays, at), picture_path(folder, _text(arrays, at)))
    )
    axes = find_axes(samples, _skeleton(samples[0]) if samples else HUMAN36M_17)
    for number in range(count):
        text = _text(arrays, number)
        key = f"{text}#{number}"
        try:
            square = scale_square(arrays["center"][number], np.asarray(arrays["scale"][number]).item())
            sample = _listed_sample(arrays, number)
            truth = None
            if sample is not None:
                solid, note = axes.of(sample)
                truth = Truth.build(_skeleton(sample), sample.flat, in_millimetres(solid), note=note)
            yield Entry(key, str(picture_path(folder, text)), None, square, truth)
        except DAMAGE as error:
            yield Fault(key, reason(error))


def _arrays(path: Path) -> dict[str, Any]:
    try:
        wanted = (*_REQUIRED, "part", "S")
        arrays = arrays_in(path, limit=MAX_LIST_BYTES, names=wanted, kinds=NUMBERS + TEXTS)
    except ValueError as error:
        raise PictureError(f"{path.name}: not a readable npz list ({error})") from None
    if missing := [name for name in _REQUIRED if name not in arrays]:
        raise PictureError(f"{path.name}: the npz list lacks {', '.join(missing)}")
    lengths = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise PictureError(f"{path.name}: the arrays must be equally long, got {lengths}")
    return arrays


def _listed_sample(arrays: Mapping[str, Any], number: int) -> Sample | None:
    """Return one person's joints: 24 as in :data:`LISTED_24`, or Human3.6M's own 17."""
    parts = [(arrays[name][number], width) for name, width in (("part", 2), ("S", 3)) if name in arrays]
    if not parts:
        return None
    joints = {width: _known(*pairs(values, width)) for values, width in parts}
    counts = {len(each) for each in joints.values()}
    if counts not in ({len(LISTED_24)}, {len(HUMAN36M_17)}):
        raise ValueError(f"expected 17 or 24 joints, got {', '.join(map(str, sorted(counts)))}")
    count = counts.pop()
    flat, solid = (joints.get(width, np.full((count, width), np.nan)) for width in (2, 3))
    return Sample(flat, solid)


def _text(arrays: Mapping[str, Any], number: int) -> str:
    name = arrays["imgname"][number]
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _centred(sample: Sample | None, path: Path) -> Sample | None:
    """Return a person with the middle of the picture, read from its header where the list has no size."""
    if sample is None or sample.centre is not None:
        return sample
    size = picture_size(path)
    return sample if size is None else replace(sample, centre=np.array(size) / 2)


def _skeleton(sample: Sample) -> Skeleton:
    return LISTED_24 if len(sample.flat) == len(LISTED_24) else HUMAN36M_17


def _known(points: Any, known: Any) -> Any:
    return points if known is None else np.where(known[:, None], points, np.nan)


def in_millimetres(points: Any) -> Any:
    """Return 3D joints ``(K, 3)`` in millimetres; metres and centimetres are told by the size of the body."""
    if not np.isfinite(points).any():
        return points
    extent = float((np.nanmax(points, axis=0) - np.nanmin(points, axis=0)).max())
    return points * (1000.0 if extent < LARGEST_BODY_M else 10.0 if extent < LARGEST_BODY_CM else 1.0)
