"""Turn figures into bytes with embedded fonts, the same bytes for the same runs and settings."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.wording import target_name
from kaa_gui.figures import FIGURES
from kaa_gui.figures.limits import check_limits, put_limits
from kaa_gui.figures.output.pgf import pgf_files
from kaa_gui.figures.output.recipe import draw_command
from kaa_gui.figures.output.same_settings import check_alike
from kaa_gui.figures.record import Record, Source, arranged, methods_of
from kaa_gui.figures.style import Style

FORMATS = ("pdf", "svg", "png", "pgf")
_ONE_FILE = ("pdf", "svg", "png")


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure with what belongs to it.

    Attributes:
        figure: The figure.
        style: Style as drawn.
        caption: Caption for the paper.
        origin: Kind, settings, caption and the runs' configurations, seeds, versions and hashes, as JSON
            values: goes into the file's metadata and beside it.
        methods: Methods of the runs, in the order drawn.
        sources: Sources of the runs, in the order of ``origin``; None for one that isn't saved.
    """

    figure: Figure
    style: Style
    caption: str
    origin: dict[str, Any]
    methods: tuple[str, ...] = ()
    sources: tuple[Source | None, ...] = ()


def draw_figure(kind: str, records: tuple[Record, ...], style: Style) -> Drawn:
    """Draw runs.

    Args:
        kind: Key of :data:`~kaa_gui.figures.FIGURES`.
        records: The runs; those of other methods than the style's are left out.
        style: Settings.

    Raises:
        ConfigError: The kind or a panel is unknown, or the runs don't do for this kind.
    """
    if kind not in FIGURES:
        raise ConfigError(f"kind must be one of {', '.join(FIGURES)}, got {kind!r}")
    made = FIGURES[kind]
    for panel in style.panels or ():
        if panel not in made.panels:
            raise ConfigError(f"panels must be among {', '.join(made.panels)}, got {panel!r}")
    if style.panels is not None and not style.panels:
        raise ConfigError(f"panels must name at least one of {', '.join(made.panels)}")
    check_limits(style.limits, kind, made.limits)
    for panel, _title in style.panel_titles:
        if panel not in made.titled:
            having = ", ".join(made.titled) or "none: its columns are named by methods"
            raise ConfigError(f"panels of {kind} with titles are {having}; got {panel!r}")
    records = arranged(_chosen(records, style.methods), style.methods or style.order)
    if made.most is not None and len(records) > made.most:
        raise ConfigError(f"{kind} shows {made.most} run, got {len(records)}; name one folder")
    check_alike(records, sweeps=made.sweeps)
    _check_formulas(_texts_of(records, style))
    caption = made.caption_in(records, style)
    sources = tuple(record.source for record in records)
    origin = {
        "program": "KAA Studio",
        "kind": kind,
        # by the runs' names: where they lie must not change the bytes
        "command": draw_command(kind, [record.name for record in records], style) if all(sources) else None,
        "settings": dict(style.as_json()),
        "caption": caption,
        "runs": [{"name": record.name, **record.provenance} for record in records],
    }
    figure = made.draw(records, style)
    put_limits(figure, style.limits, made.limits)
    return Drawn(figure, style, caption, origin, methods_of(records), sources)


def _texts_of(records: tuple[Record, ...], style: Style) -> Iterator[str]:
    """Yield the texts drawn that are not ours."""
    yield style.heading
    yield from (title for _panel, title in style.panel_titles)
    for record in records:
        yield record.run.scene.layer.name
        yield target_name(record.config.target or "")


def _check_formulas(texts: Iterable[str]) -> None:
    """Refuse texts that matplotlib takes for formulas, and cannot read."""
    for text in texts:
        if is_math_text(text):
            try:
                MathTextParser("path").parse(text)
            except ValueError:
                raise ConfigError(
                    f"{text!r} cannot be drawn: between two $ a formula must stand; write \\$ for a dollar"
                ) from None


def _chosen(records: tuple[Record, ...], methods: tuple[str, ...]) -> tuple[Record, ...]:
    if not records:
        raise ConfigError("runs must be at least one; name the folder of a finished run")
    if not methods:
        return records
    found = {record.config.method for record in records}
    if missing := [method for method in methods if method not in found]:
        raise ConfigError(
            f"methods must be among those of the runs ({', '.join(sorted(found))}), got {missing[0]!r}"
        )
    return tuple(record for method in methods for record in records if record.config.method == method)


def figure_bytes(figure: Figure, form: str, drawn: Drawn | None = None) -> bytes:
    """Return a figure in a format that is one file: ``"pdf"``, ``"svg"`` or ``"png"``.

    Args:
        figure: Figure to write.
        form: The format.
        drawn: Drawn figure with its description, for the metadata.

    Raises:
        ConfigError: Another format.
    """
    if form not in _ONE_FILE:
        raise ConfigError(f"format must be one of {', '.join(_ONE_FILE)}, got {form!r}")
    style = drawn.style if drawn is not None else Style()
    buffer = io.BytesIO()
    if figure.canvas is None:
        FigureCanvasAgg(figure)
    with mpl.rc_context(style.rc()):
        figure.savefig(buffer, format=form, dpi=style.dpi, metadata=_metadata(form, drawn))
    return buffer.getvalue()


def drawn_bytes(drawn: Drawn, form: str) -> bytes:
    """Return a drawn figure in a format, its origin in the metadata."""
    return figure_bytes(drawn.figure, form, drawn)


def drawn_files(drawn: Drawn, name: str, form: str) -> dict[str, bytes]:
    """Return a drawn figure's files by name: first its own, then the pictures that PGF keeps apart."""
    if form == "pgf":
        title = FIGURES[drawn.origin["kind"]].name
        about = [f"KAA Studio: {title}", *textwrap.wrap(drawn.caption, 100), json_text(drawn.origin)]
        return pgf_files(drawn.figure, name, drawn.style, about="\n".join(about))
    return {name: drawn_bytes(drawn, form)}


def json_text(content: Mapping[str, Any]) -> str:
    """Return JSON as it is written for people to read."""
    return json.dumps(content, indent=2)


def format_of(path: Path) -> str:
    """Return the format that a file name asks for, or raise ConfigError."""
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        *first, last = (f".{choice}" for choice in FORMATS)
        raise ConfigError(f"{path.name}: the name must end in {', '.join(first)} or {last}")
    return form


def _metadata(form: str, drawn: Drawn | None) -> dict[str, Any]:
    """Return a format's metadata; without dates the same runs give the same bytes."""
    base: dict[str, dict[str, Any]] = {
        "pdf": {"Creator": "KAA Studio", "Producer": "matplotlib", "CreationDate": None},
        "svg": {"Creator": "KAA Studio", "Date": None},
        "png": {"Software": "KAA Studio"},
    }
    if drawn is None:
        return base[form]
    origin = json.dumps(drawn.origin, separators=(",", ":"))
    title = FIGURES[drawn.origin["kind"]].name
    more: dict[str, dict[str, Any]] = {
        "pdf": {"Title": title, "Subject": drawn.caption, "Keywords": origin},
        "svg": {"Title": title, "Description": f"{drawn.caption}\n{origin}"},
        "png": {"Title": title, "Description": drawn.caption, "Comment": origin},
    }
    return base[form] | more[form]
