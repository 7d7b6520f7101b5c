"""Draw 3D poses as vectors: an orthographic view, a floor, and a bar of known length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from kaa_gui.core.types import Pose
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.panels import outlined

AZIMUTH, ELEVATION = 35.0, 12.0
BAR_MM = 500.0
MARGIN = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class ShownPose:
    """A pose and how to draw it."""

    pose: Pose
    colour: str
    label: str
    dashed: bool = False


def project(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return points as seen from the front, a little from the left and above.

    Args:
        points: ``(N, 3)`` millimetres, x right, y down, z away from the camera.

    Returns:
        ``(N, 3)``: right and up on the page, and depth away from the reader.
    """
    turn, tilt = np.deg2rad([AZIMUTH, ELEVATION])
    x, y, z = np.asarray(points, np.float64).T
    right = np.cos(turn) * x + np.sin(turn) * z
    away = -np.sin(turn) * x + np.cos(turn) * z
    return np.column_stack([right, np.cos(tilt) * -y + np.sin(tilt) * away, np.cos(tilt) * away])


def draw_poses(
    axes: Axes,
    poses: Sequence[ShownPose],
    *,
    extent_mm: float | None = None,
    bar: bool = True,
    around: Sequence[Pose] = (),
) -> None:
    """Draw 3D poses into a panel without axes.

    Args:
        axes: Square.
        poses: Poses, from back to front.
        extent_mm: Side of the square shown; None fits the poses.
        bar: Whether to draw a bar of :data:`BAR_MM`.
        around: Poses that the view must hold too, so that it stays the same from frame to frame.
    """
    axes.set_axis_off()
    axes.set_aspect("equal")
    held = [*(shown.pose for shown in poses), *around]
    known = [points for pose in held if len(points := _known(pose))]
    if not known:
        axes.text(0.5, 0.5, "no 3D pose", ha="center", va="center", transform=axes.transAxes)
        return
    points = np.concatenate(known)
    seen = project(points)
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    centre = (low + high) / 2
    half = (max(high - low) / 2 if extent_mm is None else extent_mm / 2) * (1 + 2 * MARGIN)
    axes.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
    _floor(axes, points)
    for shown in poses:
        _bones(axes, shown)
    if bar:
        _bar(axes)


def span_mm(pose: Pose) -> float:
    """Return the side of the smallest square that shows a pose; 0 without one."""
    points = _known(pose)
    if not len(points):
        return 0.0
    seen = project(points)[:, :2]
    return float((seen.max(axis=0) - seen.min(axis=0)).max())


def _known(pose: Pose) -> NDArray[np.floating]:
    return pose.points_mm[np.isfinite(pose.points_mm).all(axis=1)]


def _floor(axes: Axes, points: NDArray[np.floating]) -> None:
    """Draw a grid of half metres at the level of the lowest joint."""
    level = points[:, 1].max()
    centre = np.round(np.median(points[:, [0, 2]], axis=0) / BAR_MM) * BAR_MM
    steps = np.arange(-2, 3) * BAR_MM / 2
    for step in steps:
        for ends in (
            [(steps[0], step), (steps[-1], step)],
            [(step, steps[0]), (step, steps[-1])],
        ):
            corners = np.array([(centre[0] + x, level, centre[1] + z) for x, z in ends])
            seen = project(corners)
            axes.plot(seen[:, 0], seen[:, 1], color="0.85", linewidth=0.4, zorder=0.5)


def _bones(axes: Axes, shown: ShownPose) -> None:
    seen, label = project(shown.pose.points_mm), shown.label
    width = 1.2 * palette.POSE_WIDTHS.get(shown.colour, 1.0)
    bones = [bone for bone in shown.pose.skeleton_3d.bones if np.isfinite(seen[list(bone)]).all()]
    # far bones first, so that near ones cover them
    for start, end in sorted(bones, key=lambda bone: -seen[list(bone), 2].mean()):
        line = seen[[start, end]]
        axes.plot(
            line[:, 0],
            line[:, 1],
            color=shown.colour,
            linewidth=width,
            linestyle=(0, (2.5, 1.2)) if shown.dashed else "-",
            solid_capstyle="round",
            path_effects=outlined(width),
            label=label,
        )
        label = "_nolegend_"


def bar_alone(axes: Axes) -> tuple[float, float]:
    """Draw the bar of :data:`BAR_MM` in the lower left corner; return its left end."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    margin = MARGIN * (right - left) / 2
    left, bottom = left + margin, bottom + MARGIN * (top - bottom) / 2
    axes.plot([left, left + BAR_MM], [bottom, bottom], color="black", linewidth=1.0, solid_capstyle="butt")
    return left, bottom


def _bar(axes: Axes) -> None:
    axes.annotate(
        f"{BAR_MM / 1000:g} m",
        bar_alone(axes),
        xytext=(0, 1.5),
        textcoords="offset points",
        ha="left",
        va="bottom",
    )


def pose_set(
    clean: Pose, attacked: Pose | None, target: Pose | None, *, target_label: str = "target"
) -> tuple[ShownPose, ...]:
    """Return the poses that there are in the order of drawing: target and clean behind, attacked in front."""
    behind = () if target is None else (ShownPose(target, palette.TARGET, target_label, dashed=True),)
    front = () if attacked is None else (ShownPose(attacked, palette.ATTACKED, "attacked"),)
    return (*behind, ShownPose(clean, palette.CLEAN, "clean"), *front)
