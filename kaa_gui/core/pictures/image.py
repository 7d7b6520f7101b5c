"""Pictures: reading any file safely as upright 8-bit RGB, and writing them as PNG."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.files.writing import write_file
from kaa_gui.core.painted import painted_bitmap, painted_text
from kaa_gui.core.pictures.decoding import MAX_PIXELS, decoded, opened
from kaa_gui.core.types import GREY_LEVELS, BoolArray, ColourProfile, Picture, UInt8Image, read_only


def load_picture(path: str | Path, *, raw_colours: bool = False) -> Picture:
    """Read a picture file as upright 8-bit sRGB.

    Grey, palette, CMYK, alpha (over white) and 16-bit pictures are converted, and so are the colours of a
    picture with an embedded profile; of an animation the first frame is taken; the EXIF orientation is
    applied.

    Args:
        path: Of the file.
        raw_colours: Whether the file's numbers are taken whatever its colour profile says.

    Raises:
        PictureError: The file is missing, unreadable, unsupported, too large, or no picture.
    """
    path = Path(path)
    with opened(path, path.name) as image:
        pixels, profile = decoded(image, path.name, raw_colours=raw_colours)
    return _picture(pixels, path.name, str(path), profile)


def load_region(path: str | Path) -> str:
    """Read a painted region from a black and white picture file: white may change.

    Returns:
        As :func:`~kaa_gui.core.painted.painted_text` writes it.

    Raises:
        PictureError: The file is missing, unreadable, too large, or no picture.
        ConfigError: No pixel is white, or the outline is too ragged.
    """
    red, green, blue = np.moveaxis(load_picture(path).pixels, 2, 0)
    try:
        # a maximum over the last axis takes ten times as long
        return painted_text(np.maximum(np.maximum(red, green), blue) > GREY_LEVELS / 2)
    except ConfigError as error:
        raise ConfigError(f"{Path(path).name}: {error}") from None


def save_region(bitmap: BoolArray, path: Path) -> None:
    """Write ``(H, W)`` bool as a black and white PNG that :func:`load_region` reads.

    Raises:
        PictureError: The folder cannot be written, or the disk is full.
    """
    with io.BytesIO() as buffer:
        Image.fromarray(bitmap).save(buffer, "PNG")
        write_file(path, buffer.getvalue())


def region_pixels(text: str) -> UInt8Image:
    """Return a painted region as :func:`load_region` reads it: ``(H, W, 3)`` uint8, black and white."""
    return np.repeat(painted_bitmap(text)[:, :, None] * np.uint8(GREY_LEVELS), 3, axis=2)


def picture_from_png(data: bytes, name: str) -> Picture:
    """Read a PNG from memory.

    Raises:
        PictureError: It is damaged, too large, or no PNG.
    """
    with opened(io.BytesIO(data), name, formats=("PNG",)) as image:
        pixels, _ = decoded(image, name)
    return _picture(pixels, name, None)


def picture_from_array(pixels: NDArray[np.uint8], name: str) -> Picture:
    """Wrap ``(H, W, 3)`` uint8 RGB pixels, e.g. from the clipboard or a video.

    Raises:
        PictureError: The array has another shape or type, or is too large.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise PictureError(f"{name}: a picture must be uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise PictureError(
            f"{name}: above the limit of {MAX_PIXELS // 10**6} megapixels; scale it down first"
        )
    return _picture(np.ascontiguousarray(pixels).copy(), name, None)


def save_png(path: Path, pixels: UInt8Image) -> None:
    """Write 8-bit RGB losslessly: whole or not at all.

    Raises:
        PictureError: The folder cannot be written, or the disk is full.
    """
    write_file(path, png_bytes(pixels))


def png_bytes(pixels: UInt8Image) -> bytes:
    """Return 8-bit RGB pixels as a PNG."""
    import cv2  # late: the window is painted before it is needed

    done, data = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR))
    if not done:
        raise PictureError("the picture cannot be encoded as PNG")
    return data.tobytes()


def _picture(
    pixels: UInt8Image, name: str, path: str | None, profile: ColourProfile | None = None
) -> Picture:
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    return Picture(read_only(pixels), name, digest.hexdigest(), path, colours=profile)
