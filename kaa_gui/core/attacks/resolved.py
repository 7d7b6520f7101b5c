"""Record the values behind a configuration's defaults."""

from __future__ import annotations

from typing import Any

import numpy as np

from kaa_gui.core.attacks.losses import find_loss
from kaa_gui.core.attacks.methods import find_method, step_count, step_size
from kaa_gui.core.attacks.references import reference_in_force
from kaa_gui.core.attacks.regions import region_in_crop
from kaa_gui.core.attacks.saved import sampler_of
from kaa_gui.core.correlation import find_rule
from kaa_gui.core.painted import painted_pixels
from kaa_gui.core.types import Run, Snapshot

_AT_FIRST_SUCCESS = (
    "iteration",
    "displacement_px",
    "pose_error_mm",
    "target_error_mm",
    "perturbation_rmse",
)


def resolved(run: Run) -> dict[str, Any]:
    """Return loss, step, number of steps, rows and mask as they were in force, as JSON values."""
    config = run.snapshots[-1].config
    name, loss = find_loss(config.loss, run.scene.layer.kind)
    return {
        "loss": name,
        "reference": reference_in_force(config, loss, run.scene.layer),
        "step_size": step_size(config),
        "steps": steps_made(run),
        "rows": _rows(run),
        "mask": _mask(run),
    }


def steps_made(run: Run) -> int:
    """Return the number of steps that were made, all restarts together; fewer than asked for after a stop."""
    newest, steps = run.metrics[-1].iteration, step_count(run.snapshots[-1].config)
    # each restart begins with an iterate of its own
    return newest - newest // (steps + 1)


def first_success(run: Run) -> dict[str, Any] | None:
    """Return the numbers of the first iterate that meets the criterion in memory; None where none does."""
    first = run.first_success
    return None if first is None else {name: first.as_json()[name] for name in _AT_FIRST_SUCCESS}


def selection(run: Run) -> dict[str, Any]:
    """Return by which rule the last iterate was chosen, and from which, as JSON values.

    The saved picture's numbers are those of the best of ``redetected``: with more looks, the best is better.
    """
    last = run.snapshots[-1]
    return {
        "rule": _rule(last),
        "redetected": [
            {name: values.as_json()[name] for name in (*_AT_FIRST_SUCCESS, "success")}
            for values in last.redetected
        ],
    }


def _rule(last: Snapshot) -> str:
    if last.config.space == "picture" and last.redetected:
        return "best when detected again"
    return "best" if last.config.keep_best or last.config.restarts > 1 else "last"


def _rows(run: Run) -> dict[str, Any] | None:
    """Return which rows of J were read; None where the mask needs none."""
    if run.field is None:
        return None
    sampled = run.field.rows.startswith("sample")
    return {
        "rule": run.field.rows,
        "count": run.field.rows_total,
        "seed": run.snapshots[-1].config.seed if sampled else None,
    }


def _mask(run: Run) -> dict[str, Any]:
    """Return the mask's rule, and its size as asked for and as it came out."""
    last = run.snapshots[-1]
    config = last.config
    name = config.mask or find_method(config.method).mask
    rule, field = find_rule(name), run.field
    by_size = rule.sized and config.alpha is None
    sampler = sampler_of(run.scene)
    inside = last.mask[sampler.inside & region_in_crop(sampler, config)]
    return {
        # of the values that may be attacked at all, as "asked" is; then of the whole crop
        "kept": float(inside.mean()),
        "kept_crop": last.kept,
        "asked": config.kept_fraction if by_size else None,
        "alpha": None if np.isnan(last.alpha) else last.alpha,
        "rows": field.rows if field else None,
        "rows_total": field.rows_total if field else None,
        "rule": name,
        "per": config.per,
        "region": config.region,
        "region_pixels": None if config.region_mask is None else painted_pixels(config.region_mask),
        "seed": config.seed if rule.random else None,
    }
