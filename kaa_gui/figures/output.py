"""Figures to bytes: vector formats with embedded fonts, the same bytes for the same run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kaa_gui.core.errors import ConfigError

FORMATS = ("pdf", "svg", "png")
RASTER_DPI = 300

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "kaa-studio",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def figure_bytes(figure: Figure, form: str) -> bytes:
    """Return a figure as ``"pdf"``, ``"svg"`` or ``"png"``.

    Raises:
        ConfigError: Another format.
    """
    if form not in FORMATS:
        raise ConfigError(f"format must be one of {', '.join(FORMATS)}, got {form!r}")
    buffer = io.BytesIO()
    # without dates the same run gives the same bytes
    metadata: dict[str, Any] = {
        "pdf": {"Creator": "KAA Studio", "Producer": "matplotlib", "CreationDate": None},
        "svg": {"Creator": "KAA Studio", "Date": None},
        "png": {"Software": "KAA Studio"},
    }[form]
    if figure.canvas is None:
        FigureCanvasAgg(figure)
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format=form, dpi=RASTER_DPI, metadata=metadata)
    return buffer.getvalue()


def format_of(path: Path) -> str:
    """Return the format that a file name asks for, or raise ConfigError."""
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise ConfigError(f"{path.name}: the name must end in .pdf, .svg or .png")
    return form
