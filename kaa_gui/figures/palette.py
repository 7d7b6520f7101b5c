"""Colours of the figures: Okabe and Ito's set, safe for colour-blind readers and in greyscale."""

from __future__ import annotations

CLEAN = "#0072B2"
ATTACKED = "#D55E00"
CLASS_COLOURS = ("#FFFFFF", "#E69F00", "#56B4E9", "#CC79A7")
CLASS_NAMES = ("irrelevant", "positive only", "negative only", "both signs")
DIVERGING = "RdBu_r"
