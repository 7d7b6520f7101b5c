"""Name what reads untrusted files: how seeds of each are made, which files are damaged, how it is read.

A reader raises KaaError, or returns the lines that it would show of parts that it left out. To add one: a
function that writes a small seed, one that reads it, an entry in :data:`READERS`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

_NUMBERS = count()
Lines = Sequence[str] | None
JOINTS = 17


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads untrusted files.

    Attributes:
        name: Of the reader.
        makers: Each writes a seed into an empty folder.
        targets: Patterns of the files that are damaged.
        read: Reads what lies in a folder, as the program does.
        cheap: Whether hundreds are read in a second, without Qt.
    """

    name: str
    makers: tuple[Callable[[Path], None], ...]
    targets: tuple[str, ...]
    read: Callable[[Path], Lines]
    cheap: bool = True


def _only(folder: Path, stem: str) -> Path:
    """Return the seed's file, whatever a mutant has made of it."""
    return next((path for path in sorted(folder.iterdir()) if path.stem == stem), folder / stem)


# --- pictures and videos ---


def _pixels(height: int = 12, width: int = 16) -> np.ndarray:
    rows, columns = np.indices((height, width))
    return np.stack([rows * 16 % 256, columns * 13 % 256, (rows + columns) * 7 % 256], axis=2).astype(
        np.uint8
    )


def _picture(folder: Path, suffix: str, mode: str = "RGB", **options: Any) -> None:
    from PIL import Image

    picture = Image.fromarray(_pixels())
    if mode == "I;16":
        picture = Image.fromarray((_pixels()[..., 0].astype(np.uint16)) * 257)
    elif mode != "RGB":
        picture = picture.convert(mode)
    picture.save(folder / f"a{suffix}", **options)


def _with_profile(folder: Path) -> None:
    from PIL import Image, ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_pixels()).save(folder / "a.jpg", icc_profile=profile, exif=exif)


_PICTURES: tuple[Callable[[Path], None], ...] = (
    *(partial(_picture, suffix=each) for each in (".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm")),
    partial(_picture, suffix=".png", mode="P"),
    partial(_picture, suffix=".png", mode="LA"),
    partial(_picture, suffix=".png", mode="I;16"),
    partial(_picture, suffix=".jpg", mode="CMYK"),
    partial(_picture, suffix=".tiff", compression="tiff_lzw"),
    partial(_picture, suffix=".tiff", mode="F"),
    _with_profile,
)


def _read_picture(folder: Path) -> Lines:
    from kaa_gui.core.pictures.annotated import open_picture

    picture = open_picture(_only(folder, "a"))
    return [picture.colours.fault] if picture.colours is not None and picture.colours.fault else None


def _read_thumbnail(folder: Path) -> Lines:
    from kaa_gui.core.pictures.folder import load_thumbnail

    load_thumbnail(_only(folder, "a"), 8)
    return None


def _region(folder: Path) -> None:
    from kaa_gui.core.pictures.image import save_region

    save_region(np.indices((20, 30)).sum(axis=0) % 5 < 2, folder / "a.png")


def _read_region(folder: Path) -> Lines:
    from kaa_gui.core.painted import painted_fault, painted_size
    from kaa_gui.core.pictures.image import load_region

    text = load_region(_only(folder, "a"))
    painted_size(text)
    painted_fault(text)
    return None


def _video(folder: Path, name: str, codec: str) -> None:
    import cv2

    writer = cv2.VideoWriter(
        str(folder / name), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), 10.0, (32, 32)
    )
    for number in range(6):
        writer.write(np.full((32, 32, 3), 40 * number, np.uint8))
    writer.release()


def _read_video(folder: Path) -> Lines:
    from kaa_gui.core.pictures.video import open_video, video_frame

    path = _only(folder, "a")
    frames = open_video(path).frames
    for number in {0, frames // 2, frames - 1}:
        video_frame(path, number)
    return None


# --- targets and truths ---

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
%s}
MOTION
Frames: 2
Frame Time: 0.033
%s
%s
"""
_LIMBS = (
    ("LeftUpLeg 10 0 0", "LeftLeg 0 -40 0", "LeftFoot 0 -40 0"),
    ("RightUpLeg -10 0 0", "RightLeg 0 -40 0", "RightFoot 0 -40 0"),
    ("Spine 0 20 0", "Neck 0 25 0", "Head 0 12 0"),
    ("LeftShoulder 4 42 0", "LeftArm 12 0 0", "LeftForeArm 28 0 0", "LeftHand 24 0 0"),
    ("RightShoulder -4 42 0", "RightArm -12 0 0", "RightForeArm -28 0 0", "RightHand -24 0 0"),
)


def _bvh(folder: Path) -> None:
    blocks, joints = "", 1
    for limb in _LIMBS:
        for joint in limb:
            name, offset = joint.split(" ", 1)
            blocks += f"JOINT {name}\n{{\nOFFSET {offset}\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
            joints += 1
        blocks += "End Site\n{\nOFFSET 0 5 1\n}\n" + "}\n" * len(limb)
    numbers = " ".join(["0 90 0", *(f"{number % 7} {number % 5} 3" for number in range(joints))])
    (folder / "a.bvh").write_text(BVH % (blocks, numbers, numbers))


def _read_target(folder: Path) -> Lines:
    from kaa_gui.core.skeletons import HUMAN36M_17
    from kaa_gui.core.targets.library import load_target

    target = load_target(_only(folder, "a"))
    target.points(HUMAN36M_17)
    return [target.name, target.title]


def _target(folder: Path) -> None:
    from kaa_gui.core.targets.library import TARGETS, save_target

    save_target(replace(TARGETS["walk"], picture=None, keypoints={}), folder / "a.json")


def _truth(folder: Path) -> None:
    joints = {"left_knee": [10.5, 20], "right_knee": [30, 40.25], "nose": [1, 2]}
    (folder / "a.json").write_text(json.dumps({"joints": joints}))


def _read_truth(folder: Path) -> Lines:
    from kaa_gui.core.pictures.annotated import read_annotation

    read_annotation(_only(folder, "a"))
    return None


# --- data sets ---


def _body() -> tuple[list[float], np.ndarray]:
    places = np.array([[2 + number % 5 * 2.5, 1 + number * 0.6] for number in range(JOINTS)])
    return [value for x, y in places for value in (x, y, 2)], places


def _coco(folder: Path) -> None:
    from kaa_gui.core.skeletons import COCO_17

    _picture(folder, ".png")
    points, _ = _body()
    person = {
        "image_id": 1,
        "category_id": 1,
        "bbox": [1, 1, 12, 10],
        "keypoints": points,
        "num_keypoints": 17,
    }
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 16, "height": 12}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints)}],
        "annotations": [{"id": 1, "iscrowd": 0, **person}, {"id": 2, "iscrowd": 0, **person}],
    }
    (folder / "list.json").write_text(json.dumps(content))


def _mpii(folder: Path) -> None:
    _picture(folder, ".png")
    person = {
        "image": "a.png",
        "joints": [[1 + number * 0.7, 2 + number * 0.5] for number in range(16)],
        "joints_vis": [1] * 16,
        "center": [8, 6],
        "scale": 0.05,
    }
    (folder / "list.json").write_text(json.dumps([person, person]))


def _mpii_matlab(folder: Path, *, packed: bool = False) -> None:
    from scipy.io import savemat

    _picture(folder, ".png")
    points = [{"id": number, "x": 1.0 + number, "y": 2.0, "is_visible": number % 2} for number in range(16)]
    person = {"scale": 0.1, "objpos": {"x": 8.0, "y": 6.0}, "annopoints": {"point": points}}
    release = {"annolist": [{"image": {"name": "a.png"}, "annorect": [person, person]}] * 2}
    savemat(folder / "list.mat", {"RELEASE": release}, do_compression=packed)


def _human36m(folder: Path) -> None:
    _coco(folder)
    content = json.loads((folder / "list.json").read_text())
    del content["categories"][0]["keypoints"]
    _, flat = _body()
    depth = np.linspace(1000, 1200, JOINTS)
    solid = np.column_stack([flat * depth[:, None], depth])
    for person in content["annotations"]:
        person["keypoints_3d"] = [[*map(float, each), 1] for each in solid]
    content["images"][0]["cam_param"] = {"R": np.eye(3).tolist(), "t": [0, 0, 0]}
    (folder / "list.json").write_text(json.dumps(content))


def _human36m_npz(folder: Path) -> None:
    _picture(folder, ".png")
    _, flat = _body()
    solid = np.column_stack([flat, np.linspace(1, 2, JOINTS), np.ones(JOINTS)])
    np.savez(
        folder / "list.npz",
        imgname=np.array(["a.png", "a.png"]),
        center=np.array([[8.0, 6.0]] * 2),
        scale=np.array([0.05] * 2),
        part=np.array([np.column_stack([flat, np.ones(JOINTS)])] * 2),
        S=np.array([solid] * 2),
    )


def _sample(folder: Path) -> None:
    from kaa_gui.core.skeletons import HUMAN36M_17

    _picture(folder, ".jpg")
    joints = {
        name: {"px": [number % 15, number % 11], "mm": [number, 2.5, 1000], "visible": number % 3 > 0}
        for number, name in enumerate(HUMAN36M_17.joints)
    }
    camera = {"K": np.diag([100.0, 100.0, 1.0]).tolist(), "R": np.eye(3).tolist(), "t_mm": [0, 0, 0]}
    content = {
        "format": "kaa-sample/1",
        "title": "A",
        "picture": "a.jpg",
        "width": 16,
        "height": 12,
        "camera": camera,
        "people": [{"skeletons": {"human36m-17": joints}}],
    }
    (folder / "a.json").write_text(json.dumps(content))


def _entries(kind: str, folder: Path) -> Lines:
    from kaa_gui.evaluation.datasets import Fault, Source

    path = folder if kind == "samples" else _only(folder, "list")
    return [
        f"{item.key}: {item.reason}" for item in Source(kind, str(path)).entries() if isinstance(item, Fault)
    ]


def _read_samples(folder: Path) -> Lines:
    lines = _entries("samples", folder)
    _read_picture(folder)
    return lines


# --- plans, runs, figures, sessions ---

PLAN = """dataset = "samples"
every = 2
limit = 3
checks = ["jpeg75"]
keep_pictures = false
batch = 1

[[attacks]]
method = ["kaa", "kaa+er"]
norm = "linf"
epsilon = "2/255"
iterations = [1, 10]
seed = 0

[[attacks]]
target = "walk"
norm = "l2"
epsilon = 2.0
keep = 0.5
region = [0.0, 1.0, 20.0, 30.0]
"""


def _plan(folder: Path) -> None:
    (folder / "a.toml").write_text(PLAN)


def _read_plan(folder: Path) -> Lines:
    from kaa_gui.commands.evaluate import plan_of

    plan_of(_parser().parse_args(["--plan", str(_only(folder, "a")), "--dry-run"]))
    return None


@cache
def _parser() -> argparse.ArgumentParser:
    from kaa_gui.commands.evaluate import add_arguments

    add_arguments(parser := argparse.ArgumentParser())
    return parser


def _run(folder: Path, *, stored: bool = False) -> None:
    from kaa_gui.core.pictures.image import save_png
    from kaa_gui.runs.folder import ARRAYS_FILE, CLEAN_FILE, RUN_FILE, Measured, describe, dumps, run_arrays
    from tests.core.sessions.made_session import small_run

    run = small_run()
    last = run.snapshots[-1]
    joints = [{"joint": "nose", "visible": True, "displacement_px": 1.0, "error_mm": 2.0}]
    measured = Measured(last.metrics, {}, True, {}, joints)
    with warnings.catch_warnings(action="ignore"):
        content = describe(run, measured, weights_sha256="ab" * 32, threads=1)
    # the crop lies outside of the small picture
    content["mask"]["kept"] = 0.5
    save_png(folder / CLEAN_FILE, run.scene.picture.pixels)
    arrays = run_arrays(run, saved_crop=last.adversarial, saved_pose=last.attacked)
    (np.savez if stored else np.savez_compressed)(folder / ARRAYS_FILE, **arrays)
    (folder / RUN_FILE).write_text(dumps(content))


def _read_run(folder: Path) -> Lines:
    from kaa_gui.figures.output.recipe import draw_command
    from kaa_gui.figures.style import Style
    from kaa_gui.figures.summaries import runs_table
    from kaa_gui.figures.tables import to_markdown
    from kaa_gui.runs.reading import load_record

    record = load_record(folder)
    to_markdown(runs_table((record,)))
    draw_command("overview", (record.name,), Style())
    return None


def _sidecar(folder: Path) -> None:
    from kaa_gui.figures.limits import Limit
    from kaa_gui.figures.style import Style

    limits = (Limit("y", "rmse", -0.1, 1 / 3), Limit("x", high=7))
    style = Style("ieee", columns=1, panels=("trade", "rmse"), limits=limits, panel_titles=(("pose", "a"),))
    run = {
        "name": "one",
        "folder": "runs/one",
        "files": {"run.json": "ab" * 32, "perturbation.npz": "cd" * 32},
    }
    content = {
        "program": "KAA Studio",
        "kind": "curves",
        "settings": style.as_json(),
        "runs": [run],
        "sha256": "ef" * 32,
        "matplotlib": "3.10.0",
    }
    (folder / "a.pdf.json").write_text(json.dumps(content))


def _read_sidecar(folder: Path) -> Lines:
    from kaa_gui.core.errors import RunFolderError
    from kaa_gui.runs.redrawing import read_sidecar, redraw

    sidecar = read_sidecar(_only(folder, "a.pdf"))
    try:
        redraw(sidecar)
    except RunFolderError as error:
        # there are no runs here
        return [str(error)]
    return None


def _session(folder: Path, *, run: bool = True) -> None:
    from kaa_gui.core.sessions.codec import write_session
    from tests.core.sessions.made_session import small_session

    session = small_session()
    write_session(session if run else replace(session, run=None), folder / "a.kaa")


def _read_session(folder: Path) -> Lines:
    from kaa_gui.core.sessions.codec import read_session, session_bytes
    from tests.core.sessions.made_session import SPECS

    session_bytes(read_session(_only(folder, "a"), SPECS))
    return None


# --- an evaluation's folder ---


def _finished(folder: Path) -> None:
    from kaa_gui.evaluation.results.store import Store
    from tests.evaluation import made_rows as rows

    plan = rows.plan(methods=("kaa",))
    jobs = plan.jobs(rows.entries(3))
    store = Store(folder)
    with store.opened(plan, {"blazepose-heatmap": "ab" * 32}):
        for job in jobs[:2]:
            store.add(rows.outcome(job))
        from kaa_gui.evaluation.results.outcome import Outcome

        store.add(Outcome(jobs[2].row, jobs[2].entry.key, failure="nobody found"))
        store.compact([job.row for job in jobs])


def _killed(folder: Path) -> None:
    from kaa_gui.evaluation.results.store import Store
    from tests.evaluation import made_rows as rows

    plan = rows.plan(methods=("kaa",))
    store = Store(folder)
    with store.opened(plan, {}):
        for job in plan.jobs(rows.entries(2)):
            store.add(rows.outcome(job))


def _in_parts(folder: Path) -> None:
    from tests.evaluation import made_rows as rows
    from tests.evaluation.results.killed import part_of

    plan = rows.plan(methods=("kaa",))
    (folder / "parts").mkdir()
    (folder / "plan.json").write_text(json.dumps(plan.as_json() | {"weights": {}}))
    for job in plan.jobs(rows.entries(2)):
        outcome = rows.outcome(job)
        (folder / "parts" / f"{outcome.row}.json").write_text(part_of(outcome))


_EVALUATIONS = (_finished, _killed, _in_parts)
_TABLES = ("plan.json", "*.parquet", "*.sqlite", "parts/*.json")


def _resume(folder: Path) -> Lines:
    from kaa_gui.evaluation.report import tables_of
    from kaa_gui.evaluation.results.store import Store
    from tests.evaluation import made_rows as rows

    plan = rows.plan(methods=("kaa",))
    jobs = plan.jobs(rows.entries(3))
    store = Store(folder)
    store.batch()
    with store.opened(plan, {}, overwrite=True):
        store.finished()
        store.checked()
        store.compact([job.row for job in jobs], [])
        tables_of(store)
    return [path.name for path in store.set_aside]


def _report(folder: Path) -> Lines:
    from kaa_gui.evaluation import report
    from kaa_gui.evaluation.results.store import Store

    # most of the time would go into drawing
    drawn = report.figure_bytes
    if next(_NUMBERS) % 16:
        report.figure_bytes = lambda figure, form: b"<svg></svg>"
    try:
        report.write_report(Store(folder))
    finally:
        report.figure_bytes = drawn
    return None


# --- the window ---

INI = {
    "theme": "dark",
    "text_size": "1.25",
    "colour_map": "PuOr",
    "brush_size": "20",
    "presets": json.dumps({"mine": {"method": "kaa", "epsilon": 0.01, "region": None}}),
    "shortcuts": json.dumps({"open": "Ctrl+O or F3", "stop": ""}),
    "evaluation/limit": "5",
    "evaluation/kind": "coco",
    "evaluation/path": "/nowhere/a.json",
    "evaluation/transfer": "true",
    "recent": "/nowhere/a.png",
    "ask_before_close": "false",
    "tour_seen": "1",
}


def _settings(folder: Path) -> None:
    from PySide6.QtCore import QByteArray, QSettings

    from kaa_gui.ui.model.figure_order import FigureSettings

    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    for name, value in {**INI, "figure/settings": FigureSettings().dumps()}.items():
        settings.setValue(name, value)
    for name in ("geometry", "layout"):
        settings.setValue(name, QByteArray(b"\0\1\2\3" * 4))
    settings.sync()


@cache
def _application() -> Any:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from kaa_gui.app import clean_environment

    clean_environment()
    from PySide6.QtWidgets import QApplication

    return QApplication(["fuzz"])


def _of_its_own(folder: Path) -> Path:
    """Return the settings' file under a name of its own: Qt remembers what it has read under another."""
    path = folder / f"window-{next(_NUMBERS)}.ini"
    return (folder / "window.ini").rename(path) if (folder / "window.ini").exists() else path


def _read_settings(folder: Path) -> Lines:
    _application()
    from kaa_gui.ui.appearance.text_size import TextSize
    from kaa_gui.ui.files.formats import RecentFiles
    from kaa_gui.ui.model.figure_order import FigureSettings
    from kaa_gui.ui.model.presets import Presets
    from kaa_gui.ui.model.settings import settings_in
    from kaa_gui.ui.model.state import State

    settings = settings_in(_of_its_own(folder))
    said: list[str] = []
    state = State()
    state.refused.connect(said.append)
    presets = Presets(state, settings)
    for title in presets.own:
        presets.apply(title)
    TextSize(settings)
    RecentFiles(settings).paths()
    FigureSettings.loads(str(settings.value("figure/settings", "")))
    return said


def _open_window(folder: Path) -> Lines:
    from PySide6.QtCore import QEvent

    application = _application()
    from kaa_gui.ui.model.settings import settings_in
    from kaa_gui.ui.window.main_window import MainWindow
    from tests.ui.fakes import FakeEngine

    settings = settings_in(_of_its_own(folder))
    window = MainWindow(FakeEngine().services(), settings)
    window.show()
    application.processEvents()
    window.close()
    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return None


# --- networks ---


def _lifter(folder: Path) -> None:
    from safetensors.torch import save_file

    from kaa_gui.core.victims.lifter import Lifter

    save_file(Lifter(width=4, blocks=2).state_dict(), folder / "a.safetensors")


def _read_lifter(folder: Path) -> Lines:
    from kaa_gui.core.victims.lifter import load_lifter

    load_lifter(_only(folder, "a"))
    return None


def _network(folder: Path) -> None:
    from tests.core.importers.test_damage import small

    file, output = small()
    (folder / "a.tflite").write_bytes(file.data(output))


def _read_network(folder: Path) -> Lines:
    from kaa_gui.core.errors import ModelFileError
    from kaa_gui.core.importers import read_tflite

    path = _only(folder, "a")
    if not path.is_file():
        raise ModelFileError("a network is read from a bundle")
    read_tflite(path.read_bytes(), source="a.tflite")
    return None


def _bundle(folder: Path) -> None:
    import zipfile

    _network(folder)
    data = (folder / "a.tflite").read_bytes()
    (folder / "a.tflite").unlink()
    with zipfile.ZipFile(folder / "a.task", "w") as archive:
        for name in ("pose_detector.tflite", "pose_landmarks_detector.tflite"):
            archive.writestr(name, data)


def _read_bundle(folder: Path) -> Lines:
    from kaa_gui.core.importers import file_sha256, read_bundle, read_tflite

    path = _only(folder, "a")
    file_sha256(path)
    for name, data in read_bundle(path).items():
        read_tflite(data, source=f"{path.name}/{name}")
    return None


def _victim(folder: Path) -> None:
    from kaa_gui.core.importers import find_bundle

    shutil.copy(find_bundle(), folder / "a.task")


def _read_victim(folder: Path) -> Lines:
    import torch

    from kaa_gui.core.victims import blazepose

    blazepose._networks.cache_clear()
    for spec in (blazepose.HEATMAP_SPEC, blazepose.REGRESSION_SPEC):
        blazepose.load(spec, torch.device("cpu"), _only(folder, "a"))
    return None


READERS = {
    reader.name: reader
    for reader in (
        Reader("picture", _PICTURES, ("a.*",), _read_picture),
        Reader("thumbnail", _PICTURES, ("a.*",), _read_thumbnail),
        Reader("region", (_region,), ("a.*",), _read_region),
        Reader(
            "video",
            tuple(
                partial(_video, name=name, codec=codec)
                for name, codec in (("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("a.mkv", "mp4v"))
            ),
            ("a.*",),
            _read_video,
            cheap=False,
        ),
        Reader("bvh", (_bvh,), ("a.bvh",), _read_target),
        Reader("target", (_target,), ("a.json",), _read_target),
        Reader("truth", (_truth,), ("a.json",), _read_truth),
        Reader("coco", (_coco,), ("list.*",), partial(_entries, "coco")),
        Reader("mpii", (_mpii,), ("list.*",), partial(_entries, "mpii")),
        Reader(
            "mpii-mat",
            (_mpii_matlab, partial(_mpii_matlab, packed=True)),
            ("list.*",),
            partial(_entries, "mpii"),
        ),
        Reader("h36m", (_human36m,), ("list.*",), partial(_entries, "h36m")),
        Reader("h36m-npz", (_human36m_npz,), ("list.*",), partial(_entries, "h36m")),
        Reader("samples", (_sample,), ("a.json",), _read_samples),
        Reader("plan", (_plan,), ("a.toml",), _read_plan),
        Reader("run", (_run, partial(_run, stored=True)), ("run.json", "*.npz"), _read_run),
        Reader("session", (_session, partial(_session, run=False)), ("a.kaa",), _read_session),
        Reader("sidecar", (_sidecar,), ("a.pdf.json",), _read_sidecar),
        Reader("evaluation", _EVALUATIONS, _TABLES, _resume, cheap=False),
        Reader("report", _EVALUATIONS, _TABLES, _report, cheap=False),
        Reader("settings", (_settings,), ("window.ini",), _read_settings, cheap=False),
        Reader("window", (_settings,), ("window.ini",), _open_window, cheap=False),
        Reader("lifter", (_lifter,), ("a.safetensors",), _read_lifter),
        Reader("network", (_network,), ("a.tflite",), _read_network),
        Reader("bundle", (_bundle,), ("a.task",), _read_bundle),
        Reader("victim", (_victim,), ("a.task",), _read_victim, cheap=False),
    )
}
