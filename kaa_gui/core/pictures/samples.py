"""The sample pictures, and the exact ground truth of those that we rendered."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import PictureError
from kaa_gui.core.resources import resources_dir
from kaa_gui.core.skeletons import SKELETONS, Skeleton
from kaa_gui.core.types import BoolArray, FloatArray, read_only
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.core.untrusted.paths import is_file

FORMAT = "kaa-sample/1"
_PHOTOGRAPHS = {
    "Grace Hopper (photograph)": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "Astronaut (photograph)": ("skimage", "data/astronaut.png"),
}

LARGEST = 1e9
"""Magnitude of a number; beyond it is damage."""
TRUTH_FILES = Reader(PictureError, "", most_bytes=16 << 20, most_values=1_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class TruePose:
    """Where a person's joints truly are.

    Attributes:
        skeleton: Of the arrays.
        keypoints: ``(K, 2)`` float32, x and y in pixels of the picture; whole numbers are pixel centres.
        points_mm: ``(K, 3)`` float64, millimetres in camera coordinates: x right, y down, z away.
        visible: ``(K,)``: inside the picture and with nothing but the joint's own flesh and clothes in
            front of it.
    """

    skeleton: Skeleton
    keypoints: FloatArray
    points_mm: NDArray[np.float64]
    visible: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """What is known of a rendered picture.

    Attributes:
        title: For menus.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        intrinsics: K, ``(3, 3)``.
        rotation: R, ``(3, 3)``, from world to camera.
        translation_mm: t, ``(3,)``; camera coordinates are R X + t, pixels K (R X + t).
        people: For each person, their pose by name of skeleton.
    """

    title: str
    width: int
    height: int
    intrinsics: NDArray[np.float64]
    rotation: NDArray[np.float64]
    translation_mm: NDArray[np.float64]
    people: tuple[dict[str, TruePose], ...]

    def project(self, points_mm: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the pixels of points in camera coordinates.

        Args:
            points_mm: ``(..., 3)`` millimetres, x right, y down, z away, z positive.

        Returns:
            ``(..., 2)`` pixels.
        """
        image = np.asarray(points_mm, np.float64) @ self.intrinsics.T
        return image[..., :2] / image[..., 2:]


def list_samples() -> dict[str, Path]:
    """Return the sample pictures by title: ours first, then photographs that other packages carry."""
    samples = {}
    for description in sorted((resources_dir() / "samples").glob("*.json"), key=_order):
        content = TRUTH_FILES.json(description)
        samples[str(content["title"])] = description.parent / str(content["picture"])
    for title, (package, file) in _PHOTOGRAPHS.items():
        # found without importing the package, which would take a second
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if (path := Path(folder) / file).is_file():
                samples[title] = path
    return samples


def load_ground_truth(path: Path) -> GroundTruth | None:
    """Return the ground truth of a rendered picture.

    Args:
        path: Of the picture.

    Returns:
        What the file of the same name ending in ``.json`` says, or None where there is none.

    Raises:
        PictureError: The file is there, but is no ground truth of ours.
    """
    file = path.with_suffix(".json")
    if not is_file(file):
        return None
    content = TRUTH_FILES.json(file)
    if content.get("format") != FORMAT:
        raise PictureError(f"ground truth must follow {FORMAT}, got {file.name} without that format")
    try:
        camera = content["camera"]
        return GroundTruth(
            title=str(content["title"]),
            width=int(content["width"]),
            height=int(content["height"]),
            intrinsics=_array(camera["K"], (3, 3)),
            rotation=_array(camera["R"], (3, 3)),
            translation_mm=_array(camera["t_mm"], (3,)),
            people=tuple(
                {name: _pose(SKELETONS[name], joints) for name, joints in person["skeletons"].items()}
                for person in content["people"]
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise PictureError(f"ground truth must follow {FORMAT}, got a bad {file.name}: {error}") from error


def _order(description: Path) -> tuple[bool, str]:
    """Put the walking figure first: it is what opens when nothing else is asked for."""
    return description.stem != "walking", description.stem


def _pose(skeleton: Skeleton, joints: dict[str, Any]) -> TruePose:
    rows = [joints[name] for name in skeleton.joints]
    count = len(skeleton)
    return TruePose(
        skeleton=skeleton,
        keypoints=read_only(_array([row["px"] for row in rows], (count, 2)).astype(np.float32)),
        points_mm=_array([row["mm"] for row in rows], (count, 3)),
        visible=read_only(np.array([bool(row["visible"]) for row in rows])),
    )


def _array(values: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    # NaN is not below any limit either
    if array.shape != shape or not (np.abs(array) <= LARGEST).all():
        raise ValueError(f"numbers must be within ±{LARGEST:g} and of shape {shape}, got shape {array.shape}")
    return read_only(array)
