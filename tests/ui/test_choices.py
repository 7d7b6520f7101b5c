from __future__ import annotations

from PySide6.QtCore import Qt

from kaa_gui.ui.elements.chip import Chip


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
