"""Read the bundled samples with their exact ground truth: the data set of a fresh machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.samples import TruePose, load_ground_truth
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.core.untrusted.paths import is_folder
from kaa_gui.evaluation.datasets.entry import DAMAGE, Entry, Fault, Square, Truth, reason

MARGIN = 1.35
"""Side of the square by the larger extent of the joints: heads and feet reach beyond them."""


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield the first person of each rendered sample, or of a folder in the same format.

    Raises:
        PictureError: There is no such folder.
    """
    folder = images or (resources_dir() / "samples" if path == Path() else path)
    if not is_folder(folder):
        raise PictureError(f"{folder}: no such folder of samples; check the path after samples:")
    for description in sorted(folder.glob("*.json")):
        picture = description.with_suffix(".jpg")
        try:
            truth = load_ground_truth(picture)
            if truth is not None and truth.people:
                pose = truth.people[0][HUMAN36M_17.name]
                yield Entry(picture.name, str(picture), None, _square(pose), _truth(pose))
        except (PictureError, *DAMAGE) as error:
            yield Fault(description.name, reason(error))


def _truth(pose: TruePose) -> Truth:
    # hidden joints are exact too: they were rendered
    return Truth.build(HUMAN36M_17, pose.keypoints + 0.5, pose.points_mm, seen=pose.visible)


def _square(pose: TruePose) -> Square:
    low, high = pose.keypoints.min(axis=0), pose.keypoints.max(axis=0)
    x, y = (low + high) / 2 + 0.5
    return Square(float(x), float(y), MARGIN * float(np.max(high - low)))
