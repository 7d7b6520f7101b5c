"""Change adversarial pictures as others would: compress, scale, blur, detect anew, transfer.

Each check changes the saved picture, or who looks at it, and measures again; the clean picture goes
through the same change, so that what the change alone does is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from kaa_gui.core.types import UInt8Image

Change = Callable[[UInt8Image], UInt8Image]
SIGMA = 1.0


def jpeg(pixels: UInt8Image, quality: int) -> UInt8Image:
    """Return a picture ``(H, W, 3)`` compressed as JPEG and read back."""
    import cv2  # late: the window is painted before it is needed

    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # noqa: S101 - just encoded
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def resized(pixels: UInt8Image, factor: float) -> UInt8Image:
    """Return a picture scaled down by area and up again, bilinearly."""
    import cv2  # late: the window is painted before it is needed

    height, width = pixels.shape[:2]
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    down = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(down, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def blurred(pixels: UInt8Image, sigma: float) -> UInt8Image:
    """Return a picture after a Gaussian blur; ``sigma`` in pixels."""
    import cv2  # late: the window is painted before it is needed

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def unchanged(pixels: UInt8Image) -> UInt8Image:
    """Return the picture itself."""
    return pixels


@dataclass(frozen=True, slots=True)
class Check:
    """A way in which an adversarial picture may be met.

    Attributes:
        title: For tables.
        change: What happens to the picture.
        redetect: Whether the person is looked for anew; None does as the evaluation does.
        other_victim: Whether every other victim looks at it instead of the attacked one.
    """

    title: str
    change: Change = unchanged
    redetect: bool | None = None
    other_victim: bool = False


CHECKS: dict[str, Check] = {
    "jpeg95": Check("JPEG 95", partial(jpeg, quality=95)),
    "jpeg75": Check("JPEG 75", partial(jpeg, quality=75)),
    "jpeg50": Check("JPEG 50", partial(jpeg, quality=50)),
    "resize": Check("scaled to 1/2 and back", partial(resized, factor=0.5)),
    "blur": Check(f"Gaussian blur, σ = {SIGMA:g} px", partial(blurred, sigma=SIGMA)),
    "redetect": Check("crop detected anew", redetect=True),
    "same-crop": Check("the clean picture's crop", redetect=False),
    "transfer": Check("other victim", other_victim=True),
}
TRANSFER = ("transfer",)
DEFENCES = tuple(name for name in CHECKS if name not in TRANSFER)
