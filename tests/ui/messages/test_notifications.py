from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtWidgets import QTabBar, QWidget

from kaa_gui.ui.messages.free_area import lifted
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.window.main_window import MainWindow


def _fixtures(window: MainWindow) -> list[QWidget]:
    """Return what must stay within reach: toolbars, menu bar, status line, tabs of panels."""
    tabs = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bars = [window.commands.toolbar, window.pipeline, window.timeline, window.menuBar(), window.status]
    return [widget for widget in (*tabs, *bars) if widget.isVisible()]


def _clear(window: MainWindow) -> bool:
    toasts = [toast.geometry() for toast in window.notifications._toasts]
    inside = all(window.rect().contains(toast) for toast in toasts)
    apart = not any(a.intersects(b) for at, a in enumerate(toasts) for b in toasts[:at])
    return inside and apart and not any(a.intersects(w.geometry()) for a in toasts for w in _fixtures(window))


@pytest.mark.parametrize("size", [(1280, 800), (1000, 700), (1800, 1000)])
def test_notices_cover_no_bar_and_no_tab_at_any_size(qtbot, window, size):
    window.resize(*size)
    window.docks.reveal("joints")
    qtbot.waitUntil(lambda: any(isinstance(widget, QTabBar) for widget in _fixtures(window)))
    for line in ("The first, which is so long that it takes several lines " * 4, "The second", "The third"):
        window.notifications.show(Notice(line, "warning"))
    qtbot.waitUntil(lambda: _clear(window))
    newest = window.notifications._toasts[-1].geometry()
    assert newest.center().x() > window.width() / 2
    window.timeline.hide()
    qtbot.waitUntil(lambda: _clear(window))
    window.timeline.show()
    qtbot.waitUntil(lambda: _clear(window))


def test_lifted_leaves_every_obstacle_free():
    obstacles = [QRect(0, 50, 100, 10), QRect(0, 80, 100, 10), QRect(200, 60, 10, 40)]
    assert lifted(QRect(10, 70, 50, 25), obstacles) == QRect(10, 25, 50, 25)
    assert lifted(QRect(110, 70, 50, 25), obstacles) == QRect(110, 70, 50, 25)


def test_notice_of_the_last_moment_leaves_no_timer(window):
    window.notifications.show(Notice("Wrote a.png"))
    window.resize(window.width() - 40, window.height())
    assert any(timer.isActive() for timer in window.notifications.findChildren(QTimer))
    window.close()
    assert not any(timer.isActive() for timer in window.findChildren(QTimer))
