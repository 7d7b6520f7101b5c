"""Help with the window itself: a tour, the shortcuts, numbers about performance, the log and the versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QMainWindow, QWidget

from kaa_gui.ui.actions.shortcuts import Shortcuts
from kaa_gui.ui.actions.shortcuts_dialog import ShortcutsDialog
from kaa_gui.ui.messages.debug_overlay import DebugOverlay
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.messages.sheets import Sheet, about_html, shortcut_html
from kaa_gui.ui.messages.tour import Step, Tour
from kaa_gui.ui.views import PictureView
from kaa_gui.ui.workspace import Workspace

TOUR = (
    (
        "view.input",
        "The picture under attack",
        "What the network sees, with its pose before and after. Drop a picture, paste one, or take a "
        "<b>sample</b>; click on a person to attack that one.",
    ),
    (
        "view.correlation",
        "Which pixels matter",
        "Correlations between pixels and outputs of layer k. Only the <b>relational</b> pixels, "
        "which push some outputs up and others down, are attacked by KAA+ER.",
    ),
    (
        "controls",
        "All parameters",
        "Drag any of them while the attack runs. Right-click one to reset it; everything can be "
        "undone. Each explains itself, with its formula, when the pointer rests on it.",
    ),
    (
        "view.skeleton_3d",
        "What comes of it",
        "The 3D pose, clean and attacked. Drag to orbit, wheel to zoom.",
    ),
    (
        "view.curves",
        "Over time",
        "Errors by iteration. Go back to any iterate on the timeline; every view follows.",
    ),
    (
        "toolbar",
        "Run, save, export",
        "<b>Space</b> runs and pauses. Export figures for print, or save the whole session into one "
        "file. <b>Ctrl+Shift+P</b> finds every command, <b>?</b> shows every key.",
    ),
)
"""Object name of a widget, title and text of each step."""


class Help(QObject):
    """Slots of the actions that help.

    Attributes:
        tour: Leads through the window.
        overlay: Numbers about performance.
        shortcuts: Keys in force; there once :meth:`use` has been called.
    """

    shortcuts: Shortcuts

    def __init__(self, window: QMainWindow, workspace: Workspace) -> None:
        super().__init__(window)
        self._window, self._workspace = window, workspace
        self.overlay = DebugOverlay(window, workspace.state)
        steps = (Step(title, text, partial(self._widget, name)) for name, title, text in TOUR)
        self.tour = Tour(window, workspace.settings, tuple(steps))
        first = workspace.views.get("input")
        if isinstance(first, PictureView):
            self.overlay.watch(first.canvas.viewport())

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Give the actions the user's own keys."""
        self.shortcuts = Shortcuts(actions, self._workspace.settings)
        self.shortcuts.apply()

    def stop(self) -> None:
        """Stop the timers."""
        self.overlay.stop()

    def offer_tour(self) -> None:
        """Offer the tour at the first start, at the foot of the window: the attack is there to be seen."""
        if self.tour.seen:
            return
        self.tour.remember()
        line = "New here? The tour takes two minutes; Help > Tour begins it any time."
        actions = (("Take the tour", self.tour.begin), ("No, thanks", self.tour.finish))
        self._workspace.notifications.show(Notice(line, actions=actions))

    # --- slots of the actions ---

    def change_shortcuts(self) -> None:
        """Open the table of shortcuts."""
        ShortcutsDialog(self.shortcuts, self._window).show()

    def show_shortcuts(self) -> None:
        """Open the shortcut sheet."""
        Sheet("Keyboard shortcuts", shortcut_html(self.shortcuts.specs()), self._window).show()

    def open_log_folder(self) -> None:
        """Show the log file in the system's file manager."""
        path = self._workspace.log_path
        if path is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
            self._workspace.tell(f"The log file is {path}" if path else "No log file is kept")

    def show_about(self) -> None:
        """Say what the program is."""
        Sheet("About KAA Studio", about_html(), self._window).show()

    def _widget(self, name: str) -> QWidget | None:
        return self._window.findChild(QWidget, name)  # type: ignore[return-value]
