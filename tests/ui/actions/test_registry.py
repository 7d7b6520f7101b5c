"""Every entry of every menu, and the actions that nothing else reaches, in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from kaa_gui.ui.actions.registry import ACTIONS
from kaa_gui.ui.messages.sheets import Sheet


def _menus(menu: QMenu) -> Iterator[QMenu]:
    yield menu
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from _menus(inner)


def _clashes(texts: list[str]) -> list[tuple[str, str]]:
    first: dict[str, str] = {}
    clashes = []
    for text in texts:
        letter = QKeySequence.mnemonic(text).toString()
        if letter and first.setdefault(letter, text) is not text:
            clashes.append((first[letter], text))
    return clashes


def test_clashing_letters_are_found():
    assert _clashes(["&Open", "Cl&ose", "&Save", "a && b", "plain"]) == [("&Open", "Cl&ose")]


def test_letters_are_unique_in_the_menu_bar_and_in_every_menu(window):
    bar = window.menuBar()
    assert _clashes([action.text() for action in bar.actions()]) == []
    menus = [menu for title in bar.actions() for menu in _menus(title.menu())]
    titles = {menu.title().replace("&", "") for menu in menus}
    assert titles >= {"File", "Samples", "Recent files", "Presets", "View", "Panels", "Theme", "Colour map"}
    for menu in menus:
        assert _clashes([action.text() for action in menu.actions()]) == [], menu.title()


def test_every_action_names_a_slot(window):
    for spec in ACTIONS:
        assert callable(attrgetter(spec.slot)(window)), spec.id


def test_layer_actions_go_one_layer_back_and_on(window):
    layers, start = [layer.name for layer in window.state.scene.layers], window.state.scene.layer.name
    window.commands.actions["previous_layer"].trigger()
    assert window.state.parameters.config.layer == layers[layers.index(start) - 1]
    window.commands.actions["next_layer"].trigger()
    assert window.state.parameters.config.layer == start


def test_log_action_says_where_the_log_is(window):
    window.commands.actions["log"].trigger()
    assert [notice.line for notice in window.notifications.shown][-1] == "No log file is kept"


def test_full_screen_layout_and_copy_by_their_actions(qtbot, window):
    actions = window.commands.actions
    actions["full_screen"].trigger()
    qtbot.waitUntil(window.isFullScreen)
    actions["full_screen"].trigger()
    qtbot.waitUntil(lambda: not window.isFullScreen())
    window.docks["perturbation"].hide()
    window.timeline.hide()
    actions["default_layout"].trigger()
    assert window.docks["perturbation"].isVisible()
    assert window.timeline.isVisible()
    QGuiApplication.clipboard().clear()
    actions["copy"].trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (256, 256)
    actions["paste"].trigger()
    qtbot.waitUntil(lambda: window.state.picture.name.startswith("pasted"))


def test_about_and_shortcuts_open_their_sheets(window):
    for identifier, words in (("about", "KAA Studio"), ("shortcuts", "Ctrl+O")):
        window.commands.actions[identifier].trigger()
        sheet = next(sheet for sheet in window.findChildren(Sheet) if sheet.isVisible())
        assert words in sheet.text.text()
        sheet.close()


def test_iterates_are_reached_by_their_actions(qtbot, window):
    actions, state = window.commands.actions, window.state
    qtbot.waitUntil(lambda: len(state.trajectory.iterations) > 5)
    actions["stop"].trigger()
    actions["first_iterate"].trigger()
    assert not state.live
    actions["best_iterate"].trigger()
    assert state.shown.iteration == state.trajectory.best
    actions["last_iterate"].trigger()
    assert state.live
    assert state.shown.iteration == state.snapshot.iteration
