"""Place the panels around the window: by default, and where the user put them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

LAYOUT_VERSION = 3
"""Raised when panels come or go, so that a stored layout of an older program is not half applied."""

CONTROLS = "controls"
_CONTROLS_WIDTH, _CONTROLS_MAXIMUM = 300, 460
_GEOMETRY_KEY, _STATE_KEY = "geometry", "layout"


class Docks(Mapping[str, QDockWidget]):
    """The panels by name.

    By default pictures stand above (three side by side), 3D pose and curves below, the controls at
    the right: square pictures get the most out of a wide screen this way.
    """

    def __init__(self, window: QMainWindow, rows: Sequence[Sequence[str]]) -> None:
        """Prepare the places.

        Args:
            window: To dock in.
            rows: Names of the panels, row by row, as they stand by default.
        """
        self._window = window
        self._rows = rows
        self._docks: dict[str, QDockWidget] = {}
        self._behind: dict[str, str] = {}
        self._text_size = 1.0
        window.setDockNestingEnabled(True)
        window.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
        )

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def __len__(self) -> int:
        return len(self._docks)

    def add(self, name: str, title: str, widget: QWidget, *, behind: str | None = None) -> QDockWidget:
        """Put a widget into a panel of its own.

        Args:
            name: Stable: layouts are saved under it.
            title: On the panel and in menus.
            widget: To show.
            behind: A panel that this one shares its place with as a tab; it is hidden until asked for.
        """
        if behind is not None:
            self._behind[name] = behind
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock.{name}")
        dock.setWidget(widget)
        dock.setToolTip("")
        self._docks[name] = dock
        return dock

    def toggles(self) -> list[QAction]:
        """Return the switches that show and hide the panels."""
        actions = []
        for dock in self._docks.values():
            action = dock.toggleViewAction()
            action.triggered.connect(lambda shown, dock=dock: dock.raise_() if shown else None)
            action.setToolTip(f"Show or hide the panel {dock.windowTitle()}")
            actions.append(action)
        return actions

    def arrange(self) -> None:
        """Put every panel to its default place."""
        window = self._window
        for dock in self._docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        rows = self._present_rows()
        for above, row in zip([None, *rows[:-1]], rows, strict=True):
            if above is not None:
                window.splitDockWidget(above[0], row[0], Qt.Orientation.Vertical)
                continue
            window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, row[0])
            if CONTROLS in self._docks:
                # in the same area as the rest: Qt shares out room within an area only
                window.splitDockWidget(row[0], self._docks[CONTROLS], Qt.Orientation.Horizontal)
        for row in rows:
            for left, right in itertools.pairwise(row):
                window.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for name, dock in self._docks.items():
            if self._behind.get(name) in self._docks:
                window.tabifyDockWidget(self._docks[self._behind[name]], dock)
                dock.hide()
            else:
                dock.show()
        self.share_out()

    def reveal(self, name: str) -> None:
        """Show a panel, in front of those that share its place."""
        self._docks[name].show()
        self._docks[name].raise_()

    def make_room(self, text_size: float) -> None:
        """Give the controls the width that text of another size needs.

        Args:
            text_size: Share of the system's own.
        """
        self._text_size = text_size
        self.share_out()
        # once more when the fields know what they need
        QTimer.singleShot(0, self._window, self.share_out)

    def share_out(self) -> None:
        """Give the default rows and columns their shares of the window, once its size is known."""
        window = self._window
        rows = self._present_rows()
        if (controls := self._docks.get(CONTROLS)) is not None:
            # the views stand in nested layouts, whose width Qt won't set: hold the other side for a moment
            width = max(round(_CONTROLS_WIDTH * self._text_size), controls.minimumSizeHint().width())
            controls.setFixedWidth(width)
            QTimer.singleShot(0, controls, lambda: controls.setMinimumWidth(0))
            most = round(_CONTROLS_MAXIMUM * max(1.0, self._text_size))
            QTimer.singleShot(0, controls, lambda: controls.setMaximumWidth(most))
        columns = max((len(row) for row in rows), default=1)
        for row in rows:
            # the last panel of a shorter row takes the columns that are left
            shares = [100] * (len(row) - 1) + [100 * (columns - len(row) + 1)]
            window.resizeDocks(row, shares, Qt.Orientation.Horizontal)
        window.resizeDocks([row[0] for row in rows], [54, 46][: len(rows)], Qt.Orientation.Vertical)

    def _present_rows(self) -> list[list[QDockWidget]]:
        rows = [[self._docks[name] for name in row if name in self._docks] for row in self._rows]
        return [row for row in rows if row]

    def save(self, settings: QSettings) -> None:
        """Remember where the panels are."""
        settings.setValue(_GEOMETRY_KEY, self._window.saveGeometry())
        settings.setValue(_STATE_KEY, self._window.saveState(LAYOUT_VERSION))

    def restore(self, settings: QSettings) -> bool:
        """Put the panels where they were; return whether that was known."""
        geometry, state = settings.value(_GEOMETRY_KEY), settings.value(_STATE_KEY)
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        self._window.restoreGeometry(geometry)
        return self._window.restoreState(state, LAYOUT_VERSION)
