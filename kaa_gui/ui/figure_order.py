"""What the window asks for when a figure is to be printed: plain values, remembered as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kaa_gui.core.types import Run
from kaa_gui.ui.stored import stored_object


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A kind of figure on offer.

    Attributes:
        title: For the list.
        panels: Keys of its panels, in their usual order.
        comparing: Whether it needs several runs to say anything.
    """

    title: str
    panels: tuple[str, ...]
    comparing: bool = False


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
    """

    kind: str = "overview"
    preset: str = "plain"
    columns: int = 2
    panels: tuple[str, ...] = ()
    titles: bool = True
    letters: bool = True
    heading: str = ""
    dpi: int = 300

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
            if item.name == "panels" and isinstance(value, list):
                kept["panels"] = tuple(part for part in value if isinstance(part, str))
            elif type(value) is type(defaults[item.name]):
                kept[item.name] = value
        return cls(**kept)


@dataclass(frozen=True, slots=True, eq=False)
class FigureOrder:
    """A figure to draw.

    Attributes:
        run: The run on screen; None draws saved ones only.
        folders: Of saved runs to draw along with it.
        settings: How.
    """

    run: Run | None
    folders: tuple[Path, ...]
    settings: FigureSettings


@dataclass(frozen=True, slots=True, eq=False)
class FigureDrawing:
    """A drawn figure.

    Attributes:
        data: The file's bytes.
        caption: For the paper.
    """

    data: bytes
    caption: str
