from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QSettings, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from kaa_gui.colours import CLASS_NAMES
from kaa_gui.core.errors import AttackError
from kaa_gui.ui.actions.command_palette import match
from kaa_gui.ui.model.parameters import Parameters
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.views import Probe
from kaa_gui.ui.window.main_window import MainWindow
from tests.ui.conftest import drag
from tests.ui.fakes import FakeEngine
from tests.ui.waiting import wait_until_shown


def _lines(window: MainWindow) -> list[str]:
    return [notice.line for notice in window.notifications.shown]


def _along(slider, *shares: float) -> list[tuple[float, float]]:
    return [(share * (slider.width() - 1), slider.height() / 2) for share in shares]


def test_window_starts_with_the_first_sample_and_attacks_it_without_a_click(qtbot, window, engine):
    assert window.runner.phase is Phase.RUNNING
    assert engine.requests[0].picture.name == "standing.png"
    assert "standing.png" in window.windowTitle()
    qtbot.waitUntil(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    # on a busy machine the short run may be over before every view has been drawn
    assert window.status.text.text().startswith(("Attacking", "Finished"))
    assert "px" in window.status.numbers.text()
    assert "it/s" in window.status.speed.text()


def test_window_runs_to_the_end_and_stays_open(qtbot, window):
    window.controls.fields["iterations"].box.setValue(8)
    qtbot.waitUntil(lambda: window.runner.phase is Phase.FINISHED)
    assert window.isVisible()
    assert "Finished at" in window.status.text.text()
    assert window.commands.actions["run"].text() == "Run"


# --- each slider, by its kind ---


def test_window_radius_slider_changes_the_running_attack(qtbot, window, engine):
    field = window.controls.fields["epsilon"]
    drag(field.slider, _along(field.slider, 0.5, 0.6, 0.8))
    chosen = window.state.parameters.config.epsilon
    assert chosen > 4 / 255
    qtbot.waitUntil(lambda: window.state.snapshot.config.epsilon == chosen)
    assert len(engine.requests) == 1
    assert field.box.text() == f"{chosen * 255:.2f}/255"


def test_window_iterations_slider_changes_the_running_attack(qtbot, window, engine):
    field = window.controls.fields["iterations"]
    drag(field.slider, _along(field.slider, 0.9, 0.95))
    chosen = window.state.parameters.config.iterations
    assert isinstance(chosen, int)
    qtbot.waitUntil(lambda: window.state.snapshot.iterations == chosen)
    assert len(engine.requests) == 1


def test_window_step_slider_goes_from_auto_to_a_value_and_back(qtbot, window):
    field = window.controls.fields["step_size"]
    assert field.box.text() == "auto"
    drag(field.slider, _along(field.slider, 0.0, 0.5))
    chosen = window.state.parameters.config.step_size
    assert chosen is not None
    qtbot.waitUntil(lambda: window.state.snapshot.config.step_size == chosen)
    drag(field.slider, _along(field.slider, 0.5, 0.0))
    assert window.state.parameters.config.step_size is None
    assert field.box.text() == "auto"


def test_window_layer_slider_starts_over_at_that_layer(qtbot, window, engine):
    field = window.controls.layer
    drag(field.slider, _along(field.slider, 0.99, 0.42))
    assert window.state.parameters.config.layer == "encoder.2"
    assert "encoder.2" in field.caption.text()
    assert "32 × 32" in field.caption.text()
    qtbot.waitUntil(lambda: window.state.scene.layer.name == "encoder.2")
    assert engine.requests[-1].config.layer == "encoder.2"


def test_window_alpha_drag_moves_the_mask_at_once_and_the_attack_on_release(qtbot, window, engine):
    wait_until_shown(qtbot, window)
    slider, view = window.controls.alpha.histogram, window.views["correlation"]
    window.conductor._rest.setInterval(60_000)  # this hand takes its time
    before = view.classes.copy()
    drag(slider, _along(slider, 0.5, 0.7, 0.85), release=False)
    assert window.state.parameters.config.alpha == pytest.approx(slider.alpha)
    wait_until_shown(qtbot, window)
    assert not np.array_equal(view.classes, before)
    assert np.array_equal(view.classes, window.state.field.classes(slider.alpha))
    assert len(engine.requests) == 1
    drag(slider, _along(slider, 0.85, 0.9))
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    assert engine.requests[-1].config.alpha == pytest.approx(slider.alpha)
    assert engine.requests[-1].config.keep is None


def test_window_keep_box_sets_alpha_by_the_share_kept(qtbot, window, engine):
    box = window.controls.alpha.keep_box
    box.setValue(20.0)
    assert window.state.parameters.config.keep == pytest.approx(0.2)
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    alpha = window.controls.alpha.alpha_box
    # the new run streams its correlations again, and α follows the part that is there
    qtbot.waitUntil(lambda: abs(window.state.field.fraction_kept(alpha.value()) - 0.2) < 0.02)


@pytest.mark.parametrize(
    ("name", "key"),
    [("method", "kaa"), ("loss", "bce"), ("mask", "random"), ("rows", "all"), ("device", "cuda")],
)
def test_window_choices_start_over(qtbot, window, engine, name, key):
    box = window.controls.fields[name].box
    index = box.findData(key)
    assert index >= 0
    box.setCurrentIndex(index)
    box.activated.emit(index)
    assert window.state.parameters.get(name) == key
    qtbot.waitUntil(lambda: len(engine.requests) == 2)


def test_window_norm_converts_the_radius_and_changes_the_unit(qtbot, window):
    box = window.controls.norm.box
    box.activated.emit(box.findData("l2"))
    config = window.state.parameters.config
    assert config.norm == "l2"
    assert config.epsilon == pytest.approx(2 / 255 * np.sqrt(256 * 256 * 3))
    assert "/255" not in window.controls.fields["epsilon"].box.text()
    box.activated.emit(box.findData("linf"))
    assert window.state.parameters.config.epsilon == pytest.approx(2 / 255)
    assert window.controls.fields["epsilon"].box.text() == "2.00/255"


def test_window_takes_the_visible_part_as_the_region(qtbot, window, engine):
    box = window.views["input"].view_box
    box.setRange(xRange=(100, 150), yRange=(60, 120), padding=0)
    window.controls.region.take.click()
    x, y, width, height = window.state.parameters.config.region
    picture = window.state.scene.picture.pixels
    assert x >= 0
    assert y >= 0
    assert 0 < width < picture.shape[1] / 2
    assert 0 < height < picture.shape[0]
    assert "px" in window.controls.region.text.text()
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    window.controls.region.everywhere.click()
    assert window.state.parameters.config.region is None


def test_window_goal_sets_goal_and_target_together(qtbot, window, engine):
    box = window.controls.goal.box
    box.activated.emit(box.findData("sit"))
    config = window.state.parameters.config
    assert (config.goal, config.target) == ("target", "sit")
    assert "Sit" in box.currentText()
    window.controls.goal.aim_at("/somewhere/else.json")
    assert box.currentText() == "Towards: else.json"
    window.state.undo_stack.undo()
    assert "Sit" in box.currentText()
    box.activated.emit(0)
    config = window.state.parameters.config
    assert (config.goal, config.target) == ("non-target", None)


def test_window_hides_choices_that_are_none(qtbot, engine, settings):
    services = replace(engine.services(), devices=lambda: ("cpu",), targets=dict)
    window = MainWindow(services, settings)
    window.painted.connect(window.begin)
    window.show()
    qtbot.waitUntil(lambda: bool(window.state.catalogue.victims))
    assert window.controls.fields["goal"].isHidden()
    assert window.controls.fields["device"].isHidden()
    assert not window.controls.fields["method"].isHidden()
    window.close()
    window.deleteLater()


# --- run, pause, stop ---


def test_window_keys_pause_resume_and_stop(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.runner.phase is Phase.PAUSED
    assert "Paused" in window.status.text.text()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert window.runner.phase is Phase.RUNNING
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.runner.phase is Phase.STOPPED


def test_window_stop_freezes_the_views_and_changes_wait(qtbot, window, engine):
    window.conductor.stop()
    qtbot.waitUntil(lambda: not window.runner.busy)
    wait_until_shown(qtbot, window)
    frozen = window.state.snapshot
    window.controls.fields["seed"].box.setValue(3)
    qtbot.wait(60)
    assert window.state.snapshot is frozen
    assert len(engine.requests) == 1
    assert "Run takes up the changes" in window.status.text.text()
    assert not window.views["input"].stale
    window.conductor.toggle()
    qtbot.waitUntil(lambda: len(engine.requests) == 2)


def test_window_new_run_dims_until_the_first_new_picture(qtbot, window, engine):
    wait_until_shown(qtbot, window)
    engine.gate.clear()
    window.controls.fields["seed"].box.setValue(3)
    assert window.views["perturbation"].stale
    engine.gate.set()
    qtbot.waitUntil(lambda: not window.views["perturbation"].stale)


# --- undo ---


def test_window_undo_takes_back_a_whole_drag(qtbot, window):
    field = window.controls.fields["epsilon"]
    drag(field.slider, _along(field.slider, 0.5, 0.6, 0.7, 0.8))
    qtbot.waitUntil(lambda: "Radius ε 2.00/255" in window.commands.actions["undo"].text())
    window.commands.actions["undo"].trigger()
    assert window.state.parameters.config.epsilon == pytest.approx(2 / 255)
    assert field.box.text() == "2.00/255"
    window.commands.actions["redo"].trigger()
    assert window.state.parameters.config.epsilon > 4 / 255
    assert field.box.text() != "2.00/255"


def test_window_reset_one_and_reset_all(window):
    window.controls.fields["epsilon"].box.setValue(9)
    window.controls.fields["seed"].box.setValue(3)
    window.controls.fields["epsilon"].reset()
    assert window.state.parameters.config.epsilon == pytest.approx(2 / 255)
    assert window.state.parameters.config.seed == 3
    window.commands.actions["reset"].trigger()
    assert window.state.parameters == Parameters()


# --- pictures ---


def test_window_broken_file_is_one_line_and_the_picture_stays(qtbot, window):
    window.opening.open_path("broken.png")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert _lines(window) == ["broken.png: not a picture, or damaged"]
    assert window.state.scene.picture.name == "standing.png"
    assert window.runner.phase is Phase.RUNNING


def test_window_picture_without_people_is_one_line_and_the_picture_stays(qtbot, window):
    window.opening.open_path("empty.png")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert "nobody found" in _lines(window)[0]
    assert window.state.picture.name == "standing.png"
    assert not window.views["input"].stale
    assert "standing.png" in window.windowTitle()


def test_window_opens_samples_from_the_menu(qtbot, window):
    walking = next(action for action in window.opening.samples_menu.actions() if action.text() == "Walking")
    walking.trigger()
    qtbot.waitUntil(lambda: window.state.scene.picture.name == "walking.png")


def test_window_takes_pasted_pixels(qtbot, window):
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(0xFF3366)
    QGuiApplication.clipboard().setImage(image)
    window.opening.paste()
    qtbot.waitUntil(lambda: window.state.scene.picture.name == "pasted picture")
    assert window.state.scene.picture.pixels.shape == (30, 40, 3)
    assert tuple(window.state.scene.picture.pixels[0, 0]) == (0xFF, 0x33, 0x66)


def test_window_takes_dropped_files_and_remembers_them(qtbot, window, tmp_path):
    file = tmp_path / "mine.png"
    file.write_bytes(b"x")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    assert window.opening.open_data(data, how="dropped")
    qtbot.waitUntil(lambda: window.state.scene.picture.name == "mine.png")
    titles = [action.text() for action in window.opening.actions()]
    assert "mine.png" in titles


@pytest.mark.parametrize("text", ["https://example.org/a.png", "no such file", ""])
def test_window_refuses_other_drops_in_words(window, text):
    data = QMimeData()
    data.setText(text)
    assert not window.opening.open_data(data, how="dropped")
    assert len(_lines(window)) == 1


def test_window_chooses_among_people(qtbot, window, engine):
    window.views["input"].personPicked.emit(1)
    qtbot.waitUntil(lambda: window.state.scene.person.number == 1)
    window.next_person()
    qtbot.waitUntil(lambda: window.state.scene.person.number == 0)
    assert [request.person for request in engine.requests] == [0, 1, 0]


def test_window_copies_the_attacked_crop(window):
    window.drag_out.copy_picture()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (256, 256)


def test_window_writes_figures_in_the_background(qtbot, window, engine, tmp_path):
    target = tmp_path / "figure.pdf"
    window.run_files.write_figure(window.state.as_run(), target)
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert _lines(window) == [f"Wrote {target}"]
    assert target.read_bytes() == b"figure"
    run, path = engine.exported[0]
    assert run.snapshots
    assert path != target  # a temporary file first
    assert [item.name for item in tmp_path.iterdir() if item.suffix == ".pdf"] == ["figure.pdf"]


def test_window_says_when_a_figure_cannot_be_written(qtbot, window, tmp_path):
    window.run_files.write_figure(window.state.as_run(), tmp_path / "missing" / "figure.pdf")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert "cannot be written" in _lines(window)[0]


# --- what goes wrong ---


def test_window_defect_in_the_attack_is_told_with_a_report(qtbot, window, engine):
    engine.error = ZeroDivisionError("oops")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    notice = window.notifications.shown[0]
    assert notice.level == "error"
    assert "ZeroDivisionError" in notice.line
    assert "_iterate" in notice.details
    window.notifications._toasts[0].copy_report()
    assert "Traceback" in QGuiApplication.clipboard().text()
    engine.error = None
    window.conductor.toggle()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.RUNNING)


def test_window_expected_failure_is_one_line_without_a_report(qtbot, window, engine):
    engine.error = AttackError("the gradient is zero; choose another loss")
    qtbot.waitUntil(lambda: bool(_lines(window)))
    assert window.notifications.shown[0].details == ""


# --- palette, shortcuts, layout ---


def test_window_palette_finds_and_runs_commands(qtbot, window):
    window.commands.open_palette()
    palette = window.commands.palette
    titles = [palette.results.item(row).text() for row in range(palette.results.count())]
    assert any("Open picture" in title for title in titles)
    assert "Open: Walking" in titles
    assert any(title.startswith("Panel: ") for title in titles)
    qtbot.keyClicks(palette.query, "stop")
    assert palette.results.currentItem().text().startswith("Attack: Stop")
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)
    assert window.runner.phase is Phase.STOPPED
    assert not palette.isVisible()


def test_window_every_action_has_a_slot_tip_and_unique_shortcut(window):
    seen: dict[str, str] = {}
    for identifier, action in window.commands.actions.items():
        assert action.toolTip(), identifier
        for shortcut in action.shortcuts():
            assert shortcut.toString(), identifier
            assert shortcut.toString() not in seen, (identifier, seen)
            seen[shortcut.toString()] = identifier


def test_window_shortcut_sheet_lists_every_shortcut(window):
    window.help.show_shortcuts()
    sheet = next(child for child in window.children() if type(child).__name__ == "Sheet")
    for identifier in ("Ctrl+O", "Ctrl+Shift+P", "Space"):
        assert identifier in sheet.text.text()
    sheet.close()


def test_window_layout_and_theme_are_remembered(qtbot, engine, settings):
    for hidden in (False, True):
        window = MainWindow(engine.services(), settings)
        window.show()
        assert window.docks["curves"].isHidden() is hidden
        window.docks["curves"].hide()
        window.looks.set_theme("dark")
        window.close()
        window.deleteLater()
    assert settings.value("theme") == "dark"
    window = MainWindow(engine.services(), settings)
    window.show()
    window.default_layout()
    assert not window.docks["curves"].isHidden()
    window.close()
    window.deleteLater()


def test_window_survives_a_foreign_layout(qtbot, engine, settings):
    settings.setValue("layout", "nonsense")
    settings.setValue("geometry", 5)
    settings.setValue("theme", "purple")
    window = MainWindow(engine.services(), settings)
    window.show()
    assert not window.docks["input"].isHidden()
    window.close()
    window.deleteLater()


# --- the pointer ---


def test_window_tells_what_is_under_the_pointer_in_every_picture(qtbot, window):
    window.views["correlation"].hovered.emit(Probe("correlation", 128.4, 100.2))
    text = window.status.currentMessage()
    for part in ("x 128, y 100", "rgb", "→", "J from", "px from"):
        assert part in text
    assert any(name in text for name in CLASS_NAMES)
    assert not window.status.numbers.isVisible()  # the line is long
    for name in ("input", "correlation", "perturbation"):
        assert window.views[name]._cross[0].isVisible(), name
    wrist = window.state.shown.attacked.keypoints[window.state.scene.clean.skeleton.index("left_wrist")]
    window.views["correlation"].hovered.emit(Probe("correlation", *wrist.tolist()))
    assert "0 px from left wrist (attacked)" in window.status.currentMessage()
    window.views["correlation"].hovered.emit(None)
    assert window.status.currentMessage() == ""
    assert window.status.numbers.isVisible()
    assert not window.views["input"]._cross[0].isVisible()


def test_window_marks_the_joint_pointed_at_in_every_view(qtbot, window):
    window.runner.pause()
    qtbot.waitUntil(
        lambda: (
            all(view.populated for view in window.views.values() if view.isVisible()) and window.display.idle
        )
    )
    shown = window.state.shown
    window.views["input"].jointHovered.emit("left_wrist")
    wrist = shown.clean.skeleton.index("left_wrist")
    expected = {tuple(pose.keypoints[wrist].tolist()) for pose in (shown.clean, shown.attacked)}
    assert set(window.views["perturbation"].joint_mark.places) == expected
    assert set(window.views["correlation"].joint_mark.places) == expected
    assert "left wrist" in window.views["skeleton_3d"].caption.text()
    curve = window.views["curves"].joint_curves[0]
    qtbot.waitUntil(curve.curve.isVisible)
    assert curve.label.toPlainText() == "left wrist"
    window.views["input"].jointHovered.emit("")
    qtbot.waitUntil(lambda: not curve.curve.isVisible())
    assert window.views["perturbation"].joint_mark.places == []


def test_window_links_pan_and_zoom_of_the_pictures(qtbot, window):
    wait_until_shown(qtbot, window)
    window.views["input"].view_box.setRange(xRange=(100, 140), yRange=(90, 130), padding=0)
    seen = window.views["perturbation"].view_box.viewRect()
    assert seen.center().x() == pytest.approx(120, abs=2)
    assert seen.center().y() == pytest.approx(110, abs=2)
    window.commands.actions["reset_zoom"].trigger()
    assert window.views["perturbation"].view_box.viewRect().width() > 200


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("stop", "Attack: Stop", "Reset: Stop at success"),
        ("open", "File: Open picture", "Help: Open log folder and more"),
        ("exp fig", "File: Export figure", "File: Open picture"),
        ("dark", "Theme: Dark", "Edit: Reset all parameters"),
    ],
)
def test_palette_match_prefers_the_nearer_title(query, better, worse):
    ranks = [match(query, title) for title in (better, worse)]
    assert ranks[0] is not None
    assert ranks[1] is None or ranks[0] < ranks[1]


# --- the end ---


def test_window_closes_in_mid_run_within_half_a_second(qtbot, window):
    started = time.monotonic()
    window.close()
    assert time.monotonic() - started < 0.5
    assert window.joined


def test_window_closed_before_anything_has_loaded(qtbot, settings):
    engine = FakeEngine()
    window = MainWindow(engine.services(), settings)
    window.painted.connect(window.begin)
    window.show()
    window.close()
    assert window.joined
    window.deleteLater()


def test_window_without_samples_says_what_to_do(qtbot, engine, settings):
    window = MainWindow(replace(engine.services(), samples=dict), settings)
    window.painted.connect(window.begin)
    window.show()
    qtbot.waitUntil(lambda: window._seen and not window.tasks.busy)
    assert window.status.text.text() == "Open a picture to begin"
    assert not window.views["input"].populated
    assert not window.commands.actions["run"].isEnabled()
    window.close()
    window.deleteLater()


def test_window_settings_file_is_plain(window, settings, tmp_path):
    window.close()
    assert isinstance(settings, QSettings)
    assert Path(settings.fileName()).is_file()
