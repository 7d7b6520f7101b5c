"""Arrays from a file that nobody vouches for: every size is checked before memory is taken, no pickle."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from kaa_gui.core.errors import RunFolderError

MAX_BYTES = 512 * 1024**2
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_KINDS = "biuf"


def read_archive(path: Path, *, limit: int = MAX_BYTES) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file by name.

    Args:
        path: The file.
        limit: Bytes that its arrays may take together.

    Raises:
        RunFolderError: It is missing, damaged or too large, or holds something other than numbers.
    """
    # opening a pipe would wait for ever
    if path.exists() and not path.is_file():
        raise RunFolderError(f"{path}: is no regular file; choose the folder of a finished run")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > limit:
                raise RunFolderError(f"{path}: above the limit of {limit // 1024**2} MiB; attack again")
            return {
                member.filename.removesuffix(".npy"): _array(_content(archive, member))
                for member in members
                if member.filename.endswith(".npy")
            }
    except FileNotFoundError:
        raise RunFolderError(f"{path}: no such file; choose the folder of a finished run") from None
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise RunFolderError(f"{path}: damaged ({error}); attack again") from None


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # as much as was declared and not a byte more, whatever the compressed data would unpack to
    with archive.open(member) as file:
        return file.read(member.file_size)


def _array(data: bytes) -> NDArray[Any]:
    """Return one member's array; ValueError where its header and its content disagree."""
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"array format {version} is unknown")
    shape, fortran, dtype = _HEADERS[version](file)
    if dtype.kind not in _KINDS or dtype.hasobject:
        raise ValueError(f"an array of {dtype} where numbers were expected")
    content = memoryview(data)[file.tell() :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError("an array's shape does not fit its content")
    flat = np.frombuffer(content, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")
