"""Waiting for the window to show what it has been given, or to come to rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kaa_gui.ui.window.main_window import MainWindow

V = TypeVar("V")


def wait_until_shown(qtbot, window: MainWindow) -> None:
    """Wait until every visible view has been served whatever is due now.

    A synthetic run brings values faster than they are drawn, so the display need never be idle; but what
    is due now belongs to the round under way or to the next one.
    """
    begun = window.display.rounds
    qtbot.waitUntil(lambda: window.display.idle or window.display.rounds >= begun + 2)


def at_rest(qtbot, value: Callable[[], V]) -> V:
    """Wait until a value has stayed the same for a while, however late the last news come; return it."""
    last = value()
    for _ in range(100):
        qtbot.wait(60)
        if value() == last:
            return last
        last = value()
    raise AssertionError(f"never at rest: {last}")
