from __future__ import annotations

from PySide6.QtCore import Qt

from tests.ui import values


def test_click_on_the_strip_sets_k_undoably(qtbot, window, engine):
    strip = window.pipeline.strip
    assert strip.isVisible()
    place = strip.place_of(values.LAYERS[2]).toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place)
    assert window.state.parameters.config.layer == "encoder.2"
    assert strip.layer == values.LAYERS[2]
    qtbot.waitUntil(lambda: window.state.scene.layer == values.LAYERS[2])
    window.state.undo_stack.undo()
    assert strip.layer == values.LAYERS[-1]


def test_strip_can_be_hidden_from_the_panels_menu(window):
    action = window.pipeline.toggleViewAction()
    assert action in window.panels_menu.actions()
    action.trigger()
    assert window.pipeline.isHidden()
