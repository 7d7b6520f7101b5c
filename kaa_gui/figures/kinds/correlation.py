"""Show how the mask is made: the four classes, the relational strength R, its histogram, α."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import CorrelationField
from kaa_gui.figures.captions import ATTACKABLE, Told
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.panels import grey, picture, skeleton
from kaa_gui.figures.kinds.overview import Canvas, correlations, square_panels
from kaa_gui.figures.record import Record
from kaa_gui.figures.style import Style

BINS, DECADES = 60, 4
UNIT = "R (output / unit intensity)"


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return the correlations of the first record."""
    _field(records[0])
    return square_panels(style, records[0], _PANELS, heading=style.heading)


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    record = records[0]
    field, alpha = _field(record), record.last.alpha
    panels = {
        "picture": "the clean picture with its pose",
        "classes": "the classes of the pixels",
        "strength": "the relational strength R of each pixel's strongest channel",
        "histogram": "the distribution of R",
    }
    classes = (
        "Classes: a pixel pushes some outputs up (positive), some down (negative), both (relational, C = 1) "
        f"or none by more than α = {alpha:.3g}; shares are of the pixels that may be attacked. "
    )
    return (
        f"Relational guidance at layer k = {field.layer.name} ({field.rows_total} rows of the Jacobian, "
        f"rule {field.rows}) for {record.title}: {told.enumerated(panels)}. "
        f"{classes if told.any_of('classes') else ''}R = min(max J, −min J), in output units per unit of "
        f"intensity; R > α = {alpha:.3g} holds for {field.fraction_kept(alpha):.1%} of {ATTACKABLE}."
    )


def _field(record: Record) -> CorrelationField:
    field = record.run.field
    if field is None or not np.isfinite(record.last.alpha):
        raise ConfigError(
            f"{record.name}: this run has no correlations; draw a run of kaa+er, or of kaa with a mask"
        )
    return field


def _positive(strength: NDArray[np.floating]) -> NDArray[np.floating]:
    return strength[strength > 0]


def _limits(strength: NDArray[np.floating], alpha: float) -> tuple[float, float]:
    """Return a range of a few decades that holds the strong values and α."""
    values = _positive(strength)
    high = float(values.max()) if values.size else max(alpha, 1.0)
    low = high / 10**DECADES
    return (min(low, alpha / 2) if alpha > 0 else low), high


def _clean(canvas: Canvas) -> None:
    axes = canvas.axes
    picture(axes, canvas.record.run.scene.crop)
    skeleton(axes, canvas.record.clean, palette.CLEAN)
    canvas.heads.put(axes, "clean picture")


def _strength(canvas: Canvas) -> None:
    axes, record = canvas.axes, canvas.record
    field = _field(record)
    low, high = _limits(field.strength, record.last.alpha)
    picture(axes, grey(record.run.scene.crop))
    shown = np.ma.masked_less(field.strength.max(axis=2), low)
    image = picture(axes, shown, cmap=palette.SEQUENTIAL, norm=LogNorm(low, high))
    canvas.heads.put(axes, "relational strength R")
    _decades(canvas.colour_bar(image, UNIT))


def _distribution(canvas: Canvas) -> None:
    axes = canvas.plot_axes("distribution of R", right=False)
    _histogram(axes, _field(canvas.record).strength_inside, canvas.record.last.alpha)
    _decades(axes)


def _decades(axes: Axes) -> None:
    """Label every second decade in plain digits: exponents would be smaller than journals allow."""
    axes.xaxis.set_major_locator(LogLocator(100))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(LogLocator(10))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _histogram(axes: Axes, strength: NDArray[np.floating], alpha: float) -> None:
    low, high = _limits(strength, alpha)
    values = _positive(strength)
    edges = np.geomspace(low, high * 1.001, BINS + 1)
    shares = np.histogram(values, edges)[0] / strength.size
    kept = edges[1:] > alpha
    widths = np.diff(edges)
    for chosen, colour in ((~kept, "#B0B0B0"), (kept, palette.YELLOW)):
        axes.bar(
            edges[:-1][chosen],
            100 * shares[chosen],
            widths[chosen],
            align="edge",
            color=colour,
            edgecolor=palette.OUTLINE,
            linewidth=0.2,
        )
    axes.set_xscale("log")
    axes.set_xlabel(UNIT)
    axes.set_ylabel("share of values (%)")
    # room for the threshold's label above the bars
    axes.set_ylim(top=1.14 * axes.get_ylim()[1])
    if alpha > 0:
        right = alpha > np.sqrt(low * high)
        axes.axvline(alpha, color="black", linewidth=0.9)
        axes.annotate(
            f"α = {alpha:.3g}",
            (alpha, 1),
            # towards the side with more room
            xytext=(-2 if right else 2, -1),
            ha="right" if right else "left",
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
        )


_PANELS: dict[str, Callable[[Canvas], None]] = {
    "picture": _clean,
    "classes": correlations,
    "strength": _strength,
    "histogram": _distribution,
}
LIMITS = {"histogram": {"x": "R, output / unit intensity", "y": "share of the values, %"}}
PANELS = tuple(_PANELS)
"""Keys of the panels, in order."""
