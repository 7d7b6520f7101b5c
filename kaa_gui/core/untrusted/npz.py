"""Arrays from a file that nobody vouches for: every size is checked before memory is taken, no pickle."""

from __future__ import annotations

import io
import math
import sys
import warnings
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from kaa_gui.core.errors import RunFolderError, one_line
from kaa_gui.core.untrusted.paths import exists, is_file

MAX_BYTES = 512 * 1024**2
MAX_MEMBERS = 1000
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# the others unpack without bounds
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
NUMBERS, TEXTS = "biuf", "US"
"""Kinds of arrays, as numpy calls them."""


def read_archive(path: Path, *, limit: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """Return the arrays of a run's ``.npz`` file by name.

    Args:
        path: The file.
        limit: Bytes that its arrays may take together.

    Raises:
        RunFolderError: It is missing, damaged or too large, or holds something other than numbers.
    """
    if not exists(path):
        raise RunFolderError(f"{path}: no such file; choose the folder of a finished run")
    if not is_file(path):
        raise RunFolderError(f"{path}: is no regular file; choose the folder of a finished run")
    try:
        return arrays_in(path, limit=limit)
    except ValueError as error:
        raise RunFolderError(f"{path}: damaged ({error}); attack again") from None


def arrays_in(
    path: Path, *, limit: int, names: Container[str] | None = None, kinds: str = NUMBERS
) -> dict[str, NDArray[Any]]:
    """Return arrays of an ``.npz`` file by name.

    Args:
        path: A regular file: opening a pipe would wait for ever.
        limit: Bytes that its arrays may take together.
        names: Those that are wanted; None takes all.
        kinds: Of elements that may be in them: :data:`NUMBERS`, :data:`TEXTS` or both.

    Raises:
        ValueError: It is damaged or too large, or holds something else, in one line.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > limit:
                raise ValueError(f"above the limit of {limit // 1024**2} MiB or {MAX_MEMBERS} arrays")
            found = {member.filename.removesuffix(".npy"): member for member in members}
            return {
                name: _array(_content(archive, member), kinds)
                for name, member in found.items()
                if member.filename.endswith(".npy") and (names is None or name in names)
            }
    # whatever its readers trip over in a damaged or mendacious file: each has errors of its own
    except Exception as error:
        raise ValueError(one_line(str(error))[:300] or type(error).__name__) from None


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _PACKINGS:
        raise ValueError(f"{member.filename} is encrypted or packed in an unknown way")
    # as much as was declared and not a byte more, whatever the compressed data would unpack to
    with archive.open(member) as file:
        return file.read(member.file_size)


def _array(data: bytes, kinds: str) -> NDArray[Any]:
    """Return one member's array, after its header has been compared with its content."""
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"array format {version} is unknown")
    # headers of Python 2 are read all the same
    with warnings.catch_warnings(action="ignore"):
        shape, fortran, dtype = _HEADERS[version](file)
    if dtype.kind not in kinds or dtype.hasobject:
        raise ValueError(f"an array of {dtype} where numbers were expected")
    content = memoryview(data)[file.tell() :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError("an array's shape does not fit its content")
    flat = np.frombuffer(content, dtype)
    if dtype.kind == "U" and np.max(flat.view(f"{dtype.byteorder}u4"), initial=0) > sys.maxunicode:
        raise ValueError("an array holds characters that there are none")
    return flat.reshape(shape, order="F" if fortran else "C")
