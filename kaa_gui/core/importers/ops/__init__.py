"""Operators of model files as torch modules, by the names of the TFLite schema."""

from kaa_gui.core.importers.ops import activation, arithmetic, convolution, pooling, resizing, shaping
from kaa_gui.core.importers.ops.call import Call, Operand, UnsupportedError
from kaa_gui.core.importers.ops.operator import Operator
from kaa_gui.core.importers.ops.registry import OPERATORS, op

__all__ = [
    "OPERATORS",
    "Call",
    "Operand",
    "Operator",
    "UnsupportedError",
    "activation",
    "arithmetic",
    "convolution",
    "op",
    "pooling",
    "resizing",
    "shaping",
]
