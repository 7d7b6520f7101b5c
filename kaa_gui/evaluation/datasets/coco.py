"""Read COCO person key points: the standard JSON (Lin et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.skeletons import COCO_17
from kaa_gui.evaluation.datasets.entry import DAMAGE, Entry, Fault, Truth, pairs, reason
from kaa_gui.evaluation.datasets.listing import Listed, Listing, joint_order, ordered
from kaa_gui.evaluation.datasets.raster import moved

SEEN = 2


def read(path: Path, images: Path | None) -> Iterator[Entry | Fault]:
    """Yield every annotated person that is no crowd and has at least one key point.

    Raises:
        PictureError: The file is no COCO annotation, or its key points are not those of a person.
    """
    for listed in Listing.of(path, images).people():
        if isinstance(listed, Fault):
            yield listed
        if isinstance(listed, Fault) or listed.countless:
            continue
        order = joint_order(listed.names, COCO_17, {}, path.name)
        try:
            to_picture = listed.to_picture()
            square, truth = listed.square(to_picture), _truth(listed, order, to_picture)
            yield Entry(listed.key, str(listed.path()), None, square, truth)
        except DAMAGE as error:
            yield Fault(listed.key, reason(error))


def _truth(listed: Listed, order: tuple[int, ...] | None, to_picture: NDArray[np.float64] | None) -> Truth:
    count = len(listed.names) or len(COCO_17)
    values: Any = listed.record["keypoints"]
    points, known = pairs(values, 2, count)
    # 1 is labelled but hidden, 2 is seen
    flags = np.asarray(values, np.float64).reshape(len(points), -1)
    seen = None if known is None else ordered(flags[:, 2] >= SEEN, order, count, 0)
    known = None if known is None else ordered(known, order, count, 0)
    points = ordered(points + 0.5, order, count, np.nan)
    return Truth.build(COCO_17, moved(points, to_picture), visible=known, seen=seen)
