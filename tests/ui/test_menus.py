"""Every entry of every menu, and the actions that nothing else reaches, in the real window."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu


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
