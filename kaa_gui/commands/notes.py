"""Tell where less happened than was asked for, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaa_gui.core.types import AttackConfig

UNMET = 0.005
"""A mask smaller than asked for by more than this share of the values is worth a line."""


def notes(content: dict[str, Any], *, iterations: int | None) -> Iterator[str]:
    """Yield one line for everything in a ``run.json`` that fell short of what was asked for.

    Args:
        content: Of ``run.json``.
        iterations: As given on the command line; None where it was left out.
    """
    config, mask = AttackConfig.from_json(content["config"]), content["mask"]
    if iterations is not None and iterations > content["steps"] == 1:
        yield f"{config.method} is one step: iterations {iterations} has no effect; i-fgsm takes several"
    if config.rounding_note:
        yield config.rounding_note
    relational = mask["rule"] in ("relational", "random")
    if relational and mask["asked"] is not None and mask["kept"] < mask["asked"] - UNMET:
        yield (
            f"keep {mask['asked']:g}: only {mask['kept']:.1%} of the values are relational in the "
            f"{mask['rows_total']} rows read ({mask['rows']}), so the mask keeps no more; read more rows, or "
            "take the mask any"
        )
