"""Documents from anywhere: a value of the declared type, or one line that names file, place and rule."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaa_gui.core.errors import ConfigError, KaaError
from kaa_gui.core.untrusted import documents
from kaa_gui.core.untrusted.documents import Name, Object, Reader

READER = Reader(ConfigError, "write it again", most_bytes=1 << 20, most_values=10_000)


class Person(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    age: Annotated[int, msgspec.Meta(ge=0, le=150)]
    height: float = 1.7


class People(msgspec.Struct):
    people: list[Person]


GOOD = {"people": [{"name": "Ada", "age": 36}]}


def line_of(data: bytes | str, kind: Any = People) -> str:
    with pytest.raises(ConfigError) as raised:
        READER.parsed(data, kind, "people.json")
    text = str(raised.value)
    assert text.startswith("people.json: ")
    assert text.endswith("; write it again")
    assert "\n" not in text
    assert len(text) < 2000
    return text


def test_json_becomes_the_declared_type() -> None:
    found = READER.parsed(json.dumps(GOOD), People, "x")
    assert found.people == [Person("Ada", 36)]


def test_byte_order_mark_is_passed_over() -> None:
    assert READER.parsed(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), People).people[0].age == 36


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"age": "36"}, "people[0].age must be a whole number, got a text"),
        ({"age": 200}, "people[0].age must be a whole number <= 150"),
        ({"age": True}, "people[0].age must be a whole number, got true or false"),
        ({"height": None}, "people[0].height must be a number, got null"),
        ({"name": "a\x1b]0;b\x07"}, "people[0].name must be a text without control characters"),
        ({"name": "a" * 201}, "people[0].name must be a text of length <= 200"),
        ({"shoe": 43}, "unknown field shoe"),
    ],
)
def test_wrong_value_is_told_with_its_place(change: dict[str, Any], words: str) -> None:
    assert words in line_of(json.dumps({"people": [GOOD["people"][0] | change]}))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 5000 + b"]" * 5000, "nested at most 64 deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "nested at most 64 deep"),
        (b"[" + b"[]," * 20_000 + b"[]]", "at most 10000 values"),
        (b'{"people": [], "people": []}', "'people' stands twice"),
        (b'{"people": NaN}', "NaN is no number"),
        (b'{"people": 1e999}', "beyond every number"),
        (b'{"people": 1' + b"0" * 400 + b"}", "whole number of 401 digits"),
        (b'{"people": -1' + b"0" * 5000 + b"}", "whole number of 5002 digits"),
        (b"[]", "must be an object, got a list"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_json_is_one_line(data: bytes, words: str) -> None:
    assert words in line_of(data)


def test_brackets_inside_strings_are_text() -> None:
    deep = {"a": "[" * 1000 + '\\"' + "," * 20_000}
    assert READER.parsed(json.dumps(deep), Object) == deep


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "nested at most 64 deep"),
        ("a = " + "9" * 5000, "digits"),
        ("a = 1\na = 2", "no readable TOML"),
        ("a = ", "no readable TOML"),
    ],
    ids=["deep", "digits", "twice", "nothing"],
)
def test_hostile_toml_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        READER.toml(path)


def test_toml_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert READER.toml(path) == {"a": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ConfigError, match="no regular file"):
        READER.json(tmp_path / "pipe.json")


def test_missing_and_large_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; write it again"):
        READER.json(tmp_path / "none.json")
    (tmp_path / "large.json").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="above the limit of 1 MiB"):
        READER.json(tmp_path / "large.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def outcome(data: bytes | str, kind: Any) -> Any:
    """Return the value, or the line that refuses it."""
    try:
        return READER.parsed(data, kind, "x")
    except KaaError as error:
        return str(error)


@given(VALUES)
def test_any_value_is_read_or_refused_in_one_line(value: Any) -> None:
    found = outcome(json.dumps({"people": value}), People)
    if isinstance(found, str):
        assert found.isprintable()
        assert len(found) < 2000
    else:
        assert all(isinstance(person.age, int) for person in found.people)


@given(st.binary(max_size=200) | st.text(string.printable, max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    found = outcome(data, Object)
    assert isinstance(found, dict) or found.isprintable()


def test_half_a_character_becomes_a_question_mark() -> None:
    text = json.dumps({"a\ud800": ["\udfffb", {"c": "\U0001f642"}]})
    assert READER.parsed(text) == {"a?": ["?b", {"c": "\U0001f642"}]}
    assert READER.parsed('{"a": "\ud800"}') == {"a": "?"}
    lenient = Reader(ConfigError, "", strict=False)
    assert lenient.parsed(text)["a\ud800"][0] == "\udfffb"
    with pytest.raises(ConfigError, match="half a character"):
        lenient.parsed(json.dumps({"\ud800": []}), People)


def test_a_list_of_records_is_not_lost_for_one_of_them() -> None:
    lenient = Reader(ConfigError, "", strict=False)
    text = '{"a": NaN, "b": 1e999, "c": ' + "9" * 400 + ', "d": 1, "d": 2}'
    assert lenient.parsed(text)["d"] == 2
    for hostile in ("[" * 1000, "1" * 5000, '{"a": 1'):
        with pytest.raises(ConfigError):
            lenient.parsed(hostile)


def test_depth_is_counted_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_BLOCK", 7)
    assert READER.parsed('{"a": ' + "[" * 63 + "]" * 63 + "}")
    assert "nested" in line_of("[" * 65 + "]" * 65)
