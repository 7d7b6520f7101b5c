"""Draw a row a picture, clean and attacked, with 2D and 3D poses (the slides' Fig. 11 and 14)."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kaa_gui.figures.captions import (
    Told,
    count_text,
    criterion_text,
    joined,
    people_text,
    source_text,
    targets_text,
)
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.grid import Grid, check_fit, grid_of, group_title
from kaa_gui.figures.drawing.panels import failure_frame, picture, skeleton
from kaa_gui.figures.drawing.pose3d import BAR_MM, bar_alone, draw_poses, pose_set, span_mm
from kaa_gui.figures.drawing.sheet import Sheet, heading_mm, lines_fitting, title_mm
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import POINT_MM, Style

PANELS = ("pictures", "poses")
GAP_MM, GROUP_GAP_MM, MARGIN_MM = 0.6, 2.0, 0.8
# few pictures need not be as large as the page
MAX_SIDE_MM = 50.0
NOTE_LETTERS = 10


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return the grid; failures are framed in red."""
    grid, keys = grid_of(records), style.panels or PANELS
    blocks = 1 + len(grid.columns)
    gaps = 2 * MARGIN_MM + (blocks - 1) * GROUP_GAP_MM + blocks * (len(keys) - 1) * GAP_MM
    side = min((style.width_mm - gaps) / (blocks * len(keys)), MAX_SIDE_MM)
    block = len(keys) * side + (len(keys) - 1) * GAP_MM + GROUP_GAP_MM
    check_fit(grid, style, block - GROUP_GAP_MM)
    # where a picture is narrower than its note, the two notes of a pair stand one above the other
    lines = 2 if side < NOTE_LETTERS * style.letter_mm else 1
    note = lines * style.small_pt * POINT_MM * 1.4 + 1.2
    lines_above = lines_fitting(style.heading, style)
    head = heading_mm(lines_above, style) + title_mm(style) * int(style.titles) + MARGIN_MM
    with mpl.rc_context(style.rc()):
        sheet = Sheet(style, head + len(grid.rows) * (side + note))
        sheet.heading("\n".join(lines_above))
        for number, row in enumerate(grid.rows):
            top = head + number * (side + note)
            for place in range(blocks):
                left = MARGIN_MM + place * block
                cells = [
                    sheet.axes(left + offset * (side + GAP_MM), top, side, side)
                    for offset in range(len(keys))
                ]
                if number == 0 and style.titles:
                    cells[0].set_title(_head(grid, place), loc="left")
                if place == 0:
                    _clean(cells, grid, row, keys)
                else:
                    _cell(cells, grid.at(row, grid.columns[place - 1]), _extent(grid, row), keys, lines=lines)
    return sheet.figure


def _head(grid: Grid, place: int) -> str:
    return "clean" if place == 0 else group_title(grid.columns[place - 1])


def _extent(grid: Grid, row: str) -> float:
    """Return the side of a square that holds every 3D pose of a row: one scale for all of them."""
    poses = [pose for record in grid.records(row) for pose in (record.clean, record.shown.pose)]
    return max(span_mm(pose) for pose in poses if pose is not None)


def _clean(cells: list[Axes], grid: Grid, row: str, keys: tuple[str, ...]) -> None:
    first = grid.any_of(row)
    for axes, key in zip(cells, keys, strict=True):
        if key == "pictures":
            picture(axes, first.run.scene.crop)
            skeleton(axes, first.clean, palette.CLEAN)
        else:
            shown = pose_set(first.clean, None, first.last.target)
            draw_poses(axes, shown, extent_mm=_extent(grid, row), bar=False)
            bar_alone(axes)
            _note(axes, 0.5, f"bar {BAR_MM / 1000:g} m")


def _cell(
    cells: list[Axes], record: Record | None, extent: float, keys: tuple[str, ...], *, lines: int
) -> None:
    if record is None:
        for axes in cells:
            axes.set_axis_off()
        return
    shown, target = record.shown, record.last.target
    for axes, key in zip(cells, keys, strict=True):
        if key == "pictures":
            picture(axes, shown.crop)
            if target is not None:
                skeleton(axes, target, palette.TARGET, dashed=True)
            if shown.pose is not None:
                skeleton(axes, shown.pose, palette.ATTACKED)
        else:
            draw_poses(axes, pose_set(record.clean, shown.pose, target), extent_mm=extent, bar=False)
        if not shown.metrics.success:
            failure_frame(axes)
    error = shown.metrics.pose_error_mm if target is None else shown.metrics.target_error_mm
    size, moved = f"RMSE {shown.metrics.perturbation_rmse:.2f}", f"{error:.0f} mm"
    moved = moved if shown.pose is not None else "not found"
    if len(cells) == lines == 1:
        _note(cells[0], 0.5, f"{size}, {moved}")
    elif lines == 1:
        for axes, note in zip(cells, (size, moved), strict=True):
            _note(axes, 0.5, note)
    else:
        _note(cells[0], len(cells) / 2, f"{size}\n{moved}")


def _note(axes: Axes, at: float, note: str) -> None:
    """Write below a picture, where an axis label would be; ``at`` 0.5 is its middle."""
    axes.annotate(
        note,
        (at, 0),
        xytext=(0, -2.5),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="top",
        linespacing=1.05,
        fontsize=mpl.rcParams["legend.fontsize"],
        annotation_clip=False,
    )


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    grid = grid_of(records)
    failed = sum(not record.shown.metrics.success for record in records)
    target = ", target in yellow (dashed)" if any(record.last.target for record in records) else ""
    drawn = source_text([record.shown.saved for record in records])
    error = "MPJPE to the target" if target else "MPJPE to the clean pose"
    shown = {"pictures": "picture with 2D pose", "poses": "3D pose"}
    bar = "; bar: 0.5 m" if told.any_of("poses") else ""
    return (
        f"Attacks on {people_text(records)}{targets_text(records)}, "
        f"{joined([shown[key] for key in told.panels])}: clean, then "
        f"{', '.join(group_title(column) for column in grid.columns)}. Clean pose in blue, attacked in "
        f"vermillion{target}{bar}. What is shown and its numbers are those of {drawn}. Below each: RMSE "
        f"of the picture in grey levels, {error}. "
        f"{failed} of {count_text(len(records), 'run')} failed, framed in red. "
        f"Success: {criterion_text(records, shown=True)}."
    )
