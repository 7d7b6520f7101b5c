"""A run as JSON and arrays, and back. What is read is checked value by value."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.arrays import evenly
from kaa_gui.core.config import as_older_version_meant
from kaa_gui.core.errors import SessionError
from kaa_gui.core.pictures.sampling import CropSampler
from kaa_gui.core.types import (
    AttackConfig,
    CorrelationField,
    FloatArray,
    Layer,
    LayerKind,
    Metrics,
    Person,
    Picture,
    Pose,
    Run,
    Scene,
    Snapshot,
    VictimSpec,
)
from kaa_gui.core.untrusted.arrays import Wanted, take
from kaa_gui.core.untrusted.attacks import read_attack, read_metrics
from kaa_gui.core.untrusted.documents import Count, Name, Object, Reader

MAX_PEOPLE, MAX_LAYERS, MAX_SIDE = 1000, 2000, 1024
MAX_ITERATES = 2_000_000
MAX_SNAPSHOTS = 16
Arrays = dict[str, NDArray[Any]]

_NETWORK_PATHS = ("//", "\\\\")
SESSIONS = Reader(SessionError, "", most_bytes=32 << 20, most_values=2_000_000)


Side = Annotated[int, msgspec.Meta(ge=1, le=MAX_SIDE)]
Number = Annotated[float, msgspec.Meta(ge=-1e30, le=1e30)]
Iteration = Annotated[int, msgspec.Meta(ge=0, le=MAX_ITERATES)]


class StoredLayer(msgspec.Struct):
    """A layer as JSON."""

    index: Annotated[int, msgspec.Meta(ge=0, le=MAX_LAYERS)]
    name: Name
    shape: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]], msgspec.Meta(max_length=4)]
    kind: LayerKind

    def layer(self) -> Layer:
        """Return the value."""
        return Layer(self.index, self.name, tuple(self.shape), self.kind)


class StoredPerson(msgspec.Struct):
    """A person as JSON; box and map are arrays."""

    number: Annotated[int, msgspec.Meta(ge=0, le=MAX_PEOPLE)]
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]


class StoredScene(msgspec.Struct):
    """A scene as JSON."""

    victim: Name
    device: Name
    crop: tuple[Side, Side]
    layer: Count
    layers: Annotated[list[StoredLayer], msgspec.Meta(min_length=1, max_length=MAX_LAYERS)]
    person: Count
    people: Annotated[list[StoredPerson], msgspec.Meta(min_length=1, max_length=MAX_PEOPLE)]
    target: bool
    target_sha256: Name | None


class StoredField(msgspec.Struct):
    """A correlation field as JSON."""

    rows_done: Count
    rows_total: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    rows: Name
    layer: StoredLayer
    per: Literal["channel", "pixel"]
    seconds_left: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None


class StoredSnapshot(msgspec.Struct):
    """A snapshot as JSON."""

    iteration: Iteration
    iterations: Iteration
    metrics: dict[Name, list[Any]]
    config: Object
    alpha: Number | None
    elapsed_s: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    final: bool
    activation: tuple[Side, Side] | None = None
    # older sessions lack both
    cells: tuple[Count, Count] | None = None
    redetected: dict[Name, list[Any]] | None = None


class StoredRun(msgspec.Struct):
    """A run as JSON."""

    scene: StoredScene
    field: StoredField | None
    snapshots: Annotated[list[StoredSnapshot], msgspec.Meta(min_length=1, max_length=MAX_SNAPSHOTS)]
    metrics: dict[Name, list[Any]]


@dataclass(frozen=True, slots=True)
class RunReader:
    """Read a run back from JSON and arrays.

    Attributes:
        arrays: Arrays by name.
        picture: Picture of the run.
        specs: Victims that are known here.
        name: Name of the session, for messages.
    """

    arrays: Mapping[str, NDArray[Any]]
    picture: Picture
    specs: Mapping[str, VictimSpec]
    name: str

    def read(self, stored: StoredRun) -> Run:
        """Return the run.

        Raises:
            SessionError: Something is missing, of the wrong kind or out of range.
        """
        scene = self._scene(stored.scene)
        snapshots = tuple(
            self._snapshot(item, f"snapshot.{at}", scene) for at, item in enumerate(stored.snapshots)
        )
        return Run(scene, self._field(stored.field, scene), snapshots, self._metrics(stored.metrics))

    def _scene(self, stored: StoredScene) -> Scene:
        if stored.victim not in self.specs:
            raise SessionError(
                f"the session needs the victim {stored.victim!r}, which is not installed here; there are "
                f"{', '.join(self.specs)}"
            )
        spec = self.specs[stored.victim]
        layers = tuple(item.layer() for item in stored.layers)
        people = tuple(self._person(item, at) for at, item in enumerate(stored.people))
        for place, number, items in (("person", stored.person, people), ("layer", stored.layer, layers)):
            if number >= len(items):
                raise SessionError(f"{self.name}: run.scene.{place} must be below {len(items)}, got {number}")
        crop = take(self.arrays, "crop", Wanted((*stored.crop, 3), np.uint8))
        return Scene(
            picture=self.picture,
            people=people,
            person=people[stored.person],
            crop=crop,
            clean=self._pose("clean", spec),
            layer=layers[stored.layer],
            layers=layers,
            spec=spec,
            device=stored.device,
            target=self._pose("target", spec) if stored.target else None,
            target_sha256=stored.target_sha256,
        )

    def _person(self, stored: StoredPerson, at: int) -> Person:
        box = take(self.arrays, f"person.{at}.box", Wanted((4,), most=1e7))
        to_crop = take(self.arrays, f"person.{at}.to_crop", Wanted((2, 3), np.float64, most=1e7))
        if abs(float(np.linalg.det(to_crop[:, :2]))) < 1e-9:
            raise SessionError(f"{self.name}: array person.{at}.to_crop must be an invertible map")
        return Person(stored.number, stored.score, box, to_crop)

    def _pose(self, name: str, spec: VictimSpec) -> Pose:
        joints, points = len(spec.skeleton), len(spec.skeleton_3d)
        return Pose(
            take(self.arrays, f"{name}.keypoints", Wanted((joints, 2), most=1e6, gaps=True)),
            take(self.arrays, f"{name}.scores", Wanted((joints,), most=1.0)),
            take(self.arrays, f"{name}.points_mm", Wanted((points, 3), most=1e6, gaps=True)),
            spec.skeleton,
            spec.skeleton_3d,
        )

    def _snapshot(self, stored: StoredSnapshot, name: str, scene: Scene) -> Snapshot:
        shape = scene.crop.shape
        return Snapshot(
            iteration=stored.iteration,
            iterations=stored.iterations,
            adversarial=take(self.arrays, f"{name}.adversarial", Wanted(shape, np.uint8)),
            perturbation=take(self.arrays, f"{name}.perturbation", Wanted(shape, most=256)),
            mask=take(self.arrays, f"{name}.mask", Wanted(shape, np.bool_)),
            clean=scene.clean,
            attacked=self._pose(f"{name}.attacked", scene.spec),
            target=scene.target,
            metrics=self._metrics(stored.metrics)[0],
            config=read_config(stored.config, f"{self.name}: run.{name}.config"),
            alpha=math.nan if stored.alpha is None else stored.alpha,
            elapsed_s=stored.elapsed_s,
            final=stored.final,
            activation=self._activation(stored, f"{name}.activation"),
            clean_activation=self._activation(stored, f"{name}.clean_activation"),
            cells=self._cells(stored, f"{name}.cells", scene),
            redetected=() if stored.redetected is None else self._metrics(stored.redetected),
        )

    def _cells(self, stored: StoredSnapshot, name: str, scene: Scene) -> NDArray[np.int16] | None:
        if stored.cells is None:
            return None
        sampler = CropSampler.build(
            scene.person.to_crop, scene.crop.shape[:2], scene.picture.pixels.shape[:2]
        )
        if stored.cells != sampler.grid_size:
            raise SessionError(f"{self.name}: array {name} does not fit picture and crop")
        return take(self.arrays, name, Wanted((*stored.cells, 3), np.int16, most=255))

    def _activation(self, stored: StoredSnapshot, name: str) -> FloatArray | None:
        if name not in self.arrays or stored.activation is None:
            return None
        return take(self.arrays, name, Wanted(stored.activation))

    def _field(self, stored: StoredField | None, scene: Scene) -> CorrelationField | None:
        if stored is None:
            return None
        if stored.rows_done > stored.rows_total:
            raise SessionError(f"{self.name}: run.field.rows_done must be at most {stored.rows_total}")
        inside = "field.inside"
        return CorrelationField(
            take(self.arrays, "field.maximum", Wanted(scene.crop.shape)),
            take(self.arrays, "field.minimum", Wanted(scene.crop.shape)),
            stored.rows_done,
            stored.rows_total,
            stored.rows,
            stored.layer.layer(),
            stored.seconds_left,
            per=stored.per,
            inside=take(self.arrays, inside, Wanted(scene.crop.shape[:2], np.bool_))
            if inside in self.arrays
            else None,
        )

    def _metrics(self, columns: dict[str, list[Any]]) -> tuple[Metrics, ...]:
        needed = {item.name for item in fields(Metrics)}
        lengths = {len(column) for name, column in columns.items() if name in needed}
        if not needed <= set(columns) or len(lengths) != 1 or 0 in lengths:
            wanted = ", ".join(sorted(needed))
            raise SessionError(f"{self.name}: run.metrics must be columns of one length: {wanted}")
        rows = zip(*(columns[name] for name in needed), strict=True)
        return tuple(
            read_metrics(dict(zip(needed, row, strict=True)), SESSIONS, f"{self.name}: run.metrics")
            for row in rows
        )


def run_json(run: Run) -> tuple[dict[str, Any], Arrays]:
    """Return a run as JSON and arrays; of too many iterates the first, the newest and some between."""
    scene, arrays, snapshots = run.scene, _scene_arrays(run), evenly(run.snapshots, MAX_SNAPSHOTS)
    for at, snapshot in enumerate(snapshots):
        arrays |= dict(_snapshot_arrays(f"snapshot.{at}", snapshot))
    content = {
        "scene": {
            "victim": scene.spec.name,
            "device": scene.device,
            "crop": list(scene.crop.shape[:2]),
            "layer": _place(scene.layers, scene.layer),
            "layers": [_layer_json(layer) for layer in scene.layers],
            "person": _place(scene.people, scene.person),
            "people": [{"number": item.number, "score": float(item.score)} for item in scene.people],
            "target": scene.target is not None,
            "target_sha256": scene.target_sha256,
        },
        "field": None if run.field is None else _field_json(run.field),
        "snapshots": [_snapshot_json(snapshot) for snapshot in snapshots],
        "metrics": _metrics_json(run.metrics),
    }
    return content, arrays


def read_config(values: Object, name: str) -> AttackConfig:
    """Return a configuration.

    Args:
        values: Its fields.
        name: Of their place, for messages.

    Raises:
        SessionError: A field is unknown, of the wrong kind or out of range.
    """
    config = read_attack(as_older_version_meant(values), SESSIONS, name)
    if config.target is not None and config.target.startswith(_NETWORK_PATHS):
        raise SessionError(f"{name}.target must be a pose of the library or a file of this computer")
    return config


def _scene_arrays(run: Run) -> Arrays:
    scene = run.scene
    arrays: Arrays = {"crop": scene.crop}
    for at, person in enumerate(scene.people):
        arrays[f"person.{at}.box"] = person.box
        arrays[f"person.{at}.to_crop"] = person.to_crop
    arrays |= dict(_pose_arrays("clean", scene.clean))
    if scene.target is not None:
        arrays |= dict(_pose_arrays("target", scene.target))
    if run.field is not None:
        arrays |= {"field.maximum": run.field.maximum, "field.minimum": run.field.minimum}
        if run.field.inside is not None:
            arrays["field.inside"] = run.field.inside
    return arrays


def _snapshot_arrays(name: str, snapshot: Snapshot) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}.adversarial", snapshot.adversarial
    yield f"{name}.perturbation", snapshot.perturbation
    yield f"{name}.mask", snapshot.mask
    yield from _pose_arrays(f"{name}.attacked", snapshot.attacked)
    if snapshot.activation is not None:
        yield f"{name}.activation", snapshot.activation
    if snapshot.clean_activation is not None:
        yield f"{name}.clean_activation", snapshot.clean_activation
    if snapshot.cells is not None:
        yield f"{name}.cells", snapshot.cells


def _pose_arrays(name: str, pose: Pose) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}.keypoints", pose.keypoints
    yield f"{name}.scores", pose.scores
    yield f"{name}.points_mm", pose.points_mm


def _place(items: tuple[Any, ...], wanted: object) -> int:
    """Return where a value stands, by identity first: array carriers have no other equality."""
    return next(at for at, item in enumerate(items) if item is wanted or item == wanted)


def _layer_json(layer: Layer) -> dict[str, Any]:
    return {"index": layer.index, "name": layer.name, "shape": list(layer.shape), "kind": layer.kind}


def _field_json(field: CorrelationField) -> dict[str, Any]:
    return {
        "rows_done": field.rows_done,
        "rows_total": field.rows_total,
        "rows": field.rows,
        "layer": _layer_json(field.layer),
        "per": field.per,
        "seconds_left": None if field.seconds_left is None else float(field.seconds_left),
    }


def _snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "iteration": snapshot.iteration,
        "iterations": snapshot.iterations,
        "metrics": _metrics_json((snapshot.metrics,)),
        "config": snapshot.config.as_json(),
        "alpha": None if np.isnan(snapshot.alpha) else float(snapshot.alpha),
        "elapsed_s": float(snapshot.elapsed_s),
        "final": snapshot.final,
        "activation": None if snapshot.activation is None else list(snapshot.activation.shape),
        "cells": None if snapshot.cells is None else list(snapshot.cells.shape[:2]),
        "redetected": _metrics_json(snapshot.redetected) if snapshot.redetected else None,
    }


def _metrics_json(metrics: tuple[Metrics, ...]) -> dict[str, list[Any]]:
    """Return the numbers column by column."""
    rows = [item.as_json() for item in metrics]
    return {item.name: [row[item.name] for row in rows] for item in fields(Metrics)}
