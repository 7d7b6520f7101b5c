"""What the command line tells beside its result."""

from __future__ import annotations

from typing import Any

import pytest

from kaa_gui.commands.attack import notes
from kaa_gui.core.types import AttackConfig

FULL: dict[str, Any] = {
    "asked": 0.25,
    "kept": 0.25,
    "rule": "relational",
    "rows": "peaks",
    "rows_total": 39,
}


def told(
    *,
    iterations: int | None = None,
    steps: int = 20,
    mask: dict[str, Any] = FULL,
    profile: dict[str, Any] | None = None,
    **changes: Any,
) -> list[str]:
    picture = {"name": "a.png", "colour_profile": profile}
    content = {"config": AttackConfig(**changes).as_json(), "mask": mask, "steps": steps, "picture": picture}
    return list(notes(content, iterations=iterations))


def test_a_run_that_fell_short_of_nothing_needs_no_note() -> None:
    assert told() == told(norm="l2", epsilon=0.7) == told(iterations=20) == []
    assert told(method="fgsm", steps=1) == told(method="fgsm", steps=1, iterations=1) == []


def test_a_radius_that_8_bits_cannot_use_is_told() -> None:
    assert told(epsilon=1.9 / 255) == [
        "epsilon 1.9/255: an 8-bit picture holds whole grey levels, so the saved one uses 1/255"
    ]


def test_iterations_of_a_single_step_are_told() -> None:
    (line,) = told(method="fgsm", steps=1, iterations=5)
    assert "iterations 5 has no effect" in line


@pytest.mark.parametrize("rule", ["relational", "random"])
def test_a_mask_smaller_than_asked_for_is_told(rule: str) -> None:
    (line,) = told(mask=FULL | {"asked": 0.5, "kept": 0.101, "rule": rule})
    assert line.startswith("keep 0.5: only 10.1% of the values are relational in the 39 rows read (peaks)")
    assert told(mask=FULL | {"asked": 0.5, "kept": 0.499, "rule": rule}) == []
    assert told(mask=FULL | {"asked": None, "kept": 0.1, "rule": rule}) == []
    assert told(mask=FULL | {"asked": 0.5, "kept": 0.1, "rule": "positive"}) == []


def test_a_colour_profile_that_cannot_be_used_is_told() -> None:
    assert told(profile={"name": "Display P3", "converted": True, "fault": ""}) == []
    fault = "its colour profile is too large and was passed over"
    assert told(profile={"name": "", "converted": False, "fault": fault}) == [f"a.png: {fault}"]
