"""Read a run's folder back, each value checked before it is used.

A folder may come from anybody: sizes are checked before memory is taken, types and shapes before any
figure sees them, and the pictures against the hashes in ``run.json``.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.config import as_older_version_meant
from kaa_gui.core.errors import RunFolderError
from kaa_gui.core.pictures.annotated import MOST_PEOPLE, checked_annotation
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, SKELETONS, Skeleton
from kaa_gui.core.types import (
    AttackConfig,
    CorrelationField,
    Layer,
    LayerKind,
    Person,
    Picture,
    Pose,
    Run,
    Scene,
    Snapshot,
    VictimSpec,
    read_only,
)
from kaa_gui.core.untrusted.attacks import read_attack, read_metrics
from kaa_gui.core.untrusted.documents import Count, Object, Reader
from kaa_gui.core.untrusted.npz import read_archive
from kaa_gui.core.untrusted.paths import exists, is_file
from kaa_gui.figures.record import Record, Source, printable
from kaa_gui.runs.folder import ADVERSARIAL_FILE, ARRAYS_FILE, CLEAN_FILE, PROVENANCE, RUN_FILE, digest

RUNS = Reader(RunFolderError, "attack again")
MAX_SIDE = 4096
MIN_SCALE = 1e-12

Arrays = dict[str, NDArray[Any]]


def load_record(folder: str | Path) -> Record:
    """Read the folder of a finished run.

    Raises:
        RunFolderError: It is no run folder, damaged, or its files don't belong together.
        PictureError: Its picture cannot be read.
    """
    folder = Path(folder)
    content = read_description(folder)
    stored = RUNS.converted(content, _Description, folder / RUN_FILE)
    files = _check_files(folder, stored)
    arrays = read_archive(folder / ARRAYS_FILE)
    picture = load_picture(folder / CLEAN_FILE)
    try:
        record = _record(folder, stored, arrays, picture)
    except KeyError as error:
        raise RunFolderError(f"{folder}: lacks {error}; attack again") from None
    except ValueError as error:
        raise RunFolderError(f"{folder}: damaged ({error}); attack again") from None
    provenance = {name: content[name] for name in PROVENANCE if name in content}
    return replace(record, source=Source(folder, files), provenance=provenance)


def read_description(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's ``run.json``.

    Raises:
        RunFolderError: There is none, or it is damaged.
    """
    path = folder / RUN_FILE
    if not exists(path):
        raise RunFolderError(f"{folder}: no run in it; name the folder that the attack command wrote (--out)")
    return RUNS.json(path)


class _Layer(msgspec.Struct):
    index: Count
    name: str
    shape: list[Annotated[int, msgspec.Meta(ge=1, lt=2**31)]]
    # older folders lack it
    kind: LayerKind | None = None


class _Victim(msgspec.Struct):
    name: str
    title: str
    pipeline: list[str]
    breaks: list[Count]
    skeleton: str
    skeleton_3d: str
    break_reasons: list[str] = []


class _Picture(msgspec.Struct):
    name: str
    person: Count
    truth: list[Object] = []


class _Mask(msgspec.Struct):
    # null where the attack takes every pixel
    alpha: float | None = None
    rows: str | None = None
    rows_total: Count | None = None
    per: Literal["channel", "pixel"] = "channel"


class _Joint(msgspec.Struct):
    joint: str
    visible: bool = True
    displacement_px: float | None = None
    error_mm: float | None = None
    target_error_mm: float | None = None


class _Description(msgspec.Struct):
    """The fields of ``run.json`` that are read back."""

    config: Object
    hashes: dict[str, str]
    picture: _Picture
    layer: _Layer
    mask: _Mask
    trajectory: list[Object]
    final: Object
    saved: Object
    joints: list[_Joint]
    device: str
    person_found: bool = True
    files: dict[str, str] = {}
    victim: _Victim | None = None


def _check_files(folder: Path, stored: _Description) -> dict[str, str]:
    """Compare the files with their hashes in ``run.json``; older folders hold no hashes.

    Returns:
        The SHA-256 of what figures read, by file name.
    """
    found: dict[str, str] = {}
    for name in (RUN_FILE, ARRAYS_FILE, ADVERSARIAL_FILE):
        path = folder / name
        if not is_file(path):
            continue
        found[name] = file_sha256(path)
        if name in stored.files and found[name] != stored.files[name]:
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


def _record(folder: Path, stored: _Description, arrays: Arrays, picture: Picture) -> Record:
    crop = _image(arrays, "clean_crop")
    for name, found in (("picture", picture.sha256), ("crop", digest(crop))):
        if stored.hashes.get(name) != found:
            raise RunFolderError(
                f"{folder}: {name} and run.json do not belong together (SHA-256 differs); attack again"
            )
    run = _run(folder, stored, arrays, picture)
    saved_crop, saved_pose = _saved(arrays, run, found=stored.person_found)
    return Record(
        name=printable(folder.resolve().name),
        run=run,
        saved=read_metrics(stored.saved, RUNS, f"{folder / RUN_FILE}: saved"),
        person_found=stored.person_found,
        joints=tuple(_joint(row) for row in stored.joints),
        provenance={},
        saved_crop=saved_crop,
        saved_pose=saved_pose,
    )


def _saved(arrays: Arrays, run: Run, *, found: bool) -> tuple[NDArray[np.uint8] | None, Pose | None]:
    """Return crop and pose of the saved picture; None and None from older folders, which keep no such."""
    if "saved_crop" not in arrays:
        return None, None
    crop = _image(arrays, "saved_crop", run.scene.crop.shape)
    return crop, _pose(arrays, "saved", run.scene.spec) if found else None


def _run(folder: Path, stored: _Description, arrays: Arrays, picture: Picture) -> Run:
    place = folder / RUN_FILE
    config = read_attack(as_older_version_meant(stored.config), RUNS, f"{place}: config")
    spec, layer = _spec(stored, config, arrays), _layer(stored.layer)
    clean, attacked = _pose(arrays, "clean", spec), _pose(arrays, "attacked", spec)
    target = _pose(arrays, "target", spec) if "target_keypoints" in arrays else None
    person = Person(
        number=stored.picture.person,
        score=1.0,
        box=_floats(arrays, "person_box", (4,)) if "person_box" in arrays else np.zeros(4, np.float32),
        to_crop=_affine(arrays, "to_crop"),
    )
    crop = _image(arrays, "clean_crop")
    truth = tuple(checked_annotation(joints) for joints in stored.picture.truth[:MOST_PEOPLE])
    named = Picture(picture.pixels, stored.picture.name[:200], picture.sha256, truth=truth)
    scene = Scene(named, (person,), person, crop, clean, layer, (layer,), spec, stored.device, target)
    final = read_metrics(stored.final, RUNS, f"{place}: final")
    snapshot = Snapshot(
        iteration=final.iteration,
        iterations=config.iterations,
        adversarial=_image(arrays, "adversarial_crop", crop.shape),
        perturbation=_floats(arrays, "perturbation", crop.shape),
        mask=read_only(_shaped(arrays, "mask", crop.shape).astype(bool)),
        clean=clean,
        attacked=attacked,
        target=target,
        metrics=final,
        config=config,
        alpha=float("nan") if stored.mask.alpha is None else stored.mask.alpha,
        elapsed_s=0.0,
        final=True,
        activation=_plane(arrays, "activation"),
        clean_activation=_plane(arrays, "clean_activation"),
    )
    trajectory = tuple(read_metrics(row, RUNS, f"{place}: trajectory") for row in stored.trajectory)
    return Run(scene, _field(arrays, stored.mask, layer, crop.shape), (snapshot,), trajectory)


def _spec(stored: _Description, config: AttackConfig, arrays: Arrays) -> VictimSpec:
    """Return the victim as it was described; from older folders, by the number of joints."""
    described = stored.victim
    if described is None:
        flat = _by_size(len(arrays["clean_keypoints"]))
        return VictimSpec(
            config.victim, config.victim, (), (), flat, _by_size(len(arrays["clean_points_mm"]))
        )
    return VictimSpec(
        name=described.name,
        title=described.title[:200],
        pipeline=tuple(described.pipeline),
        breaks=tuple(described.breaks),
        break_reasons=tuple(described.break_reasons),
        skeleton=_skeleton(described.skeleton),
        skeleton_3d=_skeleton(described.skeleton_3d),
    )


def _skeleton(name: str) -> Skeleton:
    if name not in SKELETONS:
        raise ValueError(f"skeleton must be one of {', '.join(SKELETONS)}, got {name!r:.60}")
    return SKELETONS[name]


def _by_size(joints: int) -> Skeleton:
    for skeleton in (BLAZEPOSE_33, HUMAN36M_17):
        if len(skeleton) == joints:
            return skeleton
    raise ValueError(f"no skeleton of {joints} joints is known")


def _layer(stored: _Layer) -> Layer:
    kind = stored.kind or ("heatmap" if stored.name == "heatmap" else "features")
    return Layer(stored.index, stored.name[:100], tuple(stored.shape), kind)


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


def _field(arrays: Arrays, mask: _Mask, layer: Layer, shape: tuple[int, ...]) -> CorrelationField | None:
    if "jacobian_maximum" not in arrays:
        return None
    rows, inside = mask.rows_total, None
    if rows is None:
        raise KeyError("mask.rows_total")
    if "inside" in arrays:
        inside = read_only(_shaped(arrays, "inside", shape[:2]).astype(bool))
    return CorrelationField(
        _floats(arrays, "jacobian_maximum", shape),
        _floats(arrays, "jacobian_minimum", shape),
        rows,
        rows,
        (mask.rows or "")[:100],
        layer,
        per=mask.per,
        inside=inside,
    )


def _joint(stored: _Joint) -> dict[str, object]:
    row: dict[str, object] = {"joint": stored.joint[:100], "visible": stored.visible}
    errors = ("displacement_px", "error_mm", "target_error_mm")
    return row | {name: value for name in errors if (value := getattr(stored, name)) is not None}


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
