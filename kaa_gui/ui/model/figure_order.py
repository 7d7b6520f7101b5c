"""Define what the window asks for when a figure is to be printed, as values remembered as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from kaa_gui.core.types import Run
from kaa_gui.ui.model.settings import stored_object


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A kind of figure on offer.

    Attributes:
        title: For the list.
        panels: Keys of its panels, in their usual order.
        comparing: Whether it needs several runs to say anything.
        several: Whether it can show several runs.
        limits: Axes that take limits: panel -> axis, ``"x"`` or ``"y"`` -> quantity with unit.
        titled: Panels that take titles of one's own.
    """

    title: str
    panels: tuple[str, ...]
    comparing: bool = False
    several: bool = True
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    titled: tuple[str, ...] = ()


PanelLimit = tuple[str, str, float | None, float | None]
"""Panel, axis (``"x"`` or ``"y"``), low, high; None leaves an end to the figure."""


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """How a figure is to look.

    Attributes:
        kind: Key of the kind.
        preset: Key of the publisher.
        columns: 1 or 2.
        panels: Keys of the panels, in order; empty is all.
        titles: Whether panels carry titles.
        letters: Whether panels carry letters.
        heading: A line above everything.
        dpi: Of pictures inside the figure.
        order: Methods that come first.
        limits: Of the panels' axes.
        panel_titles: Panel and the title that it carries instead of its own.
    """

    kind: str = "overview"
    preset: str = "plain"
    columns: int = 2
    panels: tuple[str, ...] = ()
    titles: bool = True
    letters: bool = True
    heading: str = ""
    dpi: int = 300
    order: tuple[str, ...] = ()
    limits: tuple[PanelLimit, ...] = ()
    panel_titles: tuple[tuple[str, str], ...] = ()

    def dumps(self) -> str:
        """Return the settings as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> FigureSettings:
        """Read what :meth:`dumps` wrote; what doesn't fit keeps its default."""
        values = stored_object(text)
        defaults = asdict(cls())
        kept: dict[str, Any] = {}
        for item in fields(cls):
            value = values.get(item.name)
            if item.name in _ROWS:
                rows = value if isinstance(value, list) else ()
                kept[item.name] = tuple(
                    tuple(row) if isinstance(row, list) else row for row in rows if _ROWS[item.name](row)
                )
            elif type(value) is type(defaults[item.name]):
                kept[item.name] = value
        return cls(**kept)


@dataclass(frozen=True, slots=True, eq=False)
class FigureOrder:
    """A figure to draw.

    Attributes:
        run: The run on screen; None draws saved ones only.
        folders: Of saved runs to draw along with it, in order.
        settings: How.
        place: How many of the saved runs come before the one on screen.
    """

    run: Run | None
    folders: tuple[Path, ...]
    settings: FigureSettings
    place: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FigureDrawing:
    """A drawn figure.

    Attributes:
        data: The file's bytes.
        caption: For the paper.
        methods: Of the runs, in the order drawn.
    """

    data: bytes
    caption: str
    methods: tuple[str, ...] = ()


def _is_name(row: object) -> bool:
    return isinstance(row, str)


def _is_limit(row: object) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 4
        and isinstance(row[0], str)
        and row[1] in ("x", "y")
        and all(end is None or (type(end) in (int, float) and math.isfinite(end)) for end in row[2:])
    )


def _is_title(row: object) -> bool:
    return isinstance(row, list) and len(row) == 2 and all(isinstance(part, str) for part in row)


_ROWS = {"panels": _is_name, "order": _is_name, "limits": _is_limit, "panel_titles": _is_title}
