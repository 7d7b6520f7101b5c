"""The project's colours as matplotlib takes them, and what tells lines apart beside colour.

Where colours could fall together in greyscale a marker, a dash or a dark outline tells them apart as well.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from kaa_gui import colours
from kaa_gui.colours import hexadecimal

BLUE, VERMILLION, YELLOW = map(hexadecimal, (colours.BLUE, colours.VERMILLION, colours.YELLOW))
CLEAN, ATTACKED, TARGET = map(
    hexadecimal, (colours.POSE_COLOURS[name] for name in ("clean", "attacked", "target"))
)
CLASS_COLOURS = tuple(map(hexadecimal, colours.CLASS_COLOURS))
FAILURE = hexadecimal(colours.ERROR_FRAME)
OUTLINE = "#303030"

POSE_WIDTHS = {CLEAN: 0.7, ATTACKED: 1.0, TARGET: 0.9}
"""Shares of a line's width: in greyscale the thinner pose is the clean one."""

METHOD_MARKERS = {"fgsm": "s", "i-fgsm": "D", "bpda": "v", "kaa": "o", "kaa+er": "^"}
MASK_MARKERS = {
    "random": "X",
    "everywhere": "s",
    "top-jacobian": "P",
    "top-gradient": "d",
    "positive": ">",
    "negative": "<",
    "relational": "h",
}
"""Markers of methods with another mask than their own, drawn hollow."""
NORM_DASHES = {"linf": "-", "l2": "--"}

DIVERGING = LinearSegmentedColormap.from_list("kaa-signed", np.array(colours.PRINT_MAP) / 255, 256)
SEQUENTIAL = "viridis"
