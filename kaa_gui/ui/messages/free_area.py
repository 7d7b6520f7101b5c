"""Find where a notice covers nothing that the user reaches for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QMainWindow, QTabBar, QToolBar, QWidget

_DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


def panels_area(window: QMainWindow) -> QRect:
    """Return the part of a window between menu bar, toolbars and status bar, in the window's pixels."""
    top, bottom = 0, window.height()
    for bar in (window.menuBar(), window.statusBar(), *_toolbars(window)):
        if bar.isHidden() or bar.isWindow():
            continue
        if bar is window.statusBar() or _at_the_foot(window, bar):
            bottom = min(bottom, bar.y())
        else:
            top = max(top, bar.y() + bar.height())
    return QRect(0, top, window.width(), max(0, bottom - top))


def tab_bars(window: QMainWindow) -> list[QRect]:
    """Return where the tabs are of panels that share a place."""
    bars = window.findChildren(QTabBar, options=_DIRECT)
    return [bar.geometry() for bar in bars if not bar.isHidden()]


def lifted(wanted: QRect, obstacles: Iterable[QRect]) -> QRect:
    """Return a rectangle, moved up until it covers none of the obstacles."""
    moved = QRect(wanted)
    # the lowest first: whatever lies above it is met later
    for obstacle in sorted(obstacles, key=lambda rect: -rect.bottom()):
        if moved.intersects(obstacle):
            moved.moveBottom(obstacle.top() - 1)
    return moved


def _toolbars(window: QMainWindow) -> list[QToolBar]:
    return window.findChildren(QToolBar, options=_DIRECT)


def _at_the_foot(window: QMainWindow, bar: QWidget) -> bool:
    return isinstance(bar, QToolBar) and window.toolBarArea(bar) is Qt.ToolBarArea.BottomToolBarArea
