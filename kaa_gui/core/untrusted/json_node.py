"""Reading JSON that somebody else may have written: each value is checked where it is taken."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from kaa_gui.core.errors import SessionError

_TEXT = 4096


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands.

    Attributes:
        value: As parsed.
        place: For messages, e.g. ``"walk.kaa: scene.person"``.
    """

    value: Any
    place: str

    @classmethod
    def parse(cls, data: bytes, name: str) -> Node:
        """Read strict JSON (UTF-8, no NaN).

        Raises:
            SessionError: It is none.
        """
        try:
            return cls(json.loads(data.decode("utf-8"), parse_constant=_refuse), name)
        except (ValueError, RecursionError) as error:
            raise SessionError(f"{name}: is damaged ({error})") from None

    def __getitem__(self, key: str) -> Node:
        """Return a field of an object."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        if key not in self.value:
            raise self.wrong(f"an object with the field {key}")
        return Node(self.value[key], f"{self.place}.{key}")

    def has(self, key: str) -> bool:
        """Whether the value is an object with this field."""
        return isinstance(self.value, dict) and key in self.value

    @property
    def missing(self) -> bool:
        """Whether the value is null."""
        return self.value is None

    def text(self, most: int = _TEXT) -> str:
        """Return a text of at most so many characters, without control characters."""
        if not isinstance(self.value, str) or len(self.value) > most or not self.value.isprintable():
            raise self.wrong(f"a text of at most {most} printable characters")
        return self.value

    def integer(self, least: int, most: int) -> int:
        """Return a whole number in a range."""
        if type(self.value) is not int or not least <= self.value <= most:
            raise self.wrong(f"a whole number from {least} to {most}")
        return self.value

    def number(self, least: float = -1e9, most: float = 1e9) -> float:
        """Return a number in a range."""
        if type(self.value) not in (int, float) or not least <= self.value <= most:
            raise self.wrong(f"a number from {least:g} to {most:g}")
        return float(self.value)

    def number_or_nan(self) -> float:
        """Return a number; null is NaN."""
        return math.nan if self.missing else self.number(-1e30, 1e30)

    def switch(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def items(self, most: int) -> Iterator[Node]:
        """Return the elements of a list of at most so many."""
        if not isinstance(self.value, list) or len(self.value) > most:
            raise self.wrong(f"a list of at most {most}")
        return (Node(item, f"{self.place}[{at}]") for at, item in enumerate(self.value))

    def pair(self) -> tuple[Node, Node]:
        """Return the elements of a list of two."""
        found = tuple(self.items(2))
        if len(found) != 2:
            raise self.wrong("a list of two")
        return (found[0], found[1])

    def fields(self, most: int) -> Iterator[tuple[str, Node]]:
        """Return the fields of an object of at most so many."""
        if not isinstance(self.value, dict) or len(self.value) > most:
            raise self.wrong(f"an object of at most {most} fields")
        return ((Node(key, self.place).text(80), self[key]) for key in self.value)

    def of_type(self, hint: Any) -> Any:
        """Return the value if it is of a type: plain ones, Literal, unions, and tuples of plain ones."""
        if not _fits(self.value, hint):
            raise self.wrong(f"of type {getattr(hint, '__name__', hint)}")
        return tuple(self.value) if isinstance(self.value, list) else self.value

    def wrong(self, rule: str) -> SessionError:
        """Return the error that says what the value must be."""
        got = repr(self.value)
        return SessionError(f"{self.place} must be {rule}, got {got if len(got) < 60 else got[:60] + '…'}")


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, item) for item in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple:
        return isinstance(value, list) and len(value) == len(inner) and all(map(_fits, value, inner))
    if hint is float:
        return type(value) in (int, float)
    # type() rather than isinstance(): True is no whole number here
    return type(value) is hint and (hint is not str or (len(value) <= _TEXT and value.isprintable()))
