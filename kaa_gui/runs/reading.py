"""Read a run's folder back, each value checked before it is used.

A folder may come from anybody: sizes are checked before memory is taken, types and shapes before any
figure sees them, and the pictures against the hashes in ``run.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError, RunFolderError
from kaa_gui.core.pictures.annotated import MOST_PEOPLE, checked_annotation
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, SKELETONS, Skeleton
from kaa_gui.core.types import (
    AttackConfig,
    CorrelationField,
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
    read_only,
)
from kaa_gui.core.untrusted.npz import read_archive
from kaa_gui.figures.record import Record, Source, printable
from kaa_gui.runs.folder import ADVERSARIAL_FILE, ARRAYS_FILE, CLEAN_FILE, PROVENANCE, RUN_FILE, digest

MAX_JSON_BYTES = 64 * 1024**2
MAX_SIDE = 4096
MIN_SCALE = 1e-12

Content = Mapping[str, Any]
Arrays = dict[str, NDArray[Any]]


def load_record(folder: str | Path) -> Record:
    """Read the folder of a finished run.

    Raises:
        RunFolderError: It is no run folder, damaged, or its files don't belong together.
        PictureError: Its picture cannot be read.
    """
    folder = Path(folder)
    content = read_description(folder)
    files = _check_files(folder, content)
    arrays = read_archive(folder / ARRAYS_FILE)
    picture = load_picture(folder / CLEAN_FILE)
    try:
        return replace(_record(folder, content, arrays, picture), source=Source(folder, files))
    except (KeyError, IndexError) as error:
        raise RunFolderError(f"{folder}: lacks {error}; attack again") from None
    except (ConfigError, TypeError, ValueError) as error:
        raise RunFolderError(f"{folder}: damaged ({error}); attack again") from None


def read_description(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's ``run.json``.

    Raises:
        RunFolderError: There is none, or it is damaged.
    """
    try:
        return read_object(folder / RUN_FILE, "attack again")
    except (FileNotFoundError, NotADirectoryError):
        raise RunFolderError(
            f"{folder}: no run in it; name the folder that the attack command wrote (--out)"
        ) from None


def read_object(path: Path, remedy: str) -> dict[str, Any]:
    """Return the JSON object in a file.

    Args:
        path: Of the file.
        remedy: What to do about a damaged one.

    Raises:
        RunFolderError: It is too large, or no JSON object.
        FileNotFoundError: There is none.
        NotADirectoryError: Likewise.
    """
    try:
        # opening a pipe would wait for ever
        if path.exists() and not path.is_file():
            raise RunFolderError(f"{path}: is no regular file; {remedy}")
        if path.stat().st_size > MAX_JSON_BYTES:
            raise RunFolderError(f"{path}: above the limit of {MAX_JSON_BYTES // 1024**2} MiB")
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path}: cannot be read ({error}); {remedy}") from None
    if not isinstance(content, dict):
        raise RunFolderError(f"{path}: must hold a JSON object; {remedy}")
    return content


def _check_files(folder: Path, content: Content) -> dict[str, str]:
    """Compare the files with their hashes in ``run.json``; older folders hold no hashes.

    Returns:
        The SHA-256 of what figures read, by file name.
    """
    listed = content.get("files", {})
    if not isinstance(listed, Mapping):
        raise RunFolderError(f"{folder}: damaged (files must be an object); attack again")
    found: dict[str, str] = {}
    for name in (RUN_FILE, ARRAYS_FILE, ADVERSARIAL_FILE):
        path = folder / name
        if not path.is_file():
            continue
        found[name] = file_sha256(path)
        if name in listed and found[name] != listed[name]:
            raise RunFolderError(
                f"{path}: has changed since run.json was written (SHA-256 differs); put the original back, "
                "or attack again"
            )
    # what stands in the adversarial picture is drawn from the arrays
    return {name: found[name] for name in (RUN_FILE, ARRAYS_FILE) if name in found}


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        RunFolderError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read ({error.strerror}); attack again") from None


def _record(folder: Path, content: Content, arrays: Arrays, picture: Picture) -> Record:
    hashes = _mapping(content, "hashes")
    crop = _image(arrays, "clean_crop")
    for name, found in (("picture", picture.sha256), ("crop", digest(crop))):
        if hashes[name] != found:
            raise RunFolderError(
                f"{folder}: {name} and run.json do not belong together (SHA-256 differs); attack again"
            )
    config = AttackConfig.from_json(dict(_mapping(content, "config")))
    for field in ("victim", "method"):
        if not isinstance(getattr(config, field), str):
            raise TypeError(f"{field} must be a word, got {getattr(config, field)!r}")
    for field in ("mask", "target", "loss"):
        if not isinstance(getattr(config, field), str | None):
            raise TypeError(f"{field} must be a word or null, got {getattr(config, field)!r}")
    run = _run(content, arrays, config, picture)
    joints = [_joint(row) for row in _list(content, "joints")]
    found = bool(content.get("person_found", True))
    saved_crop, saved_pose = _saved(arrays, run, found=found)
    return Record(
        name=printable(folder.resolve().name),
        run=run,
        saved=metrics_from(_mapping(content, "saved")),
        person_found=found,
        joints=tuple(joints),
        provenance={name: content[name] for name in PROVENANCE if name in content},
        saved_crop=saved_crop,
        saved_pose=saved_pose,
    )


def _saved(arrays: Arrays, run: Run, *, found: bool) -> tuple[NDArray[np.uint8] | None, Pose | None]:
    """Return crop and pose of the saved picture; None and None from older folders, which keep no such."""
    if "saved_crop" not in arrays:
        return None, None
    crop = _image(arrays, "saved_crop", run.scene.crop.shape)
    return crop, _pose(arrays, "saved", run.scene.spec) if found else None


def _run(content: Content, arrays: Arrays, config: AttackConfig, picture: Picture) -> Run:
    spec, layer = _spec(content, config, arrays), _layer(_mapping(content, "layer"))
    clean, attacked = _pose(arrays, "clean", spec), _pose(arrays, "attacked", spec)
    target = _pose(arrays, "target", spec) if "target_keypoints" in arrays else None
    described, mask = _mapping(content, "picture"), _mapping(content, "mask")
    person = Person(
        number=_whole(described, "person"),
        score=1.0,
        box=_floats(arrays, "person_box", (4,)) if "person_box" in arrays else np.zeros(4, np.float32),
        to_crop=_affine(arrays, "to_crop"),
    )
    crop = _image(arrays, "clean_crop")
    truth = tuple(checked_annotation(joints) for joints in described.get("truth", ())[:MOST_PEOPLE])
    named = Picture(picture.pixels, str(described["name"])[:200], picture.sha256, truth=truth)
    scene = Scene(
        named, (person,), person, crop, clean, layer, (layer,), spec, str(content["device"]), target
    )
    trajectory = tuple(metrics_from(row) for row in _list(content, "trajectory"))
    alpha = mask.get("alpha")
    snapshot = Snapshot(
        iteration=metrics_from(_mapping(content, "final")).iteration,
        iterations=config.iterations,
        adversarial=_image(arrays, "adversarial_crop", crop.shape),
        perturbation=_floats(arrays, "perturbation", crop.shape),
        mask=read_only(_shaped(arrays, "mask", crop.shape).astype(bool)),
        clean=clean,
        attacked=attacked,
        target=target,
        metrics=metrics_from(_mapping(content, "final")),
        config=config,
        alpha=float("nan") if alpha is None else _number(mask, "alpha"),
        elapsed_s=0.0,
        final=True,
        activation=_plane(arrays, "activation"),
        clean_activation=_plane(arrays, "clean_activation"),
    )
    return Run(scene, _field(arrays, mask, layer, crop.shape), (snapshot,), trajectory)


def metrics_from(values: Any) -> Metrics:
    """Read what :meth:`Metrics.as_json` wrote; TypeError or KeyError where it did not."""
    if not isinstance(values, Mapping):
        raise TypeError("numbers of an iteration must be an object")
    found: dict[str, Any] = {}
    for item in fields(Metrics):
        value = values.get(item.name)
        if item.name == "success":
            found[item.name] = bool(value)
        elif item.name == "iteration":
            found[item.name] = _whole(values, "iteration")
        elif value is not None:
            found[item.name] = _number(values, item.name)
        elif item.default is MISSING and item.name not in values:
            raise KeyError(item.name)
        else:
            found[item.name] = float("nan")
    return Metrics(**found)


def _spec(content: Content, config: AttackConfig, arrays: Arrays) -> VictimSpec:
    """Return the victim as it was described; from older folders, by the number of joints."""
    described = content.get("victim")
    if not isinstance(described, Mapping):
        flat = _by_size(len(arrays["clean_keypoints"]))
        return VictimSpec(
            config.victim, config.victim, (), (), flat, _by_size(len(arrays["clean_points_mm"]))
        )
    return VictimSpec(
        name=str(described["name"]),
        title=str(described["title"])[:200],
        pipeline=tuple(str(step) for step in _list(described, "pipeline")),
        breaks=tuple(int(step) for step in _list(described, "breaks")),
        break_reasons=tuple(str(reason) for reason in described.get("break_reasons", ())),
        skeleton=_skeleton(described, "skeleton"),
        skeleton_3d=_skeleton(described, "skeleton_3d"),
    )


def _skeleton(described: Content, name: str) -> Skeleton:
    if described[name] not in SKELETONS:
        raise ValueError(f"{name} must be one of {', '.join(SKELETONS)}, got {described[name]!r}")
    return SKELETONS[described[name]]


def _by_size(joints: int) -> Skeleton:
    for skeleton in (BLAZEPOSE_33, HUMAN36M_17):
        if len(skeleton) == joints:
            return skeleton
    raise ValueError(f"no skeleton of {joints} joints is known")


def _layer(described: Content) -> Layer:
    shape = tuple(_list(described, "shape"))
    if not all(isinstance(size, int) and 0 < size < 2**31 for size in shape):
        raise ValueError("the layer's shape must be positive whole numbers")
    kind = described.get("kind", "heatmap" if described["name"] == "heatmap" else "features")
    if kind not in get_args(LayerKind):
        raise ValueError(f"the layer's kind must be one of {', '.join(get_args(LayerKind))}, got {kind!r}")
    return Layer(_whole(described, "index"), str(described["name"])[:100], shape, kind)


def _pose(arrays: Arrays, whose: str, spec: VictimSpec) -> Pose:
    count = len(spec.skeleton)
    scores = f"{whose}_scores"
    return Pose(
        keypoints=_floats(arrays, f"{whose}_keypoints", (count, 2)),
        scores=_floats(arrays, scores, (count,)) if scores in arrays else np.ones(count, np.float32),
        # depths may be unknown
        points_mm=_floats(arrays, f"{whose}_points_mm", (len(spec.skeleton_3d), 3), known=False),
        skeleton=spec.skeleton,
        skeleton_3d=spec.skeleton_3d,
    )


def _field(arrays: Arrays, mask: Content, layer: Layer, shape: tuple[int, ...]) -> CorrelationField | None:
    if "jacobian_maximum" not in arrays:
        return None
    rows, inside = _whole(mask, "rows_total"), None
    if "inside" in arrays:
        inside = read_only(_shaped(arrays, "inside", shape[:2]).astype(bool))
    return CorrelationField(
        _floats(arrays, "jacobian_maximum", shape),
        _floats(arrays, "jacobian_minimum", shape),
        rows,
        rows,
        str(mask["rows"])[:100],
        layer,
        per="pixel" if mask.get("per") == "pixel" else "channel",
        inside=inside,
    )


def _joint(row: Any) -> dict[str, object]:
    if not isinstance(row, Mapping):
        raise TypeError("a joint must be an object")
    numbers = ("displacement_px", "error_mm", "target_error_mm")
    found: dict[str, object] = {"joint": str(row["joint"])[:100], "visible": bool(row.get("visible", True))}
    return found | {name: _number(row, name) for name in numbers if row.get(name) is not None}


def _image(arrays: Arrays, name: str, shape: tuple[int, ...] | None = None) -> NDArray[np.uint8]:
    pixels = arrays[name]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or max(pixels.shape) > MAX_SIDE:
        raise ValueError(f"{name} must be uint8 (H, W, 3), got {pixels.dtype} {pixels.shape}")
    if pixels.size == 0 or (shape is not None and pixels.shape != shape):
        raise ValueError(f"{name} must have the shape of the crop, got {pixels.shape}")
    return read_only(np.ascontiguousarray(pixels))


def _plane(arrays: Arrays, name: str) -> NDArray[np.float32] | None:
    if name not in arrays:
        return None
    shape = arrays[name].shape
    if len(shape) != 2 or not 0 < min(shape) <= max(shape) <= MAX_SIDE:
        raise ValueError(f"{name} must be (h, w), got {shape}")
    return _floats(arrays, name, shape)


def _floats(arrays: Arrays, name: str, shape: tuple[int, ...], *, known: bool = True) -> NDArray[np.float32]:
    values = _shaped(arrays, name, shape)
    if known and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite")
    return read_only(values.astype(np.float32))


def _affine(arrays: Arrays, name: str) -> NDArray[np.float64]:
    values = _shaped(arrays, name, (2, 3)).astype(np.float64)
    if not np.isfinite(values).all() or abs(np.linalg.det(values[:, :2])) < MIN_SCALE:
        raise ValueError(f"{name} must be an invertible affine map")
    return read_only(values)


def _shaped(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    if arrays[name].shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {arrays[name].shape}")
    return arrays[name]


def _mapping(content: Content, name: str) -> Content:
    if not isinstance(content[name], Mapping):
        raise TypeError(f"{name} must be an object")
    return content[name]


def _list(content: Content, name: str) -> list[Any]:
    if not isinstance(content[name], list):
        raise TypeError(f"{name} must be a list")
    return content[name]


def _number(content: Content, name: str) -> float:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise TypeError(f"{name} must be a number, got {value!r}")
    return float(value)


def _whole(content: Content, name: str) -> int:
    value = content[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    return value
