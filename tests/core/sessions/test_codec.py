from __future__ import annotations

import hashlib
import io
import json
import math
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaa_gui.core.errors import KaaError, SessionError
from kaa_gui.core.sessions import codec
from kaa_gui.core.sessions.archive import pack
from kaa_gui.core.sessions.codec import read_session, session_bytes, write_session
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import (
    AttackConfig,
    CorrelationField,
    Layer,
    Metrics,
    Pose,
    Run,
    Scene,
    Snapshot,
)
from kaa_gui.core.untrusted.arrays import pack_arrays, unpack_arrays
from tests.core.sessions.made_session import SPECS, small_run, small_session


@pytest.fixture(scope="module")
def saved() -> bytes:
    return session_bytes(small_session())


def assert_same(first: Any, second: Any, place: str = "session") -> None:
    """Compare values field by field, arrays bit by bit."""
    assert type(first) is type(second), place
    if isinstance(first, np.ndarray):
        assert first.dtype == second.dtype, place
        assert np.array_equal(first, second, equal_nan=first.dtype.kind == "f"), place
    elif isinstance(first, tuple | list):
        assert len(first) == len(second), place
        for at, pair in enumerate(zip(first, second, strict=True)):
            assert_same(*pair, f"{place}[{at}]")
    elif isinstance(first, Session | Run | Scene | Snapshot | Pose | CorrelationField | Metrics | Layer):
        for item in fields(first):
            if item.name != "path":
                assert_same(getattr(first, item.name), getattr(second, item.name), f"{place}.{item.name}")
    elif isinstance(first, float):
        assert first == second or (math.isnan(first) and math.isnan(second)), place
    elif hasattr(first, "pixels"):
        assert (first.name, first.sha256) == (second.name, second.sha256)
        assert np.array_equal(first.pixels, second.pixels)
    elif hasattr(first, "to_crop"):
        assert np.array_equal(first.to_crop, second.to_crop), place
        assert np.array_equal(first.box, second.box), place
        assert (first.number, pytest.approx(first.score)) == (second.number, second.score)
    else:
        assert first == second, place


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_session_comes_back_to_the_bit(tmp_path):
    write_session(small_session(), tmp_path / "walk.kaa")
    back = read_session(tmp_path / "walk.kaa", SPECS)
    assert_same(small_session(), back)
    assert not back.run.snapshots[-1].perturbation.flags.writeable
    assert [path.name for path in tmp_path.iterdir()] == ["walk.kaa"]


def test_session_of_a_long_run_keeps_its_ends(tmp_path):
    run = small_run()
    many = tuple(replace(run.snapshots[-1], iteration=number) for number in range(300))
    write_session(replace(small_session(), run=replace(run, snapshots=many)), tmp_path / "long.kaa")
    back = read_session(tmp_path / "long.kaa", SPECS)
    numbers = [item.iteration for item in back.run.snapshots]
    assert (numbers[0], numbers[-1], len(numbers)) == (0, 299, 16)


def test_session_too_large_to_be_opened_again_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setitem(codec.LIMITS, codec.ARRAYS, 100)
    with pytest.raises(SessionError, match="make the run or the picture smaller"):
        write_session(small_session(), tmp_path / "large.kaa")
    assert list(tmp_path.iterdir()) == []


def test_session_without_a_run_comes_back(tmp_path):
    session = replace(small_session(), run=None, zoom=None)
    write_session(session, tmp_path / "walk.kaa")
    assert_same(session, read_session(tmp_path / "walk.kaa", {}))


def test_session_of_the_same_values_is_the_same_file(saved):
    assert session_bytes(small_session()) == saved


def test_session_in_a_folder_that_is_not_there_is_refused_in_one_line(tmp_path):
    with pytest.raises(KaaError, match="cannot be written"):
        write_session(small_session(), tmp_path / "no" / "walk.kaa")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.9999))
def test_session_cut_short_is_refused(tmp_path, saved, share):
    with pytest.raises(SessionError):
        read_session(_write(tmp_path / "cut.kaa", saved[: int(len(saved) * share)]), SPECS)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_session_with_a_flipped_bit_is_refused_or_unharmed(tmp_path, saved, place, bit):
    data = bytearray(saved)
    data[int(len(data) * place)] ^= 1 << bit
    with suppress(SessionError):
        # dates and flags in the zip's own tables mean nothing to us
        assert_same(small_session(), read_session(_write(tmp_path / "bit.kaa", bytes(data)), SPECS))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_session_of_any_bytes_is_refused(tmp_path, data):
    with pytest.raises(SessionError):
        read_session(_write(tmp_path / "noise.kaa", data), SPECS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for key, item in inner for place in _places(item, (*at, key))]


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choice=st.integers(0, 10_000), value=_JSON)
def test_session_with_any_value_anywhere_is_refused_or_a_valid_session(tmp_path, saved, choice, value):
    """Hashes protect against accidents, not against a forger, who writes them anew."""
    members = _members(saved)
    head = json.loads(members[codec.HEAD])
    places = _places(head)
    *way, last = places[choice % len(places)]
    inner = head
    for key in way:
        inner = inner[key]
    inner[last] = value
    with suppress(SessionError):
        back = read_session(_write(tmp_path / "odd.kaa", _packed(members, head)), SPECS)
        assert isinstance(back.config, AttackConfig)
        assert session_bytes(back)


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: dict[str, bytes], head: dict[str, Any]) -> bytes:
    return pack(members | {codec.HEAD: json.dumps(head).encode()})


def _forge(saved: bytes, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> bytes:
    members = _members(saved)
    head = json.loads(members[codec.HEAD])
    change(head, members)
    for name, data in members.items():
        if name in head["members"]:
            head["members"][name] = hashlib.sha256(data).hexdigest()
    return _packed(members, head)


def _array(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[..., None]:
    def change(_head: dict[str, Any], members: dict[str, bytes]) -> None:
        arrays = unpack_arrays(members[codec.ARRAYS], "")
        arrays[name] = make(arrays[name])
        members[codec.ARRAYS] = pack_arrays(arrays)

    return change


def _in(head: dict[str, Any], way: str, value: Any) -> None:
    *keys, last = way.split("/")
    for key in keys:
        head = head[key]
    head[last] = value


FORGED: dict[str, tuple[Callable[..., None], str]] = {
    "newer": (lambda head, _: _in(head, "format_version", 2), "newer version"),
    "another program": (lambda head, _: _in(head, "format", "zip"), "not a session file"),
    "not finite": (_array("snapshot.1.perturbation", lambda a: a * np.nan), "must be finite"),
    "too large": (_array("snapshot.1.perturbation", lambda a: a + 1e6), "must be finite and at most"),
    "another shape": (_array("crop", lambda a: a[:3]), "array crop must be uint8"),
    "another type": (_array("crop", lambda a: a.astype(np.float32)), "array crop must be uint8"),
    "no size": (_array("person.0.to_crop", lambda a: a * 0), "must be an invertible map"),
    "huge crop": (
        lambda head, _: _in(head, "run/scene/crop", [10**9, 10**9]),
        r"run.scene.crop\[0\] must be a whole number <= 1024",
    ),
    "no iterate": (lambda head, _: _in(head, "run/snapshots", []), "a list of length >= 1"),
    "unknown victim": (lambda head, _: _in(head, "run/scene/victim", "hrnet"), "not installed here"),
    "unknown field": (lambda head, _: _in(head, "parameters/config/shell", "x"), "unknown fields shell"),
    "wrong kind": (
        lambda head, _: _in(head, "parameters/config/iterations", "many"),
        "iterations must be a whole number, got a text",
    ),
    "endless number": (
        lambda head, _: _in(head, "parameters/config/step_size", 10**400),
        "a whole number of 401 digits",
    ),
    "out of range": (lambda head, _: _in(head, "parameters/config/epsilon", -1), "epsilon must be positive"),
    "no paint": (lambda head, _: _in(head, "parameters/config/region_mask", "4x4:`0"), "region_mask must"),
    "paint of a list": (
        lambda head, _: _in(head, "parameters/config/region_mask", [1]),
        "must be a text or null, got a list",
    ),
    "endless paint": (
        lambda head, _: _in(head, "parameters/config/region_mask", "4x4:" + "0" * (1 << 20)),
        "region_mask must be",
    ),
    "network path": (lambda head, _: _in(head, "parameters/config/target", "//evil/x"), "of this computer"),
    "no picture": (lambda _, members: members.pop(codec.PICTURE), "is missing"),
    "another picture": (lambda head, _: _in(head, "picture/sha256", "0" * 64), "of the picture's pixels"),
    "pickle": (
        lambda _, members: members.update({codec.ARRAYS: pickle.dumps(os.getcwd)}),
        "arrays are damaged",
    ),
    "no arrays": (lambda _, members: members.pop(codec.ARRAYS), "null without"),
    "joints of nobody": (
        lambda head, _: _in(head, "picture/truth", [{"nose": [1]}]),
        r"joint nose must be \[x, y\]",
    ),
    "control characters": (
        lambda head, _: _in(head, "picture/name", "a\x1b[2J"),
        "without control characters",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_session_forged_is_refused_in_one_line(tmp_path, saved, name):
    change, words = FORGED[name]
    with pytest.raises(SessionError, match=words):
        read_session(_write(tmp_path / "forged.kaa", _forge(saved, change)), SPECS)


def test_session_whose_member_was_changed_fails_its_hash(tmp_path, saved):
    members = _members(saved)
    members[codec.PICTURE] += b" "
    with pytest.raises(SessionError, match="SHA-256"):
        read_session(_write(tmp_path / "changed.kaa", pack(members)), SPECS)
