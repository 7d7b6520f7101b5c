"""Views dragged out of the window: what the pointer carries, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.views.view import View
from kaa_gui.ui.window.main_window import MainWindow


class Carried:
    """What drags carried, as a program that they are dropped on would find it."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self.images: list[QImage] = []

    def take(self, drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        assert actions is Qt.DropAction.CopyAction
        data = drag.mimeData()
        (url,) = data.urls()
        self.paths.append(Path(url.toLocalFile()))
        self.images.append(QImage(data.imageData()) if data.hasImage() else QImage())
        assert not drag.pixmap().isNull()
        return Qt.DropAction.CopyAction


@pytest.fixture
def carried(monkeypatch) -> Carried:
    found = Carried()

    def carry(drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        return found.take(drag, actions)

    # a function, which is bound to the drag as a method is
    monkeypatch.setattr(QDrag, "exec", carry)
    return found


@pytest.fixture
def still(qtbot, window: MainWindow) -> MainWindow:
    """The window with a run that stands still and all views up to date."""
    window.runner.pause()
    qtbot.waitUntil(lambda: window.runner.phase is Phase.PAUSED)
    for name in ("joints", "curves"):
        window.docks.reveal(name)
        qtbot.waitUntil(lambda name=name: window.views[name].populated and window.display.idle)
    return window


def pull(view: View, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press the view's grip and move far enough for a drag."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, button, x in (
        (QMouseEvent.Type.MouseButtonPress, left, 5),
        (QMouseEvent.Type.MouseMove, none, 5 + QApplication.startDragDistance()),
        (QMouseEvent.Type.MouseMove, none, 60),
    ):
        at = QPointF(x, 5)
        event = QMouseEvent(kind, at, view.grip.mapToGlobal(at), button, left, modifiers)
        QApplication.sendEvent(view.grip, event)


def same(first: QImage, second: QImage) -> bool:
    form = QImage.Format.Format_RGB32
    return first.convertToFormat(form) == second.convertToFormat(form)


def test_every_view_is_dragged_out_as_the_picture_that_is_copied(qtbot, still, carried):
    scene, shown = still.state.scene, still.state.shown
    for name in ("input", "correlation", "perturbation", "skeleton_3d", "curves"):
        view = still.views[name]
        qtbot.waitUntil(lambda view=view: view.populated and not view.pending)
        expected = view.to_image()
        pull(view)
        written = QImage(str(carried.paths[-1]))
        assert same(written, expected), name
        assert same(carried.images[-1], expected), name
        stem = Path(scene.picture.name).stem
        assert carried.paths[-1].name == f"{stem}-{name.replace('_', '-')}-{shown.iteration}.png"
        view.grip.click()
        assert same(QGuiApplication.clipboard().image(), expected), name
    # one drag for each pull, however far the hand has moved
    assert len(carried.paths) == len(set(carried.paths)) == 5


def test_views_with_lines_and_text_are_dragged_out_as_vectors_too(still, carried):
    control = Qt.KeyboardModifier.ControlModifier
    for name, suffix in (("curves", ".pdf"), ("input", ".pdf"), ("skeleton_3d", ".png")):
        pull(still.views[name], control)
        assert carried.paths[-1].suffix == suffix
    pages = [path.read_bytes() for path in carried.paths if path.suffix == ".pdf"]
    for page in pages:
        assert page.startswith(b"%PDF-")
        assert page.count(b"/Type /Page\n") == 1
        # text is text: there is a font in it
        assert b"/FontFile2" in page


def test_grip_takes_no_focus_and_leaves_pan_and_region_alone(qtbot, still, carried):
    view = still.views["input"]
    still.activateWindow()
    view.canvas.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    seen = QRectF(view.view_box.viewRect())
    target = still.state.parameters.config.target
    pull(view)
    assert view.canvas.hasFocus()
    assert not view.grip.isDown()
    assert view.view_box.viewRect() == seen
    assert still.state.parameters.config.target == target
    assert all(not each.grip.focusPolicy() for each in still.views.values())


def test_files_go_when_the_window_does_and_none_stays_half_written(still, carried, monkeypatch):
    pull(still.views["curves"])
    (path,) = carried.paths
    monkeypatch.setattr(QImage, "save", lambda *_, **__: False)
    pull(still.views["curves"])
    assert "no file can be written" in still.notifications.shown[-1].line
    assert len(carried.paths) == 1
    assert path.is_file()
    still.close()
    assert not path.exists()


def test_window_takes_no_view_of_its_own(qtbot, still, monkeypatch, tmp_path):
    data = QMimeData()
    data.setText("a.png")
    for source, welcome in ((None, True), (still.views["curves"], False)):
        monkeypatch.setattr(QDragEnterEvent, "source", lambda _event, source=source: source)
        event = QDragEnterEvent(
            QPointF(5, 5).toPoint(),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        event.ignore()
        still.dragEnterEvent(event)
        assert event.isAccepted() is welcome
