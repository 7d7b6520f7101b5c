"""Show the approach for one picture: image, layer k, correlations, mask, perturbation, result, poses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from kaa_gui.core.types import Pose, Run
from kaa_gui.core.wording import norm_title, target_name, target_text
from kaa_gui.figures.captions import ATTACKABLE, SAVED, Told, count_text, criterion_text
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.panels import (
    Heads,
    class_legend,
    classes,
    failure_frame,
    grey,
    perturbation,
    picture,
    skeleton,
    strongest,
)
from kaa_gui.figures.drawing.pose3d import draw_poses, pose_set
from kaa_gui.figures.drawing.sheet import BAR_GAP_MM, Sheet, foot_mm, heading_mm, lines_fitting, title_mm
from kaa_gui.figures.record import Record, epsilon_text, live_record, method_title
from kaa_gui.figures.style import POINT_MM, Style

MARGIN_MM, GAP_MM, LEAST_SIDE_MM = 1.0, 2.5, 20.0
SIDE_LETTERS = 20
"""Width of the longest label beside a panel."""
MOST_NAME_LETTERS = 8
"""Width of a target's name in a legend."""


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """Limits that hold for several figures at once.

    Attributes:
        poses: That the 3D view must hold besides the run's own.
        limit: Limit of the perturbation's colours, grey levels; None fits the run.
    """

    poses: tuple[Pose, ...] = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Place of a panel, and values that all panels share.

    Attributes:
        sheet: The page.
        left: Left edge of the panel's square, millimetres.
        top: Likewise.
        side: Likewise.
        record: The run.
        heads: Letters and titles.
        steady: Values that all frames of an animation share, so that nothing jumps.
    """

    sheet: Sheet
    left: float
    top: float
    side: float
    record: Record
    heads: Heads
    steady: Steady

    @property
    def axes(self) -> Axes:
        """New axes over the whole square."""
        return self.sheet.axes(self.left, self.top, self.side, self.side)

    def plot_axes(self, title: str, *, right: bool) -> Axes:
        """Return axes for a plot, with room for its labels inside the square, under a title."""
        frame, style = self.axes, self.sheet.style
        frame.set_axis_off()
        self.heads.put(frame, title)
        beside = (style.text_pt + 2.4 * style.small_pt) * POINT_MM + 1.5
        width = self.side - beside - (beside if right else 1.5)
        axes = self.sheet.axes(self.left + beside, self.top + 1.5, width, self.side - 1.5)
        # limits are for the plot, not for the frame that carries the title
        frame.set_label("")
        axes.set_label(self.heads.panel)
        return axes

    def colour_bar(self, image: AxesImage, label: str, *, beyond: bool = False) -> Axes:
        """Draw a colour bar below the square, with arrows for values beyond it; return its axes."""
        left, width = self.left + 0.06 * self.side, 0.88 * self.side
        return self.sheet.colour_bar(
            image, label, left=left, top=self.top + self.side + BAR_GAP_MM, width=width, beyond=beyond
        )


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return the overview of the first record."""
    return square_panels(style, records[0], _PANELS, heading=style.heading or _heading(records[0], style))


def square_panels(
    style: Style,
    record: Record,
    panels: Mapping[str, Callable[[Canvas], None]],
    *,
    heading: str = "",
    steady: Steady | None = None,
) -> Figure:
    """Return a page of square panels in rows, each with room for a title above and a bar below."""
    keys = style.panels or tuple(panels)
    columns = min(4, style.columns_of(len(keys)))
    rows = -(-len(keys) // columns)
    room = (style.width_mm - 2 * MARGIN_MM - (columns - 1) * GAP_MM) / columns
    lines = lines_fitting(heading, style)
    head = heading_mm(lines, style)
    above, below = title_mm(style), foot_mm(style)
    # smaller pictures before a page that is too high, but none too small to make out
    least = max(LEAST_SIDE_MM, SIDE_LETTERS * style.letter_mm)
    side = min(room, max(least, (style.height_mm - head) / rows - above - below))
    pitch = above + side + below
    with mpl.rc_context(style.rc()):
        sheet, heads = Sheet(style, head + rows * pitch), Heads(style, len(keys))
        for number, key in enumerate(keys):
            left = MARGIN_MM + number % columns * (room + GAP_MM) + (room - side) / 2
            top = head + number // columns * pitch + above
            panels[key](Canvas(sheet, left, top, side, record, heads.of(key), steady or Steady()))
        if lines:
            sheet.heading("\n".join(lines))
    return sheet.figure


def frame(record: Record, style: Style, steady: Steady) -> Figure:
    """Return one frame of an animation: the chosen panels at the record's iterate."""
    last = record.last
    heading = f"iteration {last.iteration}, RMSE {last.metrics.perturbation_rmse:.2f} grey levels"
    return square_panels(style, record, _PANELS, heading=heading, steady=steady)


def overview(run: Run, style: Style | None = None) -> Figure:
    """Return the overview of a run that isn't saved; 180 mm wide unless told otherwise."""
    return draw((live_record(run),), style or Style())


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    record = records[0]
    targeted = record.last.target is not None
    colours = (
        f"Clean pose in blue, attacked in vermillion{', target in yellow (dashed)' if targeted else ''}. "
    )
    source = SAVED if record.shown.saved else _iterate(record)
    what = "Attacked picture and pose" if told.any_of("attacked") else "The attacked pose and its numbers"
    attacked = f"{what} are those of {source}. "
    return (
        f"The approach for one picture ({record.title}), {_summary(record)}, {_length(record)}: "
        f"{told.enumerated(_words(record))}. "
        f"{colours if told.any_of('picture', 'attacked', 'poses') else ''}"
        f"{attacked if told.any_of('attacked', 'poses') else ''}"
        f"{_outcome(record)}; success: {criterion_text((record,), shown=True)}."
    )


def _words(record: Record) -> dict[str, str]:
    """Return what a caption calls each panel."""
    last, layer = record.last, record.run.scene.layer
    masked = record.run.field is not None and np.isfinite(last.alpha)
    classes = (
        f"the four classes of correlation at α = {last.alpha:.3g}" if masked else "no mask (C = 1 everywhere)"
    )
    return {
        "picture": "clean picture with its pose",
        "layer": f"layer k = {layer.name}, the maximum over its {layer.shape[0]} channels",
        "correlations": f"{classes}{', shares of the pixels that may be attacked' if masked else ''}",
        "mask": f"the mask C, which keeps {record.run.mask_share:.0%} of {ATTACKABLE}",
        "perturbation": (
            f"the perturbation of {_iterate(record)} before rounding, by each pixel's most "
            "changed channel (lighter: raised, darker: lowered)"
        ),
        "attacked": "attacked picture with its pose",
        "poses": "3D poses",
        "trajectory": "pose error and RMSE of the iterates",
    }


def _iterate(record: Record) -> str:
    return record.iterate.replace("last", "the last")


def _summary(record: Record) -> str:
    config = record.config
    target = f" towards {target_text(config.target)}" if config.target else ""
    return (
        f"{method_title(config)}{target}, k = {record.run.scene.layer.name}, {norm_title(config.norm)}, "
        f"ε = {epsilon_text(config)}"
    )


def _heading(record: Record, style: Style) -> str:
    if not style.titles:
        return ""
    return f"{_summary(record)}, {_length(record)}. {_outcome(record)}"


def _length(record: Record) -> str:
    return f"{count_text(record.last.iteration, 'iteration')}, seed {record.config.seed}"


def _outcome(record: Record) -> str:
    """Return the verdict on what is drawn, with its numbers."""
    shown = record.shown
    values, what = shown.metrics, shown.words.capitalize()
    size = f"RMSE {values.perturbation_rmse:.2f} grey levels"
    if shown.pose is None:
        return f"{what}: {shown.verdict}; {size}"
    error, whither = values.pose_error_mm, "3D pose error"
    if record.last.target is not None:
        error, whither = values.target_error_mm, "3D error to the target"
    pose = f"{whither} {error:.0f} mm, " if np.isfinite(error) else ""
    return f"{what}: {shown.verdict}; {pose}joints moved by {values.displacement_px:.1f} px, {size}"


def _clean(canvas: Canvas) -> None:
    axes, record = canvas.axes, canvas.record
    picture(axes, record.run.scene.crop)
    skeleton(axes, record.clean, palette.CLEAN)
    if record.last.target is not None:
        skeleton(axes, record.last.target, palette.TARGET, dashed=True)
    canvas.heads.put(axes, "clean picture")


def _layer(canvas: Canvas) -> None:
    record, axes = canvas.record, canvas.axes
    activation, layer = record.last.clean_activation, record.run.scene.layer
    canvas.heads.put(axes, f"layer k = {layer.name}")
    if activation is None:
        picture(axes, grey(record.run.scene.crop))
        axes.text(0.5, 0.5, "no activation kept", ha="center", va="center", transform=axes.transAxes)
        return
    low, high = np.percentile(activation, (5, 99.9))
    image = picture(axes, activation, cmap=palette.SEQUENTIAL, vmin=low, vmax=max(high, low + 1e-6))
    unit = "logit" if layer.kind == "heatmap" else "activation"
    canvas.colour_bar(image, f"{unit}, max over {layer.shape[0]} channels")


def correlations(canvas: Canvas) -> None:
    """Draw the four classes of correlation."""
    axes = canvas.axes
    found = classes(axes, canvas.record)
    if found is None:
        canvas.heads.put(axes, "no mask: C = 1 everywhere")
        return
    canvas.heads.put(axes, f"correlations, α = {canvas.record.last.alpha:.3g}")
    class_legend(axes, found)


def _mask(canvas: Canvas) -> None:
    axes, run = canvas.axes, canvas.record.run
    share = canvas.record.last.mask.mean(axis=2).astype(np.float32)
    picture(axes, share, cmap="gray", vmin=0, vmax=1)
    canvas.heads.put(axes, f"mask C, {run.mask_share:.0%} of the values")


def _perturbation(canvas: Canvas) -> None:
    axes = canvas.axes
    image = perturbation(axes, canvas.record.last.perturbation, canvas.steady.limit)
    canvas.heads.put(axes, "perturbation")
    beyond = float(np.abs(strongest(canvas.record.last.perturbation)).max()) > 1.001 * image.get_clim()[1]
    canvas.colour_bar(image, "grey levels", beyond=beyond)


def _attacked(canvas: Canvas) -> None:
    axes, shown, target = canvas.axes, canvas.record.shown, canvas.record.last.target
    picture(axes, shown.crop)
    if target is not None:
        skeleton(axes, target, palette.TARGET, dashed=True)
    skeleton(axes, canvas.record.clean, palette.CLEAN)
    if shown.pose is not None:
        skeleton(axes, shown.pose, palette.ATTACKED)
    if canvas.steady.limit is None and not shown.metrics.success:
        failure_frame(axes)
    canvas.heads.put(axes, f"attacked, {shown.words}")


def _poses(canvas: Canvas) -> None:
    axes, record = canvas.axes, canvas.record
    name = target_name(record.config.target or "")
    label = f"target: {name}" if 0 < len(name) <= MOST_NAME_LETTERS else "target"
    poses = pose_set(record.clean, record.shown.pose, record.last.target, target_label=label)
    draw_poses(axes, poses, around=canvas.steady.poses)
    canvas.heads.put(axes, f"3D pose, {record.shown.words}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=2,
            handlelength=1.2,
            borderpad=0.1,
            borderaxespad=0.3,
        )


def _trajectory(canvas: Canvas) -> None:
    run, targeted = canvas.record.run, canvas.record.last.target is not None
    axes = canvas.plot_axes("trajectory", right=True)
    iterations = [values.iteration for values in run.metrics]
    errors = [values.target_error_mm if targeted else values.pose_error_mm for values in run.metrics]
    axes.plot(iterations, errors, color=palette.VERMILLION)
    axes.set_xlabel("iteration")
    axes.set_ylabel("error to target (mm)" if targeted else "3D pose error (mm)", color=palette.VERMILLION)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if canvas.record.last.iteration < iterations[-1]:
        axes.axvline(canvas.record.last.iteration, color="0.5", linewidth=0.8)
    right = axes.twinx()
    sizes = [values.perturbation_rmse for values in run.metrics]
    right.plot(iterations, sizes, color=palette.BLUE, linestyle="--")
    right.set_ylabel("RMSE (grey levels)", color=palette.BLUE)
    right.set_ylim(bottom=0)
    right.yaxis.set_major_locator(MaxNLocator(5))
    right.spines["right"].set_visible(True)


_PANELS: dict[str, Callable[[Canvas], None]] = {
    "picture": _clean,
    "layer": _layer,
    "correlations": correlations,
    "mask": _mask,
    "perturbation": _perturbation,
    "attacked": _attacked,
    "poses": _poses,
    "trajectory": _trajectory,
}
LIMITS = {"trajectory": {"x": "iteration", "y": "3D pose error, mm"}}
PANELS = tuple(_PANELS)
"""Keys of the panels, in order."""
