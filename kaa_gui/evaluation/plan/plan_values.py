"""Check the types of a plan's values: TOML and JSON hold anything under any name."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig

PLAN_TYPES: dict[str, Any] = {
    "dataset": str,
    "images": str,
    "every": int,
    "limit": int,
    "crops": str,
    "checks": list[str],
    "keep_pictures": bool,
    "batch": int,
}
"""Entry of a plan file, besides its blocks -> type."""
_ATTACK_TYPES = get_type_hints(AttackConfig)
_UNIONS = (UnionType, Union)
_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
}


def check_plan_values(values: Mapping[str, Any]) -> None:
    """Refuse entries of a plan file that have another type.

    Raises:
        ConfigError: Names the first of them.
    """
    _check(values, PLAN_TYPES)


def check_attack_values(values: Mapping[str, Any]) -> None:
    """Refuse fields of :class:`AttackConfig` that have another type.

    Raises:
        ConfigError: Names the first of them.
    """
    _check(values, _ATTACK_TYPES)


def _check(values: Mapping[str, Any], types: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in types and not _fits(value, types[name]):
            raise ConfigError(f"{name} must be {_words(types[name])}, got {value!r}")


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) in _UNIONS:
        return any(_fits(value, each) for each in get_args(kind))
    if get_origin(kind) is Literal:
        # which of them is for the configuration to say, with its own words
        return isinstance(value, str)
    if get_origin(kind) is tuple:
        return isinstance(value, list | tuple) and all(_fits(each, float) for each in value)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    # true is an int to Python
    return type(value) is kind


def _words(kind: Any) -> str:
    if get_origin(kind) in _UNIONS:
        return " or ".join(dict.fromkeys(_words(each) for each in get_args(kind) if each is not NoneType))
    if get_origin(kind) is tuple:
        return "a list of four numbers"
    return _WORDS[str if get_origin(kind) is Literal else get_origin(kind) or kind]
