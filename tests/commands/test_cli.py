"""The command line: files, JSON contract, exit codes, one line an error, and no window library."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
import torch
from safetensors.torch import save_file

from kaa_gui import cli
from kaa_gui.commands import COMMANDS, doctor
from kaa_gui.core.errors import KaaError
from kaa_gui.core.pictures.image import load_picture, load_region, save_png
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import DEFAULT_KEEP, AttackConfig
from kaa_gui.core.victims.lifter import Lifter
from kaa_gui.runs import saving
from kaa_gui.runs.reading import load_record

WALKING = str(next(iter(list_samples().values())))
QUICK = ("--device", "cpu", "--iterations", "2", "--views", "0", "--rows", "joint:12")
FILES = ["README.txt", "adversarial.png", "clean.png", "figure.pdf", "perturbation.npz", "run.json"]
POINT = {"iteration", "loss", "displacement_px", "pose_error_mm", "perturbation_rmse"}


def run(*arguments: object) -> int:
    """Run a command in this process, its early exits included."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        return int(exit_.code or 0)


def attack(out: Path, *more: object) -> int:
    return run("attack", WALKING, "--out", out, *QUICK, *more)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished command."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    assert attack(folder, "--seed", 3, "--epsilon", "4/255") == 0
    return folder


@pytest.fixture(scope="module")
def content(written: Path) -> dict[str, Any]:
    return json.loads((written / "run.json").read_text())


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
    layer = {"index": 18, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744, "kind": "heatmap"}
    assert content["layer"] == layer
    assert content["mask"]["kept"] == pytest.approx(DEFAULT_KEEP["non-target"], abs=1e-3)
    assert content["mask"]["alpha"] > 0
    assert [set(point) >= POINT for point in content["trajectory"]] == [True] * 3
    assert [point["iteration"] for point in content["trajectory"]] == [0, 1, 2]
    assert set(content["final"]) >= POINT
    assert set(content["saved"]) >= POINT
    assert content["final"].items() >= content["trajectory"][-1].items()
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


def test_a_mask_that_is_everywhere_keeps_all(tmp_path: Path) -> None:
    assert attack(tmp_path / "run", "--method", "kaa", "--epsilon", "1.9/255") == 0
    mask = json.loads((tmp_path / "run" / "run.json").read_text())["mask"]
    assert (mask["kept"], mask["asked"], mask["rule"]) == (1.0, None, "everywhere")


def test_the_summary_tells_the_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        attack(tmp_path / "run", "--method", "kaa", "--layer", "heatmap", "--norm", "l2", "--epsilon", 1) == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "attack", "saved", "noise", "written"]
    # C = 1 everywhere, of the values that lie on the picture
    assert "keeps 100% of the values" in lines[0]


def failed(code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line of an error."""
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("kaa-studio")
    return captured.err


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
    from kaa_gui.engine.engine import Engine

    monkeypatch.setattr(Engine, "attack", lambda *_: pytest.fail("it began"))
    (tmp_path / "file").touch()
    assert "choose another folder" in failed(attack(tmp_path / "file" / "run"), capsys)


@pytest.mark.parametrize(
    "arguments", [("else",), ("attack",), ("attack", WALKING), ("layers", "--victim", "x")]
)
def test_incomplete_commands_exit_with_2_and_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    failed(run(*arguments), capsys)


@pytest.mark.parametrize("moment", ["check_saved", "remeasure", "write_run"])
def test_ctrl_c_exits_with_130_and_leaves_nothing_half_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, moment, interrupt)
    assert attack(tmp_path / "run") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "kaa-studio: interrupted"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "--help") == 0
    assert COMMANDS[command].summary in capsys.readouterr().out


def test_layers_prints_the_route(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("layers", "--json", "--device", "cpu") == 0
    layers = json.loads(capsys.readouterr().out)
    assert [layer["index"] for layer in layers] == list(range(19))
    assert set(layers[0]) == {"index", "name", "shape", "outputs"}
    assert layers[-1] == {"index": 18, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744}
    assert run("layers", "--victim", "blazepose-regression", "--device", "cpu") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 28
    assert "world" in lines[-1]


def test_doctor_reports_every_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setenv("DISPLAY", ":7")
    assert run("doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * len(lines)
    assert [line.split()[1] for line in lines] == [
        "python", "packages", "devices", "victim", "samples", "Qt", "OpenGL", "display",
    ]  # fmt: skip
    assert "hash verified" in lines[3]


def test_doctor_goes_on_after_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "OPENGL_PROBE", "raise SystemExit('no driver')")
    monkeypatch.setattr(doctor, "QT_PROBE", "import time; time.sleep(30)")
    monkeypatch.setattr(doctor, "PROBE_SECONDS", 0.2)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run("doctor", "--bundle", tmp_path / "missing.task") == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    wrong = [line.split()[1] for line in lines if line.startswith("FAIL")]
    assert wrong == ["victim", "Qt", "OpenGL"]
    assert lines[-1].startswith("note  display")
    assert not any("Traceback" in line for line in lines)


def test_doctor_finds_a_server_without_a_display_healthy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run("doctor") == 0
    assert "xvfb-run" in capsys.readouterr().out


def test_doctor_says_what_cannot_be_imported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(doctor, "_probe", lambda program: "works")
    monkeypatch.setattr(doctor, "_devices", missing)
    assert run("doctor") == 2
    assert "No module named 'torch'; install the program again" in capsys.readouterr().out


NO_WINDOW = """
import sys
from kaa_gui.cli import main
codes = [main(arguments) for arguments in {commands!r}]
windows = {{"PySide6", "vtkmodules", "pyvista", "pyvistaqt", "pyqtgraph", "superqt", "matplotlib.pyplot"}}
assert codes == [0] * len(codes), codes
assert not windows & set(sys.modules), windows & set(sys.modules)
assert "mediapipe" not in sys.modules
"""


@pytest.mark.slow
def test_no_command_but_the_window_imports_qt(tmp_path: Path) -> None:
    commands = [["attack", WALKING, "--out", str(tmp_path / "run"), *QUICK], ["layers", "--device", "cpu"]]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("DISPLAY", None)
    result = subprocess.run(  # noqa: S603 - our own program, our own interpreter
        [sys.executable, "-W", "error", "-c", NO_WINDOW.format(commands=commands)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == FILES


def test_a_reader_that_leaves_early_is_no_crash() -> None:
    program = "import sys; from kaa_gui.cli import main; sys.exit(main(['layers', '--device', 'cpu']))"
    process = subprocess.Popen(  # noqa: S603 - our own program, our own interpreter
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(120) == 2
    assert "Traceback" not in error
    assert "Exception ignored" not in error


def test_defects_of_ours_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setitem(
        COMMANDS, "layers", COMMANDS["layers"].__class__("x", COMMANDS["layers"].add_arguments, defect)
    )
    with pytest.raises(ZeroDivisionError):
        cli.main(["layers"])
    assert not issubclass(ZeroDivisionError, KaaError)


def test_table_puts_runs_side_by_side(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("table", written, written) == 0
    assert "| ℓ∞ | KAA+ER | heatmap | 4/255 | 2 |" in capsys.readouterr().out
    assert run("table", written, "--kind", "runs", "--out", tmp_path / "runs.tex") == 0
    assert (tmp_path / "runs.tex").read_text().count("toprule") == 1


def test_table_refuses_what_it_cannot_do(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("table", tmp_path) == 2
    assert "no run in it" in capsys.readouterr().err
    for more in (("--kind", "pie"), ("--format", "docx"), ("--out", tmp_path / "a.docx")):
        assert run("table", written, *more) == 2
        assert "must" in capsys.readouterr().err


def test_figure_draws_a_run_again(written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.pdf", "b.pdf"):
        style = ("--preset", "ieee", "--columns", 1, "--panels", "picture,poses")
        assert run("figure", "overview", written, "--out", tmp_path / name, *style, "--caption") == 0
    assert "The approach for one picture" in capsys.readouterr().out
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    (page,) = pypdf.PdfReader(tmp_path / "a.pdf").pages
    assert float(page.mediabox.width) == pytest.approx(3.5 * 72, abs=0.1 / 25.4 * 72)
    assert json.loads((tmp_path / "a.pdf.json").read_text())["runs"][0]["seed"] == 3


def test_figure_takes_limits_titles_and_order(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    more = ("--xlim", "0:50", "--ylim", "rmse=0:4,pose=:300", "--title", "rmse=Size", "--title", "All")
    assert run("figure", "curves", written, "--out", path, *more, "--order", "kaa+er") == 0
    settings = json.loads((tmp_path / "a.svg.json").read_text())["settings"]
    assert settings["limits"] == [
        {"axis": "x", "panel": "", "low": 0, "high": 50},
        {"axis": "y", "panel": "rmse", "low": 0, "high": 4},
        {"axis": "y", "panel": "pose", "low": None, "high": 300},
    ]
    assert settings["order"] == ["kaa+er"]
    assert settings["panel_titles"] == {"rmse": "Size"}
    assert settings["heading"] == "All"
    assert ">Size<" in path.read_text().replace("    ", "")


def test_figure_as_pgf_names_its_pictures(written: Path, tmp_path: Path) -> None:
    arguments = ("overview", written, "--panels", "picture,poses", "--out", tmp_path / "a.pgf")
    assert run("figure", *arguments) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    pictures = json.loads(before["a.pgf.json"])["pictures"]
    assert set(before) == {"a.pgf", "a.pgf.json", *(picture["file"] for picture in pictures)}
    assert run("figure", *arguments) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_figure_refuses_what_it_cannot_do(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, words in (
        (("pie", written, "--out", tmp_path / "a.pdf"), "kind must be one of overview"),
        (("overview", tmp_path, "--out", tmp_path / "a.pdf"), "no run in it"),
        (("overview", written, "--out", tmp_path / "a.docx"), ".pdf, .svg, .png or .pgf"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--preset", "nature"), "preset must be one of"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--panels", ","), "panels must name"),
        (("curves", written, "--out", tmp_path / "a.pdf", "--ylim", "5"), "ylim must be LOW:HIGH"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--ylim", "pie=0:5"), "must be of trajectory"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--order", "pie"), "methods of the runs (kaa"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--title", "pie=a"), "titles are picture"),
        (
            ("overview", written, "--out", tmp_path / "a.pdf", "--title", "a", "--heading", "b"),
            "heading must be given once",
        ),
        (("epsilon-sweep", written, "--out", tmp_path / "a.pdf"), "must differ in the radius"),
        (("overview", written, "--out", tmp_path / "a.pdf", "--sweep"), "--sweep is for layers"),
    ):
        assert run("figure", *arguments) == 2
        assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_kind_of_figure(capsys: pytest.CaptureFixture[str]) -> None:
    from kaa_gui.figures import FIGURES
    from kaa_gui.figures.style import PRESETS

    run("figure", "--help")
    text = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    assert all(name in text for name in (*FIGURES, *PRESETS))


def test_animate_runs_a_saved_run_once_more(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    arguments = (
        written,
        "--out",
        tmp_path / "a.gif",
        "--views",
        "attacked",
        "--width",
        200,
        "--device",
        "cpu",
    )
    assert run("animate", *arguments) == 0
    # no word about other pixels: the replay is the run
    assert "other pixels" not in capsys.readouterr().err
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 3
    for more, words in (
        (("--out", tmp_path / "a.avi"), ".gif or .mp4"),
        (("--out", tmp_path / "b.gif", "--frames", 1), "frames must be"),
    ):
        assert run("animate", written, *more) == 2
        assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_attack_takes_a_lifter_of_the_user_s_own(content: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "mine.safetensors"
    save_file(Lifter(width=32, blocks=1).state_dict(), file)
    assert attack(tmp_path / "run", "--seed", 3, "--epsilon", "4/255", "--lifter", file) == 0
    mine = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mine["hashes"]["lifter"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "lifter" not in content["hashes"]
    # the 2D attack is the same, its 3D pose is the other network's
    assert mine["final"]["displacement_px"] == content["final"]["displacement_px"]
    assert mine["final"]["pose_error_mm"] != content["final"]["pose_error_mm"]


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
