from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from kaa_gui.ui.picture_items.mosaic import Mosaic


@pytest.fixture
def inside(qtbot, window):
    """The window on hold, its activations in front."""
    window.runner.pause()
    window.commands.actions["look_inside"].trigger()
    view = window.views["activations"]
    qtbot.waitUntil(lambda: view.populated and view._shown.iteration == window.state.shown.iteration)
    return window


def test_activations_are_only_computed_while_they_are_seen(qtbot, window, engine):
    qtbot.waitUntil(lambda: window.state.snapshot.iteration > 5)
    assert engine.looks == []
    window.commands.actions["look_inside"].trigger()
    qtbot.waitUntil(lambda: len(engine.looks) > 1)
    assert all(layer == "heatmap" for layer, _ in engine.looks)


def test_activations_show_clean_attacked_and_difference(inside):
    view, shown = inside.views["activations"], inside.state.shown
    clean = np.arange(39 * 64 * 64, dtype=np.float32).reshape(39, 64, 64)
    assert np.array_equal(view.values(), np.full_like(clean, shown.iteration))
    view.kind.setCurrentText("Clean")
    assert np.array_equal(view.values(), clean)
    view.kind.setCurrentText("Attacked")
    tile = Mosaic(39, 64, 64).tile(3).toRect()
    seen = view.image.image[tile.top() : tile.top() + 64, tile.left() : tile.left() + 64]
    assert np.array_equal(seen, clean[3] + shown.iteration)


def test_activations_follow_the_timeline(qtbot, inside):
    inside.state.go_to(1)
    qtbot.waitUntil(lambda: inside.views["activations"]._shown.iteration == 1)


def test_activations_of_another_layer_replace_those_of_this_one(qtbot, inside):
    inside.runner.resume()
    inside.controls.layer.box.setValue(2)
    qtbot.waitUntil(lambda: inside.state.scene.layer.index == 2)
    view = inside.views["activations"]
    qtbot.waitUntil(lambda: view.populated and view._shown.layer.index == 2)
    assert view.words_of(32 * 32 + 5) == "channel 1 (0, 5)"


def test_activations_name_the_joint_and_link_it(qtbot, inside):
    view = inside.views["activations"]
    at = view.box.mapViewToScene(QPointF(Mosaic(39, 64, 64).tile(15).center() + QPointF(0.5, 0.5)))
    view.canvas.pointed.emit(at)
    assert view.caption.text().startswith("left wrist (32, 32)")
    assert "left wrist" in inside.views["skeleton_3d"].caption.text()
    view.canvas.left.emit()
    assert "heatmap" in view.caption.text()


def test_activations_click_shows_the_outputs_own_row_of_j(qtbot, inside):
    view, correlation = inside.views["activations"], inside.views["correlation"]
    view.box.clicked.emit(QPointF(2.5, 1.5))
    qtbot.waitUntil(correlation.row_button.isChecked)
    output = 64 + 2
    assert correlation.row.isVisible()
    assert not correlation.overlay.isVisible()
    assert correlation.row.image[10, 20] == -(output + 1)
    assert correlation.row.image[30, 40] == output + 2
    assert "nose (1, 2)" in correlation.caption.text()
    correlation.row_button.click()
    assert correlation.overlay.isVisible()
    assert "rows" in correlation.caption.text()


@pytest.mark.parametrize("shape", [(39, 64, 64), (5, 3, 2), (1, 4, 4), (195,)])
def test_mosaic_finds_every_output_again(shape):
    mosaic = Mosaic.of(shape)
    values = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    picture = mosaic.compose(values, filling=0.0)
    rng = np.random.default_rng(0)
    for _ in range(200):
        y, x = (int(rng.integers(side)) for side in picture.shape)
        output = mosaic.output_at(x + 0.5, y + 0.5)
        assert picture[y, x] == (0 if output is None else values.flat[output])
    assert mosaic.output_at(-1, 0) is None
    assert mosaic.output_at(0, picture.shape[0] + 2) is None
