"""Write and read the recipe that draws a figure again: its command and its settings."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from kaa_gui.figures.limits import Limit
from kaa_gui.figures.style import FAMILIES, PRESETS, Style

PROGRAM = "python main.py"
OUT = "FILE"
"""Stands in a figure's metadata for its own name: the bytes don't depend on where they are written."""


def draw_command(kind: str, runs: Iterable[str], style: Style, *, out: str = OUT) -> str:
    """Return the command that draws a figure, for a POSIX shell.

    Args:
        kind: Key of the kind.
        runs: Folders, in order.
        style: Settings.
        out: File to write.
    """
    words = ["figure", kind, *map(_as_path, runs), *_options(style), "--out", _as_path(out)]
    return f"{PROGRAM} {shlex.join(words)}"


def redraw_command(beside: str) -> str:
    """Return the command that draws a figure from the file beside it."""
    return f"{PROGRAM} {shlex.join(('redraw', _as_path(beside)))}"


def style_from(settings: Mapping[str, Any]) -> Style:
    """Read what :meth:`Style.as_json` returned.

    Raises:
        KeyError: A setting is missing.
        TypeError: A setting is of another type.
        ConfigError: A setting is out of its range.
    """
    family = _typed(settings, "family", str)
    panels = settings["panels"]
    return Style(
        preset=_typed(settings, "preset", str),
        columns=_typed(settings, "columns", int),
        family=_family(family),
        size_pt=float(_typed(settings, "size_pt", int, float)),
        dpi=_typed(settings, "dpi", int),
        letters=_typed(settings, "letters", bool),
        titles=_typed(settings, "titles", bool),
        panels=None if panels is None else _words(settings, "panels"),
        methods=_words(settings, "methods"),
        heading=_typed(settings, "heading", str),
        order=_words(settings, "order"),
        limits=tuple(_limit(row) for row in _typed(settings, "limits", list)),
        panel_titles=_titles(settings),
    )


def _options(style: Style) -> list[str]:
    """Return the options of the command line that give this style, and no others."""
    usual, given = Style(style.preset), list[str]()
    usual_family = PRESETS[style.preset].family
    values = {
        "preset": (style.preset, Style().preset),
        "columns": (style.columns, usual.columns),
        "font": (_family(style.family or usual_family), usual_family),
        "font-size": (_number(style.text_pt), _number(usual.text_pt)),
        "dpi": (style.dpi, usual.dpi),
        "panels": (",".join(style.panels or ()), ""),
        "methods": (",".join(style.methods), ""),
        "order": (",".join(style.order), ""),
        "heading": (style.heading, ""),
    }
    for name, (value, default) in values.items():
        if value != default:
            given += _option(name, str(value))
    for limit in sorted(style.limits, key=lambda limit: limit.axis):
        panel = f"{limit.panel}=" if limit.panel else ""
        given += _option(f"{limit.axis}lim", f"{panel}{_number(limit.low)}:{_number(limit.high)}")
    for panel, title in style.panel_titles:
        given += _option("title", f"{panel}={title}")
    switches = {"--no-titles": style.titles, "--no-letters": style.letters}
    return given + [name for name, on in switches.items() if not on]


def _family(name: str) -> str:
    """Return the short name of a family that comes along with matplotlib; other names stay."""
    return next((short for short, families in FAMILIES.items() if families[0] == name), name)


def _option(name: str, value: str) -> list[str]:
    # a value that begins with a dash would be taken for an option
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


def _number(value: float | None) -> str:
    """Return a number in as many digits as it has."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def _as_path(name: str) -> str:
    return f"./{name}" if name.startswith("-") else name


def _typed(values: Mapping[str, Any], name: str, *types: type) -> Any:
    value = values[name]
    # bool is an int to Python, but not to us
    if type(value) not in types:
        raise TypeError(f"{name} must be {' or '.join(kind.__name__ for kind in types)}, got {value!r:.60}")
    return value


def _words(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    words = _typed(values, name, list)
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"{name} must be a list of words")
    return tuple(words)


def _limit(row: Any) -> Limit:
    if not isinstance(row, Mapping) or row.get("axis") not in ("x", "y"):
        raise TypeError("limits must be objects with an axis, x or y")
    ends = [None if row[end] is None else float(_typed(row, end, int, float)) for end in ("low", "high")]
    return Limit(row["axis"], _typed(row, "panel", str), *ends)


def _titles(settings: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    titles = _typed(settings, "panel_titles", dict)
    if not all(isinstance(title, str) for title in titles.values()):
        raise TypeError("panel_titles must be words")
    return tuple(titles.items())
