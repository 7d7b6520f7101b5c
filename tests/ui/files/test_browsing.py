from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.pictures.video import Camera
from kaa_gui.ui.running.attack_runner import Phase
from tests.ui.fakes import picture


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    for name in ("a.png", "b.png", "broken.png", "c10.png", "c9.png"):
        (place / name).write_bytes(b"")
    return place


def _name(window) -> str:
    return "" if window.state.scene is None else window.state.scene.picture.name


def test_folder_dropped_becomes_a_film_strip_and_its_first_picture_is_attacked(qtbot, window, folder):
    assert window.docks["sources"].isHidden()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    window.opening.open_data(data, how="dropped")
    qtbot.waitUntil(lambda: _name(window) == "a.png")
    strip = window.browsing.panel.strip
    assert [strip.item(row).text() for row in range(strip.count())] == [
        "a.png",
        "b.png",
        "broken.png",
        "c9.png",
        "c10.png",
    ]
    assert window.browsing.panel.isVisible()
    qtbot.waitUntil(lambda: strip.blank() is None)
    made = strip.item(0).icon().pixmap(96).toImage()
    assert made.pixelColor(made.rect().center()).red() == 200


def test_folder_is_walked_through_by_keys_and_actions(qtbot, window, folder):
    window.browsing.open_folder(folder)
    qtbot.waitUntil(lambda: _name(window) == "a.png")
    qtbot.keyClick(window.browsing.panel.strip, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: _name(window) == "b.png")
    window.commands.actions["next_picture"].trigger()
    window.commands.actions["next_picture"].trigger()
    qtbot.waitUntil(lambda: _name(window) == "c9.png")
    window.commands.actions["previous_picture"].trigger()
    qtbot.waitUntil(lambda: any("not a picture" in notice.line for notice in window.notifications.shown))
    assert _name(window) == "c9.png"


def test_folder_without_pictures_is_one_line(qtbot, window, tmp_path):
    (tmp_path / "empty").mkdir()
    window.opening.open_path(tmp_path / "empty")
    qtbot.waitUntil(lambda: bool(window.notifications.shown))
    assert "holds no picture" in window.notifications.shown[-1].line
    assert window.docks["sources"].isHidden()


def test_folder_dialog_asks_for_a_folder(qtbot, window, folder):
    window.commands.actions["open_folder"].trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.fileSelected.emit(str(folder))
    dialog.close()
    qtbot.waitUntil(lambda: _name(window) == "a.png")


def test_video_frame_is_picked_by_slider_box_and_action(qtbot, window, tmp_path):
    window.opening.open_path(tmp_path / "clip.mp4")
    qtbot.waitUntil(lambda: _name(window) == "clip frame 0")
    frames = window.browsing.panel.frames
    assert frames.slider.maximum() == 99
    frames.slider.setValue(50)
    assert frames.box.value() == 50
    assert frames.time.text() == "2.00 s"
    qtbot.waitUntil(lambda: _name(window) == "clip frame 50")
    frames.box.setValue(7)
    window.commands.actions["next_picture"].trigger()
    qtbot.waitUntil(lambda: _name(window) == "clip frame 8")


def test_camera_is_attacked_frame_by_frame_until_it_is_let_go(qtbot, window, engine):
    window.browsing.panel.camera.every.setValue(2)
    window.commands.actions["camera"].trigger()
    qtbot.waitUntil(lambda: engine.frames >= 4)
    assert window.browsing.live
    assert _name(window).startswith("frame")
    window.browsing.panel.camera.stop_button.click()
    qtbot.waitUntil(lambda: engine.camera_closed == 1)
    frames = engine.frames
    at = window.state.snapshot
    qtbot.waitUntil(lambda: window.state.snapshot is not at)
    assert engine.frames <= frames + 1
    assert window.runner.phase is Phase.RUNNING


def test_camera_is_let_go_by_stop_and_by_another_picture(qtbot, window, engine):
    for leave in (window.conductor.stop, lambda: window.opening.open_path("other.png")):
        closed = engine.camera_closed
        window.commands.actions["camera"].trigger()
        qtbot.waitUntil(lambda: _name(window).startswith("frame") and window.state.snapshot is not None)
        leave()
        qtbot.waitUntil(lambda closed=closed: engine.camera_closed > closed)
        assert not window.browsing.live


def test_camera_that_is_not_there_is_one_line(qtbot, window, engine):
    engine.camera = False
    window.commands.actions["camera"].trigger()
    qtbot.waitUntil(lambda: bool(window.notifications.shown))
    assert window.notifications.shown[-1].line == "camera 0: not there"
    assert not window.browsing.live


def test_recording_in_the_place_of_a_camera_is_attacked_frame_by_frame_until_it_is_unplugged(
    qtbot, window, tmp_path, monkeypatch
):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for number in range(60):
        writer.write(np.full((48, 64, 3), 4 * number, np.uint8))
    writer.release()
    camera, browsing = Camera(lambda _number: cv2.VideoCapture(str(path))), window.browsing
    services = replace(browsing._services, camera_frame=camera.frame, close_camera=camera.close)
    monkeypatch.setattr(browsing, "_services", services)
    window.browsing.panel.camera.every.setValue(1)
    greys: list[float] = []
    window.state.scene_changed.connect(lambda scene: greys.append(float(scene.picture.pixels.mean())))
    window.commands.actions["camera"].trigger()
    qtbot.waitUntil(lambda: not browsing.live)
    # each frame is newer than the one before, and what is there at the end is still attacked
    assert len(greys) >= 3
    assert greys == sorted(greys)
    assert [notice.line for notice in window.notifications.shown] == [
        "camera 0: gives no picture; plug it in again"
    ]
    assert window.runner.phase is Phase.RUNNING
    at = window.state.snapshot
    qtbot.waitUntil(lambda: window.state.snapshot is not at)
    window.commands.actions["camera"].trigger()
    qtbot.waitUntil(lambda: browsing.live and len(greys) >= 4 and greys[-1] < greys[-2])


def test_camera_waits_for_somebody_to_come_into_sight(qtbot, window, monkeypatch):
    window.browsing._again.setInterval(1)
    seen = iter(["empty room", "empty room", "empty room", "somebody"])
    toasts: list[object] = []
    window.conductor.failed.connect(lambda _failure: toasts.append(window.notifications._toasts[-1]))
    browsing = window.browsing
    frames = replace(browsing._services, camera_frame=lambda number: picture(next(seen, "somebody")))
    monkeypatch.setattr(browsing, "_services", frames)
    window.browsing.panel.camera.every.setValue(500)
    window.commands.actions["camera"].trigger()
    qtbot.waitUntil(lambda: _name(window) == "somebody")
    assert window.browsing.live
    # one notice, that neither flickers nor outlives what it tells
    assert len(toasts) == 3
    assert len(set(toasts)) == 1
    qtbot.waitUntil(lambda: not window.notifications.shown)
