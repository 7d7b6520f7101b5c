"""Colours of the figures: those of the window, from Okabe and Ito's set, safe for colour-blind readers.

Where colours could fall together in greyscale a marker, a dash or a dark outline tells them apart as well.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

SKY_BLUE, BLUE, VERMILLION = "#56B4E9", "#0072B2", "#D55E00"
YELLOW, ORANGE, GREEN, PURPLE = "#F0E442", "#E69F00", "#009E73", "#CC79A7"

CLEAN, ATTACKED, TARGET = SKY_BLUE, VERMILLION, YELLOW
"""Of the three poses, as in the window."""

POSE_WIDTHS = {CLEAN: 0.7, ATTACKED: 1.0, TARGET: 0.9}
"""Shares of a line's width: in greyscale the thinner pose is the clean one."""

CLASS_COLOURS = ("#808080", VERMILLION, SKY_BLUE, YELLOW)
CLASS_NAMES = ("irrelevant", "positive only", "negative only", "relational")
"""By class of correlation, in the window's hues; over a dark ground each has a lightness of its own."""

METHOD_COLOURS = {"fgsm": GREEN, "i-fgsm": ORANGE, "bpda": PURPLE, "kaa": BLUE, "kaa+er": VERMILLION}
METHOD_MARKERS = {"fgsm": "s", "i-fgsm": "D", "bpda": "v", "kaa": "o", "kaa+er": "^"}
MASK_MARKERS = {
    "random": "X",
    "everywhere": "s",
    "any": "P",
    "positive": ">",
    "negative": "<",
    "relational": "h",
}
"""Of methods with another mask than their own, hollow."""
CONTROL = "#6E6E6E"
"""Of the random mask, grey as in the window."""
NORM_DASHES = {"linf": "-", "l2": "--"}

FAILURE = "#CC0000"
OUTLINE = "#303030"
SIGNED = ((5, 30, 75), (30, 80, 140), (128, 128, 128), (235, 170, 90), (255, 238, 160))
"""Anchors of the signed map, from negative to positive, as the window offers it. Its lightness rises all the
way, so that a sign is told in greyscale too: below zero darker, above lighter than the middle grey."""
DIVERGING = LinearSegmentedColormap.from_list("kaa-signed", np.array(SIGNED) / 255, 256)
SEQUENTIAL = "viridis"
