"""Define an entry of a data set: a picture, a person in it, and what is known of that person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import PictureError, one_line
from kaa_gui.core.pictures.annotated import annotation_of
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.core.types import Annotation, BoolArray, FloatArray, Picture, read_only
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.core.untrusted.paths import is_file

DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError)
"""What a damaged record may raise while it is read; an integer of 400 digits fits no float."""
MAX_LIST_BYTES = 1 << 31
"""Annotation files beyond this are refused before they are read; COCO's largest has 0.25 GB."""
MOST_FAULTS = 100_000
"""Damaged entries beyond this are not listed one by one: the file is no data set."""
LONGEST_SHOWN, LONGEST_REASON = 100, 300
"""Characters of a name that a message repeats, and of what a library has to say."""
LISTS = Reader(
    PictureError, "is it the annotation file?", most_bytes=MAX_LIST_BYTES, most_values=1 << 28, strict=False
)
"""Records are checked one by one: one that is damaged is a fault, not the end of the list."""
FARTHEST = 1e6
"""Coordinates beyond this, pixels or millimetres, are damage."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where a person's joints truly are, as the data set says.

    Attributes:
        skeleton: Of both arrays.
        keypoints: ``(K, 2)`` float32, pixels of the picture, a pixel's centre at + 0.5; NaN where unknown.
        points_mm: ``(K, 3)`` float32, millimetres, x right, y down, z away from the camera, any origin; NaN
            where unknown.
        seen: ``(K,)`` bool, the joints that nothing hides in the picture.
        note: One line on how ``points_mm`` were come by, or why there are none; empty where they are as
            listed.
    """

    skeleton: Skeleton
    keypoints: FloatArray
    points_mm: FloatArray
    seen: BoolArray
    note: str = ""

    @classmethod
    def build(
        cls,
        skeleton: Skeleton,
        keypoints: Any = None,
        points_mm: Any = None,
        visible: Any = None,
        seen: Any = None,
        *,
        note: str = "",
    ) -> Truth:
        """Check and freeze what a file holds; what is missing becomes NaN.

        Args:
            skeleton: Of the arrays.
            keypoints: ``(K, 2)``, or None.
            points_mm: ``(K, 3)``, or None.
            visible: ``(K,)``, which of ``keypoints`` hold at all; None is all.
            seen: ``(K,)``, which of them nothing hides; None is all that hold.
            note: As the attribute.

        Raises:
            ValueError: The numbers have another shape or are out of all range.
        """
        count = len(skeleton)
        flat = _numbers(keypoints, (count, 2))
        if visible is not None:
            flat[~np.asarray(visible, bool).reshape(count)] = np.nan
        clear = np.array(np.isfinite(flat).all(axis=1))
        if seen is not None:
            clear &= np.asarray(seen, bool).reshape(count)
        solid = read_only(_numbers(points_mm, (count, 3)))
        return cls(skeleton, read_only(flat), solid, read_only(clear), note)

    def annotation(self) -> Annotation:
        """Return the joints that are known and seen in the picture."""
        return annotation_of(self.skeleton, self.keypoints, self.seen)


def _numbers(values: Any, shape: tuple[int, int]) -> FloatArray:
    if values is None:
        return np.full(shape, np.nan, np.float32)
    array = np.array(values, np.float64)
    if array.size != shape[0] * shape[1]:
        raise ValueError(f"expected {shape[0]} joints of {shape[1]} numbers, got shape {array.shape}")
    array = _within_reach(array.reshape(shape))
    array[~np.isfinite(array).all(axis=1)] = np.nan
    return array.astype(np.float32)


def _within_reach(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates with NaN for infinite ones.

    Raises:
        ValueError: Some are out of all range.
    """
    array[np.isinf(array)] = np.nan
    if np.nanmax(np.abs(array), initial=0) > FARTHEST:
        raise ValueError(f"coordinates must be within ±{FARTHEST:g}")
    return array


@dataclass(frozen=True, slots=True)
class Square:
    """The square around a person, upright, in pixels of the picture.

    Attributes:
        x: Of its centre.
        y: Of its centre.
        side: Its length.
    """

    x: float
    y: float
    side: float

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.side)
        if not all(np.isfinite(values)) or self.side < 1 or max(map(abs, values)) > FARTHEST:
            raise ValueError(f"the person's square must be finite and at least a pixel, got {values}")


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One person in one picture of a data set; small, and sent to workers as it is.

    Attributes:
        key: Stable name within the data set; rows are identified by it.
        path: Of the picture or the video.
        frame: Number of the video's frame; None for a picture.
        square: Around the person, if annotated.
        truth: Of the person, if annotated.
        raw_colours: Whether the picture's colour profile is passed over.
    """

    key: str
    path: str
    frame: int | None = None
    square: Square | None = None
    truth: Truth | None = None
    raw_colours: bool = False

    def load(self) -> Picture:
        """Read the picture; it carries the person's annotated joints.

        Raises:
            PictureError: It is missing or damaged.
        """
        if self.frame is not None:
            return load_frame(Path(self.path), self.frame)
        known = () if self.truth is None else (self.truth.annotation(),)
        return replace(load_picture(self.path, raw_colours=self.raw_colours), truth=known)


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that cannot be used, and why; it is reported and skipped.

    Attributes:
        key: As far as it is known.
        reason: One line.
    """

    key: str
    reason: str


def load_frame(path: Path, frame: int) -> Picture:
    """Read one frame of a video.

    Raises:
        PictureError: There is no such frame, or it is too large.
    """
    # late: it loads OpenCV, and the window is painted before that is needed
    from kaa_gui.core.pictures.video import video_frame

    # named as rows have always named it
    return replace(video_frame(path, frame), name=f"{path.stem}-{frame:06d}")


def picture_path(images: Path, name: object) -> Path:
    """Return a listed picture's path.

    Raises:
        ValueError: The name is none, leads out of the folder, or there is no such file.
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"picture must be a file name, got {name!r}")
    name = valid_text(name)
    parts = PurePosixPath(name.replace("\\", "/"))
    # a list from elsewhere must not make us open files anywhere on the disk
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"picture must lie below {images}, got {name!r}")
    path, shown = images / parts, shortened(name)
    try:
        there = path.is_file()
    except OSError as error:
        raise ValueError(f"picture {shown} cannot be looked for ({error.strerror or error})") from None
    if not there:
        raise ValueError(f"picture {shown} is not in {images}")
    return path


def valid_text(text: str) -> str:
    """Return a text that can be written as UTF-8: JSON may hold halves of a character."""
    return text.encode("utf-8", "replace").decode()


def shortened(value: object) -> str:
    """Return a value of a file as a text that a message can repeat."""
    return _shortened(value if isinstance(value, str) else repr(value), LONGEST_SHOWN)


def _shortened(text: str, longest: int) -> str:
    plain = one_line(" ".join(text[: 2 * longest].split()))
    return plain if len(plain) <= longest else f"{plain[:longest]}…"


def reason(error: Exception) -> str:
    """Return one line for a damaged record."""
    words = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
    return _shortened(words, LONGEST_REASON) or type(error).__name__


def check_list(path: Path) -> None:
    """Refuse an annotation file that is none, before it is read.

    Raises:
        PictureError: It is missing, no regular file, or too large.
    """
    if not is_file(path):
        raise PictureError(f"{path}: no such annotation file; check the path after KIND:")
    if path.stat().st_size > MAX_LIST_BYTES:
        raise PictureError(f"{path.name}: larger than {MAX_LIST_BYTES >> 30} GiB; split it")


def read_json(path: Path) -> Any:
    """Return a JSON file's content.

    Raises:
        PictureError: It is missing, too large, or no JSON.
    """
    check_list(path)
    anything: Any = Any
    return LISTS.parsed(LISTS.content(path), anything, path.name)


def dictionaries(values: object, what: str, path: Path) -> list[dict[str, Any]]:
    """Return a list of JSON objects.

    Raises:
        PictureError: It is something else.
    """
    if not isinstance(values, list):
        raise PictureError(f"{path.name}: {what} must be a list, got {type(values).__name__}")
    nothing: dict[str, Any] = {}
    return [value if isinstance(value, dict) else nothing for value in values]


def pairs(values: Any, width: int, count: int | None = None) -> tuple[Any, Any]:
    """Return joints and, where each has one number more, which are known: from flat or nested lists.

    Args:
        values: Joints of ``width`` or ``width`` + 1 numbers, the last one a visibility; nested or flat.
        width: 2 or 3 coordinates.
        count: Number of joints, where it is known.

    Raises:
        ValueError: Neither fits, or coordinates are out of all range.
    """
    array = np.array(values, np.float64)
    if array.ndim == 1 and count and array.size in (count * width, count * (width + 1)):
        array = array.reshape(count, -1)
    if array.ndim == 1:
        for each in (width + 1, width):
            if array.size and array.size % each == 0 and (each == width + 1 or array.size % (width + 1)):
                array = array.reshape(-1, each)
                break
    if array.ndim != 2 or array.shape[1] not in (width, width + 1):
        raise ValueError(f"joints must have {width} or {width + 1} numbers each, got shape {array.shape}")
    known = array[:, width] > 0 if array.shape[1] == width + 1 else None
    return _within_reach(array[:, :width]), known


def first_of(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the first field that a record has, or None."""
    return next((record[name] for name in names if record.get(name) is not None), None)


def listed(
    entries: Iterable[Entry | Fault], *, every: int = 1, limit: int | None = None
) -> list[Entry | Fault]:
    """Return every n-th item, up to a number of usable ones; nothing beyond them is read.

    Raises:
        PictureError: More than :data:`MOST_FAULTS` entries are damaged.
    """
    kept: list[Entry | Fault] = []
    usable = 0
    for number, item in enumerate(_portable(entries)):
        if limit is not None and usable >= limit:
            break
        if number % every == 0:
            kept.append(item)
            usable += isinstance(item, Entry)
        if isinstance(item, Fault) and len(kept) - usable > MOST_FAULTS:
            raise PictureError(
                f"more than {MOST_FAULTS} entries are damaged; the last, {item.key}: {item.reason}"
            )
    return kept


def _portable(entries: Iterable[Entry | Fault]) -> Iterator[Entry | Fault]:
    """Yield items with a key of their own that every file can hold, and a path that holds everywhere."""
    seen: set[str] = set()
    for item in entries:
        # rows are known by keys: of two people with one key, one would silently be left out
        known = valid_text(item.key)
        if isinstance(item, Fault):
            # it is shown as it is
            known = _shortened(known, LONGEST_REASON)
        key, times = known, 1
        while key in seen:
            times += 1
            key = f"{known}~{times}"
        seen.add(key)
        if isinstance(item, Fault):
            yield replace(item, key=key)
        else:
            # workers elsewhere have another working folder
            yield replace(item, key=key, path=str(Path(item.path).absolute()))
