"""Records for every kind of figure, made from one short run: other people, methods, norms, layers, radii."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kaa_gui.core.types import Run
from kaa_gui.figures.record import Record, live_record

PEOPLE = ("first", "second")


def varied(run: Run, *, person: str = "first", layer: int | None = None, **changes: Any) -> Record:
    """Return a run as if it had been made of another person, at another layer, with other settings."""
    config = run.snapshots[-1].config.with_changes(**changes)
    scene = replace(run.scene, picture=replace(run.scene.picture, sha256=person, name=f"{person}.jpg"))
    if layer is not None:
        scene = replace(scene, layer=replace(scene.layer, index=layer, name=f"encoder.{layer}"))
    last = replace(run.snapshots[-1], config=config)
    record = live_record(replace(run, scene=scene, snapshots=(last,)))
    saved = replace(last.metrics, success=person == "first")
    name = f"{person}-{config.method}"
    return replace(record, name=name, saved=saved, saved_crop=last.adversarial, saved_pose=last.attacked)


def succeeding(record: Record, at: int) -> Record:
    """Return a record whose run meets the criterion from an iterate on."""
    metrics = tuple(replace(values, success=values.iteration >= at) for values in record.run.metrics)
    return replace(record, run=replace(record.run, metrics=metrics))


def records_of(kind: str, run: Run) -> tuple[Record, ...]:
    """Return runs that do for a kind."""
    if kind in ("overview", "correlation"):
        return (live_record(run),)
    if kind == "layers":
        return tuple(varied(run, person=who, layer=layer) for who in PEOPLE for layer in (3, 12, 18))
    if kind == "epsilon-sweep":
        return tuple(varied(run, person=who, epsilon=level / 255) for who in PEOPLE for level in (1, 2, 8))
    if kind == "alpha-sweep":
        return tuple(varied(run, person=who, keep=share) for who in PEOPLE for share in (0.1, 0.5))
    if kind in ("budget", "first-success", "explanation"):
        return tuple(
            succeeding(varied(run, person=who, **changes), at)
            for at, who in enumerate(PEOPLE, start=1)
            for changes in (
                {"method": "kaa"},
                {"method": "kaa+er"},
                {"method": "kaa+er", "mask": "random"},
            )
        )
    return tuple(
        varied(run, person=who, method=method, norm=norm, epsilon=0.01)
        for who in PEOPLE
        for method in ("kaa", "kaa+er")
        for norm in ("linf", "l2")
    )
