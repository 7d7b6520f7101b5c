"""Convert the colours of a picture with an embedded ICC profile to sRGB.

What a network is given are numbers; sRGB is what they mean to it. A picture whose profile says the same is
left alone to the last bit.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

from kaa_gui.core.errors import one_line
from kaa_gui.core.types import ColourProfile

Convert = Callable[[Image.Image], Image.Image]
"""Picture in the profile's colours -> RGB."""

MOST_BYTES = 8 << 20
"""Of a profile; those of printing presses have one or two million."""
SAME = 3
"""Levels by which profiles that all mean sRGB differ from each other."""
_LONGEST_NAME = 80
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def conversion(image: Image.Image, *, raw: bool) -> tuple[Convert | None, ColourProfile | None]:
    """Return what converts a picture's colours, if anything has to, and what is said of its profile.

    Args:
        image: The picture; it need not be decoded.
        raw: Whether its numbers are wanted as they are.
    """
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data:
        return None, None
    if len(data) > MOST_BYTES:
        return None, ColourProfile("", False, "its colour profile is too large and was passed over")
    name = ""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = one_line(ImageCms.getProfileDescription(profile)).strip()[:_LONGEST_NAME]
        if raw:
            return None, ColourProfile(name, False)
        mode = _mode(image, profile)
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )

        def convert(picture: Image.Image) -> Image.Image:
            plain = picture if picture.mode == mode else picture.convert(mode)
            converted = ImageCms.applyTransform(plain, transform)
            assert converted is not None  # noqa: S101 - it is None only where the picture is changed in place
            return converted

        same = _changes_nothing(mode, convert)
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError) as error:
        words = f"its colour profile cannot be used ({one_line(str(error))[:100]}) and was passed over"
        return None, ColourProfile(name, False, words)
    return (None, ColourProfile(name, False)) if same else (convert, ColourProfile(name, True))


def _mode(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> str:
    """Return the mode in which a picture's colours are handed to its profile.

    Raises:
        ValueError: The profile is for colours of another kind.
    """
    space = str(getattr(profile.profile, "xcolor_space", "")).strip()
    grey = image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")
    if space == "GRAY" and not grey:
        raise ValueError("it is for grey pictures")
    if (space == "CMYK") != (image.mode == "CMYK") or space not in _MODES:
        raise ValueError(f"it is for {space} pictures")
    return _MODES[space]


def _changes_nothing(mode: str, convert: Convert) -> bool:
    """Whether colours come out as they went in: the profile is one of the many of sRGB."""
    if mode == "CMYK":
        return False
    levels = np.arange(0, 256, 1 if mode == "L" else 15, dtype=np.uint8)
    if mode == "L":
        before = np.repeat(levels[None, :, None], 3, axis=2)
        colours = Image.fromarray(levels[None])
    else:
        before = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
        colours = Image.fromarray(before)
    after = np.asarray(convert(colours))
    return int(np.abs(after.astype(int) - before.astype(int)).max()) <= SAME
