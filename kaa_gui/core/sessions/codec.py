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
from dataclasses import replace
from pathlib import Path
from typing import Any

from kaa_gui.core.errors import PictureError, SessionError
from kaa_gui.core.pictures.annotated import MOST_PEOPLE, checked_annotation
from kaa_gui.core.pictures.image import picture_from_png, png_bytes, write_atomically
from kaa_gui.core.sessions.archive import pack, unpack
from kaa_gui.core.sessions.run_codec import MAX_ITERATES, MAX_PEOPLE, RunReader, read_config, run_json
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import Annotation, Picture, VictimSpec
from kaa_gui.core.untrusted.arrays import pack_arrays, unpack_arrays
from kaa_gui.core.untrusted.json_node import Node

FORMAT, VERSION = "kaa-session", 1
HEAD, PICTURE, ARRAYS = "session.json", "picture.png", "arrays.safetensors"
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
        },
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
    write_atomically(path, session_bytes(session))


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
    head = Node.parse(members.pop(HEAD), path.name)
    _check_format(head, path.name)
    _check_hashes(head["members"], members, path.name)
    try:
        return _read(head, members, specs)
    except PictureError as error:
        raise SessionError(f"{path.name}: {error}") from None


def _read(head: Node, members: Mapping[str, bytes], specs: Mapping[str, VictimSpec]) -> Session:
    parameters, views = head["parameters"], head["views"]
    picture = _read_picture(head["picture"], members[PICTURE])
    run = None
    if not head["run"].missing:
        if ARRAYS not in members:
            raise head["run"].wrong(f"null without {ARRAYS}")
        arrays = unpack_arrays(members[ARRAYS], head.place)
        run = RunReader(arrays, picture, specs).read(head["run"])
    return Session(
        picture=picture,
        config=read_config(parameters["config"]),
        person=parameters["person"].integer(0, MAX_PEOPLE),
        device=parameters["device"].text(40),
        run=run,
        panels={name: shown.switch() for name, shown in views["panels"].fields(100)},
        zoom=_read_zoom(views["zoom"]),
        shown=None if views["shown"].missing else views["shown"].integer(0, MAX_ITERATES),
        made_with={name: text.text(200) for name, text in head["made_with"].fields(100)},
    )


def _check_format(head: Node, name: str) -> None:
    if head["format"].text(80) != FORMAT:
        raise SessionError(f"{name}: not a session file of KAA Studio")
    version = head["format_version"].integer(1, 1_000_000)
    if version > VERSION:
        raise SessionError(
            f"{name}: written by a newer version (format {version}); update KAA Studio to open it"
        )


def _check_hashes(promised: Node, members: Mapping[str, bytes], name: str) -> None:
    hashes = {member: digest.text(64) for member, digest in promised.fields(len(LIMITS))}
    for member, data in members.items():
        if hashes.get(member) != _digest(data):
            raise SessionError(
                f"{name}: {member} is damaged or was changed: its SHA-256 is not the stored one"
            )


def _read_picture(node: Node, data: bytes) -> Picture:
    picture = picture_from_png(data, node["name"].text(1000))
    if picture.sha256 != node["sha256"].text(64):
        raise node["sha256"].wrong("that of the picture's pixels")
    # files written before this have none
    truth = node["truth"].items(MOST_PEOPLE) if node.has("truth") else ()
    return replace(picture, truth=tuple(_read_joints(joints) for joints in truth))


def _read_joints(node: Node) -> Annotation:
    try:
        return checked_annotation(node.value)
    except ValueError:
        raise node.wrong("an object of joints, name to [x, y]") from None


def _read_zoom(node: Node) -> tuple[float, float, float, float] | None:
    if node.missing:
        return None
    numbers = [item.number(-1e6, 1e6) for item in node.items(4)]
    if len(numbers) != 4 or min(numbers[2:]) <= 0:
        raise node.wrong("x, y, width, height with a positive size")
    return (numbers[0], numbers[1], numbers[2], numbers[3])


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
