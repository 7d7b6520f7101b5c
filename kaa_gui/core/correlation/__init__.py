"""Correlations between input pixels and the outputs of layer k."""

from kaa_gui.core.correlation.masks import (
    CONTROLS,
    MASK_RULES,
    MaskRule,
    choose_alpha,
    find_rule,
    make_mask,
    relational,
)
from kaa_gui.core.correlation.rows import ROWS, resolve_rows, select_rows
from kaa_gui.core.correlation.stream import Extremes, stream_extremes

__all__ = [
    "CONTROLS",
    "MASK_RULES",
    "ROWS",
    "Extremes",
    "MaskRule",
    "choose_alpha",
    "find_rule",
    "make_mask",
    "relational",
    "resolve_rows",
    "select_rows",
    "stream_extremes",
]
