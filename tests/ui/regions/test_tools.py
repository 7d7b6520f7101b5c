from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from kaa_gui.core.painted import painted_text
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.attack_runner import Phase
from tests.ui.conftest import drag


@pytest.fixture
def drawing(qtbot, window):
    """The window with everything drawn and the region tool in hand."""
    qtbot.waitUntil(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    window.commands.actions["draw_region"].trigger()
    return window


def _draw(view, first: tuple[float, float], last: tuple[float, float]) -> None:
    """Drag from one pixel of what the view shows to another."""
    points = []
    for share in (0, 0.2, 0.6, 1):
        x, y = ((1 - share) * a + share * b for a, b in zip(first, last, strict=True))
        at = view.canvas.mapFromScene(view.view_box.mapViewToScene(QPointF(x, y)))
        points.append((at.x(), at.y()))
    drag(view.canvas.viewport(), points)


def _box_of(corners, scene) -> np.ndarray:
    """Return the picture's upright box around corners in the crop."""
    to_crop = np.vstack([scene.person.to_crop, [0, 0, 1]])
    points = (np.column_stack([corners, np.ones(len(corners))]) @ np.linalg.inv(to_crop).T)[:, :2]
    return np.concatenate([points.min(axis=0), points.max(axis=0) - points.min(axis=0)])


@pytest.mark.parametrize("name", ["input", "correlation", "perturbation"])
def test_region_is_drawn_in_any_picture(qtbot, drawing, engine, name):
    view, scene = drawing.views[name], drawing.state.scene
    before = view.view_box.viewRect()
    _draw(view, (60, 180), (120, 230))
    assert view.view_box.viewRect() == before  # it was no pan
    box = drawing.state.parameters.config.region
    assert box == pytest.approx(_box_of([(60, 180), (120, 180), (120, 230), (60, 230)], scene), abs=5)
    assert not drawing.commands.actions["draw_region"].isChecked()
    qtbot.waitUntil(lambda: engine.requests[-1].config.region == box)
    for other in ("input", "correlation", "perturbation"):
        assert drawing.views[other].region.outline.count() == 4
    inside = drawing.views["input"].region.outline.boundingRect()
    assert inside.contains(QPointF(62, 182))
    assert inside.contains(QPointF(118, 228))


def test_region_is_undone_and_cleared(drawing):
    _draw(drawing.views["correlation"], (40, 40), (90, 120))
    state, clear = drawing.state, drawing.commands.actions["clear_region"]
    box = state.parameters.config.region
    drawing.state.undo_stack.undo()
    assert state.parameters.config.region is None
    assert drawing.views["input"].region.outline.isEmpty()
    assert not clear.isEnabled()
    drawing.state.undo_stack.redo()
    assert state.parameters.config.region == box
    clear.trigger()
    assert state.parameters.config.region is None
    drawing.state.undo_stack.undo()
    assert state.parameters.config.region == box


def test_region_in_the_whole_picture_is_upright_there(qtbot, drawing):
    view = drawing.views["input"]
    view.whole_button.click()
    qtbot.wait(20)
    _draw(view, (200, 100), (300, 260))
    assert drawing.state.parameters.config.region == pytest.approx((200, 100, 100, 160), abs=5)


def test_region_tool_is_put_down_again(drawing):
    action, view = drawing.commands.actions["draw_region"], drawing.views["correlation"]
    action.trigger()
    before = view.view_box.viewRect().center()
    _draw(view, (100, 100), (140, 140))
    assert drawing.state.parameters.config.region is None
    assert view.view_box.viewRect().center() != before
    assert drawing.runner.phase is Phase.RUNNING


def test_painted_region_is_named_and_cleared_with_the_box(drawing):
    text = painted_text(np.ones(drawing.state.picture.pixels.shape[:2], bool))
    drawing.state.apply(Edit({"region_mask": text}, new_gesture()))
    assert "painted" in drawing.controls.region.text.text()
    clear = drawing.commands.actions["clear_region"]
    assert clear.isEnabled()
    clear.trigger()
    assert drawing.state.parameters.config.region_mask is None
    assert drawing.controls.region.text.text() == "Everywhere"
    drawing.state.undo_stack.undo()
    assert drawing.state.parameters.config.region_mask == text
    drawing.controls.region.reset()
    assert drawing.state.parameters.config.region_mask is None
