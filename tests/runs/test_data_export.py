"""A run's data for other programs: what comes out is what went in, with its unit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from kaa_gui import cli
from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.core.types import Run
from kaa_gui.engine.engine import Engine
from kaa_gui.figures.record import Record, live_record
from kaa_gui.runs.data_export import DATA_FORMATS, amplified, export_data
from kaa_gui.runs.saving import save_run

CHANGES = hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(-8, 8, width=32))


@pytest.fixture(scope="module")
def record(finished: Run) -> Record:
    return live_record(finished)


def test_npz_holds_every_array_and_the_description(record: Record, tmp_path: Path) -> None:
    export_data(record, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["perturbation"], record.last.perturbation)
        np.testing.assert_array_equal(arrays["clean_crop"], record.run.scene.crop)
        described = json.loads(arrays["run_json"].tobytes())
    assert described["config"] == json.loads(json.dumps(record.config.as_json()))
    assert len(described["trajectory"]) == 5


def test_tiff_holds_the_perturbation_in_full(record: Record, tmp_path: Path) -> None:
    export_data(record, tmp_path / "run.tiff")
    with tifffile.TiffFile(tmp_path / "run.tiff") as file:
        found = file.asarray()
        described = json.loads(file.pages[0].description)  # type: ignore[union-attr]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, record.last.perturbation)
    assert described["unit"].startswith("grey levels")


def test_a_saved_run_is_exported_as_a_scene(
    engine: Engine, finished: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save_run(engine, finished, tmp_path / "run")
    for name in ("first.gltf", "second.gltf"):
        assert cli.main(["export", str(tmp_path / "run"), "--out", str(tmp_path / name)]) == 0
    assert capfd.readouterr().err == ""
    assert (tmp_path / "first.gltf").read_bytes() == (tmp_path / "second.gltf").read_bytes()
    document = json.loads((tmp_path / "first.gltf").read_text())
    assert [node["name"] for node in document["nodes"] if "mesh" in node] == ["clean", "attacked"]
    # a person, in metres
    corners = [(part["min"], part["max"]) for part in document["accessors"] if part["type"] == "VEC3"]
    assert all(0.5 < high[1] - low[1] < 2.5 for low, high in corners)


def test_png_is_middle_grey_where_nothing_changed(record: Record, tmp_path: Path) -> None:
    export_data(record, tmp_path / "run.png", gain=20)
    with Image.open(tmp_path / "run.png") as image:
        pixels = np.asarray(image)
        assert "20 x perturbation" in image.info["Description"]
    assert (pixels[record.last.perturbation == 0] == 128).all()
    assert (pixels[record.last.perturbation > 1] > 140).all()


@given(CHANGES)
def test_amplified_keeps_sign_and_order(change: np.ndarray) -> None:
    pixels, gain = amplified(change)
    assert gain > 0
    assert (pixels[change == 0] == 128).all()
    assert (pixels[change > 0] >= 128).all()
    assert (pixels[change < 0] <= 128).all()
    order = np.argsort(change.ravel(), kind="stable")
    assert (np.diff(pixels.ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("suffix", DATA_FORMATS)
def test_the_same_run_gives_the_same_bytes(record: Record, tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        export_data(record, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_what_does_not_do_is_refused_in_one_line(record: Record, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must end in"):
        export_data(record, tmp_path / "run.mat")
    for gain in (0.0, -1.0, 1000.0):
        with pytest.raises(ConfigError, match="gain"):
            export_data(record, tmp_path / "run.png", gain=gain)
    (tmp_path / "file").touch()
    with pytest.raises(PictureError, match="choose another folder"):
        export_data(record, tmp_path / "file" / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
