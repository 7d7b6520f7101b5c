"""Register operators by their names in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kaa_gui.core.importers.ops.call import Call
from kaa_gui.core.importers.ops.operator import Operator

Builder = Callable[[Call], Operator]
_Builder = TypeVar("_Builder", bound=Builder)

OPERATORS: dict[str, Builder] = {}
"""Builders by the operator's name in the file's schema.

A builder returns a module that takes the call's activations in order.
"""


def op(*names: str) -> Callable[[_Builder], _Builder]:
    """Register a builder under the names of the operators that it builds."""

    def register(builder: _Builder) -> _Builder:
        for name in names:
            OPERATORS[name] = builder
        return builder

    return register
