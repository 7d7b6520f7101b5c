"""Writing and reading session files: ``.kaa``, a zip of three members.

``session.json``       format, versions, configuration, views, numbers, and the SHA-256 of the others
``picture.png``        the picture as opened, 8 bits, lossless
``arrays.safetensors`` crop, poses, extremes of J, the kept iterates: only with a run

A file is hostile until it has been checked: names, count and sizes before anything is unpacked, hashes
before anything is parsed, and then every value by itself. Nothing in it can run code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec

from kaa_gui.core.errors import PictureError, SessionError
from kaa_gui.core.files.writing import write_file
from kaa_gui.core.pictures.annotated import MOST_PEOPLE, checked_annotation
from kaa_gui.core.pictures.image import picture_from_png, png_bytes
from kaa_gui.core.sessions.archive import pack, unpack
from kaa_gui.core.sessions.run_codec import (
    MAX_PEOPLE,
    SESSIONS,
    Iteration,
    RunReader,
    StoredRun,
    read_config,
    run_json,
)
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import ColourProfile, Picture, VictimSpec
from kaa_gui.core.untrusted.arrays import pack_arrays, unpack_arrays
from kaa_gui.core.untrusted.documents import Name, Object, Text

FORMAT, VERSION = "kaa-session", 1
HEAD, PICTURE, ARRAYS = "session.json", "picture.png", "arrays.safetensors"
_Place = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
_Length = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
LIMITS = {HEAD: 32 << 20, PICTURE: 640 << 20, ARRAYS: 256 << 20}


def session_bytes(session: Session) -> bytes:
    """Return a session as the bytes of its file; the same session makes the same bytes.

    Raises:
        SessionError: It is too large to be opened again.
    """
    members = {PICTURE: png_bytes(session.picture.pixels)}
    content: dict[str, Any] = {
        "format": FORMAT,
        "format_version": VERSION,
        "made_with": dict(session.made_with),
        "picture": {
            "name": session.picture.name,
            "sha256": session.picture.sha256,
            "truth": [dict(joints) for joints in session.picture.truth],
        }
        | ({} if session.picture.colours is None else {"colours": asdict(session.picture.colours)}),
        "parameters": {
            "config": session.config.as_json(),
            "person": session.person,
            "device": session.device,
        },
        "views": {
            "panels": dict(session.panels),
            "zoom": None if session.zoom is None else list(session.zoom),
            "shown": session.shown,
        },
        "run": None,
    }
    if session.run is not None:
        content["run"], arrays = run_json(session.run)
        members[ARRAYS] = pack_arrays(arrays)
    content["members"] = {name: _digest(data) for name, data in members.items()}
    head = json.dumps(content, allow_nan=False).encode()
    members = {HEAD: head} | members
    for name, data in members.items():
        # what could not be opened again must not be written
        if len(data) > LIMITS[name]:
            raise SessionError(
                f"the session's {name} would have {len(data)} bytes; make the run or the picture smaller"
            )
    return pack(members)


def write_session(session: Session, path: Path) -> None:
    """Write a session file: whole, or not at all.

    Raises:
        PictureError: The folder cannot be written, or the disk is full.
        SessionError: The session is too large.
    """
    write_file(path, session_bytes(session))


def read_session(path: Path, specs: Mapping[str, VictimSpec]) -> Session:
    """Read a session file.

    Args:
        path: Of the file.
        specs: The victims that are known here.

    Raises:
        SessionError: The file is missing, damaged, was changed, or holds what it should not.
    """
    members = unpack(path, LIMITS)
    if HEAD not in members or PICTURE not in members:
        raise SessionError(f"{path.name}: not a session file: {HEAD} or {PICTURE} is missing")
    content = SESSIONS.parsed(members.pop(HEAD), Object, path.name)
    _check_format(SESSIONS.converted(content, _Format, path.name), path.name)
    head = SESSIONS.converted(content, _Head, path.name)
    _check_hashes(head.members, members, path.name)
    try:
        return _read(head, members, specs, path.name)
    except PictureError as error:
        raise SessionError(f"{path.name}: {error}") from None


class _Format(msgspec.Struct):
    format: Name
    format_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _Colours(msgspec.Struct):
    name: Text
    converted: bool
    fault: Text = ""


class _Picture(msgspec.Struct):
    name: Text
    sha256: Name
    # files written before this have none
    truth: Annotated[list[Object], msgspec.Meta(max_length=MOST_PEOPLE)] = []
    colours: _Colours | None = None


class _Parameters(msgspec.Struct):
    config: Object
    person: Annotated[int, msgspec.Meta(ge=0, le=MAX_PEOPLE)]
    device: Name


class _Views(msgspec.Struct):
    panels: Annotated[dict[Name, bool], msgspec.Meta(max_length=100)]
    zoom: tuple[_Place, _Place, _Length, _Length] | None
    shown: Iteration | None


class _Head(msgspec.Struct):
    """The content of ``session.json``."""

    members: Annotated[dict[Name, Name], msgspec.Meta(max_length=len(LIMITS))]
    made_with: Annotated[dict[Name, Name], msgspec.Meta(max_length=100)]
    picture: _Picture
    parameters: _Parameters
    views: _Views
    run: StoredRun | None


def _read(head: _Head, members: Mapping[str, bytes], specs: Mapping[str, VictimSpec], name: str) -> Session:
    picture = _read_picture(head.picture, members[PICTURE], name)
    run = None
    if head.run is not None:
        if ARRAYS not in members:
            raise SessionError(f"{name}: run must be null without {ARRAYS}")
        run = RunReader(unpack_arrays(members[ARRAYS], name), picture, specs, name).read(head.run)
    return Session(
        picture=picture,
        config=read_config(head.parameters.config, f"{name}: parameters.config"),
        person=head.parameters.person,
        device=head.parameters.device,
        run=run,
        panels=head.views.panels,
        zoom=head.views.zoom,
        shown=head.views.shown,
        made_with=head.made_with,
    )


def _check_format(found: _Format, name: str) -> None:
    if found.format != FORMAT:
        raise SessionError(f"{name}: not a session file of KAA Studio")
    if found.format_version > VERSION:
        raise SessionError(
            f"{name}: written by a newer version (format {found.format_version}); update KAA Studio"
        )


def _check_hashes(promised: Mapping[str, str], members: Mapping[str, bytes], name: str) -> None:
    for member, data in members.items():
        if promised.get(member) != _digest(data):
            raise SessionError(
                f"{name}: {member} is damaged or was changed: its SHA-256 is not the stored one"
            )


def _read_picture(stored: _Picture, data: bytes, name: str) -> Picture:
    picture = picture_from_png(data, stored.name)
    if picture.sha256 != stored.sha256:
        raise SessionError(f"{name}: picture.sha256 must be that of the picture's pixels")
    try:
        truth = tuple(map(checked_annotation, stored.truth))
    except ValueError as error:
        raise SessionError(f"{name}: picture.truth: {error}") from None
    colours = stored.colours and ColourProfile(
        stored.colours.name, stored.colours.converted, stored.colours.fault
    )
    return replace(picture, truth=truth, colours=colours)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
