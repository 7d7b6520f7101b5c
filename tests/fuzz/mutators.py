"""Damage files: bits, lengths, sizes, types, depth and names, on the level that their format has.

A mutant is a function of a seed and a generator of random numbers alone, so that it can be made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sqlite3
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Files = dict[str, bytes | None]
"""Name below a folder -> content; None stands for a named pipe."""

MANY = 10_000_000
"""Values of a document that takes far more memory than bytes."""
_RAW = "\x00raw"
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 2**53 + 1, 10**18, 1e308, -1e308, 5e-324, 0.5),
    *("", " ", "a" * 5000, "\x1b]0;title\x07", "line\nline", "../../etc/passwd", "/dev/zero", "//host/share"),
    *(
        "\ud800",
        "\u202eabc",
        "nul\x00nul",
        "ﬀ" * 300,
        "1e999",
        "NaN",
        "${HOME}",
        "%s%n",
        "blocks." + "1" * 5000,
    ),
    *([], {}, [[]], [None], {"": {}}, [0] * 1000, [1, "x", None], {"a": 1, "b": [2]}, [[1e308] * 3] * 3),
)
_TOKENS = (
    *(
        "1" * 5000,
        "-" + "9" * 400,
        "1" + "0" * 400,
        "1e999",
        "-1e400",
        "NaN",
        "Infinity",
        "0x10",
        "1_0",
        "01",
    ),
    *(
        "[" * 50_000,
        "[" * 100 + "]" * 100,
        "{" * 5000,
        '{"a":' * 3000 + "1" + "}" * 3000,
        '"',
        "'",
        "\\",
        "\0",
    ),
    *('{"a":1,"a":2}', "\ufeff", "\u2028", "\x1b[2J", "#", "", ":", "=", ",", "}", "]", "true", "null"),
    *(
        "@Variant(\\0\\0\\0\\x7f)",
        "@ByteArray(\\0)",
        "@Size(9999999999 -1)",
        "@Invalid()",
        "@Rect(1 2 3)",
        "@",
    ),
    *("99999999999999999999", "4294967295", "1e5", "-0", "0.0000000001", "inf", "-inf", "nan", "end"),
)
_TYPES = (
    *("'|O'", "'<f8'", "'<f2'", "'>f4'", "'|u1'", "'<U8'", "'<c16'", "'|V1000000000'", "'<M8[s]'", "'|b1'"),
    *("[('a','<f4'),('b','|O')]", "'|S0'", "'<f4',", "1", "'x'", "'<i8'"),
)
_SHAPES = (
    *("()", "(0,)", "(-1,)", "(10**9,)", "(1000000000000,)", "(2,2)", "(1,)*100", "(4294967296,4294967296)"),
    *("(" + "1," * 64 + ")", "(1.5,)", "None", "(9223372036854775807,9)", "(3,-3)", "(" * 300 + ")" * 300),
)
_LARGE = 1 << 20
"""Bytes beyond which a mutant is not damaged once more."""
_SIZES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1)


def mutated(files: Files, targets: list[str], random: Random) -> Files:
    """Return files of which one is damaged.

    Args:
        files: The seed.
        targets: Names of those that may be damaged.
        random: Decides everything.
    """
    name = random.choice(targets)
    data = files[name]
    assert data is not None
    changed = dict(files)
    if random.random() < 0.01:
        kind = random.randrange(3)
        if kind == 0 and hasattr(os, "mkfifo"):
            changed[name] = None
        elif kind <= 1:
            changed[name] = b""
        else:
            del changed[name]
            changed[f"{name}/inside"] = data
        return changed
    changed[name] = of_kind(name, data, random)
    return changed


def of_kind(name: str, data: bytes, random: Random) -> bytes:
    """Return damaged content, half of the time on the level of the format."""
    for _ in range(1 if random.random() < 0.7 else random.randint(2, 4)):
        change = _BY_SUFFIX.get(Path(name).suffix.lower()) if random.random() < 0.75 else None
        try:
            data = (change or any_bytes)(data, random)
        except Exception:
            # damaged already: its format is no more
            data = any_bytes(data, random)
        if len(data) > _LARGE:
            break
    return data


def any_bytes(data: bytes, random: Random) -> bytes:
    """Damage bytes of any format."""
    content = bytearray(data)
    size = len(content)
    at = random.randrange(size + 1)
    # headers are at either end
    if random.random() < 0.5:
        at = (
            min(at, random.choice((8, 64, 512)))
            if random.random() < 0.6
            else max(0, size - random.randrange(600))
        )
    random.choice(_CHANGES)(content, at, random)
    return bytes(content)


def _flip(content: bytearray, _at: int, random: Random) -> None:
    for _ in range(random.choice((1, 1, 2, 8, 64)) if content else 0):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _flip_here(content: bytearray, at: int, random: Random) -> None:
    if at < len(content):
        content[at] ^= 1 << random.randrange(8)


def _cut(content: bytearray, at: int, _random: Random) -> None:
    del content[at:]


def _take_out(content: bytearray, at: int, random: Random) -> None:
    del content[at : at + random.choice((1, 2, 4, 100, 5000))]


def _repeat(content: bytearray, at: int, random: Random) -> None:
    content[at:at] = content[at : at + random.choice((1, 4, 100, 5000))] * random.choice((1, 2, 50))


def _size(content: bytearray, at: int, random: Random) -> None:
    width = random.choice((1, 2, 4, 8))
    number = random.choice(_SIZES) % (1 << 8 * width)
    content[at : at + width] = number.to_bytes(width, random.choice(("little", "big")))


def _noise(content: bytearray, at: int, random: Random) -> None:
    content[at : at + random.choice((1, 16, 300))] = random.randbytes(random.choice((1, 16, 300)))


def _copy(content: bytearray, at: int, random: Random) -> None:
    other = random.randrange(len(content) + 1)
    piece = content[other : other + random.choice((4, 16, 200))]
    content[at : at + len(piece)] = piece


def _blank(content: bytearray, at: int, random: Random) -> None:
    content[at : at + random.choice((4, 64))] = bytes([random.choice((0, 0xFF))]) * random.choice((4, 64))


def _put_before(content: bytearray, _at: int, random: Random) -> None:
    content[:0] = random.choice((b"\xef\xbb\xbf", b"\0", b"\xff\xfe", b" " * 100))


_CHANGES = (_flip, _flip_here, _cut, _take_out, _repeat, _size, _noise, _copy, _blank, _put_before)


def text(data: bytes, random: Random) -> bytes:
    """Put odd tokens in place of some of a text's."""
    words = re.split(rb"([\s,=:\[\]{}\"#()]+)", data)
    for _ in range(random.choice((1, 1, 1, 3))):
        place = random.randrange(len(words))
        kind = random.randrange(4)
        if kind == 0:
            words[place] = b""
        elif kind == 1:
            words[place] = words[random.randrange(len(words))]
        elif kind == 2:
            words[place] += words[place] * random.choice((1, 5, 300))
        else:
            words[place] = random.choice(_TOKENS).encode("utf-8", "surrogatepass")
    return b"".join(words)


def json_values(data: bytes, random: Random) -> bytes:
    """Put odd values, keys and depths in place of some of a JSON document's."""
    raws: list[str] = []
    value = odd_value(json.loads(data.decode("utf-8-sig")), random, raws)
    written = json.dumps(value)
    for number, raw in enumerate(raws):
        written = written.replace(json.dumps(f"{_RAW}{number}"), raw, 1)
    if random.random() < 0.002:
        written = "[" + "[]," * MANY + "0]"
    mark = b"\xef\xbb\xbf" if random.random() < 0.02 else b""
    return mark + written.encode("utf-8", "replace")


def odd_value(value: Any, random: Random, raws: list[str] | None = None) -> Any:
    """Return a JSON value with an odd part; those that no value of Python stands for go to ``raws``."""
    places = _places(value)
    if not places:
        return random.choice(_ODD)
    *way, last = random.choice(places)
    inner = value
    for key in way:
        inner = inner[key]
    kind = random.randrange(10)
    if kind == 0:
        del inner[last]
    elif kind == 1 and isinstance(inner, dict):
        inner[random.choice([str(each) for each in _ODD if isinstance(each, str)])] = inner.pop(last)
    elif kind == 2 and isinstance(inner, list):
        inner[last:last] = [inner[last]] * random.choice((1, 3, 1000))
    elif kind == 3:
        inner[last] = [inner[last]]
    elif kind == 4 and isinstance(inner[last], int | float):
        inner[last] = random.choice((-inner[last], inner[last] + 1, inner[last] * 1e6, str(inner[last])))
    elif kind == 5 and raws is not None:
        inner[last] = f"{_RAW}{len(raws)}"
        raws.append(random.choice(_TOKENS))
    elif kind == 6:
        # what stands elsewhere
        *other, end = random.choice(places)
        from_there = value
        for key in other:
            from_there = from_there[key]
        inner[last] = json.loads(json.dumps(from_there[end]))
    else:
        inner[last] = random.choice(_ODD)
    return value


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for key, item in inner for place in _places(item, (*at, key))]


def archive(data: bytes, random: Random) -> bytes:
    """Damage a member of a zip, or how it is packed, named and announced; its checksums fit again."""
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        members = [(info, read.read(info)) for info in read.infolist()]
    place = random.randrange(len(members))
    kind = random.randrange(10)
    infos = [(info.filename, info.compress_type, content) for info, content in members]
    name, packing, content = infos[place]
    if kind <= 5:
        content = of_kind(name, content, random)
    elif kind == 6:
        packing = random.choice(
            (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        )
    elif kind == 7:
        name = random.choice(
            ("../x", "/etc/x", name * 2, "a\\b", "a:b", "", "x" * 4000, "\x1b[2J.npy", "con")
        )
    elif kind == 8:
        # much out of little
        content, packing = content + bytes(1 << (26 if random.random() < 0.02 else 20)), zipfile.ZIP_DEFLATED
    infos[place] = name, packing, content
    if kind == 9:
        infos[place:] = (
            infos[place + 1 :] if random.random() < 0.5 else [infos[place]] * 2 + infos[place + 1 :]
        )
    infos = _sealed(infos)
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as written:
        for name, packing, content in infos:
            written.writestr(zipfile.ZipInfo(name), content, packing)
    packed = buffer.getvalue()
    return _lying(packed, random) if random.random() < 0.15 else packed


def _sealed(infos: list[tuple[str, int, bytes]]) -> list[tuple[str, int, bytes]]:
    """Write a session's hashes anew, as a forger would."""
    found = {name: content for name, _, content in infos}
    try:
        head = json.loads(found["session.json"])
        head["members"] = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in found.items()
            if name in head["members"]
        }
    except (KeyError, ValueError, TypeError, RecursionError):
        return infos
    sealed = json.dumps(head).encode("utf-8", "replace")
    return [(name, kind, sealed if name == "session.json" else data) for name, kind, data in infos]


def _lying(packed: bytes, random: Random) -> bytes:
    """Let a zip's directory, or a member's own header, announce another size, flag or packing."""
    content = bytearray(packed)
    mark, fields = random.choice(
        (
            (b"PK\1\2", ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4))),
            (b"PK\3\4", ((6, 2), (8, 2), (14, 4))),
        )
    )
    at = content.find(mark)
    if at >= 0:
        offset, width = random.choice(fields)
        number = random.choice((*_SIZES, 8, 9, 12, 14, 93)) % (1 << 8 * width)
        content[at + offset : at + offset + width] = number.to_bytes(width, "little")
    return bytes(content)


def npy(data: bytes, random: Random) -> bytes:
    """Write an array's header anew: type, order, shape; or damage its values."""
    size = struct.unpack_from("<H", data, 8)[0]
    head, body = data[10 : 10 + size], data[10 + size :]
    found = dict(re.findall(rb"'(\w+)': ('[^']*'|\w+|\([^)]*\))", head))
    descr, order, shape = (found[name].decode() for name in (b"descr", b"fortran_order", b"shape"))
    kind = random.randrange(6)
    if kind == 0:
        descr = random.choice(_TYPES)
    elif kind == 1:
        shape = random.choice(_SHAPES)
    elif kind == 2:
        order = random.choice(("True", "False", "1", "None", "()"))
    elif kind == 3 and len(body) >= 8:
        values = bytearray(body)
        for _ in range(random.choice((1, 5))):
            at = random.randrange(len(values) // 4) * 4
            values[at : at + 4] = random.choice(
                (struct.pack("<f", float("nan")), struct.pack("<f", float("inf")), b"\xff" * 4, bytes(4))
            )
        body = bytes(values)
    elif kind == 4:
        body = any_bytes(body, random)
    else:
        return any_bytes(data, random)
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
    version = random.choice((b"\1\0", b"\1\0", b"\1\0", b"\3\0", b"\x09\0"))
    return b"\x93NUMPY" + version + struct.pack("<H", len(text) & 0xFFFF) + text + body


def safetensors(data: bytes, random: Random) -> bytes:
    """Damage the description of a block of tensors."""
    size = struct.unpack_from("<Q", data)[0]
    head, body = data[8 : 8 + size], data[8 + size :]
    if random.random() < 0.2:
        values = bytearray(body)
        at = random.randrange(max(1, len(values) - 4))
        values[at : at + 4] = random.choice((struct.pack("<f", float("nan")), b"\xff" * 4, bytes(4)))
        return data[: 8 + size] + bytes(values)
    head = json_values(head, random)
    return struct.pack("<Q", len(head)) + head + body


def database(data: bytes, random: Random) -> bytes:
    """Change the records of a journal, as SQLite itself would write them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT rowid, record FROM records").fetchall()
        number, record = random.choice(rows)
        kind = random.randrange(6)
        if kind <= 2:
            record = json_values(record.encode(), random).decode("utf-8", "replace")
            connection.execute("UPDATE records SET record = ? WHERE rowid = ?", (record, number))
        elif kind == 3:
            value = random.choice((None, 1, b"\0\xff", "", "x" * 5000, "\x1b", 1e300))
            column = random.choice(("name", "row", '"check"', "victim", "record"))
            connection.execute(f"UPDATE OR REPLACE records SET {column} = ? WHERE rowid = ?", (value, number))  # noqa: S608
        elif kind == 4:
            statement = random.choice(
                (
                    "ALTER TABLE records ADD COLUMN more TEXT",
                    "CREATE TABLE other (x)",
                    "CREATE VIEW v AS SELECT 1",
                    "DROP TABLE records",
                    "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END",
                )
            )
            connection.execute(statement)
        else:
            connection.execute("DELETE FROM records WHERE rowid = ?", (number,))
        connection.commit()
        connection.close()
        return path.read_bytes()


def parquet(data: bytes, random: Random) -> bytes:
    """Change columns of a Parquet file: values, types, names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    place = random.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place).to_pylist()
    kind = random.randrange(6)
    if kind == 0:
        table = table.remove_column(place)
    elif kind == 1:
        table = table.append_column(random.choice(("row", "\x1b[2J", "", "x" * 5000)), table.column(place))
    elif kind == 2:
        table = table.set_column(place, name, pa.nulls(len(column), table.column(place).type))
    elif kind == 3:
        value = random.choice([each for each in _ODD if not isinstance(each, str) or each.isprintable()])
        try:
            table = table.set_column(place, name, pa.array([value] * len(column)))
        except (pa.ArrowException, OverflowError):
            table = table.slice(1)
    elif kind == 4:
        value = column[0]
        odd = {str: "\x1b" * 9, float: float("nan"), int: -(2**63), bool: None, list: [1e300] * 9}.get(
            type(value)
        )
        table = table.set_column(place, name, pa.array([odd, *column[1:]], table.column(place).type))
    else:
        table = (
            pa.concat_tables([table] * random.choice((0, 2, 30)))
            if random.random() < 0.8
            else table.slice(0, 0)
        )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def png(data: bytes, random: Random) -> bytes:
    """Damage a PNG's chunks, their checksums written anew."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    place = random.randrange(len(chunks))
    kind, body = chunks[place]
    how = random.randrange(5)
    if how == 0:
        chunks[place:place] = [chunks[random.randrange(len(chunks))]] * random.choice((1, 2, 500))
    elif how == 1:
        extra = random.choice(
            (b"iCCP", b"tRNS", b"PLTE", b"eXIf", b"gAMA", b"acTL", b"zTXt", b"fcTL", b"pHYs")
        )
        content = (
            b"a\0\0" + zlib.compress(bytes(random.choice((10, 1 << 24))))
            if random.random() < 0.5
            else random.randbytes(30)
        )
        chunks[1:1] = [(extra, content)]
    elif how == 2 and kind == b"IHDR":
        sizes = (0, 1, 7, 20_000, 65_535, 0x7FFFFFFF)
        body = struct.pack(">II", random.choice(sizes), random.choice(sizes)) + body[8:]
        chunks[place] = kind, body
    else:
        chunks[place] = kind, any_bytes(body, random)
    return data[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


_BY_SUFFIX: dict[str, Callable[[bytes, Random], bytes]] = {
    **dict.fromkeys((".json",), json_values),
    **dict.fromkeys((".toml", ".ini", ".bvh"), text),
    **dict.fromkeys((".npz", ".kaa", ".task"), archive),
    ".npy": npy,
    ".safetensors": safetensors,
    ".sqlite": database,
    ".parquet": parquet,
    ".png": png,
}


def written(files: Files, folder: Path) -> None:
    """Write files into an empty folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is None:
            os.mkfifo(path)
        else:
            path.write_bytes(data)
