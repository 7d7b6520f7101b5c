"""Encode a painted region as text: a bitmap of the picture's pixels, run-length encoded.

``"640x480:..."``: width, height, and the runs in the way of COCO's compressed masks: column by column, each
run's length less that of the run before the last, five bits a character. So a configuration that holds one
stays a hashable value of JSON, two equal regions are equal texts, and nothing unpacks to more than it says.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.arrays import BoolArray, read_only
from kaa_gui.core.errors import ConfigError

MAX_TEXT = 1 << 19
"""Characters: far more than anyone paints, and a bound for files."""

MAX_PIXELS = 200_000_000
_HEAD = re.compile(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8}):", re.ASCII)
_BASE, _BITS, _MORE, _SIGN, _LONGEST = 48, 5, 32, 16, 7
_Runs = NDArray[np.int64]


def painted_text(bitmap: BoolArray) -> str:
    """Return a bitmap as text.

    Args:
        bitmap: ``(H, W)`` bool or uint8, true where the picture may change.

    Raises:
        ConfigError: No pixel is painted, or the outline is too ragged to be kept.
    """
    height, width = bitmap.shape
    columns = np.flatnonzero(bitmap.any(axis=0))
    if not len(columns):
        raise ConfigError(
            "region_mask must leave at least one pixel that may change; paint some, or clear it"
        )
    first, last = int(columns[0]), int(columns[-1]) + 1
    flat = _transposed(bitmap[:, first:last]).ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1 + first * height
    # the first run is of what may not change, though it have no length
    starts = [first * height] if flat[0] else []
    ends = [last * height] if flat[-1] and last < width else []
    cuts = np.concatenate(([0], starts, edges, ends, [height * width])).astype(np.int64)
    runs = np.diff(cuts)
    text = f"{width}x{height}:{_packed(runs)}"
    if len(text) > MAX_TEXT:
        raise ConfigError(
            f"region_mask must take at most {MAX_TEXT} characters, got {len(text)}; smooth its outline"
        )
    return text


def painted_bitmap(text: str) -> BoolArray:
    """Return the bitmap of a text, ``(H, W)`` bool, locked against writing.

    Raises:
        ConfigError: The text is no painted region.
    """
    return _bitmap(text)


def region_bitmap(
    box: tuple[float, float, float, float] | None, painted: str | None, size: tuple[int, ...]
) -> BoolArray | None:
    """Return the pixels of a picture inside a box and on the paint, ``(H, W)`` bool; None is all of them.

    Args:
        box: x, y, width, height in pixels of the picture; None is everywhere.
        painted: The painted region; None is everywhere.
        size: Height and width of the picture.

    Raises:
        ConfigError: The paint is for a picture of another size.
    """
    check_painted_for(painted, size)
    if box is None:
        return None if painted is None else painted_bitmap(painted)
    x, y, width, height = box
    rows, columns = (np.arange(length) + 0.5 for length in size[:2])
    across = (columns >= x) & (columns < x + width)
    inside = ((rows >= y) & (rows < y + height))[:, None] & across
    return inside if painted is None else inside & painted_bitmap(painted)


def painted_size(text: str) -> tuple[int, int]:
    """Return height and width of the picture that a region was painted for."""
    return _parsed(text)[:2]


def painted_pixels(text: str) -> int:
    """Return how many pixels of the picture are painted."""
    return int(_parsed(text)[2][1::2].sum())


def painted_fault(text: object) -> str | None:
    """Return why a value is no painted region, or None where it is one."""
    try:
        # before the cache, which takes no lists
        _parsed(text if isinstance(text, str) else "")
    except ConfigError as error:
        return str(error)
    return None


def check_painted_for(text: str | None, size: tuple[int, ...]) -> None:
    """Refuse a region that was painted for a picture of another size.

    Args:
        text: The region; None fits every picture.
        size: Height and width of the picture.

    Raises:
        ConfigError: They differ.
    """
    if text is not None and painted_size(text) != tuple(size[:2]):
        height, width = painted_size(text)
        raise ConfigError(
            f"region_mask must be as large as the picture, {size[1]} x {size[0]} pixels, got {width} x "
            f"{height}; paint one for this picture, or clear it"
        )


@lru_cache(maxsize=2)
def _bitmap(text: str) -> BoolArray:
    height, width, runs = _parsed(text)
    ends = np.cumsum(runs)
    flat = np.zeros((width, height), bool)
    # only the columns that hold paint; the rest is zero already
    first, last = int(ends[0]) // height, -(-int(ends[(len(runs) // 2) * 2 - 1]) // height)
    spans = np.diff(np.clip(np.concatenate(([0], ends)), first * height, last * height))
    painted = np.arange(len(runs)) % 2 == 1
    flat[first:last] = np.repeat(painted, spans).reshape(-1, height)
    return read_only(_transposed(flat))


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[int, int, _Runs]:
    """Return height, width and runs, of what may not change and what may in turn; all checked."""
    if len(text) > MAX_TEXT or (head := _HEAD.match(text)) is None:
        raise _wrong("a text such as 640x480:...")
    width, height = int(head[1]), int(head[2])
    if width * height > MAX_PIXELS:
        raise _wrong(f"of at most {MAX_PIXELS // 10**6} megapixels")
    counts = text[head.end() :]
    runs = _unpacked(counts)
    if runs is None or not (runs[1:] > 0).all() or runs[0] < 0 or int(runs.sum()) != width * height:
        raise _wrong("runs of pixels that fill the picture")
    if len(runs) < 2:
        raise _wrong("of at least one painted pixel")
    if _packed(runs) != counts:
        raise _wrong("written in the shortest way")
    return height, width, read_only(runs)


def _transposed(bitmap: BoolArray) -> BoolArray:
    import cv2  # late: the window is painted before it is needed

    # numpy takes several times as long
    return np.asarray(cv2.transpose(np.ascontiguousarray(bitmap).view(np.uint8))).view(bool)


def _wrong(rule: str) -> ConfigError:
    return ConfigError(f"region_mask must be a painted region, {rule}; paint it anew, or clear it")


def _packed(runs: _Runs) -> str:
    """Return runs as characters: differences, five bits each, the lowest first."""
    left = runs.copy()
    left[3:] -= runs[1:-2]
    codes = np.zeros((len(runs), _LONGEST), np.uint8)
    used = np.zeros_like(codes, bool)
    going = np.ones(len(runs), bool)
    for place in range(_LONGEST):
        bits = left & (_MORE - 1)
        left >>= _BITS
        more = np.where(bits & _SIGN, left != -1, left != 0)
        codes[:, place] = bits + _MORE * more + _BASE
        used[:, place] = going
        going &= more
    return codes[used].tobytes().decode("ascii")


def _unpacked(counts: str) -> _Runs | None:
    """Return the runs behind characters; None where these are none."""
    if not counts or not counts.isascii():
        return None
    codes = np.frombuffer(counts.encode("ascii"), np.uint8).astype(np.int64) - _BASE
    if codes.min() < 0 or codes.max() >= 2 * _MORE or codes[-1] & _MORE:
        return None
    ends = np.flatnonzero(~codes & _MORE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST:
        return None
    places = np.arange(len(codes)) - np.repeat(starts, lengths)
    values = np.add.reduceat((codes & (_MORE - 1)) << (_BITS * places), starts)
    negative = (codes[ends] & _SIGN) != 0
    values -= np.where(negative, np.int64(1) << (_BITS * lengths), 0)
    runs = values.copy()
    runs[1::2], runs[2::2] = np.cumsum(values[1::2]), np.cumsum(values[2::2])
    return runs
