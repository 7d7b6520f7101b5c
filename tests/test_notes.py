"""What the command line tells beside its result."""

from __future__ import annotations

from typing import Any

from kaa_gui.commands.notes import notes
from kaa_gui.core.types import AttackConfig


def content(**changes: Any) -> dict[str, Any]:
    """Return what the notes read of a ``run.json``."""
    return {"config": AttackConfig(**changes).as_json()}


def test_a_run_that_fell_short_of_nothing_needs_no_note() -> None:
    assert list(notes(content())) == []
    assert list(notes(content(norm="l2", epsilon=0.7))) == []


def test_a_radius_that_8_bits_cannot_use_is_told() -> None:
    assert list(notes(content(epsilon=1.9 / 255))) == [
        "epsilon 1.9/255: an 8-bit picture holds whole grey levels, so the saved one uses 1/255"
    ]
