"""Run ``figure``: draw saved runs for print, with a caption and a recipe to draw them again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaa_gui.commands.attack import with_progress
from kaa_gui.commands.options import add_engine_options, add_output_options, place
from kaa_gui.core.errors import ConfigError

if TYPE_CHECKING:
    from kaa_gui.figures.record import Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add(
        "kind",
        help="overview, curves, qualitative, perturbation, correlation, layers, alpha-sweep, epsilon-sweep, "
        "joints, budget, first-success or explanation",
    )
    add("runs", nargs="+", metavar="RUN", help="folder that the attack command wrote")
    add_output_options(parser, "file", "figure to write: .pdf, .svg, .png or .pgf (for LaTeX)")
    add_style_options(parser)
    add("--caption", action="store_true", help="print the caption to standard output")
    add(
        "--sweep",
        nargs="?",
        const="",
        metavar="A,B,...",
        help="for layers, alpha-sweep and epsilon-sweep: attack again like RUN, with these values (layers, "
        "fractions kept, radii like 2/255; default: a usual range)",
    )
    add(
        "--sweep-dir",
        type=place("folder", "--sweep-dir"),
        metavar="DIR",
        help="where --sweep keeps its runs (default: beside --out)",
    )
    add_engine_options(parser)


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add the settings of :class:`kaa_gui.figures.style.Style`."""
    add = parser.add_argument
    add("--preset", help="plain (default), ieee, acm, elsevier, springer or neurips")
    add("--columns", type=int, help="1: a column wide; 2: the whole text (default)")
    add("--font", help="sans, serif, or an installed family (default: the preset's)")
    add("--font-size", type=float, metavar="PT", help="of the text, 7 to 12 pt (default: the preset's)")
    add("--dpi", type=int, help="of pictures inside the figure (default: 300)")
    add("--panels", type=_names, metavar="A,B", help="panels to draw, in order (default: all)")
    add("--methods", type=_names, metavar="A,B", help="methods to draw, in order (default: all)")
    add(
        "--order",
        type=_names,
        default=(),
        metavar="A,B",
        help="methods that come first, in order; the others follow (default: the usual order)",
    )
    for axis in "xy":
        add(
            f"--{axis}lim",
            action="append",
            default=[],
            metavar="LOW:HIGH",
            help=f"limits of the {axis} axis, of all panels or of one (PANEL=LOW:HIGH); one side may be "
            "empty; several separated by commas, e.g. 0:50,rmse=0:4",
        )
    add(
        "--title",
        action="append",
        default=[],
        metavar="TEXT",
        help="a line above the figure; PANEL=TEXT is the title of a panel",
    )
    add("--heading", help="a line above the figure")
    add("--no-titles", action="store_true", help="no titles above panels")
    add("--no-letters", action="store_true", help="no panel letters")


def run(options: argparse.Namespace) -> int:
    """Read the runs, draw, write the figure and its origin."""
    from kaa_gui.core.files.ownership import check_output
    from kaa_gui.figures.output.draw import draw_figure, format_of
    from kaa_gui.figures.output.writing import write_drawn
    from kaa_gui.runs.output import data_files
    from kaa_gui.runs.reading import load_record

    path = Path(options.out)
    form, style = format_of(path), figure_style(options)
    read = data_files(options.runs)
    check_output(path, inputs=read, figure=True, overwrite=options.overwrite)
    records = tuple(load_record(folder) for folder in options.runs)
    if options.sweep is not None:
        records = _swept(options, records, path)
    drawn = draw_figure(options.kind, records, style)
    write_drawn(drawn, path, form, inputs=read, overwrite=options.overwrite)
    if options.caption:
        print(drawn.caption)
    return 0


def _swept(options: argparse.Namespace, records: tuple[Record, ...], path: Path) -> tuple[Record, ...]:
    from kaa_gui.engine.engine import Engine
    from kaa_gui.figures import FIGURES
    from kaa_gui.runs.sweeping import default_values, run_sweep

    kind = FIGURES.get(options.kind)
    if kind is None or not kind.sweeps:
        kinds = ", ".join(name for name, other in FIGURES.items() if other.sweeps)
        raise ConfigError(f"--sweep is for {kinds}, got {options.kind}")
    engine = Engine(options.device, options.bundle)
    values = _names(options.sweep) or default_values(kind.sweeps, engine, records[0].config)
    folder = Path(options.sweep_dir) if options.sweep_dir else path.with_name(f"{path.stem}-runs")
    sweep = (kind.sweeps, values)
    return run_sweep(engine, records, sweep, folder, watch=with_progress, overwrite=options.overwrite)


def figure_style(options: argparse.Namespace) -> Any:
    """Return the style that the options describe.

    Raises:
        ConfigError: A setting is out of range.
    """
    from kaa_gui.figures.limits import parse_limits
    from kaa_gui.figures.style import Style

    given = {
        "preset": options.preset,
        "columns": options.columns,
        "family": options.font,
        "size_pt": options.font_size,
        "dpi": options.dpi,
        "panels": options.panels,
        "methods": options.methods,
        "heading": options.heading,
    }
    if options.panels == ():
        raise ConfigError("panels must name at least one; leave the option out for all")
    heading, titles = _titles(options.title)
    if heading is not None and options.heading is not None:
        raise ConfigError("heading must be given once; --title without PANEL= is the same")
    if heading is not None:
        given["heading"] = heading
    given["order"] = options.order
    given["limits"] = parse_limits("x", options.xlim) + parse_limits("y", options.ylim)
    given["panel_titles"] = titles
    known = {name: value for name, value in given.items() if value is not None}
    return Style(**known, titles=not options.no_titles, letters=not options.no_letters)


def _titles(texts: list[str]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return the line above the figure, None without one, and the panels' titles by key."""
    heading, titles = None, {}
    for text in texts:
        panel, equals, title = text.partition("=")
        if equals and panel.isalpha():
            titles[panel] = title
        else:
            heading = text
    return heading, tuple(titles.items())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
