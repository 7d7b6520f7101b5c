"""Hand figures and presets to the window as callables. Matplotlib is imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from kaa_gui.core.types import Run, UInt8Image
from kaa_gui.ui.model.figure_order import FigureDrawing, FigureKind, FigureOrder

if TYPE_CHECKING:
    from kaa_gui.figures.output.draw import Drawn
    from kaa_gui.figures.record import Record

CACHED_RUNS = 32
HashesOf = Callable[[str], Mapping[str, str]]
"""From a victim's name to the SHA-256 of its networks, by what they are; empty where they are unknown."""
_READING, _DRAWING, _ENCODING = 0.4, 0.2, 0.35
"""Shares of the time that a figure takes; the rest is the disk's."""


def nothing_known(_victim: str) -> Mapping[str, str]:
    """Return no hashes: there is no network."""
    return {}


def figure_kinds() -> Mapping[str, FigureKind]:
    """Return the kinds of figure."""
    from kaa_gui.figures import FIGURES

    return {
        name: FigureKind(
            kind.title,
            kind.panels,
            comparing=bool(kind.sweeps),
            several=kind.most is None,
            limits=kind.limits,
            titled=kind.titled,
        )
        for name, kind in FIGURES.items()
    }


def figure_presets() -> Mapping[str, str]:
    """Return the publishers."""
    from kaa_gui.figures.style import PRESETS

    return {name: preset.title for name, preset in PRESETS.items()}


def draw_figure(
    order: FigureOrder, form: str, pixels: int | None, *, hashes_of: HashesOf = nothing_known
) -> FigureDrawing:
    """Return a figure in a format.

    Args:
        order: Order to draw.
        form: ``"pdf"``, ``"svg"`` or ``"png"``.
        pixels: Width of a PNG for the screen; None takes the settings' dpi.
        hashes_of: Hashes of the network that made the run on screen.
    """
    from kaa_gui.figures.output.draw import drawn_bytes

    drawn = _drawn(order, pixels, hashes_of)
    return FigureDrawing(drawn_bytes(drawn, form), drawn.caption, drawn.methods)


def write_figure(
    order: FigureOrder,
    path: Path,
    report: Callable[[float], None],
    *,
    hashes_of: HashesOf = nothing_known,
) -> None:
    """Write a figure, by the suffix, and what made it beside it.

    Args:
        order: Order to draw.
        path: The suffix decides on the format.
        report: Told the fraction done; may raise to give up, and nothing is written then.
        hashes_of: Hashes of the network that made the run on screen.
    """
    from kaa_gui.figures.output.draw import format_of
    from kaa_gui.figures.output.writing import write_drawn
    from kaa_gui.runs.output import data_files

    form = format_of(path)
    drawn = _drawn(order, None, hashes_of, lambda share: report(_READING * share))
    report(_READING + _DRAWING)
    write_drawn(
        drawn,
        path,
        form,
        ready=lambda: report(_READING + _DRAWING + _ENCODING),
        inputs=[*_picture_of(order.run), *data_files(order.folders)],
        # the dialog did
        asked=True,
    )


def export_overview(run: Run, path: Path, *, hashes_of: HashesOf = nothing_known) -> None:
    """Write the overview of a run, by the suffix, and what made it beside it."""
    from kaa_gui.figures.output.draw import draw_figure as draw
    from kaa_gui.figures.output.draw import format_of
    from kaa_gui.figures.output.writing import write_drawn
    from kaa_gui.figures.record import live_record
    from kaa_gui.figures.style import Style

    form = format_of(path)
    write_drawn(draw("overview", (live_record(run, _made_by(run, hashes_of)),), Style()), path, form)


def write_animation(run: Run, path: Path, report: Callable[[float], None]) -> None:
    """Write a run's iterates as a moving picture.

    Args:
        run: Run with the iterates to show.
        path: ``.gif`` or ``.mp4``.
        report: Told the fraction done after each frame; may raise to give up.
    """
    from kaa_gui.core.files.ownership import check_replaceable
    from kaa_gui.figures.output.animation import frames, records_by_iterate, write_animation
    from kaa_gui.figures.record import live_record

    def counted() -> Iterator[UInt8Image]:
        for number, picture in enumerate(frames(records)):
            report((number + 0.5) / len(records))
            yield picture

    check_replaceable([path], inputs=_picture_of(run), overwrite=True)
    records = records_by_iterate(live_record(run), run)
    write_animation(path, counted())


def export_data(run: Run, path: Path, *, hashes_of: HashesOf = nothing_known) -> None:
    """Write a run's data, by the suffix."""
    from kaa_gui.figures.record import live_record
    from kaa_gui.runs.data_export import export_data

    export_data(live_record(run, _made_by(run, hashes_of)), path)


def _picture_of(run: Run | None) -> list[str]:
    """Return the file that a run's picture was read from, if there is one."""
    return [] if run is None or run.scene.picture.path is None else [run.scene.picture.path]


def _drawn(
    order: FigureOrder,
    pixels: int | None,
    hashes_of: HashesOf,
    report: Callable[[float], None] = lambda _share: None,
) -> Drawn:
    from dataclasses import replace

    from kaa_gui.figures.limits import Limit
    from kaa_gui.figures.output.draw import draw_figure as draw
    from kaa_gui.figures.record import methods_of
    from kaa_gui.figures.style import MM_PER_INCH, Style

    wanted, records = order.settings, _records(order, hashes_of, report)
    methods = methods_of(records)
    style = Style(
        preset=wanted.preset,
        columns=wanted.columns,
        dpi=wanted.dpi,
        letters=wanted.letters,
        titles=wanted.titles,
        panels=wanted.panels or None,
        heading=wanted.heading,
        # remembered from other runs, perhaps
        order=tuple(method for method in wanted.order if method in methods),
        limits=tuple(Limit(axis, panel, low, high) for panel, axis, low, high in wanted.limits),
        panel_titles=wanted.panel_titles,
    )
    if pixels is not None:
        dpi = round(pixels / (style.width_mm / MM_PER_INCH))
        style = replace(style, dpi=min(max(dpi, 72), 1200))
    return draw(wanted.kind, records, style)


def _records(order: FigureOrder, hashes_of: HashesOf, report: Callable[[float], None]) -> tuple[Record, ...]:
    from kaa_gui.figures import FIGURES
    from kaa_gui.figures.record import live_record

    records: list[Record] = []
    for number, folder in enumerate(order.folders, start=1):
        records.append(_saved(folder, _changed_at(folder)))
        report(number / len(order.folders))
    kind = FIGURES.get(order.settings.kind)
    most = None if kind is None else kind.most
    if order.run is not None:
        # a figure of one run shows the one on screen
        place = order.place if most is None else 0
        records.insert(place, live_record(order.run, _made_by(order.run, hashes_of)))
    return tuple(records[:most])


def _made_by(run: Run, hashes_of: HashesOf) -> dict[str, object]:
    import torch

    from kaa_gui.runs.folder import provenance

    networks = hashes_of(run.scene.spec.name)
    made = provenance(run, weights_sha256=networks.get("weights"), threads=torch.get_num_threads())
    return made | {"hashes": made["hashes"] | networks}


def _changed_at(folder: Path) -> int:
    try:
        return (folder / "run.json").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=CACHED_RUNS)
def _saved(folder: Path, _changed: int) -> Record:
    from kaa_gui.runs.reading import load_record

    return load_record(folder)
