"""Read JSON and TOML that anybody may have written, into declared types, in bounded time and memory.

A document is refused in one line that names file, place and rule if it is no regular file, too large, not
UTF-8, nested too deep, of too many values, has a repeated key, or a number of more digits than any field
holds. msgspec then converts it into the declared type and checks that type's constraints.
"""

from __future__ import annotations

import json
import math
import re
import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
import numpy as np

from kaa_gui.core.errors import KaaError

MOST_DEPTH = 64
MOST_DIGITS = 19  # of a whole number: what 64 bits hold
# possessive: a string that never ends is looked at once
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_DIGITS = re.compile(r"[0-9][0-9_]{40,}")
_BLOCK = 1 << 22
_STEPS = np.zeros(256, np.int8)
_STEPS[[ord("["), ord("{")]], _STEPS[[ord("]"), ord("}")]] = 1, -1
_QUOTED = re.compile(r"`([^`]*)`")
_HALVES = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""msgspec's name of a type -> ours."""
_Kind = TypeVar("_Kind")

_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_CONTROL_PATTERN = f"matching regex {_PRINTABLE!r}"

Name = Annotated[str, msgspec.Meta(max_length=200, pattern=_PRINTABLE)]
"""A short text without control characters."""
Text = Annotated[str, msgspec.Meta(max_length=4096, pattern=_PRINTABLE)]
"""A text without control characters."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A whole number that JSON holds exactly."""
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """How one kind of document is read.

    Attributes:
        error: Raised where a document is refused.
        remedy: What the user can do about it.
        most_bytes: Largest size of a file.
        most_values: Largest number of values, keys not counted.
        strict: Whether a number beyond what fields hold, NaN, or a repeated key spoils the whole document,
            and half a character, which nothing can draw or write, becomes a question mark. A list of many
            records, each checked by itself, should not be lost for one of them.
    """

    error: type[KaaError]
    remedy: str
    most_bytes: int = 64 << 20
    most_values: int = 4_000_000
    strict: bool = True

    def content(self, path: Path) -> bytes:
        """Return a file's bytes; a pipe or a device is never opened."""
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                self.refuse(path, "is no regular file")
            if found.st_size > self.most_bytes:
                most = self.most_bytes >> 10
                self.refuse(
                    path, f"is above the limit of {f'{most >> 10} MiB' if most >> 10 else f'{most} KiB'}"
                )
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            self.refuse(path, "no such file")
        except (OSError, ValueError) as error:
            self.refuse(path, f"cannot be read ({getattr(error, 'strerror', None) or error})")

    def text(self, path: Path) -> str:
        """Return a file's text, UTF-8 with or without a byte order mark."""
        return self._decoded(self.content(path), path)

    def json(self, path: Path, kind: type[_Kind] = Object) -> _Kind:
        """Read a JSON file into a type."""
        return self.parsed(self.content(path), kind, path)

    def parsed(self, data: bytes | str, kind: type[_Kind] = Object, name: object = "text") -> _Kind:
        """Read JSON into a type.

        Args:
            data: The document.
            kind: Anything that msgspec converts to: a Struct, a dataclass, ``dict[str, Any]``, ...
            name: Of the document, for messages.
        """
        text = data if isinstance(data, str) else self._decoded(data, name)
        self._check_size(text, name)
        try:
            value = json.loads(text, **(_STRICT if self.strict else {}))
            if self.strict and _HALVES.search(text):
                value = _mended(value)
        except (ValueError, RecursionError) as error:
            self.refuse(name, f"is damaged ({error})")
        return self.converted(value, kind, name)

    def toml(self, path: Path, kind: type[_Kind] = Object) -> _Kind:
        """Read a TOML file into a type."""
        text = self.text(path)
        self._check_size(text, path)
        if _DIGITS.search(text):
            self.refuse(path, f"must hold numbers of at most {MOST_DIGITS} digits")
        try:
            return self.converted(tomllib.loads(text), kind, path)
        except (ValueError, RecursionError) as error:
            self.refuse(path, f"is no readable TOML ({error})")

    def converted(self, value: Any, kind: type[_Kind], name: object) -> _Kind:
        """Convert parsed values into a type; constraints that do not hold are told with their place."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            self.refuse(name, _in_words(str(error)))
        except UnicodeEncodeError:
            self.refuse(name, "holds half a character, which no text does")
        except (KaaError, RecursionError, OverflowError) as error:
            self.refuse(name, str(error))

    def _decoded(self, data: bytes, name: object) -> str:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.refuse(name, f"is not UTF-8 text ({error.reason} at byte {error.start})")

    def _check_size(self, text: str, name: object) -> None:
        """Refuse what would take much more memory, or a deeper stack, than its bytes let one expect."""
        data = _STRINGS.sub(b'""', text.encode("utf-8", "replace"))
        if sum(data.count(mark) for mark in (b"[", b"{", b",", b"=")) > self.most_values:
            self.refuse(name, f"must hold at most {self.most_values} values")
        depth = 0
        for first in range(0, len(data), _BLOCK):
            letters = np.frombuffer(data, np.uint8, min(_BLOCK, len(data) - first), first)
            # 1 where a value opens, -1 where it closes
            depths = depth + np.cumsum(_STEPS[letters], dtype=np.int64)
            if int(depths.max()) > MOST_DEPTH:
                self.refuse(name, f"must be nested at most {MOST_DEPTH} deep")
            depth = int(depths[-1])

    def refuse(self, name: object, fault: str) -> NoReturn:
        """Raise the reader's error: what is at fault where, and the remedy."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        raise self.error(f"{name}: {fault}{remedy}") from None


def unknown_fields(values: Object, kind: type) -> list[str]:
    """Return the keys that a dataclass has no field for, in order."""
    return sorted(set(values) - {item.name for item in fields(kind)})


def _mended(value: Any) -> Any:
    """Return a value with question marks for halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_mended(each) for each in value]
    return {_mended(key): _mended(each) for key, each in value.items()} if isinstance(value, dict) else value


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MOST_DIGITS:
        raise ValueError(f"a whole number of {len(text)} digits, {text[:12]}…")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is beyond every number")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once_each(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return found


_STRICT: Object = {
    "parse_int": _whole,
    "parse_float": _number,
    "parse_constant": _no_number,
    "object_pairs_hook": _once_each,
}


def _in_words(message: str) -> str:
    """Turn msgspec's message, "Expected `int`, got `str` - at `$.run[0].x`", into one of ours."""
    rule, _, place = message.partition(" - at `$")
    place = place.rstrip("`").lstrip(".") or "it"
    rule = rule.replace(_CONTROL_PATTERN, "without control characters").replace(" | ", "` or `")
    rule = _QUOTED.sub(lambda found: _WORDS.get(found[1], found[1]), rule)
    if rule.startswith("Expected "):
        rule = f"must be {rule.removeprefix('Expected ')}"
    return f"{place} {rule}" if rule.startswith("must") else f"{place}: {rule}"
