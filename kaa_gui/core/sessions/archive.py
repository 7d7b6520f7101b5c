"""The zip around a session: few members of known names and bounded sizes, nothing else."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from kaa_gui.core.errors import SessionError

MAX_FILE = 1 << 30
MAX_RATIO = 200
FREE_BYTES = 32 << 20
"""Up to here nobody minds how well it was packed: a drawn picture packs a thousandfold."""

_STORED = (".png",)  # packed already
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return a zip of the members; the same members make the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            # a fixed date, the format's first
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=1)
    return buffer.getvalue()


def unpack(path: Path, limits: Mapping[str, int]) -> dict[str, bytes]:
    """Read the members of a zip that may have been made to do harm; nothing is written anywhere.

    Args:
        path: Of the file.
        limits: Name -> largest size in bytes; other names are refused.

    Returns:
        Name -> content, of the members that are there.

    Raises:
        SessionError: The file is missing, damaged, too large, or holds what it should not.
    """
    _check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive.infolist(), limits)
            return {info.filename: _read(path, archive, info) for info in archive.infolist()}
    except _BROKEN as error:
        raise SessionError(f"{path.name}: not a session file, or damaged ({error})") from None
    except OSError as error:
        raise SessionError(f"{path.name}: cannot be read ({error.strerror or error})") from None


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise SessionError(f"{path}: no such file; check the path") from None
    except (OSError, ValueError) as error:
        raise SessionError(f"{path.name}: cannot be read ({error})") from None
    # opening a pipe would wait for ever
    if not stat.S_ISREG(found.st_mode):
        raise SessionError(f"{path}: is no regular file; choose a session file")
    if found.st_size > MAX_FILE:
        raise SessionError(f"{path.name}: is larger than any session file; nothing was read")


def _check_members(path: Path, infos: list[zipfile.ZipInfo], limits: Mapping[str, int]) -> None:
    names = [info.filename for info in infos]
    if len(set(names)) != len(names) or not set(names) <= set(limits):
        odd = next((name for name in names if name not in limits or names.count(name) > 1), "")
        raise SessionError(f"{path.name}: holds {odd[:80]!r}, which no session file does; nothing was read")
    for info in infos:
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _KINDS:
            raise SessionError(f"{path.name}: {info.filename} is encrypted or packed in an unknown way")
        if info.file_size > limits[info.filename]:
            raise SessionError(
                f"{path.name}: {info.filename} would unpack to {info.file_size} bytes; too large"
            )
    whole, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if whole > FREE_BYTES and whole > MAX_RATIO * max(1, packed):
        raise SessionError(f"{path.name}: would unpack to {whole} bytes from {packed}; nothing was read")


def _read(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as member:
        # one byte more than promised would give a lie away
        data = member.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise SessionError(f"{path.name}: {info.filename} is not as long as the file says; it is damaged")
    return data
