from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication

from kaa_gui.ui.appearance.text_size import SIZES
from kaa_gui.ui.controls.panel import ControlsPanel
from kaa_gui.ui.window.main_window import MainWindow


@pytest.fixture(autouse=True)
def same_font_afterwards(qapp) -> Iterator[None]:
    before = QApplication.font()
    yield
    QApplication.setFont(before)


def test_text_size_changes_everywhere_and_is_remembered(qtbot, window, engine, settings):
    label, before = window.status.text, window.status.text.font().pointSizeF()
    title = window.docks["input"]
    actions = window.commands.actions
    assert not actions["normal_text"].isEnabled()
    actions["larger_text"].trigger()
    actions["larger_text"].trigger()
    assert label.font().pointSizeF() == pytest.approx(1.3 * before)
    assert title.font().pointSizeF() == pytest.approx(1.3 * before)
    again = MainWindow(engine.services(), settings)
    assert again.looks.text_size.share == 1.3
    again.close()
    again.deleteLater()
    actions["smaller_text"].trigger()
    assert label.font().pointSizeF() == pytest.approx(1.15 * before)
    actions["normal_text"].trigger()
    assert label.font().pointSizeF() == pytest.approx(before)


def test_text_size_ends_at_its_ends(window):
    larger, smaller = (window.commands.actions[name] for name in ("larger_text", "smaller_text"))
    for _ in SIZES:
        larger.trigger()
    assert window.looks.text_size.share == SIZES[-1]
    assert not larger.isEnabled()
    for _ in SIZES:
        smaller.trigger()
    assert window.looks.text_size.share == SIZES[0]
    assert not smaller.isEnabled()


@pytest.mark.parametrize("stored", ["huge", "nan", "-3", "1e9"])
def test_text_size_bears_any_settings_file(qtbot, engine, settings, stored):
    settings.setValue("text_size", stored)
    window = MainWindow(engine.services(), settings)
    assert window.looks.text_size.share in SIZES
    window.close()
    window.deleteLater()


def test_numbers_are_read_whole_at_every_text_size(qtbot, window):
    boxes = [box for box in window.controls.findChildren(QAbstractSpinBox) if box.isVisible()]
    assert len(boxes) > 4
    panel, width = window.controls, boxes[0].width()
    narrow, dock = panel.minimumWidth(), window.docks["controls"]
    usual = dock.width()
    for _ in SIZES:
        window.commands.actions["larger_text"].trigger()
    for box in boxes:
        field = box.lineEdit()
        text = field.fontMetrics().horizontalAdvance(field.text())
        qtbot.waitUntil(lambda field=field, text=text: field.width() > text)
    qtbot.waitUntil(lambda: panel.minimumWidth() > narrow)
    window.commands.actions["normal_text"].trigger()
    qtbot.waitUntil(lambda: boxes[0].width() == width and panel.minimumWidth() == narrow)
    qtbot.waitUntil(lambda: dock.width() == usual)


def test_panel_on_a_small_screen_can_be_scrolled_to_what_is_cut(qtbot, monkeypatch):
    monkeypatch.setattr("kaa_gui.ui.controls.panel._SHARE_OF_SCREEN", 0.0)
    panel = ControlsPanel()
    qtbot.addWidget(panel)
    panel.resize(160, 600)
    panel.show()
    qtbot.waitUntil(lambda: panel.width() == 160 and panel.horizontalScrollBar().isVisible())
    assert panel.horizontalScrollBar().maximum() > 0
