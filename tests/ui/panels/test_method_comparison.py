from __future__ import annotations

import numpy as np
import pytest

from kaa_gui.core.errors import AttackError
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.panels.method_comparison import CONTESTANTS


@pytest.fixture
def compared(qtbot, window, engine):
    """The window after a comparison of five iterations."""
    window.comparison_panel.iterations.setValue(5)
    window.commands.actions["compare_methods"].trigger()
    qtbot.waitUntil(lambda: not window.comparison.running)
    return window


def test_comparison_is_hidden_until_asked_for_and_then_in_front(qtbot, window):
    assert window.docks["methods"].isHidden()
    assert not window.docks["curves"].isHidden()
    window.commands.actions["compare_methods"].trigger()
    assert window.docks["methods"] in window.tabifiedDockWidgets(window.docks["curves"])
    panel = window.comparison_panel
    qtbot.waitUntil(panel.canvas.isVisible)
    axis = panel.plot.getAxis("left")
    for height in (500, 200):
        panel.resize(panel.width(), height)
        assert axis.label.isVisible() is (height > 300)
    window.default_layout()
    assert window.docks["methods"].isHidden()


def test_comparison_runs_every_contestant_with_the_windows_settings(compared, engine):
    config = compared.state.parameters.config
    for request, contestant in zip(engine.trials, CONTESTANTS.values(), strict=True):
        assert request.config == config.with_changes(**contestant.changes, iterations=5)
        assert request.picture is compared.state.scene.picture
    assert [request.config.mask for request in engine.trials] == [None, None, "random"]


def test_comparison_shows_pictures_curves_and_numbers(compared):
    panel, trials = compared.comparison_panel, compared.comparison.trials
    for key, trial in trials.items():
        last = trial.run.snapshots[-1]
        assert np.array_equal(panel.pictures[key].image.image, last.adversarial)
        assert panel.pictures[key].skeletons["attacked"].pose is last.attacked
        iterations, errors = panel.curves[key].getData()
        assert iterations.tolist() == list(range(6))
        assert errors[-1] == pytest.approx(trial.run.metrics[-1].pose_error_mm)
        assert panel.cells[key][0].text() == f"{trial.saved.displacement_px:.1f}"
        assert panel.cells[key][4].text() == ("no" if key == "random" else "yes")
    panel.quantity.setCurrentIndex(3)
    assert panel.curves["kaa"].getData()[1][-1] == pytest.approx(
        trials["kaa"].run.metrics[-1].perturbation_rmse
    )
    panel.pictures["kaa"].box.setRange(xRange=(100, 140), yRange=(90, 130), padding=0)
    centre = panel.pictures["random"].box.viewRect().center()
    assert (centre.x(), centre.y()) == (pytest.approx(120, abs=2), pytest.approx(110, abs=2))


def test_comparison_of_searches_tells_each_radius_found(qtbot, window, engine):
    window.state.apply(Edit({"smallest": True, "epsilon": 3 / 255}, new_gesture()))
    window.comparison_panel.iterations.setValue(2)
    window.commands.actions["compare_methods"].trigger()
    qtbot.waitUntil(lambda: bool(engine.trials) and not window.comparison.running)
    assert all(request.config.smallest for request in engine.trials)
    pictures = window.comparison_panel.pictures.values()
    assert all("ε 3.00/255" in picture.heading.text() for picture in pictures)


def test_comparison_does_not_disturb_the_run(qtbot, window, engine):
    generation, iteration = window.runner.generation, window.state.snapshot.iteration
    window.comparison.begin(5)
    qtbot.waitUntil(lambda: not window.comparison.running)
    qtbot.waitUntil(lambda: window.state.snapshot.iteration > iteration + 2)
    assert window.runner.generation == generation
    assert len(engine.requests) == 1


def test_comparison_can_be_cancelled_and_begun_again(qtbot, window, engine):
    engine.trial_gate.clear()
    action = window.commands.actions["compare_methods"]
    action.trigger()
    assert window.comparison_panel.press.text() == "Cancel"
    assert not window.comparison_panel.progress.isHidden()
    window.comparison_panel.press.click()
    assert not window.comparison.running
    assert window.comparison_panel.press.text() == "Compare"
    engine.trial_gate.set()
    qtbot.waitUntil(lambda: not window.comparison.tasks.busy)
    assert window.comparison.trials == {}
    window.comparison_panel.iterations.setValue(3)
    action.trigger()
    qtbot.waitUntil(lambda: len(window.comparison.trials) == 3)


def test_comparison_tells_a_failure_once(qtbot, window, engine):
    window.runner.stop()
    engine.error = AttackError("no gradient; choose another layer")
    window.comparison.begin(3)
    qtbot.waitUntil(lambda: not window.comparison.running)
    qtbot.waitUntil(lambda: not window.comparison.tasks.busy)
    lines = [notice.line for notice in window.notifications.shown]
    assert lines.count("no gradient; choose another layer") == 1


def test_window_closes_in_mid_comparison(qtbot, window):
    window.comparison.begin(1000)
    window.close()
    assert window.joined
