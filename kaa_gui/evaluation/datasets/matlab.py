"""Read structs of MATLAB files, version 5, without trusting them.

SciPy's reader is compiled, and a damaged file makes it crash, loop or take all memory. Here every length is
compared with the bytes at hand, nothing is unpacked before it is asked for, and nothing recurses.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_UNPACKED = 1 << 29
"""Bytes of the variable that is read; MPII's takes about half of that."""
MOST_RECORDS, LONGEST_TEXT = 1_000_000, 4096
_MOST_FIELDS, _NAMED = 1000, 512
_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_WORDS = {order: struct.Struct(f"{order}II") for order in "<>"}
_NUMBERS = {
    (order, kind): struct.Struct(order + code)
    for order in "<>"
    for kind, code in {
        1: "b",
        2: "B",
        3: "h",
        4: "H",
        5: "i",
        6: "I",
        7: "f",
        9: "d",
        12: "q",
        13: "Q",
    }.items()
}
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
# flags, two sizes and no name, each after what describes it: so begin all arrays but a few
_USUAL = {order: struct.Struct(f"{order}4I2I2i2I") for order in "<>"}


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A MATLAB array, of which only the description has been read.

    Attributes:
        kind: MATLAB's number of its class.
        count: Number of its elements.
        content: What follows the description.
        order: Byte order, as :mod:`struct` writes it.
    """

    kind: int
    count: int
    content: memoryview
    order: str

    def records(self) -> Iterator[dict[str, Value]]:
        """Yield the elements of a struct array, or of a cell array of structs; nothing for anything else.

        Raises:
            ValueError: It is damaged.
        """
        if self.kind in (_CELL, _STRUCT) and self.count > MOST_RECORDS:
            raise ValueError(f"an array must have at most {MOST_RECORDS} elements, got {self.count}")
        if self.kind == _CELL:
            at = 0
            for _ in range(self.count):
                cell, at = _value(self.content, at, self.order)
                # cells in cells may be nested to any depth
                yield from cell.records() if cell.kind == _STRUCT else ()
        if self.kind != _STRUCT:
            return
        names, at = self._field_names()
        # an element without fields takes no bytes: a file may claim any number of them
        for _ in range(self.count if names else 0):
            record = {}
            for name in names:
                record[name], at = _value(self.content, at, self.order)
            yield record

    def first(self) -> dict[str, Value]:
        """Return the first record; an empty one where there is none."""
        return next(self.records(), {})

    def number(self) -> float:
        """Return a single number, or a text that is one; NaN where it is empty.

        Raises:
            ValueError: It is something else.
        """
        if self.count == 0:
            return math.nan
        if self.kind == _CHAR:
            return float(self.text())
        kind, data, _ = _element(self.content, 0, self.order)
        number = _NUMBERS.get((self.order, kind))
        if self.count != 1 or number is None or len(data) != number.size:
            raise ValueError(f"a number was expected, got {self.count} values of MATLAB's class {self.kind}")
        return float(number.unpack(data)[0])

    def text(self) -> str:
        """Return a row of characters.

        Raises:
            ValueError: It is something else, or too long.
        """
        if self.kind != _CHAR or self.count > LONGEST_TEXT:
            raise ValueError(f"a text of at most {LONGEST_TEXT} characters was expected")
        kind, data, _ = _element(self.content, 0, self.order)
        if kind not in _TEXTS:
            raise ValueError("a text is written in an unknown way")
        wide = _TEXTS[kind].startswith("utf-") and kind != 16
        encoding = _TEXTS[kind] + ("-le" if self.order == "<" else "-be") * wide
        return bytes(data[: 4 * LONGEST_TEXT]).decode(encoding, "replace")

    def _field_names(self) -> tuple[list[str], int]:
        _, size, at = _element(self.content, 0, self.order)
        _, names, at = _element(self.content, at, self.order)
        length = int.from_bytes(size, "little" if self.order == "<" else "big")
        if len(names) == 0:
            return [], at
        if not 0 < length <= len(names) <= length * _MOST_FIELDS or len(names) % length:
            raise ValueError("the names of fields are damaged")
        parts = (bytes(names[start : start + length]) for start in range(0, len(names), length))
        return [part.partition(b"\0")[0].decode("latin-1") for part in parts], at


NOTHING = Value(0, 0, memoryview(b""), "<")
"""An empty array, for fields that are missing."""


def read_variable(path: Path, name: str) -> Value:
    """Return a variable of a MATLAB file.

    Raises:
        ValueError: There is none, the file is damaged, or it unpacks to more than :data:`MAX_UNPACKED`.
        OSError: It cannot be read.
    """
    data = memoryview(path.read_bytes())
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:128]))
    if order is None or bytes(data[:10]) == b"MATLAB 7.3":
        raise ValueError("MATLAB files of version 5 to 7 are read")
    at = _HEADER_BYTES
    while at < len(data):
        kind, content, at = _element(data, at, order)
        if kind == _COMPRESSED:
            # no more than the name of those that nobody asks for
            kind, start = _unpacked(content, order, _NAMED)
            if kind == _MATRIX and _described(start, order)[0] == name:
                _, content = _unpacked(content, order, MAX_UNPACKED)
            else:
                continue
        if kind == _MATRIX:
            found, value = _described(content, order)
            if found == name:
                return value
    raise ValueError(f"it holds no {name}")


def _unpacked(data: memoryview, order: str, most: int) -> tuple[int, memoryview]:
    """Return the type of a compressed element and up to so many of its bytes."""
    unpacker = zlib.decompressobj()
    try:
        head = unpacker.decompress(data, 8)
        kind, size = _WORDS[order].unpack(head.ljust(8, b"\0"))
        if size > MAX_UNPACKED:
            raise ValueError(f"a variable unpacks to more than {MAX_UNPACKED >> 20} MiB")
        return kind, memoryview(unpacker.decompress(unpacker.unconsumed_tail, min(size, most) or 1))
    except zlib.error as error:
        raise ValueError(f"a variable cannot be unpacked ({error})") from None


def _element(data: memoryview, at: int, order: str) -> tuple[int, memoryview, int]:
    """Return an element's type, its bytes, and where the next one begins."""
    if at + 8 > len(data):
        raise ValueError("it ends in the middle of a value")
    kind, size = _WORDS[order].unpack_from(data, at)
    start, end = at + 8, at + 8 + size
    if kind >> 16:
        # small ones share their eight bytes with what describes them
        kind, size = kind & 0xFFFF, kind >> 16
        start, end = at + 4, at + 4 + size
        if size > 4:
            raise ValueError("a value is longer than its place")
    if end > len(data):
        raise ValueError("a value is longer than the file")
    padding = 0 if kind == _COMPRESSED else -(end - at) % 8
    return kind, data[start:end], end + padding


def _value(data: memoryview, at: int, order: str) -> tuple[Value, int]:
    kind, content, at = _element(data, at, order)
    if kind != _MATRIX:
        raise ValueError(f"an array was expected, got a value of type {kind}")
    if not content:
        return Value(0, 0, content, order), at
    return _described(content, order)[1], at


def _described(content: memoryview, order: str) -> tuple[str, Value]:
    """Return an array's name and the array, its elements unread."""
    if len(content) >= _USUAL[order].size:
        *head, flags, _, dims, length, rows, columns, name, none = _USUAL[order].unpack_from(content)
        if (*head, dims, length, name, none) == (6, 8, 5, 8, 1, 0) and rows >= 0 <= columns:
            return "", Value(flags & 0xFF, rows * columns, content[_USUAL[order].size :], order)
    _, flags, at = _element(content, 0, order)
    _, sizes, at = _element(content, at, order)
    _, name, at = _element(content, at, order)
    if len(flags) != 8 or len(sizes) % 4 or not 8 <= len(sizes) <= 128:
        raise ValueError("an array is described wrongly")
    dimensions = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    if min(dimensions) < 0:
        raise ValueError(f"an array cannot have {min(dimensions)} elements")
    kind = struct.unpack_from(f"{order}I", flags)[0] & 0xFF
    text = bytes(name[:64]).decode("latin-1")
    return text, Value(kind, math.prod(dimensions), content[at:], order)
