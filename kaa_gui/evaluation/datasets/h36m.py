"""Read Human3.6M: COCO-style JSON with 3D joints, and the npz lists in use (Ionescu et al. 2014).

Both formats hold camera coordinates; millimetres or metres are told apart by the size of the body.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.skeletons import HUMAN36M_17, Skeleton
from kaa_gui.evaluation.datasets.coco import box_square, file_of, listed_path, pictures_of
from kaa_gui.evaluation.datasets.entry import (
    DAMAGE,
    MAX_LIST_BYTES,
    Entry,
    Fault,
    Truth,
    check_list,
    dictionaries,
    first_of,
    pairs,
    picture_path,
    read_json,
    reason,
)
from kaa_gui.evaluation.datasets.mpii import scale_square

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
LARGEST_BODY_M = 10.0
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
    content = read_json(path)
    if not isinstance(content, dict) or "annotations" not in content:
        raise PictureError(f"{path.name}: no COCO-style annotation: images and annotations are missing")
    files = {image.get("id"): image.get("file_name") for image in pictures_of(content, path)}
    for number, record in enumerate(dictionaries(content["annotations"], "annotations", path)):
        name = file_of(record, files)
        key = f"{name}#{record.get('id', number)}"
        try:
            points, known = pairs(record["keypoints"], 2) if "keypoints" in record else (None, None)
            flat = None if points is None else points + 0.5
            solid, solid_known = pairs(first_of(record, ("keypoints_3d", "keypoints_cam")), 3)
            solid = in_millimetres(np.where(_column(solid_known, len(solid)), solid, np.nan))
            truth = Truth.build(HUMAN36M_17, flat, solid, visible=known)
            square = box_square(record["bbox"])
            yield Entry(key, str(listed_path(folder, record, name)), None, square, truth)
        except DAMAGE as error:
            yield Fault(key, reason(error))


def _npz(path: Path, folder: Path) -> Iterator[Entry | Fault]:
    arrays = _arrays(path)
    for number, name in enumerate(arrays["imgname"]):
        text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
        key = f"{text}#{number}"
        try:
            square = scale_square(arrays["center"][number], np.asarray(arrays["scale"][number]).item())
            truth = _listed_truth(arrays, number)
            yield Entry(key, str(picture_path(folder, text)), None, square, truth)
        except DAMAGE as error:
            yield Fault(key, reason(error))


def _arrays(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_LIST_BYTES:
                raise PictureError(f"{path.name}: larger than {MAX_LIST_BYTES >> 30} GiB unpacked; split it")
            arrays = {name: _array(archive, name) for name in _members(archive)}
    # whatever the reader trips over in a damaged, encrypted or mendacious file
    except (*DAMAGE, EOFError, RuntimeError, MemoryError, zlib.error, zipfile.BadZipFile) as error:
        raise PictureError(f"{path.name}: not a readable npz list ({reason(error)})") from None
    if missing := [name for name in _REQUIRED if name not in arrays]:
        raise PictureError(f"{path.name}: the npz list lacks {', '.join(missing)}")
    lengths = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise PictureError(f"{path.name}: the arrays must be equally long, got {lengths}")
    return arrays


def _members(archive: zipfile.ZipFile) -> list[str]:
    wanted = {f"{name}.npy": name for name in (*_REQUIRED, "part", "S")}
    return [wanted[name] for name in archive.namelist() if name in wanted]


def _array(archive: zipfile.ZipFile, name: str) -> Any:
    """Return one array of an npz file, after its header has been compared with its size.

    Raises:
        ValueError: It holds objects, or claims to be larger than it is.
    """
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read:
            raise ValueError(f"{name} has the unknown npy version {version}")
        shape, _, kind = read[version](file)
    size, there = math.prod(shape) * kind.itemsize, archive.getinfo(f"{name}.npy").file_size
    if kind.hasobject or size > there:
        raise ValueError(f"{name} of shape {shape} and type {kind} doesn't fit a file of {there} bytes")
    with archive.open(f"{name}.npy") as file:
        # pickled objects would run whatever they like
        return np.lib.format.read_array(file, allow_pickle=False)


def _listed_truth(arrays: dict[str, Any], number: int) -> Truth | None:
    """Return one person's joints: 24 as in :data:`LISTED_24`, or Human3.6M's own 17."""
    if "part" not in arrays and "S" not in arrays:
        return None
    flat, known = pairs(arrays["part"][number], 2) if "part" in arrays else (None, None)
    solid = None
    if "S" in arrays:
        solid, solid_known = pairs(arrays["S"][number], 3)
        solid = in_millimetres(np.where(_column(solid_known, len(solid)), solid, np.nan))
    count = len(solid) if flat is None and solid is not None else len(flat) if flat is not None else 0
    skeleton = LISTED_24 if count == len(LISTED_24) else HUMAN36M_17
    return Truth.build(skeleton, flat, solid, visible=known)


def _column(known: Any, count: int) -> Any:
    return np.ones((count, 1), bool) if known is None else known[:, None]


def in_millimetres(points: Any) -> Any:
    """Return 3D joints ``(K, 3)`` in millimetres; a body of less than 10 units is in metres."""
    if not np.isfinite(points).any():
        return points
    extent = float((np.nanmax(points, axis=0) - np.nanmin(points, axis=0)).max())
    return points * 1000.0 if extent < LARGEST_BODY_M else points
