"""Name the picture formats that can be read here, and recognise those that cannot by their first bytes."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

# formats whose decoders only decode: no interpreters (EPS, PDF) and no network streams
_SUFFIXES = {
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "GIF": (".gif",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "JPEG2000": (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    "PNG": (".png", ".apng"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "TGA": (".tga",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
_MODULES = {"AVIF": "PIL._avif", "HEIF": "pillow_heif"}
"""Format -> module that it needs and that may be missing."""

FORMATS = tuple(name for name in _SUFFIXES if name not in _MODULES or find_spec(_MODULES[name]))
"""Pillow's names of the formats that can be read."""
SUFFIXES = tuple(suffix for name in FORMATS for suffix in _SUFFIXES[name])
"""Suffixes, in lower case, of files that are looked for in folders; files that are named are read whatever
their suffix."""
UNREAD = {
    ".jxl": "JPEG XL",
    ".avif": "AVIF",
    **dict.fromkeys(_SUFFIXES["HEIF"], "HEIC"),
}
"""Suffix -> name of formats of photographs; those in :data:`SUFFIXES` can be read all the same."""

HEAD_BYTES = 64
_SILENT = logging.NullHandler()
_MARKS = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"8BPS": "Photoshop's format",
    b"%PDF-": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"#?RGBE": "Radiance HDR",
    b"DDS ": "DDS",
    b"qoif": "QOI",
    b"\0\0\1\0": "ICO",
    b"FUJIFILMCCD-RAW": "a camera's raw format",
    b"IIRO": "a camera's raw format",
    b"IIU\0": "a camera's raw format",
    b"<svg": "SVG",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"\x1aE\xdf\xa3": "a video",
    b"PK\3\4": "an archive",
}
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    b"crx ": "a camera's raw format",
}


def unsupported(head: bytes) -> str:
    """Return what to say of a file that no decoder here reads; empty where one may, or it is unknown.

    Args:
        head: Its first :data:`HEAD_BYTES` bytes.
    """
    kind = _kind(head)
    readable = {"AVIF": "AVIF", "HEIC": "HEIF"}.get(kind)
    if not kind or readable in FORMATS:
        return ""
    return said_of(kind)


def said_of(kind: str) -> str:
    """Return the remedy for a picture of a kind that cannot be read here."""
    if kind == "HEIC":
        return "HEIC needs pillow-heif; run pip install pillow-heif, or save it as PNG or JPEG"
    return f"{kind} is not supported; save it as PNG or JPEG"


def unread_kind(path: Path) -> str:
    """Return the name of a photograph's format that cannot be read here, by its suffix; empty for others."""
    suffix = path.suffix.lower()
    return "" if suffix in SUFFIXES else UNREAD.get(suffix, "")


def prepare() -> None:
    """Load the decoders, also the one that is no part of Pillow."""
    from PIL import Image

    # the size is checked by ourselves, before the first pixel is decoded
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    # what it logs of damaged files would reach the terminal beside our own line
    logging.getLogger("PIL").addHandler(_SILENT)
    if "HEIF" in FORMATS and "HEIF" not in Image.OPEN:
        import_module("pillow_heif").register_heif_opener()


def _kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        # the first brand may be a general one: the compatible ones follow
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, len(head) - 3, 4))}
        return next((kind for brand, kind in _BRANDS.items() if brand in brands), "a video")
    text = head.lstrip().lower()
    return next((kind for mark, kind in _MARKS.items() if head.startswith(mark) or text.startswith(mark)), "")
