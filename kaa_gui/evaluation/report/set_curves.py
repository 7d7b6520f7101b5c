"""Draw pose error and perturbation by iteration over a whole data set (the slides' Fig. 7 and 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaa_gui.colours import hexadecimal, method_colour
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.plots import quartiles
from kaa_gui.figures.style import Style

HEIGHT_MM = 61.0


@dataclass(frozen=True, slots=True, eq=False)
class SetCurve:
    """One attack over a data set.

    Attributes:
        label: Label in the legend.
        norm: Norm of its ball; decides the dashes.
        method: Its key; decides the colour.
        mask: Its mask rule, if it is not the method's own; the random control is grey.
        variant: Number of the variant; decides the shade.
        pose_mm: ``(pictures, iterations)`` 3D error, NaN where a run had ended.
        rmse: ``(pictures, iterations)`` of the perturbation, grey levels.
    """

    label: str
    norm: str
    method: str
    mask: str | None
    variant: int
    pose_mm: NDArray[np.floating]
    rmse: NDArray[np.floating]


def set_curves(curves: Sequence[SetCurve], pose_title: str) -> Figure:
    """Return (a) pose error and (b) perturbation per iteration, (c) one against the other.

    Lines are medians over the pictures, bands their quartiles.

    Args:
        curves: Curves, one for each attack.
        pose_title: Name of the pose error, e.g. ``"MPJPE to the clean pose, mm"``.
    """
    style = Style()
    with mpl.rc_context(style.rc()):
        figure = Figure(figsize=style.inches(HEIGHT_MM), layout="constrained")
        axes = figure.subplots(1, 3)
        for curve in curves:
            _draw(axes, curve)
        rmse = "RMSE of the picture, grey levels"
        for axis, letter, across, up in zip(
            axes, "abc", ("iteration", "iteration", rmse), (pose_title, rmse, pose_title), strict=True
        ):
            axis.set(xlabel=across, ylabel=up)
            axis.set_title(f"({letter})", loc="left")
            axis.set_ylim(bottom=0)
            axis.set_xlim(left=0)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw(axes: Sequence[Axes], curve: SetCurve) -> None:
    pose, rmse = quartiles(curve.pose_mm), quartiles(curve.rmse)
    steps = np.arange(pose.shape[1])
    colour = hexadecimal(method_colour(curve.method, curve.mask, curve.variant))
    dashes = palette.NORM_DASHES.get(curve.norm, ":")
    for axis, across, values in ((axes[0], steps, pose), (axes[1], steps, rmse), (axes[2], rmse[1], pose)):
        axis.plot(across, values[1], label=curve.label, color=colour, linestyle=dashes)
        axis.fill_between(across, values[0], values[2], color=colour, alpha=0.12, linewidth=0)
