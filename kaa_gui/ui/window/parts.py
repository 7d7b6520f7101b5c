"""What makes the window handy, apart from the attack itself: presets, shortcuts, tour, numbers about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from kaa_gui.ui.actions.shortcuts import Shortcuts
from kaa_gui.ui.actions.shortcuts_dialog import ShortcutsDialog
from kaa_gui.ui.appearance.text_size import TextSize
from kaa_gui.ui.files.browsing import Browsing
from kaa_gui.ui.files.drag_out import DragOut
from kaa_gui.ui.messages.debug_overlay import DebugOverlay
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.messages.sheets import Sheet, shortcut_html
from kaa_gui.ui.messages.tour import Step, Tour
from kaa_gui.ui.model.presets import SHIPPED, Presets
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.model.state import State
from kaa_gui.ui.panels.comparison_panel import ComparisonPanel
from kaa_gui.ui.panels.method_comparison import Comparison
from kaa_gui.ui.panels.presets_dialog import PresetsDialog
from kaa_gui.ui.running.look_inside import Inside
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views import PictureView
from kaa_gui.ui.views.view import View
from kaa_gui.ui.window.colour_maps import ColourMaps
from kaa_gui.ui.window.keyboard import Keyboard

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow


class Extras(QObject):
    """Slots of the actions for handling; each part knows the window only through what it is given."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._shortcuts: Shortcuts | None = None
        self.presets = Presets(window.state, window.settings, self)
        self.overlay = DebugOverlay(window, window.state)
        self.tour = Tour(window, window.settings, self._steps())
        self.browsing = Browsing(window, window.source_panel)
        self.drag_out = DragOut(window)
        self.text_size = TextSize(window.settings, self)
        # widgets that the style sheet has dressed keep their old font otherwise
        self.text_size.changed.connect(lambda _share: window.setStyleSheet(window.styleSheet()))
        self.text_size.changed.connect(window.docks.make_room)
        if self.text_size.share != 1:
            window.docks.make_room(self.text_size.share)
        window.focus.changed.connect(window.state.look_at_joint)
        self.keyboard = Keyboard(
            window, lambda: (dock for _, dock in window.docks.items()), put_down=window.regions.put_down
        )
        self.colour_maps = ColourMaps(window.settings, window.views, window=window)
        window.evaluations.remember_in(window.settings)
        self.presets_menu = QMenu("Pre&sets", window)
        self.presets_menu.setToolTipsVisible(True)
        self.presets.changed.connect(self._fill_presets)
        self._fill_presets()
        first = window.views.get("input")
        if isinstance(first, PictureView):
            self.overlay.watch(first.canvas.viewport())

    @property
    def shortcuts(self) -> Shortcuts:
        """The shortcuts in force."""
        if self._shortcuts is None:
            self._shortcuts = Shortcuts(self._window.commands.actions, self._window.settings)
        return self._shortcuts

    def manage_presets(self) -> None:
        """Open the list of presets."""
        PresetsDialog(self.presets, self._window).show()

    def change_shortcuts(self) -> None:
        """Open the table of shortcuts."""
        ShortcutsDialog(self.shortcuts, self._window).show()

    def show_shortcuts(self) -> None:
        """Open the shortcut sheet."""
        Sheet("Keyboard shortcuts", shortcut_html(self.shortcuts.specs()), self._window).show()

    def close(self, timeout_s: float) -> bool:
        """Stop all timers and the thread; return whether it ended in time."""
        self.overlay.stop()
        self.keyboard.stop()
        self.drag_out.close()
        return self.browsing.close(timeout_s)

    def offer_tour(self) -> None:
        """Offer the tour at the first start, at the foot of the window: the attack is there to be seen."""
        if self.tour.seen:
            return
        self.tour.remember()
        line = "New here? The tour takes two minutes; Help > Tour begins it any time."
        actions = (("Take the tour", self.tour.begin), ("No, thanks", self.tour.finish))
        self._window.tell(Notice(line, actions=actions))

    def _fill_presets(self) -> None:
        self.presets_menu.clear()
        for title in self.presets.titles:
            if title == next(iter(self.presets.own), None):
                self.presets_menu.addSeparator()
            action = self.presets_menu.addAction(title.replace("&", "&&"))
            kind = "a preset that comes along" if title in SHIPPED else "your preset"
            action.setToolTip(f"Set the parameters to those of {kind}; can be undone")
            action.triggered.connect(lambda _checked=False, title=title: self.presets.apply(title))

    def _steps(self) -> tuple[Step, ...]:
        window = self._window

        def view(name: str) -> QWidget | None:
            return window.views.get(name)

        return (
            Step(
                "The picture under attack",
                "What the network sees, with its pose before and after. Drop a picture, paste one, or take a "
                "<b>sample</b>; click on a person to attack that one.",
                partial(view, "input"),
            ),
            Step(
                "Which pixels matter",
                "Correlations between pixels and outputs of layer k. Only the <b>relational</b> pixels, "
                "which push some outputs up and others down, are attacked by KAA+ER.",
                partial(view, "correlation"),
            ),
            Step(
                "All parameters",
                "Drag any of them while the attack runs. Right-click one to reset it; everything can be "
                "undone. Each explains itself, with its formula, when the pointer rests on it.",
                lambda: window.controls,
            ),
            Step(
                "What comes of it",
                "The 3D pose, clean and attacked. Drag to orbit, wheel to zoom.",
                partial(view, "skeleton_3d"),
            ),
            Step(
                "Over time",
                "Errors by iteration. Go back to any iterate on the timeline; every view follows.",
                partial(view, "curves"),
            ),
            Step(
                "Run, save, export",
                "<b>Space</b> runs and pauses. Export figures for print, or save the whole session into one "
                "file. <b>Ctrl+Shift+P</b> finds every command, <b>?</b> shows every key.",
                lambda: window.commands.toolbar,
            ),
        )


_LEAST_S = 0.05


class Beside(QObject):
    """Joins the parts that compute beside the run.

    Signals:
        failed: A :class:`~kaa_gui.ui.running.failure.Failure`.
        told: What goes on, in a few words; empty when nothing does.

    Attributes:
        tasks: What takes as long as an attack; it must not keep a picture from being opened.
        comparison: Of methods.
        panel: Shows it.
        inside: Looks into the network.
    """

    failed = Signal(object)
    told = Signal(str)

    def __init__(
        self, state: State, views: Mapping[str, View], *, services: Services, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.tasks = Tasks(self)
        self.comparison = Comparison(state, self.tasks, trial=services.trial, parent=self)
        self.panel = ComparisonPanel(self.comparison)
        self.inside = Inside(state, views, services=services, parent=self)
        self.panel.wanted.connect(self.comparison.begin)
        self.panel.unwanted.connect(self.comparison.cancel)
        self.tasks.began.connect(lambda task: self.told.emit(task.title))
        self.comparison.ended.connect(lambda: self.told.emit(""))
        for part in (self.comparison, self.inside):
            part.failed.connect(self.failed)

    def close(self, deadline: float) -> bool:
        """Stop for good, by a time of the monotonic clock; return whether all threads have ended."""
        joined = [self.tasks.close(max(_LEAST_S, deadline - time.monotonic()))]
        joined.append(self.inside.close(max(_LEAST_S, deadline - time.monotonic())))
        self.panel.shutdown()
        return all(joined)
