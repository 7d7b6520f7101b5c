"""Operators of model files as torch modules, by the names of the TFLite schema."""

from kaa_gui.core.importers.ops import activation, arithmetic, convolution, pooling, resizing, shaping
from kaa_gui.core.importers.ops.registry import OPERATORS, Call, Operand, UnsupportedError, op

__all__ = [
    "OPERATORS",
    "Call",
    "Operand",
    "UnsupportedError",
    "activation",
    "arithmetic",
    "convolution",
    "op",
    "pooling",
    "resizing",
    "shaping",
]
