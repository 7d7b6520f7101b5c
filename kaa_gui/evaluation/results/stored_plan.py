"""Read the plan that an evaluation noted in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.untrusted.documents import Reader
from kaa_gui.core.untrusted.paths import exists
from kaa_gui.evaluation.layout import PLAN_FILE
from kaa_gui.evaluation.plan.plan import FORMAT, Plan
from kaa_gui.evaluation.results.parquet import one_line

# paths need not be text, and are compared to the letter
_PLANS = Reader(ConfigError, "", strict=False)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan, and what its rows were computed with.

    Attributes:
        plan: Of the evaluation.
        weights: Victim -> SHA-256 of its file; nothing is known of others.
    """

    plan: Plan
    weights: Mapping[str, str] = field(default_factory=dict)


def is_plan(path: Path) -> bool:
    """Return whether a file says that it is the plan of an evaluation, right or wrong."""
    try:
        return _PLANS.json(path).get("format") == FORMAT
    except ConfigError:
        return False


def read_plan(folder: Path) -> StoredPlan:
    """Return the plan of a results' folder.

    Raises:
        ConfigError: There is none, or it is damaged.
    """
    path, elsewhere = folder / PLAN_FILE, "name a folder that was the --out of evaluate"
    if not exists(path):
        raise ConfigError(f"{folder} holds no evaluation; {elsewhere}")
    try:
        values = _PLANS.json(path)
    except ConfigError as error:
        fault = str(error).removeprefix(f"{path}: ")
        raise ConfigError(f"{path}: no plan of an evaluation ({fault}); {elsewhere}") from None
    if values.get("format") != FORMAT:
        raise ConfigError(f"{path}: no plan of an evaluation; {elsewhere}")
    try:
        plan, weights = Plan.from_json(values), values.get("weights", {})
        if not all(isinstance(text, str) for text in (*_texts(plan), *weights, *weights.values())):
            raise ValueError("names must be texts")
        return StoredPlan(plan, weights)
    except (ConfigError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ConfigError(
            f"{path}: damaged ({one_line(error)}); evaluate with this folder as --out sets it aside and goes "
            "on with the rows"
        ) from None


def _texts(plan: Plan) -> tuple[Any, ...]:
    return plan.source.kind, plan.source.path, plan.source.images or "", plan.source.crops
