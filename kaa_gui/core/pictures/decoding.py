"""Decode pictures of any format into upright 8-bit sRGB, within the memory at hand.

A picture is looked at before it is decoded: its first bytes, and the size that its header promises. It is
then converted strip by strip, so that a large one takes little more than its decoder's copy and the result.
"""

from __future__ import annotations

import io
import math
import stat
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures.colours import Convert, conversion
from kaa_gui.core.pictures.formats import FORMATS, HEAD_BYTES, prepare, unsupported
from kaa_gui.core.types import GREY_LEVELS, ColourProfile, UInt8Image

MAX_PIXELS = 200_000_000
LARGEST_THUMBNAIL = 60_000_000
"""Pixels of a picture that is decoded for its thumbnail alone; JPEG is decoded small and may have more."""
STRIP_PIXELS = 4_000_000
MEMORY_SHARE = 0.5
"""Share of the free memory that one picture may take; the rest of the program needs some, too."""
DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError),
    *(RuntimeError, TypeError, LookupError, struct.error),
)
"""What decoders raise of a damaged picture."""
_DECODER_BYTES = {"JPEG2000": 16, "JPEG": 6, "WEBP": 8, "AVIF": 8, "HEIF": 8}
"""Bytes that decoders hold for a pixel besides the decoded picture."""
_SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I;16N")
_NUMBER_MODES = (*_SIXTEEN_BIT_MODES, "I", "F")
_ALPHA_MODES = ("RGBA", "LA", "PA", "RGBa", "La")
# EXIF's orientation -> the view of an upright picture that runs as the picture is stored
_AS_STORED: dict[int, Callable[[UInt8Image], UInt8Image]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright.swapaxes(0, 1)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}
_SIDEWAYS = (5, 6, 7, 8)


@contextmanager
def opened(
    source: Path | io.BytesIO, name: str, *, formats: tuple[str, ...] = FORMATS
) -> Iterator[Image.Image]:
    """Open a picture: its header is read, and nothing decoded yet; use it within the block.

    Args:
        source: Path or content of the file.
        name: For messages.
        formats: Pillow's names of those that may be tried.

    Raises:
        PictureError: It is missing, unsupported, damaged, or no picture, now or when it is decoded.
    """
    prepare()
    try:
        if words := unsupported(_head(source)):
            raise PictureError(f"{name}: {words}")
        # damaged metadata is no reason to warn: the pixels are all that is read
        with warnings.catch_warnings(action="ignore"), Image.open(source, formats=formats) as image:
            yield image
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture, or damaged; use JPEG, PNG, TIFF, WebP or BMP") from None
    except DAMAGE as error:
        raise PictureError(f"{name}: cannot be read ({error or type(error).__name__})") from None


def decoded(
    image: Image.Image, name: str, *, raw_colours: bool = False
) -> tuple[UInt8Image, ColourProfile | None]:
    """Decode a picture that has been opened.

    Returns:
        ``(H, W, 3)`` uint8 sRGB, upright; and the colour profile that the file has, if any.

    Raises:
        PictureError: It is too large.
    """
    _check_size(image, name)
    _check_memory(image, name, image.size)
    image.load()
    return _upright(image, raw_colours=raw_colours)


def decoded_small(image: Image.Image, name: str, side: int) -> UInt8Image:
    """Decode a picture that has been opened, scaled down to fit a square.

    Returns:
        ``(h, w, 3)`` uint8 sRGB, upright, with sides of at most ``side``.

    Raises:
        PictureError: It is too large.
    """
    _check_size(image, name)
    whole = image.size
    # JPEG can be decoded at an eighth of its size
    image.draft(None, (2 * side, 2 * side))
    _check_memory(image, name, whole)
    if image.width * image.height > LARGEST_THUMBNAIL:
        raise PictureError(f"{name}: too large for a thumbnail")
    if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
        # first scaled, then converted; what is no colour yet has to wait
        image.thumbnail((side, side))
    image.load()
    pixels, _ = _upright(image)
    if max(pixels.shape[:2]) <= side:
        return pixels
    small = Image.fromarray(pixels)
    small.thumbnail((side, side))
    return np.array(small)


def memory_at_hand() -> float:
    """Return how many bytes of memory are free; infinity where the system doesn't say."""
    limits = [math.inf]
    # Linux alone; the second is the limit of a container
    with suppress(OSError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        limits += [1024 * float(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    with suppress(OSError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        limits += [float(limit)] if limit.isdecimal() else []
    return min(limits)


def check_file(path: Path) -> None:
    """Refuse what cannot be a picture before it is opened: opening a pipe would wait for ever."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise PictureError(f"{path}: no such file; check the path") from None
    except (OSError, ValueError) as error:
        raise PictureError(f"{path.name}: cannot be read ({error})") from None
    if stat.S_ISDIR(mode):
        raise PictureError(f"{path}: is a folder; choose a picture in it")
    if not stat.S_ISREG(mode):
        raise PictureError(f"{path}: is no regular file; choose a picture")


def _head(source: Path | io.BytesIO) -> bytes:
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:HEAD_BYTES]
    check_file(source)
    with source.open("rb") as file:
        return file.read(HEAD_BYTES)


def _check_size(image: Image.Image, name: str) -> None:
    """Refuse a picture by the size in its header."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name}: {width} x {height} pixels is above the limit of "
            f"{MAX_PIXELS // 10**6} megapixels; scale it down first"
        )


def _check_memory(image: Image.Image, name: str, whole: tuple[int, int]) -> None:
    """Refuse a picture that takes too much memory.

    Args:
        image: As it will be decoded, perhaps smaller than it is.
        name: For messages.
        whole: Its width and height in the file.
    """
    width, height = whole
    stored = 1 if image.mode in ("1", "L", "P") else 4
    needed = width * height * _DECODER_BYTES.get(image.format or "", 0)
    needed += image.width * image.height * (stored + 3)
    free = memory_at_hand()
    if needed > MEMORY_SHARE * free:
        raise PictureError(
            f"{name}: {width} x {height} pixels take {needed / 1e9:.1f} GB of memory, more than half of the "
            f"{free / 1e9:.1f} GB that are free; scale it down first"
        )


def _upright(image: Image.Image, *, raw_colours: bool = False) -> tuple[UInt8Image, ColourProfile | None]:
    # loading came first: it turns TIFF pictures itself and takes their orientation away
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    width, height = image.size
    upright = np.empty((width, height, 3) if orientation in _SIDEWAYS else (height, width, 3), np.uint8)
    stored = _AS_STORED.get(orientation, lambda pixels: pixels)(upright)
    convert, profile = conversion(image, raw=raw_colours)
    scale = _grey_scale(image) if image.mode in _NUMBER_MODES else None
    for first, strip in _strips(image):
        last = first + strip.height
        stored[first:last] = _as_rgb(strip, convert) if scale is None else _greys(strip, scale, convert)
    return upright, profile


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield the first row and the picture of each strip."""
    rows = max(1, STRIP_PIXELS // image.width)
    for first in range(0, image.height, rows):
        yield first, image.crop((0, first, image.width, min(first + rows, image.height)))


def _as_rgb(strip: Image.Image, convert: Convert | None) -> UInt8Image:
    if strip.mode in _ALPHA_MODES or "transparency" in strip.info:
        with_alpha = strip.convert("RGBA")
        if convert is not None:
            alpha = with_alpha.getchannel("A")
            with_alpha = convert(with_alpha.convert("RGB"))
            with_alpha.putalpha(alpha)
        strip = Image.alpha_composite(Image.new("RGBA", with_alpha.size, "white"), with_alpha)
    elif convert is not None:
        strip = convert(strip)
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))


def _greys(strip: Image.Image, scale: tuple[float, float], convert: Convert | None) -> UInt8Image:
    times, over = scale
    grey = np.clip(np.rint(_numbers(strip) * times / over), 0, GREY_LEVELS).astype(np.uint8)
    if convert is not None:
        return np.asarray(convert(Image.fromarray(grey)))
    return np.repeat(grey[:, :, None], 3, axis=2)


def _grey_scale(image: Image.Image) -> tuple[float, float]:
    """Return what the numbers of a picture are multiplied and divided by to be grey levels."""
    # Pillow reads every PGM of more than 8 bits as 0-65535 in 32-bit numbers
    if image.mode in _SIXTEEN_BIT_MODES or image.format == "PPM":
        return 1, 257
    ranges = [(values.min(), values.max()) for values in (_numbers(strip) for _, strip in _strips(image))]
    least, most = min(low for low, _ in ranges), max(high for _, high in ranges)
    if least >= 0 and GREY_LEVELS < most <= 65535:
        return 1, 257
    return (GREY_LEVELS, 1) if least >= 0 and most <= 1 else (1, 1)


def _numbers(strip: Image.Image) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(strip).astype(np.float32))
