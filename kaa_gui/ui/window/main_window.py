"""The window: builds the parts, places them, and connects them."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from kaa_gui.core.types import Scene
from kaa_gui.ui.controls.panel import ControlsPanel
from kaa_gui.ui.files.browsing import Browsing
from kaa_gui.ui.files.drag_out import DragOut
from kaa_gui.ui.files.opening import Opening
from kaa_gui.ui.files.recovery import RecoveryFolder
from kaa_gui.ui.files.run_files import RunFiles
from kaa_gui.ui.files.scene_files import SceneFiles
from kaa_gui.ui.files.sessions import Sessions
from kaa_gui.ui.files.targets import Targets
from kaa_gui.ui.messages.notifications import Notifications
from kaa_gui.ui.model.joint_focus import JointFocus
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.services import Services, read_catalogue
from kaa_gui.ui.model.state import State
from kaa_gui.ui.panels.before_after import BeforeAfter
from kaa_gui.ui.panels.comparison_panel import ComparisonPanel
from kaa_gui.ui.panels.evaluation import Evaluation
from kaa_gui.ui.panels.figures import Figures
from kaa_gui.ui.panels.method_comparison import Comparison
from kaa_gui.ui.regions.tools import Regions
from kaa_gui.ui.running.attack_runner import AttackRunner
from kaa_gui.ui.running.conductor import Conductor
from kaa_gui.ui.running.display import Display
from kaa_gui.ui.running.look_inside import Inside
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views import VIEWS
from kaa_gui.ui.views.view import View
from kaa_gui.ui.window.commands import Commands, commands_of
from kaa_gui.ui.window.docks import CONTROLS, Docks
from kaa_gui.ui.window.help import Help
from kaa_gui.ui.window.keyboard import Keyboard
from kaa_gui.ui.window.looks import Looks
from kaa_gui.ui.window.palette_entries import choice_commands
from kaa_gui.ui.window.pipeline import PipelineBar
from kaa_gui.ui.window.presets_menu import PresetsMenu
from kaa_gui.ui.window.status import StatusLine
from kaa_gui.ui.window.timeline import Timeline
from kaa_gui.ui.window.under_pointer import probe_text
from kaa_gui.ui.workspace import Workspace

ROWS = (("input", "correlation", "perturbation"), ("skeleton_3d", "curves"))
"""The views by default: pictures above, 3D pose and curves below."""

BEHIND = {"joints": "curves", "activations": "curves"}
"""Views that share another one's place as a tab, hidden until asked for."""

_CLOSE_S = 0.4
_SIZE = QSize(1280, 800)
_SHARE_OF_SCREEN = 0.9
# title bar and borders, whose size is known only once the window is shown
_FRAME = QSize(8, 40)


def _first_size(screen: QSize) -> QSize:
    """Return the size at the first start: most of a large screen, all of a small one."""
    return _SIZE.expandedTo(screen * _SHARE_OF_SCREEN).boundedTo(screen - _FRAME)


class MainWindow(QMainWindow):
    """The whole application, given its services. The registry of actions names its parts.

    Signals:
        painted: The window has been seen for the first time; slow things may begin.
    """

    painted = Signal()

    def __init__(
        self,
        services: Services,
        settings: QSettings,
        *,
        views: Mapping[str, type[View]] = VIEWS,
        log_path: Path | None = None,
        recovery: Path | None = None,
    ) -> None:
        """Build the window; nothing slow happens before :meth:`begin`.

        Args:
            services: What the engine can do.
            settings: Keeps layout, theme and recent files.
            views: By name.
            log_path: Of the log file, for reports.
            recovery: Folder for copies of the session against a crash; None keeps none.
        """
        super().__init__()
        self.joined = True
        self._seen = self._closed = self._leaving = False
        self.setObjectName("window")
        self.setWindowTitle("KAA Studio")
        self.setAcceptDrops(True)
        self.state = State(self)
        self.runner, self.tasks = AttackRunner(self), Tasks(self)
        self.workspace = Workspace(
            parent=self,
            state=self.state,
            services=services,
            settings=settings,
            runner=self.runner,
            conductor=Conductor(self.state, self.runner, services=services, parent=self),
            tasks=self.tasks,
            views={name: make() for name, make in views.items()},
            notifications=Notifications(self),
            log_path=log_path,
        )
        self.conductor, self.views = self.workspace.conductor, self.workspace.views
        self.notifications = self.workspace.notifications
        self._build_parts(recovery)
        self._place()
        self._build_commands()
        self._connect()
        for view in self.views.values():
            self._connect_view(view)
        self._restored = self.docks.restore(settings)

    def _build_parts(self, recovery: Path | None) -> None:
        """Build all that the actions name and the panels hold."""
        workspace, state = self.workspace, self.state
        self.display, self.focus = Display(state, self.runner, self), JointFocus(self)
        self.controls, self.status, self.timeline = ControlsPanel(), StatusLine(workspace), Timeline(state)
        self.opening, self.docks = Opening(workspace), Docks(self, ROWS)
        folder = RecoveryFolder(recovery) if recovery else None
        self.sessions = Sessions(workspace, self.opening, self.display, panels=self.docks, recovery=folder)
        self.browsing = Browsing(workspace, self.opening)
        self.targets, self.scene_files = Targets(workspace, self.controls), SceneFiles(workspace)
        self.run_files, self.drag_out = RunFiles(workspace), DragOut(workspace)
        self.before_after, self.regions = BeforeAfter(self.views, self), Regions(workspace)
        self.comparison, self.evaluation = Comparison(workspace), Evaluation(workspace)
        self.comparison_panel = ComparisonPanel(self.comparison)
        self.inside = Inside(state, self.views, services=workspace.services, parent=self)
        self.figures, self.presets_menu = Figures(workspace), PresetsMenu(workspace)
        self.pipeline = PipelineBar(state)

    def _place(self) -> None:
        self.setStatusBar(self.status)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.timeline)
        self.resize(_first_size(self.screen().availableSize()))
        for name, view in self.views.items():
            self.docks.add(name, view.title, view, behind=BEHIND.get(name))
        self.docks.add(CONTROLS, "Parameters", self.controls)
        for name, title, panel in (
            ("sources", "Sources", self.browsing.panel),
            ("methods", "Methods", self.comparison_panel),
            ("evaluation", "Evaluate", self.evaluation.panel),
        ):
            self.docks.add(name, title, panel, behind="curves")
        self.docks.arrange()

    def _build_commands(self) -> None:
        """Build menus, toolbar, palette and keys, and let each part keep its actions as they should be."""
        # after placing: a view without a place would hear of the size of the text later, perhaps once closed
        self.help, self.looks = Help(self, self.workspace), Looks(self.workspace)
        self.keyboard = Keyboard(self, self.docks.values, put_down=self.regions.put_down)
        if self.looks.text_size.share != 1:
            self.docks.make_room(self.looks.text_size.share)
        commands = self.commands = Commands(self, self.workspace)
        self.addToolBarBreak()
        self.addToolBar(self.pipeline)
        opening, looks = self.opening, self.looks
        self.panels_menu = QMenu("&Panels", self)
        self.panels_menu.addActions(self.docks.toggles())
        self.panels_menu.addActions([self.timeline.toggleViewAction(), self.pipeline.toggleViewAction()])
        commands.samples_button.setMenu(opening.samples_menu)
        commands.place("&File", "open_folder", opening.samples_menu, opening.recent_menu)
        commands.place("&Edit", "presets", self.presets_menu)
        commands.place("&View", "default_layout", self.panels_menu, looks.theme_menu, looks.colour_maps.menu)
        commands.offer(
            lambda: commands_of("Open", opening.actions()),
            lambda: commands_of("Panel", self.panels_menu.actions()),
            lambda: commands_of("Theme", looks.theme_menu.actions()),
            lambda: commands_of("Colour map", looks.colour_maps.menu.actions()),
            lambda: commands_of("Preset", self.presets_menu.actions()),
            lambda: commands_of("Reset", self.controls.reset_actions()),
            lambda: choice_commands(self.docks),
        )
        users = (self.help, self.sessions, self.timeline, self.before_after, self.regions, looks.text_size)
        for part in users:
            part.use(commands.actions)
        looks.themed.connect(commands.show_theme)
        looks.restore_theme()

    def _connect(self) -> None:
        """Connect the parts with each other."""
        workspace, status = self.workspace, self.status
        self.tasks.failed.connect(workspace.tell_failure)
        self.conductor.failed.connect(workspace.tell_failure)
        self.inside.failed.connect(workspace.tell_failure)
        self.state.refused.connect(workspace.warn)
        self.state.scene_changed.connect(self._on_scene)
        self.controls.follow(self.state)
        self.controls.settled.connect(self.conductor.settle)
        self.controls.region.visible_wanted.connect(self.regions.take_visible)
        self.opening.opened.connect(self.conductor.open)
        self.browsing.shown.connect(partial(self.docks.reveal, "sources"))
        self.sessions.leave_wanted.connect(self.leave)
        self.looks.text_size.changed.connect(self.docks.make_room)
        self.focus.changed.connect(self.state.look_at_joint)
        self.focus.changed.connect(lambda joint: self._tell_views("set_highlight", joint or None))
        status.follow(self.browsing.tasks)
        self.comparison.tasks.began.connect(lambda task: status.show_task(task.title))
        self.comparison.ended.connect(lambda: status.show_task(""))
        self.evaluation.told.connect(status.show_task)
        self.regions.brush.told.connect(status.show_hint)

    def _connect_view(self, view: View) -> None:
        """Join what a view emits, by the signals that it has."""
        for signal, slot in (
            ("personPicked", self.choose_person),
            ("hovered", self._on_hover),
            ("iterationPicked", self.timeline.go_to),
            ("jointHovered", self.focus.hover),
            ("jointPicked", self.focus.pick),
            ("targetDrawn", self.targets.draw),
            ("rangeShown", partial(self._tell_views, "set_picture_range")),
        ):
            emitted = getattr(view, signal, None)
            if emitted is not None:
                emitted.connect(slot)
        first, box = self.views.get("input"), getattr(view, "view_box", None)
        if box is not None and first is not None and view is not first:
            box.setXLink(getattr(first, "view_box", None))
            box.setYLink(getattr(first, "view_box", None))

    # --- start and end ---

    def begin(self, picture: str | None = None) -> None:
        """Start everything slow: the first picture, the engine, the 3D graphics.

        Args:
            picture: Path of the first picture or session; None takes the first sample.
        """
        self.opening.begin(picture)
        self.sessions.begin()
        slow = [view for view in self.views.values() if view.slow_modules]
        self._serve(view for view in self.views.values() if not view.slow_modules)

        def import_slowly(_task: object) -> None:
            for view in slow:
                for module in view.slow_modules:
                    importlib.import_module(module)

        self.tasks.submit("Loading 3D graphics", import_slowly, done=lambda _none: self._serve(slow))
        self.tasks.submit(
            "Loading the network",
            lambda _task: read_catalogue(self.workspace.services),
            done=self.state.set_catalogue,
        )

    def _serve(self, views: Iterable[View]) -> None:
        for view in views:
            view.prepare()
            self.display.add(view)

    def event(self, event: QEvent) -> bool:
        """Notice the first paint."""
        handled = super().event(event)
        if not self._seen and event.type() is QEvent.Type.UpdateRequest:
            self._seen = True
            QTimer.singleShot(0, self.painted.emit)
        return handled

    def showEvent(self, event: QShowEvent) -> None:
        """Share out the room, which is known only now, unless the user has done so before."""
        super().showEvent(event)
        if not self._restored:
            self._restored = True
            self.docks.share_out()

    def leave(self) -> None:
        """Close without a question."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work; remember the layout; end all parts."""
        if not (self._closed or self._leaving or self.sessions.may_close()):
            event.ignore()
            return
        if not self._closed:
            self._closed = True
            self.sessions.close()
            self.docks.save(self.workspace.settings)
            self.workspace.settings.sync()
            self._end()
        super().closeEvent(event)

    def _end(self) -> None:
        """Stop timers, join the threads, take the views apart; in this order."""
        for part in (self.commands, self.display, self.timeline, self.scene_files, self.before_after):
            part.stop()
        for part in (self.conductor, self.notifications, self.help, self.keyboard, self.drag_out):
            part.stop()
        deadline = time.monotonic() + _CLOSE_S
        joined = [self.runner.close(_CLOSE_S), self.regions.close(_CLOSE_S / 4)]
        for part, least in (
            (self.tasks, 0.05),
            (self.comparison, 0.05),
            (self.inside, 0.05),
            (self.evaluation, 0.1),
            (self.browsing, 0.05),
        ):
            joined.append(part.close(max(least, deadline - time.monotonic())))
        self.joined = all(joined)
        self.sessions.release()
        for view in self.views.values():
            view.shutdown()
        self.comparison_panel.shutdown()
        self.controls.shutdown()

    # --- slots of the actions, where no part alone is meant ---

    def choose_person(self, number: int) -> None:
        """Attack another person of the picture."""
        self.state.apply(Edit({"person": number}, new_gesture()))

    def next_person(self) -> None:
        """Attack the next person, after the last one the first."""
        if (scene := self.state.scene) is not None:
            self.choose_person((self.state.parameters.person + 1) % len(scene.people))

    def compare_methods(self) -> None:
        """Run the compared methods and show them side by side; again, let go of them."""
        self.docks.reveal("methods")
        self.comparison_panel.toggle()

    def look_inside(self) -> None:
        """Show what layer k holds."""
        self.docks.reveal("activations")

    def show_joints(self) -> None:
        """Bring the table of joints to the front."""
        self.docks.reveal("joints")

    def reset_zoom(self) -> None:
        """Show the whole crop everywhere."""
        self._tell_views("reset_range")

    def default_layout(self) -> None:
        """Put every panel back to its place."""
        self.docks.arrange()
        self.timeline.show()

    def set_full_screen(self, on: bool) -> None:
        """Take the whole screen, or give it back."""
        state, full = self.windowState(), Qt.WindowState.WindowFullScreen
        self.setWindowState(state | full if on else state & ~full)

    # --- news ---

    def _on_scene(self, scene: Scene) -> None:
        self.setWindowTitle(f"{scene.picture.name} — KAA Studio")

    def _on_hover(self, probe: Any) -> None:
        x, y = (None, None) if probe is None else (probe.x, probe.y)
        self._tell_views("set_crosshair", x, y)
        self.status.show_probe("" if x is None or y is None else probe_text(self.state, x, y))

    def _tell_views(self, what: str, *values: object) -> None:
        """Hand values to every view that has a method of this name."""
        for view in self.views.values():
            if (take := getattr(view, what, None)) is not None:
                take(*values)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through time by the keys that no widget took."""
        if not self.timeline.handle_key(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome pictures and files, but no view that is on its way out."""
        data = event.mimeData()
        if event.source() is None and (data.hasUrls() or data.hasImage() or data.hasText()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Attack what was dropped."""
        self.opening.open_data(event.mimeData(), how="dropped")
        event.acceptProposedAction()
