"""A run folder read back: the same values, and one clear line for a folder that is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kaa_gui.core.errors import KaaError, RunFolderError
from kaa_gui.core.types import Pose, Run
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.output.draw import draw_figure, drawn_bytes
from kaa_gui.figures.style import Style
from kaa_gui.figures.summaries import runs_table
from kaa_gui.figures.tables import render_table
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.readme import README
from kaa_gui.runs.saving import save_run


@pytest.fixture(scope="module")
def saved(engine: Engine, finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reading") / "run"
    save_run(engine, finished, folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def assert_same_pose(first: Pose, second: Pose) -> None:
    for name in ("keypoints", "scores", "points_mm"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (first.skeleton, first.skeleton_3d) == (second.skeleton, second.skeleton_3d)


def test_a_saved_run_comes_back(saved: Path, finished: Run) -> None:
    record = load_record(saved)
    last, before = record.last, finished.snapshots[-1]
    assert record.config == before.config
    assert record.run.scene.layer == finished.scene.layer
    assert record.run.scene.spec == finished.scene.spec
    assert [row.as_json() for row in record.run.metrics] == [row.as_json() for row in finished.metrics]
    assert last.alpha == before.alpha
    assert_same_pose(last.attacked, before.attacked)
    assert_same_pose(record.clean, before.clean)
    for name in ("adversarial", "perturbation", "mask", "activation", "clean_activation"):
        np.testing.assert_array_equal(getattr(last, name), getattr(before, name))
    assert record.run.field is not None
    np.testing.assert_array_equal(record.run.field.strength, finished.field.strength)  # type: ignore[union-attr]
    kept = finished.field.fraction_kept(last.alpha)  # type: ignore[union-attr]
    assert record.run.field.fraction_kept(last.alpha) == kept
    np.testing.assert_array_equal(record.run.scene.person.to_crop, finished.scene.person.to_crop)
    np.testing.assert_array_equal(record.run.scene.picture.pixels, finished.scene.picture.pixels)


def test_a_record_says_what_was_measured_of_the_saved_picture(saved: Path) -> None:
    content = json.loads((saved / "run.json").read_text())
    record = load_record(saved)
    assert record.judged.as_json().items() <= content["saved"].items()
    assert [row["joint"] for row in record.joints] == [row["joint"] for row in content["joints"]]
    assert record.provenance["hashes"] == content["hashes"]


def test_arrays_cannot_be_changed(saved: Path) -> None:
    record = load_record(saved)
    with pytest.raises(ValueError, match="read-only"):
        record.last.perturbation[0, 0, 0] = 1


def test_the_folder_explains_every_array(saved: Path) -> None:
    assert (saved / "README.txt").read_text() == README
    with np.load(saved / "perturbation.npz") as arrays:
        for name in arrays.files:
            pose = ("keypoints", "scores", "points_mm")
            whose, _, rest = name.partition("_")
            assert f"clean_{rest}" if rest in pose else name in README
            assert f"{whose}_" in README or "_" not in name


def test_a_run_that_was_saved_with_less_comes_back(copy: Path) -> None:
    with np.load(copy / "perturbation.npz") as arrays:
        kept = {name: arrays[name] for name in arrays.files if "scores" not in name and "activ" not in name}
    kept.pop("person_box")
    np.savez(copy / "perturbation.npz", **kept)
    content = json.loads((copy / "run.json").read_text())
    del content["files"], content["victim"], content["layer"]["kind"], content["config"]["space"]
    (copy / "run.json").write_text(json.dumps(content))
    record = load_record(copy)
    assert record.last.activation is None
    assert record.clean.skeleton.name == "blazepose-33"
    # all that there was then
    assert record.config.space == "crop"
    assert (record.clean.scores == 1).all()


def test_a_run_without_a_mask_comes_back(copy: Path) -> None:
    with np.load(copy / "perturbation.npz") as arrays:
        kept = {name: arrays[name] for name in arrays.files if not name.startswith("jacobian")}
    np.savez(copy / "perturbation.npz", **kept)
    content = json.loads((copy / "run.json").read_text())
    del content["files"]
    content["mask"] |= {"rows": None, "rows_total": None, "alpha": None}
    (copy / "run.json").write_text(json.dumps(content))
    record = load_record(copy)
    assert record.run.field is None
    assert np.isnan(record.last.alpha)


def _set(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("config", to=[]),
        _set("config", "unheard_of", to=1),
        _set("config", "epsilon", to=-1),
        _set("config", "epsilon", to="large"),
        _set("config", "iterations", to=None),
        _set("config", "method", to=5),
        _set("config", "mask", to=["random"]),
        _set("hashes", to=None),
        _set("files", to=[]),
        _set("files", "adversarial.png", to=None),
        _set("hashes", "picture", to="0" * 64),
        _set("hashes", "crop", to="0" * 64),
        _set("layer", to={}),
        _set("layer", "shape", to=[-1]),
        _set("layer", "kind", to="unheard of"),
        _set("victim", "skeleton", to="octopus"),
        _set("victim", "skeleton", to="coco-17"),
        _set("victim", "skeleton", to=["list"]),
        _set("trajectory", to={}),
        _set("trajectory", to=[1]),
        _set("final", "loss", to="nan"),
        _set("final", "iteration", to=True),
        _set("saved", to=None),
        _set("joints", to=[None]),
        _set("mask", "rows_total", to=1.5),
        _set("mask", "alpha", to=1e999),
        _set("picture", "person", to=-1),
        lambda content: content.pop("device"),
        lambda content: content.pop("final"),
    ],
)
def test_a_description_that_lies_is_refused_in_one_line(
    copy: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    content = json.loads((copy / "run.json").read_text())
    change(content)
    (copy / "run.json").write_text(json.dumps(content))
    with pytest.raises(RunFolderError) as caught:
        load_record(copy)
    assert "\n" not in str(caught.value)
    assert "attack again" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("perturbation", np.zeros((2, 2, 3), np.float32)),
        ("perturbation", np.full((256, 256, 3), np.nan, np.float32)),
        ("clean_keypoints", np.zeros((5, 2), np.float32)),
        ("to_crop", np.full((2, 3), np.inf)),
        ("mask", np.zeros((256, 256), bool)),
        ("adversarial_crop", np.zeros((256, 256, 3), np.float32)),
        ("activation", np.zeros((1, 100_000), np.float32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(copy: Path, name: str, array: np.ndarray) -> None:
    with np.load(copy / "perturbation.npz") as arrays:
        changed = {key: arrays[key] for key in arrays.files} | {name: array}
    np.savez(copy / "perturbation.npz", **changed)
    content = json.loads((copy / "run.json").read_text())
    del content["files"]
    (copy / "run.json").write_text(json.dumps(content))
    with pytest.raises(RunFolderError, match=name):
        load_record(copy)


@pytest.mark.parametrize("missing", ["run.json", "perturbation.npz", "clean.png"])
def test_a_folder_with_a_file_missing_is_refused(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(KaaError) as caught:
        load_record(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"config": NaN}'])
def test_descriptions_that_are_none_are_refused(copy: Path, data: bytes) -> None:
    (copy / "run.json").write_bytes(data)
    with pytest.raises(RunFolderError):
        load_record(copy)


def test_older_pictures_beside_a_newer_description_are_refused(copy: Path) -> None:
    shutil.copyfile(copy / "adversarial.png", copy / "clean.png")
    with pytest.raises(RunFolderError, match="do not belong together"):
        load_record(copy)


@pytest.mark.parametrize("name", ["perturbation.npz", "adversarial.png"])
def test_files_that_were_changed_are_refused_by_name(copy: Path, name: str) -> None:
    with (copy / name).open("ab") as file:
        file.write(b"0")
    with pytest.raises(RunFolderError, match=rf"{name}: has changed.*attack again") as caught:
        load_record(copy)
    assert "\n" not in str(caught.value)


def test_every_field_of_metrics_is_read(saved: Path) -> None:
    content = json.loads((saved / "run.json").read_text())
    assert {item.name for item in fields(load_record(saved).judged)} <= set(content["final"])


def test_names_that_no_format_can_hold_are_made_printable(copy: Path) -> None:
    content = json.loads((copy / "run.json").read_text())
    content["picture"]["name"] = "Gr\udcfc\u00dfe\n\u0000.jpg"
    (copy / "run.json").write_text(json.dumps(content))
    record = load_record(copy)
    assert record.title == "Gr?\u00dfe??.jpg"
    drawn = draw_figure("overview", (record,), Style(panels=("poses",)))
    for form in ("pdf", "svg", "png"):
        assert drawn_bytes(drawn, form)
    assert "Gr?" in render_table(runs_table((record,)), "csv")
