from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton

from kaa_gui.ui.widgets.buttons import Chip
from kaa_gui.ui.window import palette_entries as choices


def _run(qtbot, window, title: str) -> None:
    window.commands.actions["palette"].trigger()
    palette = window.commands.palette
    (found,) = palette.results.findItems(title, Qt.MatchFlag.MatchExactly)
    palette.results.setCurrentItem(found)
    qtbot.keyClick(palette.query, Qt.Key.Key_Return)


def test_palette_offers_every_choice_of_a_parameter_and_undo_takes_it_back(qtbot, window):
    box = window.controls.fields["method"].box
    before = window.state.parameters.config.method
    at = next(row for row in range(box.count()) if box.itemData(row) != before)
    _run(qtbot, window, f"{box.accessibleName()}: {box.itemText(at)}")
    assert window.state.parameters.config.method == box.itemData(at)
    window.commands.actions["undo"].trigger()
    assert window.state.parameters.config.method == before
    assert box.currentData() == before


def test_palette_presses_the_buttons_of_the_views(qtbot, window):
    button = window.views["input"].findChild(Chip)
    on = button.isChecked()
    _run(qtbot, window, f"{window.docks['input'].windowTitle()}: {button.accessibleName()}")
    assert button.isChecked() != on


def test_palette_opens_the_panel_first_that_is_closed_or_behind_another(qtbot, window):
    window.runner.pause()
    joints, docks = window.views["joints"], window.docks
    assert docks["joints"].isHidden()
    QGuiApplication.clipboard().clear()
    _run(qtbot, window, "Joints: Copy CSV")
    # there is nothing to copy before the panel has been shown
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().startswith("joint,"))
    assert joints.isVisible()
    docks.reveal("curves")
    qtbot.waitUntil(lambda: joints.visibleRegion().isEmpty())
    _run(qtbot, window, "Joints: Copy this view")
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull())
    assert not joints.visibleRegion().isEmpty()
    assert docks["evaluation"].isHidden()
    switch = window.evaluation.panel.defences
    _run(qtbot, window, "Evaluate: Defences")
    assert switch.isChecked()
    assert switch.isVisible()


def test_palette_has_one_entry_of_each_name_and_none_without_words(window):
    window.commands.actions["palette"].trigger()
    results = window.commands.palette.results
    titles = [results.item(row).text() for row in range(results.count())]
    assert len(titles) == len(set(titles))
    assert not [title for title in titles if not title.partition(": ")[2].strip(" .…")]
    assert not {"Curves: Close", "Curves: Float"} & set(titles)
    window.commands.palette.close()


def test_button_of_a_panel_with_nothing_in_it_is_forgotten_after_a_while(qtbot, window, monkeypatch):
    monkeypatch.setattr(choices, "_PATIENCE_MS", 1)
    window.runner.pause()
    joints = window.views["joints"]
    monkeypatch.setattr(joints, "show_snapshot", lambda _snapshot: None)
    QGuiApplication.clipboard().clear()
    _run(qtbot, window, "Joints: Copy CSV")
    copy = next(each for each in joints.findChildren(QToolButton) if each.text() == "Copy CSV")
    qtbot.waitUntil(lambda: not copy.findChildren(choices._Waiting))
    joints._set_populated(True)
    QApplication.processEvents()
    assert QGuiApplication.clipboard().text() == ""
