"""Target poses: the library that comes with the product, and the user's own files.

A target is a pose in space, root-relative, as a camera sees it; rendered ones also carry a picture of
a body in that pose, cropped as BlazePose crops, with the joints' exact pixels.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.files.writing import write_file
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import HUMAN36M_17, SKELETONS, Skeleton, convert, with_carried
from kaa_gui.core.targets.bvh import read_bvh
from kaa_gui.core.targets.retargeting import pose_of_frame
from kaa_gui.core.types import FloatArray, Pose, read_only
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.core.untrusted.paths import is_file

FORMAT = "kaa-target/1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
TARGET_FILES = Reader(ConfigError, "choose another target file", most_bytes=1_000_000, most_values=100_000)
_MAX_MM = 10_000.0
_MAX_PX = 100_000.0
_MOTION = re.compile(r"(.+\.bvh)(?::(\d{1,9}))?", re.IGNORECASE | re.DOTALL)
_FIRST = ("walk", "sit")


@dataclass(frozen=True, slots=True, eq=False)
class TargetPose:
    """A pose to drive a victim to.

    Attributes:
        name: Identifier; letters, digits, space, dot, hyphen and underscore, at most 64.
        title: Title for menus.
        points_mm: By skeleton: ``(J, 3)`` float32: millimetres, the mid-hip at the origin, x right,
            y down, z away from a camera that looks at the person level.
        protocol: The protocol of the seed slides that this is the target of, or None.
        picture: A picture of a body in this pose, square, its mid-hip in the centre, or None.
        keypoints: By skeleton: ``(J, 2)`` float32, pixels of ``picture``; empty without one.
    """

    name: str
    title: str
    points_mm: Mapping[str, FloatArray]
    protocol: str | None = None
    picture: Path | None = None
    keypoints: Mapping[str, FloatArray] = field(default_factory=dict)

    def points(self, skeleton: Skeleton) -> FloatArray:
        """Return the pose in a skeleton, converted where the target has another.

        Args:
            skeleton: Wanted.

        Returns:
            ``(len(skeleton), 3)`` float32, millimetres; NaN at joints that the target cannot supply.
        """
        return _in_skeleton(self.points_mm, skeleton)

    @property
    def sha256(self) -> str:
        """Hash of the pose in every skeleton that it is given in, hexadecimal."""
        digest = hashlib.sha256()
        for name in sorted(self.points_mm):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.points_mm[name], "<f4").data)
        return digest.hexdigest()

    def pixels(self, skeleton: Skeleton) -> FloatArray | None:
        """Return the joints in ``picture``, ``(len(skeleton), 2)``, or None without a picture."""
        return _in_skeleton(self.keypoints, skeleton) if self.keypoints else None

    def bone_lengths_mm(self, skeleton: Skeleton) -> FloatArray:
        """Return the length of each bone of a skeleton, ``(len(skeleton.bones),)`` millimetres."""
        start, end = np.array(skeleton.bones).T
        points = self.points(skeleton)
        return np.linalg.norm(points[start] - points[end], axis=1).astype(np.float32)

    def turned(self, degrees: float) -> TargetPose:
        """Return the pose seen from elsewhere: turned about the vertical, to the person's left.

        The picture does not turn along; the result has none.
        """
        angle = math.radians(degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        turn = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        points = {name: _frozen(points @ turn.T) for name, points in self.points_mm.items()}
        return replace(self, points_mm=points, picture=None, keypoints={})


class _Library(Mapping[str, TargetPose]):
    """The target poses in ``resources/targets`` by name, read when first asked for."""

    def __getitem__(self, name: str) -> TargetPose:
        if name not in _library_names():
            raise KeyError(name)
        return _read_library(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_library_names())

    def __len__(self) -> int:
        return len(_library_names())


TARGETS: Mapping[str, TargetPose] = _Library()


def load_target(name_or_path: str | Path) -> TargetPose:
    """Return a target of the library, or read one from a file.

    Args:
        name_or_path: A key of :data:`TARGETS`, the path of a JSON file, or that of a BVH motion, which may be
            followed by ``:FRAME``, counted from 0.

    Raises:
        ConfigError: There is no such target, or the file is not a target pose.
    """
    if isinstance(name_or_path, str) and name_or_path in TARGETS:
        return TARGETS[name_or_path]
    if motion := _MOTION.fullmatch(str(name_or_path)):
        return _from_motion(Path(motion[1]), int(motion[2] or 0))
    path = Path(name_or_path)
    if not is_file(path):
        raise ConfigError(
            f"target must be one of {', '.join(TARGETS)}, or a target file, got {str(name_or_path)!r}"
        )
    return _parse(TARGET_FILES.json(path), path)


def _from_motion(path: Path, frame: int) -> TargetPose:
    if not is_file(path):
        raise ConfigError(f"target must be an existing file, got {str(path)!r}")
    points = _frozen(pose_of_frame(read_bvh(path), frame))
    title = f"{path.stem}, frame {frame}"
    return TargetPose(target_name(f"{path.stem[:50]}-{frame}"), title, {HUMAN36M_17.name: points})


def save_target(target: TargetPose, path: Path) -> None:
    """Write a target pose as JSON.

    The picture is mentioned where it lies in the same folder, and left out otherwise.

    Args:
        target: Target to write.
        path: Path of the file; replaced whole, or not at all.

    Raises:
        ConfigError: The target is not one that could be read again.
        PictureError: The file cannot be written.
    """
    beside = target.picture is not None and target.picture.resolve().parent == path.resolve().parent
    content = as_json(target if beside else replace(target, picture=None, keypoints={}))
    _parse(content, path)
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    write_file(path, text.encode())


def target_from_pose(target: Pose, clean: Pose, *, name: str, title: str) -> TargetPose:
    """Return the target of an attack as a pose that another attack can be given.

    Its x and y are those of the key points at the attacked person's size, so that it lands on the same key
    points in the same picture; its depth is that of the 3D pose.

    Args:
        target: The pose wanted, in the attacked crop.
        clean: The attacked person's.
        name: Identifier, as in :class:`TargetPose`.
        title: Title for menus.
    """
    skeleton, space = target.skeleton, target.skeleton_3d
    hips = [skeleton.index("left_hip"), skeleton.index("right_hip")]
    flat = (target.keypoints - target.keypoints[hips].mean(axis=0)) / pixels_per_millimetre(clean)
    depth = convert(target.points_mm[:, 2:], space, skeleton)
    depth = np.nan_to_num(with_carried(depth, skeleton, np.zeros_like(depth)))
    points = {} if space == skeleton else {space.name: _frozen(target.points_mm)}
    points[skeleton.name] = _frozen(np.hstack([flat, depth - depth[hips].mean(axis=0)]))
    return TargetPose(name, title, points)


def pixels_per_millimetre(pose: Pose) -> float:
    """Return the scale that best lays the 3D pose's x and y over its key points."""
    common = [name for name in pose.skeleton_3d.joints if name in pose.skeleton.joints]
    flat = pose.keypoints[[pose.skeleton.index(name) for name in common]]
    space = pose.points_mm[[pose.skeleton_3d.index(name) for name in common], :2]
    flat, space = flat - flat.mean(axis=0), space - space.mean(axis=0)
    return float(np.linalg.norm(flat) / max(float(np.linalg.norm(space)), 1.0))


def target_name(text: str) -> str:
    """Return a text, e.g. a file's stem, as an identifier that a target file may carry."""
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "-", text).lstrip(" ._-")[:64]
    return plain or "target"


def as_json(target: TargetPose) -> dict[str, Any]:
    """Return a target as the JSON values that :func:`load_target` reads."""
    skeletons = [SKELETONS[name] for name in target.points_mm]
    return {
        "format": FORMAT,
        "name": target.name,
        "title": target.title,
        "protocol": target.protocol,
        "skeletons": {s.name: _named(s, target.points_mm[s.name]) for s in skeletons},
        "bone_lengths_mm": {s.name: _named_bones(s, target) for s in skeletons},
        "picture": target.picture.name if target.picture else None,
        "keypoints_px": {name: _named(SKELETONS[name], pixels) for name, pixels in target.keypoints.items()},
    }


def _named(skeleton: Skeleton, rows: FloatArray) -> dict[str, list[float]]:
    return {
        joint: [round(float(value), 3) for value in row]
        for joint, row in zip(skeleton.joints, rows, strict=True)
    }


def _named_bones(skeleton: Skeleton, target: TargetPose) -> dict[str, float]:
    return {
        f"{skeleton.joints[start]}-{skeleton.joints[end]}": round(float(length), 3)
        for (start, end), length in zip(skeleton.bones, target.bone_lengths_mm(skeleton), strict=True)
    }


@cache
def _library_names() -> tuple[str, ...]:
    names = sorted(path.stem for path in (resources_dir() / "targets").glob("*.json"))
    # the slides' two protocols first
    return (*(name for name in _FIRST if name in names), *(name for name in names if name not in _FIRST))


@cache
def _read_library(name: str) -> TargetPose:
    path = resources_dir() / "targets" / f"{name}.json"
    return _parse(TARGET_FILES.json(path), path)


def _parse(content: Any, path: Path) -> TargetPose:
    """Check everything once: from here on a target can be trusted."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ConfigError(f"target file must say format {FORMAT}, got {path.name} without it")
    points = {
        name: _frozen(_centred(SKELETONS[name], rows))
        for name, rows in _parse_skeletons(content.get("skeletons"), 3, _MAX_MM, path).items()
    }
    if not points:
        raise ConfigError(f"target file must give at least one skeleton, got none in {path.name}")
    picture = _parse_picture(content.get("picture"), path)
    pixels = _parse_skeletons(content.get("keypoints_px") or {}, 2, _MAX_PX, path) if picture else {}
    return TargetPose(
        name=_parse_text(content.get("name"), "name", path, pattern=_NAME),
        title=_parse_text(content.get("title"), "title", path),
        protocol=None
        if content.get("protocol") is None
        else _parse_text(content["protocol"], "protocol", path),
        points_mm=points,
        picture=picture,
        keypoints={name: _frozen(rows) for name, rows in pixels.items()},
    )


def _parse_text(value: Any, name: str, path: Path, *, pattern: re.Pattern[str] | None = None) -> str:
    short = isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()
    if not short or (pattern and not pattern.fullmatch(value)):
        raise ConfigError(f"{name} of a target must be a short plain text, got another in {path.name}")
    return value


def _parse_picture(value: Any, path: Path) -> Path | None:
    if value is None:
        return None
    plain = isinstance(value, str) and Path(value).name == value and "\\" not in value
    if not plain or Path(value).suffix.lower() not in {".png", ".jpg"}:
        raise ConfigError(f"picture of a target must be a PNG or JPEG beside it, got another in {path.name}")
    picture = path.parent / value
    return picture if is_file(picture) else None


def _parse_skeletons(values: Any, size: int, limit: float, path: Path) -> dict[str, NDArray[np.float64]]:
    if not isinstance(values, dict):
        raise ConfigError(f"skeletons of a target must be named, got no names in {path.name}")
    if unknown := [name for name in values if name not in SKELETONS]:
        raise ConfigError(f"skeletons must be among {', '.join(SKELETONS)}, got {unknown[0]!r:.40}")
    return {
        name: _parse_joints(SKELETONS[name], joints, size, limit, path) for name, joints in values.items()
    }


def _parse_joints(
    skeleton: Skeleton, joints: Any, size: int, limit: float, path: Path
) -> NDArray[np.float64]:
    if not isinstance(joints, dict) or set(joints) != set(skeleton.joints):
        raise ConfigError(f"target must give every joint of {skeleton.name} and no other, got {path.name}")
    for joint in skeleton.joints:
        if not _is_point(joints[joint], size, limit):
            raise ConfigError(
                f"{joint} must be {size} finite numbers of at most {limit:g}, got others in {path.name}"
            )
    return np.array([joints[joint] for joint in skeleton.joints], np.float64)


def _is_point(row: Any, size: int, limit: float) -> bool:
    # NaN is not below any limit either
    return (
        isinstance(row, list)
        and len(row) == size
        and all(type(value) in {int, float} and abs(value) <= limit for value in row)
    )


def _centred(skeleton: Skeleton, points: NDArray[np.float64]) -> NDArray[np.float64]:
    hips = [skeleton.index("left_hip"), skeleton.index("right_hip")]
    if np.linalg.norm(points - points[hips].mean(axis=0), axis=1).max() < 100:
        raise ConfigError("target must be a pose in millimetres, got all joints within 100 mm")
    return points - points[hips].mean(axis=0)


def _in_skeleton(rows: Mapping[str, FloatArray], skeleton: Skeleton) -> FloatArray:
    if skeleton.name in rows:
        return rows[skeleton.name]
    # the richest skeleton supplies most
    source = max((SKELETONS[name] for name in rows), key=len)
    return _frozen(convert(rows[source.name], source, skeleton))


def _frozen(array: NDArray[np.floating]) -> FloatArray:
    return read_only(np.ascontiguousarray(array, np.float32))
