"""Turn runs into matplotlib figures and tables: one file a figure, one entry in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

from kaa_gui.core.config import PARAMETERS
from kaa_gui.figures.captions import Told
from kaa_gui.figures.kinds import (
    correlation,
    costs,
    curves,
    joints,
    overview,
    perturbations,
    qualitative,
    sweep,
)
from kaa_gui.figures.limits import AxisUnits
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import Style


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure.

    Attributes:
        title: Title for menus, with the slides' numbers.
        draw: Function from records and a style to a figure of its width; ConfigError for unsuitable runs.
        caption: Function from records and the panels drawn to a caption, thresholds and n included.
        panels: Keys of its panels; a style may choose among them.
        most: Largest number of runs that it can show; None is any number.
        sweeps: The parameter that its runs must differ in; empty for others.
        limits: Axes that can be given limits: panel -> axis -> quantity with unit.
        titled: Panels that can be given titles of one's own; panels of kinds without such have no letters.
        usual: Panels drawn where a style names none; None is all of them.
    """

    title: str
    draw: Callable[[tuple[Record, ...], Style], Figure]
    caption: Callable[[tuple[Record, ...], Told], str]
    panels: tuple[str, ...]
    most: int | None = None
    sweeps: str = ""
    limits: AxisUnits = field(default_factory=dict)
    titled: tuple[str, ...] = ()
    usual: Callable[[Style], tuple[str, ...]] | None = None

    @property
    def name(self) -> str:
        """The title without the slides' numbers, which say nothing in another paper's files."""
        return self.title.partition(" (Fig.")[0]

    def caption_in(self, records: tuple[Record, ...], style: Style) -> str:
        """Return the caption of these records drawn in a style."""
        panels = style.panels or (self.panels if self.usual is None else self.usual(style))
        return self.caption(records, Told(panels, style.letters and bool(self.titled) and len(panels) > 1))


def _panels(title: str, module: Any, *, most: int | None = None) -> Kind:
    """Return the kind of a module whose panels have titles and, some of them, axes."""
    return Kind(
        title,
        module.draw,
        module.caption,
        module.PANELS,
        most=most,
        limits=module.LIMITS,
        titled=module.PANELS,
        usual=getattr(module, "usual_panels", None),
    )


def _sweep(title: str, axis: sweep.Axis, parameter: str) -> Kind:
    made = sweep.Sweep(axis)
    return Kind(
        title,
        made.draw,
        made.caption,
        sweep.PANELS,
        sweeps=parameter,
        limits=made.limits,
        titled=sweep.PANELS,
    )


def _costs(title: str, made: costs.Costs) -> Kind:
    limits = {made.panel: dict(made.unit)}
    return Kind(title, made.draw, made.caption, (made.panel,), limits=limits)


FIGURES: dict[str, Kind] = {
    "overview": _panels("Overview", overview, most=1),
    "curves": _panels("Curves (Fig. 7, 10)", curves),
    "qualitative": Kind(
        "Qualitative grid (Fig. 11, 14)", qualitative.draw, qualitative.caption, qualitative.PANELS
    ),
    "perturbation": Kind(
        "Perturbations (Fig. 12, 15)", perturbations.draw, perturbations.caption, perturbations.PANELS
    ),
    "correlation": _panels("Correlations", correlation, most=1),
    "layers": _sweep("Layers k", sweep.LAYERS, "layer"),
    "alpha-sweep": _sweep(PARAMETERS["alpha"].title, sweep.MASK_SIZE, "keep"),
    "epsilon-sweep": _sweep(PARAMETERS["epsilon"].title, sweep.EPSILON, "epsilon"),
    "joints": _panels("Error by joint", joints),
    "budget": _costs("Success within a budget", costs.BUDGET),
    "first-success": _costs("Cost of the first success", costs.FIRST_SUCCESS),
    "explanation": _costs("Does the mask explain?", costs.EXPLANATION),
}
"""The names are choices of the command line and of the window."""
