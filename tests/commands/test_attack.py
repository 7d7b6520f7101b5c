"""The command attack: its files, run.json's contract, its errors and its end by Ctrl-C."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
import torch
from safetensors.torch import save_file

from kaa_gui.core.pictures.image import load_picture, load_region, save_png
from kaa_gui.core.types import DEFAULT_KEEP, AttackConfig
from kaa_gui.core.victims.lifter import Lifter
from kaa_gui.engine.engine import Engine
from kaa_gui.runs import saving
from kaa_gui.runs.reading import load_record
from tests.commands.program import FILES, WALKING, attack, failed, run

POINT = {"iteration", "loss", "displacement_px", "pose_error_mm", "perturbation_rmse"}


def test_attack_writes_all_its_files_and_nothing_else(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == FILES


def test_run_json_keeps_its_contract(content: dict[str, Any]) -> None:
    assert AttackConfig.from_json(content["config"]) == AttackConfig(
        iterations=2, views=0, rows="joint:12", seed=3, epsilon=4 / 255
    )
    assert content["seed"] == 3
    assert {"python", "torch", "numpy"} <= set(content["versions"])
    assert {"picture", "weights", "crop"} <= set(content["hashes"])
    assert all(len(digest) == 64 for digest in content["hashes"].values())
    assert content["device"] == "cpu"
    assert content["picture"]["colour_profile"] is None
    layer = {"index": 18, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744, "kind": "heatmap"}
    assert content["layer"] == layer
    assert content["mask"]["kept"] == pytest.approx(DEFAULT_KEEP["non-target"], abs=1e-3)
    assert content["mask"]["alpha"] > 0
    assert [set(point) >= POINT for point in content["trajectory"]] == [True] * 3
    assert [point["iteration"] for point in content["trajectory"]] == [0, 1, 2]
    assert set(content["final"]) >= POINT
    assert set(content["saved"]) >= POINT
    chosen = content["trajectory"][content["final"]["iteration"]]
    assert content["final"].items() >= chosen.items()
    assert content["selection"]["rule"] == "best when detected again"
    assert [row["iteration"] for row in content["selection"]["redetected"]] == [1, 2]
    details = {"l0", "l2", "linf", "psnr_db", "ssim", "pckh", "pa_mpjpe_mm"}
    assert set(content["final"]) >= details
    assert set(content["saved"]) >= details | {"epsilon", "mask_leak", "picture"}
    assert not details & set(content["trajectory"][0])
    assert content["checks"] == {"size": True, "ball": True, "mask": True}
    assert content["person_found"] is True
    assert isinstance(content["saved"]["displacement_px"], float)
    assert content["noise"]["perturbation_rmse"] == pytest.approx(
        content["saved"]["perturbation_rmse"], rel=0.2
    )


def test_run_json_says_what_the_defaults_came_down_to(content: dict[str, Any]) -> None:
    assert (content["loss"], content["reference"]) == ("margin", "gaussian")
    assert content["step_size"] == pytest.approx(4 / 255)
    assert content["steps"] == 2
    assert content["rows"] == {"rule": "joint:12", "count": 25, "seed": None}
    mask = content["mask"]
    assert (mask["rule"], mask["per"], mask["region"], mask["seed"]) == ("relational", "channel", None, None)
    assert content["saved"]["epsilon"] == pytest.approx(4 / 255)
    assert mask["asked"] == DEFAULT_KEEP["non-target"]
    # this sample's crop reaches beyond the picture
    assert 0.1 < mask["kept_crop"] < mask["kept"]
    assert 0 < content["saved"]["mask_leak"] < 0.2
    assert content["saved"]["picture"]["linf"] == pytest.approx(4 / 255)


def test_attack_keeps_to_the_white_of_a_region_mask(tmp_path: Path) -> None:
    clean = load_picture(WALKING).pixels
    height, width = clean.shape[:2]
    rows, columns = np.indices((height, width))
    white = np.hypot(rows - height / 2, columns - width / 2) < height / 4
    save_png(tmp_path / "shirt.png", np.repeat(white[:, :, None] * np.uint8(255), 3, axis=2))
    box = (0, 0, width, height // 2)
    more = (
        "--region-mask",
        tmp_path / "shirt.png",
        "--region",
        ",".join(map(str, box)),
        "--epsilon",
        "8/255",
    )
    assert attack(tmp_path / "run", *more) == 0
    content = json.loads((tmp_path / "run" / "run.json").read_text())
    assert content["checks"] == {"size": True, "ball": True, "mask": True, "region": True}
    assert content["mask"]["region_pixels"] == white.sum()
    changed = (load_picture(tmp_path / "run" / "adversarial.png").pixels != clean).any(axis=2)
    assert changed.any()
    assert not changed[~white].any()
    assert not changed[height // 2 :].any()
    # what was painted is there to be taken again
    config = AttackConfig.from_json(content["config"])
    assert load_region(tmp_path / "run" / "region.png") == config.region_mask
    assert load_record(tmp_path / "run").config == config


def test_region_mask_that_does_not_fit_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_png(tmp_path / "small.png", np.full((4, 5, 3), 255, np.uint8))
    save_png(tmp_path / "black.png", np.zeros((4, 5, 3), np.uint8))
    for name, words in (
        ("small.png", "must be as large as the picture"),
        ("black.png", "black.png: region_mask must leave at least one pixel"),
        ("missing.png", "no such file"),
    ):
        assert attack(tmp_path / "run", "--region-mask", tmp_path / name) == 2
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_the_pictures_are_those_that_the_description_names(written: Path, content: dict[str, Any]) -> None:
    clean, adversarial = load_picture(written / "clean.png"), load_picture(written / "adversarial.png")
    assert clean.sha256 == content["hashes"]["picture"] == load_picture(WALKING).sha256
    assert adversarial.pixels.shape == clean.pixels.shape
    change = adversarial.pixels.astype(int) - clean.pixels
    assert 0 < np.abs(change).max() <= 4


def test_the_arrays_are_those_of_the_run(written: Path, content: dict[str, Any]) -> None:
    with np.load(written / "perturbation.npz", allow_pickle=False) as arrays:
        assert arrays["perturbation"].shape == arrays["mask"].shape == (256, 256, 3)
        assert hashlib.sha256(arrays["clean_crop"].tobytes()).hexdigest() == content["hashes"]["crop"]
        rmse = np.sqrt((arrays["perturbation"] ** 2).mean())
        assert rmse == pytest.approx(content["final"]["perturbation_rmse"], rel=1e-4)
        assert (arrays["jacobian_maximum"] >= arrays["jacobian_minimum"]).all()
        assert arrays["to_crop"].tolist() == content["picture"]["to_crop"]


def test_the_figure_is_a_one_page_pdf(written: Path) -> None:
    assert len(pypdf.PdfReader(written / "figure.pdf").pages) == 1


def test_json_is_all_that_standard_output_holds(
    tmp_path: Path, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attack(tmp_path / "again", "--seed", 3, "--epsilon", "4/255", "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads((tmp_path / "again" / "run.json").read_text())
    # the same seed, the same bytes
    for name in FILES[:3]:
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes(), name


@pytest.fixture(scope="module")
def without_mask(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of an attack on every value, under l2, and what it has printed."""
    folder, printed = tmp_path_factory.mktemp("kaa") / "run", io.StringIO()
    with contextlib.redirect_stdout(printed):
        more = ("--method", "kaa", "--layer", "heatmap", "--norm", "l2", "--epsilon", 1)
        assert attack(folder, *more) == 0
    return folder, printed.getvalue()


def test_a_mask_that_is_everywhere_keeps_all(without_mask: tuple[Path, str]) -> None:
    mask = json.loads((without_mask[0] / "run.json").read_text())["mask"]
    assert (mask["kept"], mask["asked"], mask["rule"]) == (1.0, None, "everywhere")


def test_the_summary_tells_the_numbers(without_mask: tuple[Path, str]) -> None:
    lines = without_mask[1].splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "attack", "saved", "noise", "written"]
    # C = 1 everywhere, of the values that lie on the picture
    assert "keeps 100% of the values" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--epsilon", "8"), "8/255"),
        (("--epsilon", "two"), "is not a number; write for example 2/255"),
        (("--epsilon", "1/0"), "is not a number"),
        (("--epsilon", "nan"), "epsilon must be positive"),
        (("--keep", "2"), "keep must be above 0"),
        (("--alpha", "0.1", "--keep", "0.5"), "not allowed with"),
        (("--alpha", "-1"), "alpha"),
        (("--iterations", "many"), "invalid int value"),
        (("--iterations", "0"), "iterations must be from 1"),
        (("--method", "else"), "method must be one of"),
        (("--layer", "99"), "layer must be an index from 0 to 18"),
        (("--person", "7"), "person must be from 0 to 0"),
        (("--person", "-1"), "person must be at least 0"),
        (("--device", "tpu"), "device must be auto or one of"),
        (("--bundle", "missing.task"), "missing.task"),
        (("--rows", "joint:99"), "rows needs a number"),
        (("--frobnicate",), "unrecognized arguments: --frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_exit_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    code = run(
        "attack", WALKING, "--out", tmp_path / "run", "--device", "cpu", "--iterations", "1", *arguments
    )
    assert message in failed(code, capsys)
    assert list(tmp_path.iterdir()) == []


def test_pictures_that_will_not_do_exit_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for path in (tmp_path / "missing.png", tmp_path / "broken.png", tmp_path):
        assert path.name in failed(run("attack", path, "--out", tmp_path / "run"), capsys)


def test_an_unwritable_folder_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engine, "attack", lambda *_: pytest.fail("it began"))
    (tmp_path / "file").touch()
    assert "choose another folder" in failed(attack(tmp_path / "file" / "run"), capsys)


@pytest.mark.parametrize("moment", ["check_saved", "seen_again", "write_run"])
def test_ctrl_c_exits_with_130_and_leaves_nothing_half_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, moment, interrupt)
    assert attack(tmp_path / "run", "--method", "kaa", "--iterations", 1) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "kaa-studio: interrupted"
    assert list(tmp_path.iterdir()) == []


def test_attack_takes_a_lifter_of_the_user_s_own(content: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "mine.safetensors"
    save_file(Lifter(width=32, blocks=1).state_dict(), file)
    assert attack(tmp_path / "run", "--seed", 3, "--epsilon", "4/255", "--lifter", file) == 0
    mine = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mine["hashes"]["lifter"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "lifter" not in content["hashes"]
    # the 2D attack is the same, its 3D pose is the other network's
    for ours, other in zip(mine["trajectory"], content["trajectory"], strict=True):
        assert ours["displacement_px"] == other["displacement_px"]
    assert mine["trajectory"][-1]["pose_error_mm"] != content["trajectory"][-1]["pose_error_mm"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("mine.pt2", "save its tensors with safetensors"), ("none.safetensors", "no lifter at")],
)
def test_lifter_that_cannot_be_taken_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    if name.endswith(".pt2"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 a program")
    assert attack(tmp_path / "run", "--lifter", tmp_path / name) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
    assert not (tmp_path / "run").exists()
