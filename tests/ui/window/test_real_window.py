"""The real window on the real engine: what a stranger sees in the first minute."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from kaa_gui.core.attacks.methods import step_size
from kaa_gui.core.dragged import dragged_places
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import AttackRequest
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.runs.folder import RUN_FILE
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.saving import save_run
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.window.main_window import MainWindow
from kaa_gui.wiring.engine import engine_services
from tests.ui.files.test_targets import drag_joint

_PATIENCE_MS = 60_000
_BEGUN_WITH = {"iterations": 5000}


@pytest.fixture(scope="module")
def studio(qapp, tmp_path_factory) -> Iterator[MainWindow]:
    """One window for all tests here: loading the network takes seconds."""
    file = tmp_path_factory.mktemp("settings") / "window.ini"
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    settings.setValue("ask_before_close", "false")
    window = MainWindow(engine_services("cpu"), settings)
    window.state.adopt(_BEGUN_WITH)
    window.painted.connect(window.begin)
    window.show()
    yield window
    window.close()
    assert window.joined
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def attacking(qtbot, studio) -> MainWindow:
    """The window with the parameters it began with, attacking the walking sample."""
    if studio.state.scene is not None:
        studio.state.take(studio.state.defaults.with_changes(_BEGUN_WITH), settled=True)
        if studio.state.scene.picture.name != "walking.jpg":
            studio.opening.open_path(list_samples()["Walking"])
        # an iterate of a run before this one says nothing
        studio.conductor.start()
        qtbot.waitUntil(lambda: studio.state.snapshot is None, timeout=_PATIENCE_MS)
    qtbot.waitUntil(
        lambda: (
            studio.state.snapshot is not None
            and studio.state.snapshot.iteration >= 2
            and studio.state.scene.picture.name == "walking.jpg"
        ),
        timeout=_PATIENCE_MS,
    )
    studio.notifications.clear()
    return studio


def test_real_attack_moves_the_pose_and_fills_every_view(qtbot, attacking):
    qtbot.waitUntil(
        lambda: all(view.populated for view in attacking.views.values() if view.isVisible()),
        timeout=_PATIENCE_MS,
    )
    qtbot.waitUntil(lambda: attacking.state.snapshot.metrics.displacement_px > 1, timeout=_PATIENCE_MS)
    assert attacking.state.field.complete
    assert attacking.state.scene.layer.kind == "heatmap"
    assert np.abs(attacking.state.snapshot.perturbation).max() <= 2.01


def test_real_live_change_is_taken_up_by_the_same_run(qtbot, attacking):
    generation = attacking.runner.generation
    attacking.controls.fields["epsilon"].box.setValue(4.0)
    qtbot.waitUntil(lambda: attacking.state.snapshot.metrics.perturbation_max > 2.5, timeout=_PATIENCE_MS)
    assert attacking.runner.generation == generation


def test_real_drag_of_a_joint_attacks_towards_it_in_2d_and_3d(qtbot, attacking):
    drag_joint(attacking, "right_wrist", (-25, -50))
    text = attacking.state.parameters.config.target
    qtbot.waitUntil(
        lambda: attacking.state.snapshot is not None and attacking.state.snapshot.config.target == text,
        timeout=_PATIENCE_MS,
    )
    scene, solid = attacking.state.scene, attacking.views["skeleton_3d"]
    wrist = scene.clean.skeleton.index("right_wrist")
    np.testing.assert_allclose(scene.target.keypoints[wrist], dragged_places(text)["right_wrist"], atol=0.01)
    before = float(np.linalg.norm(scene.target.keypoints[wrist] - scene.clean.keypoints[wrist]))
    qtbot.waitUntil(
        lambda: set(solid.content().poses) == {"clean", "attacked", "target"}, timeout=_PATIENCE_MS
    )
    # the lifter has moved the wrist in space too
    joint = scene.clean.skeleton_3d.index("right_wrist")
    assert np.linalg.norm(scene.target.points_mm[joint] - scene.clean.points_mm[joint]) > 50
    attacking.controls.fields["epsilon"].box.setValue(8.0)

    def distance() -> float:
        attacked = attacking.state.snapshot.attacked.keypoints[wrist]
        return float(np.linalg.norm(attacked - scene.target.keypoints[wrist]))

    qtbot.waitUntil(lambda: distance() < before / 2, timeout=_PATIENCE_MS)
    attacking.targets.clear()
    qtbot.waitUntil(lambda: attacking.state.scene.target is None, timeout=_PATIENCE_MS)


def test_real_layer_change_starts_over_there(qtbot, attacking):
    attacking.controls.layer.box.setValue(3)
    qtbot.waitUntil(lambda: attacking.state.scene.layer.index == 3, timeout=_PATIENCE_MS)
    attacking.state.undo_stack.undo()
    qtbot.waitUntil(lambda: attacking.state.scene.layer.index > 3, timeout=_PATIENCE_MS)


def test_real_refusal_is_one_line(qtbot, attacking):
    box = attacking.controls.fields["method"].box
    box.activated.emit(box.findData("i-fgsm"))
    qtbot.waitUntil(lambda: bool(attacking.notifications.shown), timeout=_PATIENCE_MS)
    assert "needs a gradient from the pose to the image" in attacking.notifications.shown[0].line
    attacking.state.undo_stack.undo()


def _save(mode: str, size: tuple[int, int] = (64, 48), **options: object) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        if mode == "I;16":
            values = np.arange(size[0] * size[1], dtype=np.uint16).reshape(size[1], size[0])
            Image.fromarray(values).save(path)
        else:
            Image.new(mode, size).save(path, **options)

    return save


ODD_PICTURES: dict[str, Callable[[Path], None]] = {
    "one-pixel.png": _save("RGB", (1, 1)),
    "huge.png": _save("RGB", (12_000, 9_000), compress_level=1),
    "grey.png": _save("L"),
    "sixteen-bit.png": _save("I;16"),
    "cmyk.jpg": _save("CMYK"),
    "alpha.png": _save("RGBA"),
    "nobody.png": _save("RGB"),
    "text.png": lambda path: path.write_text("no picture at all"),
    "cut.jpg": lambda path: path.write_bytes(list_samples()["Walking"].read_bytes()[:2000]),
    "empty.png": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("name", ODD_PICTURES)
def test_real_odd_picture_ends_in_one_line_and_the_last_good_one_stays(qtbot, attacking, tmp_path, name):
    ODD_PICTURES[name](tmp_path / name)
    attacking.opening.open_path(tmp_path / name)
    qtbot.waitUntil(lambda: bool(attacking.notifications.shown), timeout=_PATIENCE_MS)
    notice = attacking.notifications.shown[0]
    assert notice.level == "warning", notice
    assert "\n" not in notice.line
    assert attacking.state.scene.picture.name == "walking.jpg"
    assert attacking.state.picture.name == "walking.jpg"
    assert attacking.isVisible()


def test_real_figure_and_adversarial_picture_are_written(qtbot, attacking, tmp_path):
    files = attacking.run_files
    for write, name in ((files.write_figure, "figure.svg"), (files.write_adversarial, "adversarial.png")):
        write(attacking.state.as_run(), tmp_path / name)
        qtbot.waitUntil((tmp_path / name).exists, timeout=_PATIENCE_MS)
    with Image.open(tmp_path / "adversarial.png") as image:
        assert image.size == attacking.state.scene.picture.pixels.shape[1::-1]
    assert b"<svg" in (tmp_path / "figure.svg").read_bytes()[:1000]


@pytest.mark.slow
def test_real_run_is_written_as_the_folder_that_the_command_writes(qtbot, attacking, tmp_path):
    attacking.conductor.start()
    qtbot.waitUntil(
        lambda: attacking.state.snapshot is not None and attacking.state.snapshot.iteration == 2,
        timeout=_PATIENCE_MS,
    )
    attacking.runner.pause()
    qtbot.waitUntil(lambda: attacking.runner.phase is Phase.PAUSED, timeout=_PATIENCE_MS)
    run, folder = attacking.state.shown_run(), tmp_path / "run"
    attacking.run_files.write_folder(run, folder)
    qtbot.waitUntil((folder / RUN_FILE).exists, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: not attacking.tasks.busy, timeout=_PATIENCE_MS)
    assert not attacking.notifications.shown or "Wrote" in attacking.notifications.shown[0].line
    last = run.snapshots[-1]
    ours = load_record(folder)
    np.testing.assert_array_equal(ours.last.adversarial, last.adversarial)
    # the command, with as many steps
    engine = Engine("cpu")
    config = last.config.with_changes(iterations=last.iteration, step_size=step_size(last.config))
    request = AttackRequest(run.scene.picture, config)
    save_run(engine, collect(engine.attack(request)), tmp_path / "command")
    assert {path.name for path in folder.iterdir()} == {
        path.name for path in (tmp_path / "command").iterdir()
    }
    written, content = (json.loads((tmp_path / name / RUN_FILE).read_text()) for name in ("run", "command"))
    assert written.keys() == content.keys()
    for field in ("final", "saved", "hashes", "versions", "picture", "layer", "target", "mask", "checks"):
        assert written[field] == content[field], field


@pytest.mark.slow
def test_real_methods_are_compared_beside_the_run(qtbot, attacking):
    attacking.comparison_panel.iterations.setValue(2)
    attacking.commands.actions["compare_methods"].trigger()
    qtbot.waitUntil(lambda: not attacking.comparison.running, timeout=_PATIENCE_MS)
    trials = attacking.comparison.trials
    assert list(trials) == ["kaa", "kaa+er", "random"]
    kept = {key: trial.run.snapshots[-1].kept for key, trial in trials.items()}
    assert kept["random"] == pytest.approx(kept["kaa+er"], abs=1e-3)
    assert kept["kaa"] > kept["kaa+er"]
    for trial in trials.values():
        assert trial.saved.perturbation_rmse > 0
        assert len(trial.run.metrics) == 3
    # the field that the window's run has read was not read again
    assert trials["kaa+er"].run.field.rows_total == attacking.state.field.rows_total
