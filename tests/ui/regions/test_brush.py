"""The brush in the real window: what is painted is the region, in pixels of the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QInputDialog

from kaa_gui.core.painted import painted_bitmap, painted_pixels
from kaa_gui.core.pictures.image import load_region, picture_from_array, save_region
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.attack_runner import Phase
from tests.ui.conftest import drag, leave, point_at

RIGHT, SHIFT = Qt.MouseButton.RightButton, Qt.KeyboardModifier.ShiftModifier
PICTURES = ("input", "correlation", "perturbation")


@pytest.fixture
def painting(qtbot, window):
    """The window with everything drawn and the brush in hand."""
    qtbot.waitUntil(lambda: all(view.populated for view in window.views.values() if view.isVisible()))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.commands.actions["brush"].trigger()
    return window


@pytest.fixture
def settled(qtbot, painting):
    """Returns when what has been painted is the region in force, and on screen."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not (painting.regions.tasks.busy or painting.tasks.busy))

    return wait


def _places(view, points):
    """Return where points of the crop lie in a view's viewport."""
    shown = view.to_crop().inverted()[0]
    places = [view.view_box.mapViewToScene(shown.map(QPointF(*point))) for point in points]
    return [view.canvas.viewportTransform().map(place).toTuple() for place in places]


def paint(view, *points, **how) -> None:
    """Press at a point of the crop, move through the others, and let go."""
    drag(view.canvas.viewport(), _places(view, points), **how)


def distance(scene, points) -> np.ndarray:
    """Return how far each pixel of the picture is from a line through points of the crop, in its pixels."""
    back = np.linalg.inv(np.vstack([scene.person.to_crop, [0, 0, 1]]))
    line = (np.column_stack([points, np.ones(len(points))]) @ back.T)[:, :2]
    centres = np.moveaxis(np.indices(scene.picture.pixels.shape[:2])[::-1] + 0.5, 0, -1)
    nearest = np.full(centres.shape[:2], np.inf)
    for start, end in zip(line, line[1:] if len(line) > 1 else line, strict=False):
        along = end - start
        share = ((centres - start) @ along / max(along @ along, 1e-9)).clip(0, 1)
        away = np.linalg.norm(centres - start - share[..., None] * along, axis=-1)
        nearest = np.minimum(nearest, away)
    return nearest


def radius(window) -> float:
    """Return the brush's radius in pixels of the picture."""
    scale = np.sqrt(abs(np.linalg.det(window.state.scene.person.to_crop[:, :2])))
    return window.regions.brush.size / 2 / scale


def painted(window) -> np.ndarray:
    return painted_bitmap(window.state.parameters.config.region_mask)


def shown(window, name="input"):
    return window.views[name].region.painted.bitmap


def assert_painted(bitmap: np.ndarray, away: np.ndarray, reach: float) -> None:
    """Assert what is within a reach is painted and nothing else, give or take a pixel."""
    assert bitmap[away < reach - 1].all()
    assert not bitmap[away > reach + 1].any()


def test_stroke_in_any_picture_becomes_the_region(qtbot, painting, settled, engine):
    state, scene = painting.state, painting.state.scene
    strokes = ([(60, 180), (120, 230), (150, 200)], [(40, 60), (90, 60)], [(200, 100)])
    away = np.full(scene.picture.pixels.shape[:2], np.inf)
    texts: list[str] = []
    for count, (name, points) in enumerate(zip(PICTURES, strokes, strict=True), start=1):
        view = painting.views[name]
        before = view.view_box.viewRect()
        paint(view, *points)
        assert view.view_box.viewRect() == before  # it was no pan
        settled()
        away = np.minimum(away, distance(scene, points))
        assert_painted(painted(painting), away, radius(painting))
        assert state.undo_stack.count() == count
        texts.append(state.parameters.config.region_mask)
    qtbot.waitUntil(lambda: engine.requests[-1].config.region_mask == texts[-1])
    assert "Painted region" in state.undo_stack.undoText()
    assert "painted" in painting.controls.region.text.text()
    for text in (texts[1], texts[0]):
        painting.state.undo_stack.undo()
        settled()
        assert state.parameters.config.region_mask == text
        for name in PICTURES:
            assert (shown(painting, name) == painted_bitmap(text)).all()
    painting.state.undo_stack.undo()
    assert state.parameters.config.region_mask is None
    assert shown(painting) is None
    painting.state.undo_stack.redo()
    settled()
    assert (shown(painting) == painted_bitmap(texts[0])).all()


def test_region_lies_tinted_over_the_pixels_while_painting_and_only_outlined_afterwards(qtbot, painting):
    view = painting.views["input"]
    painting.runner.pause()
    qtbot.waitUntil(lambda: painting.runner.phase is Phase.PAUSED and painting.display.idle)

    def look():
        leave(view.canvas.viewport())
        image, places = view.canvas.viewport().grab().toImage(), _places(view, [(40, 40), (100, 20)])
        return [image.pixelColor(QPointF(*place).toPoint()).getRgb()[:3] for place in places]

    clean = look()
    paint(view, (30, 40), (60, 40), release=False)
    inside, outside = look()
    assert outside == clean[1]
    assert np.abs(np.subtract(inside, clean[0])).max() > 20
    paint(view, (60, 40))
    painting.commands.actions["brush"].trigger()
    assert look() == clean


def test_erasing_takes_away_and_in_the_end_clears(painting, settled):
    view, state, scene = painting.views["input"], painting.state, painting.state.scene
    paint(view, (100, 100), held_button=RIGHT)
    settled()
    assert state.undo_stack.count() == 0
    assert "Nothing is painted" in painting.status.currentMessage()
    paint(view, (60, 100), (160, 100))
    paint(view, (110, 60), (110, 140), held_button=RIGHT)
    settled()
    assert state.undo_stack.count() == 2
    kept = distance(scene, [(60, 100), (160, 100)]) < radius(painting) - 1
    cut = distance(scene, [(110, 60), (110, 140)])
    assert painted(painting)[kept & (cut > radius(painting) + 1)].all()
    assert not painted(painting)[cut < radius(painting) - 1].any()
    painting.commands.actions["erase"].trigger()
    painting.regions.brush.set_size(60)
    assert painting.status.currentMessage().startswith("Eraser: 60 px of the crop")
    paint(view, (40, 100), (180, 100))
    settled()
    assert state.parameters.config.region_mask is None
    assert shown(painting) is None
    assert painting.notifications.shown == ()
    paint(view, (90, 90), held_button=RIGHT)
    settled()
    assert_painted(painted(painting), distance(scene, [(90, 90)]), radius(painting))


def test_shift_leads_a_straight_line_and_whole_picture_is_painted_too(qtbot, painting, settled, engine):
    view, scene = painting.views["input"], painting.state.scene
    view.whole_button.click()
    qtbot.wait(20)
    paint(view, (40, 40))
    # the run that this has begun makes no difference
    qtbot.waitUntil(lambda: engine.requests[-1].config.region_mask is not None)
    qtbot.waitUntil(lambda: painting.state.scene is not scene)
    paint(view, (200, 60), modifiers=SHIFT)
    settled()
    assert_painted(painted(painting), distance(scene, [(40, 40), (200, 60)]), radius(painting))


def test_brush_is_sized_by_keys_wheel_and_dialog_and_remembered(qtbot, painting):
    brush, view = painting.regions.brush, painting.views["input"]
    canvas, ring = view.canvas, painting.views["correlation"].region.ring
    first = brush.size
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert brush.size == round(1.25 * first)
    qtbot.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert brush.size == first
    layer = painting.state.parameters.config.layer
    for _ in range(40):
        painting.commands.actions["smaller_brush"].trigger()
    assert brush.size == 1
    at = QPointF(50, 50)
    wheel = QWheelEvent(
        at,
        canvas.viewport().mapToGlobal(at),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    before = view.view_box.viewRect()
    QApplication.sendEvent(canvas.viewport(), wheel)
    assert brush.size == 2
    assert view.view_box.viewRect() == before
    assert painting.state.parameters.config.layer == layer
    painting.commands.actions["brush_size"].trigger()
    dialog = painting.findChild(QInputDialog)
    dialog.setIntValue(34)
    dialog.accept()
    assert brush.size == 34
    assert painting.workspace.settings.value("brush_size") == 34
    point_at(canvas.viewport(), *_places(view, [(77, 88)])[0])
    assert ring.isVisible()
    assert (ring.pos().x(), ring.pos().y(), ring.radius) == pytest.approx((77, 88, 17), abs=0.01)
    words = painting.status.currentMessage()
    assert words.startswith(f"Brush: 34 px of the crop, {2 * radius(painting):.0f} of the picture")
    assert not painting.status.progress.isVisible()
    leave(canvas.viewport())
    assert not ring.isVisible()


def test_escape_drops_the_stroke_then_the_brush_and_only_then_stops_the_run(qtbot, painting, settled):
    view, state = painting.views["input"], painting.state
    actions, canvas = painting.commands.actions, painting.views["input"].canvas
    canvas.setFocus()
    paint(view, (60, 60))
    settled()
    text = state.parameters.config.region_mask
    paint(view, (150, 150), (180, 150), release=False)
    assert shown(painting).sum() > 1.5 * painted_pixels(text)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    settled()
    assert (shown(painting) == painted_bitmap(text)).all()
    paint(view, (150, 150), (180, 150), held_button=RIGHT)
    settled()
    assert state.parameters.config.region_mask == text
    assert actions["brush"].isChecked()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not actions["brush"].isChecked()
    assert painting.status.currentMessage() == ""
    assert painting.status.progress.isVisible()
    qtbot.waitUntil(lambda: painting.runner.phase is Phase.RUNNING and actions["stop"].isEnabled())
    # also from a panel that floats
    painting.docks["input"].setFloating(True)
    painting.docks["input"].activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    actions["brush"].trigger()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not actions["brush"].isChecked()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert painting.runner.phase is Phase.STOPPED


def test_one_tool_at_a_time_and_a_drag_pans_again_without(painting, settled):
    actions, view, first = painting.commands.actions, painting.views["correlation"], painting.views["input"]
    # nor does the brush pick joints out on its way
    joints = painting.state.scene.clean.keypoints
    point_at(first.canvas.viewport(), *_places(first, [joints[0]])[0])
    assert painting.state.joint == ""
    actions["draw_region"].trigger()
    assert not actions["brush"].isChecked()
    assert not painting.regions.brush.in_hand
    actions["erase"].trigger()
    assert actions["brush"].isChecked()
    assert not actions["draw_region"].isChecked()
    actions["brush"].trigger()
    assert not actions["erase"].isChecked()
    before = view.view_box.viewRect().center()
    paint(view, (100, 100), (110, 110), (140, 140))
    settled()
    assert painting.state.parameters.config.region_mask is None
    assert view.view_box.viewRect().center() != before


def test_strokes_quicker_than_the_thread_are_steps_of_their_own(painting, settled):
    view, state, scene = painting.views["input"], painting.state, painting.state.scene
    paint(view, (40, 40), (80, 40))
    paint(view, (40, 120), (80, 120))
    settled()
    assert state.undo_stack.count() == 2
    painting.state.undo_stack.undo()
    assert_painted(painted(painting), distance(scene, [(40, 40), (80, 40)]), radius(painting))
    # nor does a hand wait for the bitmap that the step before has asked for
    paint(view, (160, 160))
    settled()
    away = np.minimum(distance(scene, [(40, 40), (80, 40)]), distance(scene, [(160, 160)]))
    assert_painted(painted(painting), away, radius(painting))
    # a stroke whose text is still being made goes when what it was painted on goes
    paint(view, (200, 40))
    painting.state.undo_stack.undo()
    settled()
    assert_painted(painted(painting), distance(scene, [(40, 40), (80, 40)]), radius(painting))
    assert (shown(painting) == painted(painting)).all()


def test_box_and_paint_limit_together_and_invert_together(painting, settled, tmp_path):
    state, files = painting.state, painting.regions.files
    size = state.picture.pixels.shape[:2]
    paint(painting.views["input"], (60, 100), (200, 100))
    settled()
    inside = np.zeros(size, bool)
    inside[100:300, 150:260] = True
    both = painted(painting) & inside
    state.apply(Edit({"region": (150.0, 100.0, 110.0, 200.0)}, new_gesture()))
    assert "∩" in painting.controls.region.text.text()
    assert "inside the box too" in painting.status.currentMessage()
    files.export(tmp_path / "region.png")
    settled()
    assert painted_bitmap(load_region(tmp_path / "region.png")).tolist() == both.tolist()
    steps = state.undo_stack.count()
    painting.commands.actions["invert_region"].trigger()
    settled()
    assert state.parameters.config.region is None
    assert (painted(painting) == ~both).all()
    assert state.undo_stack.count() == steps + 1
    painting.commands.actions["clear_region"].trigger()
    assert shown(painting) is None
    for name in ("clear_region", "invert_region", "export_region"):
        assert not painting.commands.actions[name].isEnabled()


def test_mask_is_opened_from_a_file_or_refused_in_one_line(painting, settled, tmp_path):
    state, files = painting.state, painting.regions.files
    bitmap = np.hypot(*(np.indices(state.picture.pixels.shape[:2]) - 200)) < 50
    save_region(bitmap, tmp_path / "shirt.png")
    save_region(bitmap[:-1], tmp_path / "short.png")
    save_region(np.zeros_like(bitmap), tmp_path / "black.png")
    files.open_path(tmp_path / "shirt.png")
    settled()
    assert (painted(painting) == bitmap).all()
    assert (shown(painting) == bitmap).all()
    assert painting.notifications.shown[-1].line == f"{bitmap.sum()} pixels of shirt.png may change"
    for name, words in (
        ("short.png", "short.png must be as large as the picture, 720 x 480 pixels, got 720 x 479"),
        ("black.png", "black.png: region_mask must leave at least one pixel"),
        ("missing.png", "no such file"),
    ):
        files.open_path(tmp_path / name)
        settled()
        assert words in painting.notifications.shown[-1].line
        assert (painted(painting) == bitmap).all()
    state.apply(Edit({"region": (700.0, 10.0, 5.0, 5.0)}, new_gesture()))
    files.export(tmp_path / "nothing.png")
    settled()
    assert "region must hold a pixel" in painting.notifications.shown[-1].line
    assert not (tmp_path / "nothing.png").exists()


def test_paint_for_another_size_is_let_go_and_comes_back_with_its_picture(painting, settled, qtbot, engine):
    state, first = painting.state, painting.state.picture
    paint(painting.views["input"], (60, 100), (200, 100))
    settled()
    text = state.parameters.config.region_mask
    other = picture_from_array(first.pixels[:400, :500], "small.png")
    # the run that this has begun reaches the engine in the worker's own time
    qtbot.waitUntil(lambda: engine.requests[-1].config.region_mask == text)
    requests = len(engine.requests)
    painting.conductor.open(other)
    qtbot.waitUntil(lambda: state.scene.picture is other and len(engine.requests) > requests)
    assert len(engine.requests) == requests + 1
    assert engine.requests[-1].config.region_mask is None
    assert shown(painting) is None
    assert "for a picture of 720 x 480 pixels" in painting.notifications.shown[-1].line
    painting.state.undo_stack.undo()
    settled()
    assert state.parameters.config.region_mask is None
    assert painting.runner.phase is Phase.RUNNING
    painting.state.undo_stack.redo()
    paint(painting.views["input"], (100, 100))
    settled()
    assert painted(painting).shape == (400, 500)
    painting.conductor.open(first)
    qtbot.waitUntil(lambda: state.scene.picture is first)
    for _ in range(3):
        painting.state.undo_stack.undo()
    settled()
    assert state.parameters.config.region_mask == text
    assert (shown(painting) == painted_bitmap(text)).all()


def test_paint_is_in_the_session_and_on_screen_when_it_is_opened(painting, settled, qtbot, tmp_path):
    state, path = painting.state, tmp_path / "painted.kaa"
    paint(painting.views["input"], (60, 100), (200, 100))
    settled()
    text = state.parameters.config.region_mask
    qtbot.waitUntil(lambda: state.snapshot is not None and state.snapshot.config.region_mask == text)
    painting.sessions.save(path)
    settled()
    painting.commands.actions["clear_region"].trigger()
    painting.opening.open_path(path)
    qtbot.waitUntil(lambda: state.parameters.config.region_mask == text)
    settled()
    assert (shown(painting) == painted_bitmap(text)).all()
