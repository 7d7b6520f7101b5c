"""What a command tells beside its result: where less happened than was asked for, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaa_gui.core.types import AttackConfig


def notes(content: dict[str, Any]) -> Iterator[str]:
    """Yield one line for everything in a ``run.json`` that fell short of its configuration."""
    config = AttackConfig.from_json(content["config"])
    if config.rounding_note:
        yield config.rounding_note
