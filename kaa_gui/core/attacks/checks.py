"""Check a saved picture independently: derive ball and mask again, from nothing that made it.

Only the picture's change, the mask C, the radius and the person's affine map go in; the code that pasted
the attack is not asked.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.attacks.regions import region_in_picture
from kaa_gui.core.errors import AttackError
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import GREY_LEVELS, BoolArray, Scene, Snapshot, UInt8Image

ROUNDING_SLACK = 1e-4
# a point this near to the border of two crop pixels, in crop pixels, may count to either
BORDER_SLACK = 1e-6
STRIP_PIXELS = 1 << 18


def check_saved(scene: Scene, snapshot: Snapshot, saved: UInt8Image, sampler: CropSampler) -> dict[str, bool]:
    """Check a saved picture without trusting anything that made it.

    Args:
        scene: Scene of the clean picture.
        snapshot: The iterate that was saved: its ε, norm and mask.
        saved: ``(H, W, 3)`` uint8, as read back.
        sampler: The map to the crop, in which an l2 ball is measured.

    Returns:
        ``size``, ``ball``, ``mask`` -> whether it holds; with a region also ``region``.

    Raises:
        AttackError: One does not; nothing may be published from this file.
    """
    clean = scene.picture.pixels
    verdicts = {"size": saved.shape == clean.shape and saved.dtype == np.uint8}
    if verdicts["size"]:
        change = np.asarray(cv2.absdiff(saved, clean), np.uint8)
        epsilon = snapshot.config.epsilon
        if snapshot.config.norm == "linf":
            verdicts["ball"] = bool(change.max() <= epsilon * GREY_LEVELS + ROUNDING_SLACK)
        else:
            crop_change = (sampler.sampled(saved) - sampler.sampled(clean)) * sampler.inside[:, :, None]
            reached = float(np.linalg.norm(crop_change.astype(np.float64))) / GREY_LEVELS
            verdicts["ball"] = reached <= epsilon * (1 + ROUNDING_SLACK)
        verdicts["mask"] = respects_mask(change, snapshot.mask, scene.person.to_crop)
        region = region_in_picture(snapshot.config, clean.shape)
        if region is not None:
            verdicts["region"] = not change[~region].any()
    if not all(verdicts.values()):
        failed = ", ".join(name for name, holds in verdicts.items() if not holds)
        raise AttackError(
            f"the saved picture fails the independent check of its {failed}; please report this run"
        )
    return verdicts


def respects_mask(change: UInt8Image, mask: BoolArray, to_crop: NDArray[np.float64]) -> bool:
    """Whether every changed value of the picture belongs to a value of the crop that C lets change.

    Where a crop pixel covers several picture pixels, these act as square blocks, each of which belongs to
    the crop pixel that its centre falls into. Each changed value is looked up on its own.

    Args:
        change: ``(H, W, 3)`` uint8, absolute change of the picture.
        mask: ``(h, w, 3)`` bool, C over the crop.
        to_crop: ``(2, 3)`` affine map from the picture to the crop.
    """
    return any(_respects(change, mask, to_crop, side) for side in _block_sides(to_crop, change.shape[:2]))


def _respects(change: UInt8Image, mask: BoolArray, to_crop: NDArray[np.float64], side: int) -> bool:
    height, width = change.shape[:2]
    strip = max(1, STRIP_PIXELS // width)
    for first in range(0, height, strip):
        rows, columns, channels = np.nonzero(change[first : first + strip])
        centres = np.stack((columns // side, (rows + first) // side)) * side + side / 2
        places = to_crop[:, :2] @ centres + to_crop[:, 2:]
        permitted = np.zeros(len(rows), bool)
        # right and down each by itself: a centre may lie on a corner of four
        for nudge in product((-BORDER_SLACK, BORDER_SLACK), repeat=2):
            permitted |= _looked_up(mask, np.floor(places + np.reshape(nudge, (2, 1))).astype(int), channels)
        if not permitted.all():
            return False
    return True


def _block_sides(to_crop: NDArray[np.float64], size: tuple[int, ...]) -> set[int]:
    """Return the side of the blocks in picture pixels: both whole numbers where rounding may decide."""
    (a, b), (c, d) = to_crop[:, :2]
    picture_pixels = min(1 / max(abs(a * d - b * c) ** 0.5, 1e-6), *size)
    return {max(1, int(picture_pixels + nudge)) for nudge in (-BORDER_SLACK, BORDER_SLACK)}


def _looked_up(mask: BoolArray, places: NDArray[np.int_], channels: NDArray[np.int_]) -> BoolArray:
    """Return the mask at crop pixels ``(2, n)`` given as x and y; False beyond the crop."""
    height, width = mask.shape[:2]
    x, y = places
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return within & mask[y.clip(0, height - 1), x.clip(0, width - 1), channels]
