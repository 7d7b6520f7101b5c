"""From runs to matplotlib figures and tables: one file a figure, one entry in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from kaa_gui.figures import correlation, curves, joints, overview, perturbations, qualitative, sweep
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import Style


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: For menus.
        draw: From records and a style to a figure of the style's width; ConfigError where the runs don't do.
        caption: From records to a caption, thresholds and n included.
        panels: Keys of its panels; a style may choose among them.
        most: How many runs it can show; None is any number.
        sweeps: The parameter that its runs must differ in; empty for others.
    """

    title: str
    draw: Callable[[tuple[Record, ...], Style], Figure]
    caption: Callable[[tuple[Record, ...]], str]
    panels: tuple[str, ...]
    most: int | None = None
    sweeps: str = ""


def _sweep(title: str, axis: sweep.Axis, parameter: str) -> Kind:
    made = sweep.Sweep(axis)
    return Kind(title, made.draw, made.caption, sweep.PANELS, sweeps=parameter)


FIGURES: dict[str, Kind] = {
    "overview": Kind("Overview", overview.draw, overview.caption, overview.PANELS, most=1),
    "curves": Kind("Curves (Fig. 7, 10)", curves.draw, curves.caption, curves.PANELS),
    "qualitative": Kind(
        "Qualitative grid (Fig. 11, 14)", qualitative.draw, qualitative.caption, qualitative.PANELS
    ),
    "perturbation": Kind(
        "Perturbations (Fig. 12, 15)", perturbations.draw, perturbations.caption, perturbations.PANELS
    ),
    "correlation": Kind("Correlations", correlation.draw, correlation.caption, correlation.PANELS, most=1),
    "layers": _sweep("Layers k", sweep.LAYERS, "layer"),
    "alpha-sweep": _sweep("Threshold α", sweep.MASK_SIZE, "keep"),
    "epsilon-sweep": _sweep("Radius ε", sweep.EPSILON, "epsilon"),
    "joints": Kind("Error by joint", joints.draw, joints.caption, joints.PANELS),
}
"""The names are choices of the command line and of the window."""
