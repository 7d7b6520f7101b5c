"""Draw the perturbations of the same pictures on one scale (the slides' Fig. 12 and 15)."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from kaa_gui.core.wording import norm_title
from kaa_gui.figures.captions import Told, joined, people_text, targets_text
from kaa_gui.figures.drawing.grid import check_fit, grid_of, group_title
from kaa_gui.figures.drawing.panels import perturbation, picture, scale_limit
from kaa_gui.figures.drawing.sheet import BAR_GAP_MM, Sheet, foot_mm, heading_mm, lines_fitting, title_mm
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import Style

PANELS = ("clean", "perturbation", "attacked")
GAP_MM, GROUP_GAP_MM, MARGIN_MM = 0.6, 2.0, 0.8
# few pictures need not be as large as the page
MAX_SIDE_MM = 50.0


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return a row a picture: clean, then for each method perturbation and attacked picture."""
    grid, keys = grid_of(records), style.panels or PANELS
    each = [key for key in keys if key != "clean"]
    places = _places(keys, len(each), len(grid.columns))
    gaps = places[-1][1] + 2 * MARGIN_MM
    side = min((style.width_mm - gaps) / len(places), MAX_SIDE_MM)
    check_fit(grid, style, max(1, len(each)) * side)
    lines_above = lines_fitting(style.heading, style)
    head = heading_mm(lines_above, style) + title_mm(style) * int(style.titles) + MARGIN_MM
    pitch = side + GAP_MM
    limits = _limits(records)
    with mpl.rc_context(style.rc()):
        sheet = Sheet(style, head + len(grid.rows) * pitch + foot_mm(style))
        sheet.heading("\n".join(lines_above))
        scales: dict[str, AxesImage] = {}
        for number, row in enumerate(grid.rows):
            for slot, (place, gap) in enumerate(places):
                axes = sheet.axes(MARGIN_MM + slot * side + gap, head + number * pitch, side, side)
                key = "clean" if place < 0 else each[place % len(each)]
                column = None if place < 0 else grid.columns[place // len(each)]
                if number == 0 and style.titles and (column is None or place % len(each) == 0):
                    axes.set_title("clean" if column is None else group_title(column), loc="left")
                record = grid.any_of(row) if column is None else grid.at(row, column)
                image = _cell(axes, record, key, limits)
                if image is not None and column is not None:
                    scales.setdefault(column[1], image)
        _bars(sheet, scales, limits, head + len(grid.rows) * pitch + BAR_GAP_MM - GAP_MM)
    return sheet.figure


def _limits(records: tuple[Record, ...]) -> dict[str, tuple[float, bool]]:
    """Return each norm's scale in grey levels, and whether single pixels lie beyond it."""
    norms = {record.config.norm for record in records}
    return {
        norm: scale_limit([record.last.perturbation for record in records if record.config.norm == norm])
        for norm in norms
    }


def _bars(
    sheet: Sheet, scales: dict[str, AxesImage], limits: dict[str, tuple[float, bool]], top: float
) -> None:
    """Draw a colour bar a norm, side by side."""
    room = sheet.style.width_mm / max(1, len(scales))
    for number, (norm, image) in enumerate(sorted(scales.items(), reverse=True)):
        label = f"{norm_title(norm)} perturbation (grey levels)"
        width = min(60.0, room * 0.8)
        left = number * room + (room - width) / 2
        beyond = limits[norm][1]
        sheet.colour_bar(image, label, left=left, top=top, width=width, beyond=beyond)


def _places(keys: tuple[str, ...], each: int, columns: int) -> list[tuple[int, float]]:
    """Return the slots of a row: number among the methods' cells, -1 for clean; gaps to the left, mm."""
    places, gap = ([(-1, 0.0)], GROUP_GAP_MM) if "clean" in keys else ([], 0.0)
    for number in range(each * columns):
        if number:
            gap += GAP_MM if number % each else GROUP_GAP_MM
        places.append((number, gap))
    return places


def _cell(
    axes: Axes, record: Record | None, key: str, limits: dict[str, tuple[float, bool]]
) -> AxesImage | None:
    """Draw a cell; return the image that the colour bar belongs to."""
    if record is None:
        axes.set_axis_off()
        return None
    if key == "perturbation":
        return perturbation(axes, record.last.perturbation, limits[record.config.norm][0])
    picture(axes, record.run.scene.crop if key == "clean" else record.last.adversarial)
    return None


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    grid = grid_of(records)
    sizes = [f"{group_title(column)}: {np.mean(_sizes(records, column)):.2f}" for column in grid.columns]
    who = f"{people_text(records)}{targets_text(records)}"
    shown = {
        "clean": "the clean picture",
        "perturbation": "the perturbation of the last iterate before rounding",
        "attacked": "that iterate's picture" if told.any_of("perturbation") else "the last iterate's picture",
    }
    scale = (
        "Each pixel by its most changed channel (lighter: raised, darker: lowered), one scale a norm "
        "(arrows: single pixels lie beyond). "
    )
    return (
        f"Perturbations of {who}: {joined([shown[key] for key in PANELS if told.any_of(key)])}. "
        f"{scale if told.any_of('perturbation') else ''}Mean RMSE within the crop in grey levels: "
        f"{'; '.join(sizes)}."
    )


def _sizes(records: tuple[Record, ...], column: tuple[str, str]) -> list[float]:
    grid = grid_of(records)
    return [
        record.last.metrics.perturbation_rmse
        for row in grid.rows
        if (record := grid.at(row, column)) is not None
    ]
