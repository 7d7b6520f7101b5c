"""Write and read the recipe that draws a figure again: its command and its settings."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Literal

import msgspec

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


class StoredLimit(msgspec.Struct):
    """The limits of an axis as JSON."""

    axis: Literal["x", "y"]
    panel: str
    low: float | None
    high: float | None


class StoredStyle(msgspec.Struct):
    """A style as :meth:`Style.as_json` returns it."""

    preset: str
    columns: int
    family: str
    size_pt: float
    dpi: int
    letters: bool
    titles: bool
    panels: list[str] | None
    methods: list[str]
    heading: str
    order: list[str]
    limits: list[StoredLimit]
    panel_titles: dict[str, str]

    def style(self) -> Style:
        """Return the value.

        Raises:
            ConfigError: A setting is out of its range.
        """
        return Style(
            preset=self.preset,
            columns=self.columns,
            family=_family(self.family),
            size_pt=self.size_pt,
            dpi=self.dpi,
            letters=self.letters,
            titles=self.titles,
            panels=None if self.panels is None else tuple(self.panels),
            methods=tuple(self.methods),
            heading=self.heading,
            order=tuple(self.order),
            limits=tuple(Limit(limit.axis, limit.panel, limit.low, limit.high) for limit in self.limits),
            panel_titles=tuple(self.panel_titles.items()),
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
