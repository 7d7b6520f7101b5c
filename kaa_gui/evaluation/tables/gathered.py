"""Gather the rows of each attack as compact columns; records are read one by one and dropped."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.evaluation.results.outcome import Record

MEASURED = (
    "success",
    "met_before",
    "person_found",
    "noise_success",
    "saved_perturbation_rmse",
    "first_success_rmse",
    "saved_pose_error_mm",
    "saved_target_error_mm",
    "clean_truth_mpjpe_mm",
)
"""Columns of a row that are summed up."""
WHOSE = ("dataset", "entry", "picture_sha256", "seed")
"""Columns that tell which rows belong together."""
_FRAME_NUMBER = re.compile(r"[-_.]?\d+\.\w+(#.*|~\d+)?$")


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Rows of one attack.

    Attributes:
        first: A record of theirs, for what all have in common.
        rows: ``(n,)`` uint64, their identifiers as numbers.
        places: ``(n,)``, the same number for the same entry and seed, in any attack gathered along with it.
        pictures: ``(n,)``, the same number for what is no independent evidence: people of one picture, seeds,
            neighbouring frames of a video.
        columns: Columns of :data:`MEASURED`, each ``(n,)`` float64, NaN where unknown.
    """

    first: Record
    rows: NDArray[np.uint64]
    places: NDArray[np.int64]
    pictures: NDArray[np.int64]
    columns: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def counted(self) -> Members:
        """The rows that did not meet the criterion before the attack."""
        return self.chosen(self.columns["met_before"] != 1)

    def chosen(self, which: NDArray[Any]) -> Members:
        """Return some of the rows, by a mask or their numbers."""
        columns = {name: values[which] for name, values in self.columns.items()}
        return Members(self.first, self.rows[which], self.places[which], self.pictures[which], columns)


@dataclass(slots=True, eq=False)
class _Growing:
    first: Record
    rows: array[int] = field(default_factory=lambda: array("Q"))
    places: array[int] = field(default_factory=lambda: array("q"))
    pictures: array[int] = field(default_factory=lambda: array("q"))
    columns: dict[str, array[float]] = field(default_factory=lambda: {name: array("d") for name in MEASURED})


def gather(rows: Iterable[Record], key_of: Callable[[Record], Hashable]) -> dict[Any, Members]:
    """Return the rows of each attack.

    Args:
        rows: Read once.
        key_of: Function from a row to the key of its attack.
    """
    growing: dict[Hashable, _Growing] = {}
    numbers: dict[Hashable, int] = {}
    for row in rows:
        if (each := growing.get(key := key_of(row))) is None:
            each = growing[key] = _Growing(row)
        each.rows.append(int(row["row"], 16))
        # of a few seeds and many entries no pair is kept
        entry, seed = _number(numbers, row["entry"]), _number(numbers, ("seed", row.get("seed")))
        each.places.append(entry << 32 | seed)
        each.pictures.append(_number(numbers, ("of", picture_of(row))))
        for name, values in each.columns.items():
            value = row.get(name)
            values.append(np.nan if value is None else value)
    return {key: _grown(each) for key, each in growing.items()}


def picture_of(row: Record) -> Hashable:
    """Return what a row's picture is, so that rows of the same are no independent evidence.

    Frames of one sequence of Human3.6M are one; those of a video, which is but one, are split further by
    :func:`gather`.
    """
    if row.get("dataset") == "h36m":
        return _FRAME_NUMBER.sub("", row["entry"])
    digest = row.get("picture_sha256")
    return int(digest[:15], 16) if digest else row["entry"]


def _number(numbers: dict[Hashable, int], thing: Hashable) -> int:
    return numbers.setdefault(thing, len(numbers))


def _grown(each: _Growing) -> Members:
    pictures = np.asarray(each.pictures, np.int64)
    if each.first.get("dataset") == "video":
        # frame by frame, as rows come: blocks of neighbours, as many as each has members (Carlstein 1986)
        frames, frame = np.unique(np.asarray(each.places, np.int64) >> 32, return_inverse=True)
        pictures = frame * int(np.ceil(np.sqrt(len(frames)))) // len(frames)
    columns = {name: np.asarray(values, np.float64) for name, values in each.columns.items()}
    rows, places = np.asarray(each.rows, np.uint64), np.asarray(each.places, np.int64)
    return Members(each.first, rows, places, pictures, columns)
