"""A run as JSON and arrays, and back. What is read is checked value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.arrays import evenly
from kaa_gui.core.errors import ConfigError, SessionError
from kaa_gui.core.painted import MAX_TEXT
from kaa_gui.core.types import (
    AttackConfig,
    BoolArray,
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
from kaa_gui.core.untrusted.json_node import Node

MAX_PEOPLE, MAX_LAYERS, MAX_SIDE = 1000, 2000, 1024
MAX_ITERATES = 2_000_000
MAX_SNAPSHOTS = 16
Arrays = dict[str, NDArray[Any]]

_NETWORK_PATHS = ("//", "\\\\")
_LONG = 2**53  # what a number of JSON holds exactly


@dataclass(frozen=True, slots=True)
class RunReader:
    """What is needed to read a run back.

    Attributes:
        arrays: By name.
        picture: Of the run.
        specs: The victims that are known here.
    """

    arrays: Mapping[str, NDArray[Any]]
    picture: Picture
    specs: Mapping[str, VictimSpec]

    def read(self, node: Node) -> Run:
        """Return the run.

        Raises:
            SessionError: Something is missing, of the wrong kind or out of range.
        """
        scene = self._scene(node["scene"])
        snapshots = tuple(
            self._snapshot(item, f"snapshot.{at}", scene)
            for at, item in enumerate(node["snapshots"].items(MAX_SNAPSHOTS))
        )
        if not snapshots:
            raise node["snapshots"].wrong("a list with at least one iterate")
        return Run(scene, self._field(node["field"], scene), snapshots, _read_metrics(node["metrics"]))

    def _scene(self, node: Node) -> Scene:
        victim = node["victim"].text(200)
        if victim not in self.specs:
            known = ", ".join(self.specs)
            raise SessionError(
                f"the session needs the victim {victim!r}, which is not installed here; there are {known}"
            )
        spec = self.specs[victim]
        layers = tuple(_read_layer(item) for item in node["layers"].items(MAX_LAYERS))
        people = tuple(self._person(item, at) for at, item in enumerate(node["people"].items(MAX_PEOPLE)))
        if not layers or not people:
            raise node.wrong("with at least one layer and one person")
        height, width = (item.integer(1, MAX_SIDE) for item in node["crop"].pair())
        crop = take(self.arrays, "crop", Wanted((height, width, 3), np.uint8))
        return Scene(
            picture=self.picture,
            people=people,
            person=people[node["person"].integer(0, len(people) - 1)],
            crop=crop,
            clean=self._pose("clean", spec),
            layer=layers[node["layer"].integer(0, len(layers) - 1)],
            layers=layers,
            spec=spec,
            device=node["device"].text(80),
            target=self._pose("target", spec) if node["target"].switch() else None,
            target_sha256=None if node["target_sha256"].missing else node["target_sha256"].text(64),
        )

    def _person(self, node: Node, at: int) -> Person:
        box = take(self.arrays, f"person.{at}.box", Wanted((4,), most=1e7))
        to_crop = take(self.arrays, f"person.{at}.to_crop", Wanted((2, 3), np.float64, most=1e7))
        if abs(float(np.linalg.det(to_crop[:, :2]))) < 1e-9:
            raise node.wrong("a person whose crop has a size")
        return Person(node["number"].integer(0, MAX_PEOPLE), node["score"].number(0, 1), box, to_crop)

    def _pose(self, name: str, spec: VictimSpec) -> Pose:
        joints, points = len(spec.skeleton), len(spec.skeleton_3d)
        return Pose(
            take(self.arrays, f"{name}.keypoints", Wanted((joints, 2), most=1e6, gaps=True)),
            take(self.arrays, f"{name}.scores", Wanted((joints,), most=1.0)),
            take(self.arrays, f"{name}.points_mm", Wanted((points, 3), most=1e6, gaps=True)),
            spec.skeleton,
            spec.skeleton_3d,
        )

    def _snapshot(self, node: Node, name: str, scene: Scene) -> Snapshot:
        shape = scene.crop.shape
        config = read_config(node["config"])
        return Snapshot(
            iteration=node["iteration"].integer(0, MAX_ITERATES),
            iterations=node["iterations"].integer(0, MAX_ITERATES),
            adversarial=take(self.arrays, f"{name}.adversarial", Wanted(shape, np.uint8)),
            perturbation=take(self.arrays, f"{name}.perturbation", Wanted(shape, most=256)),
            mask=take(self.arrays, f"{name}.mask", Wanted(shape, np.bool_)),
            clean=scene.clean,
            attacked=self._pose(f"{name}.attacked", scene.spec),
            target=scene.target,
            metrics=_read_metrics(node["metrics"])[0],
            config=config,
            alpha=node["alpha"].number_or_nan(),
            elapsed_s=node["elapsed_s"].number(0),
            final=node["final"].switch(),
            activation=self._activation(node, f"{name}.activation"),
            clean_activation=self._activation(node, f"{name}.clean_activation"),
        )

    def _activation(self, node: Node, name: str) -> FloatArray | None:
        if name not in self.arrays:
            return None
        height, width = (item.integer(1, MAX_SIDE) for item in node["activation"].pair())
        return take(self.arrays, name, Wanted((height, width)))

    def _field(self, node: Node, scene: Scene) -> CorrelationField | None:
        if node.missing:
            return None
        total = node["rows_total"].integer(1, _LONG)
        return CorrelationField(
            take(self.arrays, "field.maximum", Wanted(scene.crop.shape)),
            take(self.arrays, "field.minimum", Wanted(scene.crop.shape)),
            node["rows_done"].integer(0, total),
            total,
            node["rows"].text(200),
            _read_layer(node["layer"]),
            None if node["seconds_left"].missing else node["seconds_left"].number(0),
            per=node["per"].of_type(_hints(CorrelationField)["per"]),
            inside=self._inside(scene),
        )

    def _inside(self, scene: Scene) -> BoolArray | None:
        name = "field.inside"
        return (
            take(self.arrays, name, Wanted(scene.crop.shape[:2], np.bool_)) if name in self.arrays else None
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


def read_config(node: Node) -> AttackConfig:
    """Return a configuration.

    Raises:
        SessionError: A field is unknown, of the wrong kind or out of range.
    """
    hints = _hints(AttackConfig)
    values = {}
    for name, item in node.fields(200):
        if name not in hints:
            raise SessionError(f"{item.place} is unknown here; a newer version may have written the session")
        # the one text that may be long; the configuration checks it
        painted = name == "region_mask" and not item.missing
        values[name] = item.text(MAX_TEXT) if painted else item.of_type(hints[name])
    target = values.get("target")
    if target is not None and target.startswith(_NETWORK_PATHS):
        raise node["target"].wrong("a pose of the library or a file of this computer")
    try:
        return AttackConfig(**values)
    except ConfigError as error:
        raise SessionError(f"{node.place}: {error}") from None


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


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


def _pose_arrays(name: str, pose: Pose) -> Iterator[tuple[str, NDArray[Any]]]:
    yield f"{name}.keypoints", pose.keypoints
    yield f"{name}.scores", pose.scores
    yield f"{name}.points_mm", pose.points_mm


def _place(items: tuple[Any, ...], wanted: object) -> int:
    """Return where a value stands, by identity first: array carriers have no other equality."""
    return next(at for at, item in enumerate(items) if item is wanted or item == wanted)


def _layer_json(layer: Layer) -> dict[str, Any]:
    return {"index": layer.index, "name": layer.name, "shape": list(layer.shape), "kind": layer.kind}


def _read_layer(node: Node) -> Layer:
    kind: LayerKind = node["kind"].of_type(LayerKind)
    shape = tuple(item.integer(1, 1 << 20) for item in node["shape"].items(4))
    return Layer(node["index"].integer(0, MAX_LAYERS), node["name"].text(200), shape, kind)


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
    }


def _metrics_json(metrics: tuple[Metrics, ...]) -> dict[str, list[Any]]:
    """Return the numbers column by column."""
    rows = [item.as_json() for item in metrics]
    return {item.name: [row[item.name] for row in rows] for item in fields(Metrics)}


def _read_metrics(node: Node) -> tuple[Metrics, ...]:
    hints = _hints(Metrics)
    columns = {
        name: [_read_number(item, hints[name]) for item in column.items(MAX_ITERATES)]
        for name, column in node.fields(100)
        if name in hints
    }
    needed = {item.name for item in fields(Metrics)}
    lengths = {len(column) for column in columns.values()}
    if set(columns) != needed or len(lengths) != 1 or 0 in lengths:
        raise node.wrong(f"columns of one length: {', '.join(sorted(needed))}")
    names = list(columns)
    return tuple(Metrics(**dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True))


def _read_number(node: Node, hint: Any) -> Any:
    if hint is bool:
        return node.switch()
    if hint is int:
        return node.integer(0, MAX_ITERATES)
    if hint is float or float in get_args(hint):
        return node.number_or_nan()
    raise node.wrong("a number")
