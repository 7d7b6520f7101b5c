"""Waiting for the window to show what it has been given."""

from __future__ import annotations

from kaa_gui.ui.window.main_window import MainWindow


def wait_until_shown(qtbot, window: MainWindow) -> None:
    """Wait until every visible view has been served whatever is due now.

    A synthetic run brings values faster than they are drawn, so the display need never be idle; but what
    is due now belongs to the round under way or to the next one.
    """
    begun = window.display.rounds
    qtbot.waitUntil(lambda: window.display.idle or window.display.rounds >= begun + 2)
