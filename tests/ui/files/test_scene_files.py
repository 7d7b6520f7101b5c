from __future__ import annotations

import json

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QInputDialog, QPushButton


@pytest.fixture
def content(qtbot, window):
    view = window.views["skeleton_3d"]
    qtbot.waitUntil(lambda: view.content() is not None and "attacked" in view.content().poses)
    return view.content()


def wrote(window, path) -> bool:
    return any(notice.line == f"Wrote {path}" for notice in window.notifications.shown)


def files(folder) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name != "window.ini"]


def test_3d_view_is_saved_at_the_width_asked_for(qtbot, window, content, tmp_path):
    path = tmp_path / "pose.png"
    window.scene_files.draw(content, 700, path)
    assert window.scene_files.drawing
    qtbot.waitUntil(lambda: wrote(window, path))
    across, down = content.pane
    image = QImage(str(path))
    assert (image.width(), image.height()) == (700, round(700 * down / across))
    assert files(tmp_path) == ["pose.png"]
    assert not window.scene_files.drawing


def test_drawing_can_be_cancelled(qtbot, window, content, tmp_path):
    window.scene_files.draw(content, 3000, tmp_path / "pose.png")
    window.scene_files.progress.dialog.findChild(QPushButton).click()
    assert not window.scene_files.drawing
    assert files(tmp_path) == []


def test_window_closes_in_the_middle_of_a_drawing(window, content, tmp_path):
    window.scene_files.draw(content, 3000, tmp_path / "pose.png")
    window.close()
    assert not window.scene_files.drawing


def test_gltf_is_written_in_the_background(qtbot, window, content, tmp_path):
    path = tmp_path / "pose.gltf"
    window.scene_files.write_gltf(content, path)
    qtbot.waitUntil(lambda: wrote(window, path))
    assert json.loads(path.read_text())["asset"]["version"] == "2.0"


def test_folder_that_is_not_there_is_one_line(qtbot, window, content, tmp_path):
    window.scene_files.write_gltf(content, tmp_path / "nowhere" / "pose.gltf")
    qtbot.waitUntil(lambda: any("cannot be written" in notice.line for notice in window.notifications.shown))


def test_menu_asks_for_a_width(qtbot, window, content):
    window.commands.actions["save_3d"].trigger()
    dialog = next(item for item in window.findChildren(QInputDialog) if item.isVisible())
    assert dialog.intValue() == 4 * content.pane[0]
    assert str(content.pane[0]) in dialog.labelText()
    dialog.reject()
