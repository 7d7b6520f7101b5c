"""Read configurations and numbers of attacks from values that anybody may have written."""

from __future__ import annotations

from dataclasses import MISSING, fields
from math import nan
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from kaa_gui.core.types import AttackConfig, Metrics
from kaa_gui.core.untrusted.documents import Count, Object, Reader, unknown_fields

MOST_TEXT = 4096


def _choices(hint: Any) -> tuple[Any, ...]:
    """Return the values of a Literal, None among them where it is optional; empty for other types."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not all(part is NoneType or get_origin(part) is Literal for part in parts):
        return ()
    return tuple(value for part in parts for value in (get_args(part) or (None,)))


_CHOICES = {name: found for name, hint in get_type_hints(AttackConfig).items() if (found := _choices(hint))}
_KINDS: dict[str, Any] = {"iteration": Count, "success": bool}
_StoredMetrics = msgspec.defstruct(
    "_StoredMetrics",
    [
        (item.name, _KINDS.get(item.name, float | None))
        if item.default is MISSING
        else (item.name, _KINDS.get(item.name, float | None), item.default)
        for item in fields(Metrics)
    ],
)


def read_attack(values: Object, reader: Reader, name: str) -> AttackConfig:
    """Return a configuration, every field of its declared type and in its range.

    Args:
        values: Its fields; those left out have their defaults.
        reader: Whose error is raised.
        name: Of their place, for messages.
    """
    if unknown := unknown_fields(values, AttackConfig):
        reader.refuse(name, f"has unknown fields {', '.join(unknown)}; a newer version may have written them")
    for field, value in values.items():
        if field in _CHOICES and value not in _CHOICES[field]:
            choices = ", ".join(str(choice) for choice in _CHOICES[field] if choice is not None)
            reader.refuse(name, f"{field} must be one of {choices}, got {value!r:.60}")
        # the one text that may be long; the configuration checks it
        long = isinstance(value, str) and len(value) > MOST_TEXT and field != "region_mask"
        if long or (isinstance(value, str) and not value.isprintable()):
            reader.refuse(name, f"{field} must be a text of at most {MOST_TEXT} printable characters")
    return reader.converted(values, AttackConfig, name)


def read_metrics(values: Any, reader: Reader, name: str) -> Metrics:
    """Return the numbers of an iteration; null is NaN, and what older files lack has its default."""
    found: Object = msgspec.structs.asdict(reader.converted(values, _StoredMetrics, name))
    known: Object = {key: nan if value is None else value for key, value in found.items()}
    return Metrics(**known)
