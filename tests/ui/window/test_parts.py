from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeySequence

from kaa_gui.ui.actions.registry import ACTIONS
from kaa_gui.ui.actions.shortcuts_dialog import ShortcutsDialog
from kaa_gui.ui.messages.debug_overlay import resident_bytes
from kaa_gui.ui.messages.tour import Tour
from kaa_gui.ui.window.main_window import MainWindow


def _keys(window: MainWindow, name: str) -> list[str]:
    return [keys.toString() for keys in window.commands.actions[name].shortcuts()]


@pytest.fixture
def dialog(window) -> ShortcutsDialog:
    window.commands.actions["change_shortcuts"].trigger()
    return window.findChild(ShortcutsDialog)


def _press(dialog: ShortcutsDialog, name: str, keys: str) -> None:
    dialog.choose(name)
    dialog.keys.setKeySequence(QKeySequence(keys))
    dialog.set_button.click()


# --- shortcuts ---


def test_shortcut_chosen_works_is_shown_and_is_remembered(qtbot, window, dialog, engine, settings):
    _press(dialog, "restart", "Ctrl+Alt+R")
    assert dialog.complaint.text() == ""
    assert _keys(window, "restart") == ["Ctrl+Alt+R"]
    assert "Ctrl+Alt+R" in window.commands.actions["restart"].toolTip()
    dialog.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    runs = len(engine.requests)
    qtbot.keyClick(
        window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    )
    qtbot.waitUntil(lambda: len(engine.requests) == runs + 1)
    window.help.show_shortcuts()
    sheet = next(child for child in window.children() if type(child).__name__ == "Sheet")
    assert "Ctrl+Alt+R" in sheet.text.text()
    sheet.close()
    second = MainWindow(engine.services(), settings)
    assert _keys(second, "restart") == ["Ctrl+Alt+R"]
    second.leave()
    second.deleteLater()


@pytest.mark.parametrize(
    ("keys", "words"), [("Ctrl+O", "taken by File > Open picture"), ("Left", "needed by fields and views")]
)
def test_shortcut_that_is_taken_is_refused_in_words(dialog, window, keys, words):
    _press(dialog, "restart", keys)
    assert words in dialog.complaint.text()
    assert _keys(window, "restart") == ["F5"]


def test_shortcut_is_taken_away_and_reset(dialog, window):
    _press(dialog, "restart", "")
    assert _keys(window, "restart") == []
    _press(dialog, "stop", "F5")
    assert _keys(window, "stop") == ["F5"]
    dialog.choose("restart")
    dialog.reset_button.click()
    assert "taken by Attack > Stop" in dialog.complaint.text()
    dialog.all_button.click()
    for spec in ACTIONS:
        assert _keys(window, spec.id) == list(spec.shortcuts), spec.id


def test_shortcut_table_is_searched(dialog):
    dialog.search.setText("export")
    shown = [row for row in range(dialog.table.rowCount()) if not dialog.table.isRowHidden(row)]
    assert shown
    assert all("export" in dialog.table.item(row, 0).text().lower() for row in shown)


@pytest.mark.parametrize(
    "stored", ["", "[]", '{"restart": 5}', '{"nothing": "F5"}', json.dumps({"restart": "Ctrl+O"})]
)
def test_shortcuts_survive_whatever_the_settings_hold(qtbot, engine, settings, stored):
    settings.setValue("shortcuts", stored)
    window = MainWindow(engine.services(), settings)
    assert _keys(window, "restart") == ["F5"]
    window.leave()
    window.deleteLater()


# --- tour ---


def test_tour_goes_through_the_window_and_is_offered_only_once(qtbot, window, settings):
    tour: Tour = window.help.tour
    assert not tour.isVisible()
    window.help.offer_tour()
    (notice,) = [notice for notice in window.notifications.shown if "tour" in notice.line]
    assert not tour.isVisible()
    dict(notice.actions)["Take the tour"]()
    assert tour.isVisible()
    titles = []
    while tour.isVisible():
        titles.append(tour.title.text())
        assert window.rect().contains(tour.geometry())
        tour.next.click()
    assert len(set(titles)) == len(titles) == 6
    assert tour.seen
    before = len(window.notifications.shown)
    window.help.offer_tour()
    assert len(window.notifications.shown) == before
    window.commands.actions["tour"].trigger()
    assert tour.isVisible()
    assert tour.step == 0


def test_tour_obeys_keys_and_stays_inside_small_windows(qtbot, window):
    tour: Tour = window.help.tour
    tour.begin()
    qtbot.keyClick(tour, Qt.Key.Key_Right)
    qtbot.keyClick(tour, Qt.Key.Key_Return)
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.step == 1
    window.resize(QSize(900, 620))
    qtbot.waitUntil(lambda: window.rect().contains(tour.geometry()))
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert not tour.isVisible()


def test_tour_speaks_of_hidden_panels_from_the_middle(window):
    window.docks["input"].hide()
    window.help.tour.begin()
    assert window.rect().contains(window.help.tour.geometry())
    assert not window.help.tour._outline.isVisible()
    window.help.tour.finish()


# --- numbers about the window ---


def test_overlay_counts_only_while_it_is_shown(qtbot, window):
    overlay, action = window.help.overlay, window.commands.actions["debug_overlay"]
    assert overlay.isHidden()
    action.setChecked(True)
    assert overlay.isVisible()
    qtbot.waitUntil(lambda: "\n0.0 iterations/s" not in overlay.text())
    for words in ("frames/s", "event-loop gap", "iterations/s"):
        assert words in overlay.text()
    canvas = window.views["input"].canvas.viewport()
    place = QRect(overlay.mapToGlobal(QPoint(0, 0)), overlay.size())
    assert QRect(canvas.mapToGlobal(QPoint(0, 0)), canvas.size()).contains(place)
    window.docks["input"].hide()
    for bar in (window.commands.toolbar, window.timeline, window.pipeline, window.menuBar()):
        qtbot.waitUntil(lambda bar=bar: not overlay.geometry().intersects(bar.geometry()))
    assert window.rect().contains(overlay.geometry())
    action.setChecked(False)
    assert overlay.isHidden()
    assert not overlay._probe.isActive()
    assert not overlay._period.isActive()


def test_memory_is_a_plausible_number():
    memory = resident_bytes()
    assert memory is None or 2**20 < memory < 2**40
