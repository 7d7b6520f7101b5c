"""The window: puts the parts together and connects them."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from kaa_gui.core.types import CorrelationField, Run, Scene, Snapshot
from kaa_gui.ui.appearance.style_sheet import style_sheet
from kaa_gui.ui.appearance.theme import Scheme, apply_theme
from kaa_gui.ui.controls.panel import ControlsPanel
from kaa_gui.ui.files.browsing import PANEL as SOURCES
from kaa_gui.ui.files.opening import Opening
from kaa_gui.ui.files.recovery import RecoveryFolder
from kaa_gui.ui.files.run_files import WRITE_RUN
from kaa_gui.ui.files.save_dialogs import writing
from kaa_gui.ui.files.scene_files import WRITE_SCENE, SceneFiles
from kaa_gui.ui.files.sessions import COPY, SessionDesk
from kaa_gui.ui.files.source_panel import SourcePanel
from kaa_gui.ui.files.targets import EXPORT, Aiming
from kaa_gui.ui.messages.failure_report import notice_of
from kaa_gui.ui.messages.notifications import Notice, Notifications
from kaa_gui.ui.model.joint_focus import JointFocus
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.services import Services, read_catalogue
from kaa_gui.ui.model.state import ParameterChange, State
from kaa_gui.ui.panels.before_after import Comparing
from kaa_gui.ui.panels.evaluation import EvaluationDesk
from kaa_gui.ui.panels.figures import FIGURE_TASKS
from kaa_gui.ui.regions.tools import Regions
from kaa_gui.ui.running.attack_runner import AttackRunner, Phase
from kaa_gui.ui.running.conductor import Conductor
from kaa_gui.ui.running.display import Display
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import TaskEnding, Tasks
from kaa_gui.ui.views import VIEWS
from kaa_gui.ui.views.view import View
from kaa_gui.ui.window.commands import Commands
from kaa_gui.ui.window.docks import CONTROLS, Docks
from kaa_gui.ui.window.parts import Beside, Extras
from kaa_gui.ui.window.pipeline import PipelineBar
from kaa_gui.ui.window.status import StatusLine
from kaa_gui.ui.window.timeline import Timeline
from kaa_gui.ui.window.under_pointer import probe_text

ROWS = (("input", "correlation", "perturbation"), ("skeleton_3d", "curves"))
"""The views by default: pictures above, 3D pose and curves below."""

BEHIND = {"joints": "curves", "activations": "curves"}
"""Views that share another one's place as a tab, hidden until asked for."""

CATALOGUE, GRAPHICS, WRITE = "catalogue", "graphics", "write"
"""Kinds of task, besides those of :mod:`kaa_gui.ui.files.opening`."""

_CLOSE_S = 0.4
_SIZE = QSize(1280, 800)
_SHARE_OF_SCREEN = 0.9
# title bar and borders, whose size is known only once the window is shown
_FRAME = QSize(8, 40)


def _first_size(screen: QSize) -> QSize:
    """Return the size at the first start: most of a large screen, all of a small one."""
    return _SIZE.expandedTo(screen * _SHARE_OF_SCREEN).boundedTo(screen - _FRAME)


class MainWindow(QMainWindow):
    """The whole application, given its services.

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
        self.services, self.settings, self.log_path = services, settings, log_path
        self.joined = True
        self._seen = self._closed = self._leaving = False
        self._awaiting: str | None = None
        self.state = State(self)
        self.runner, self.tasks = AttackRunner(self), Tasks(self)
        self.conductor = Conductor(self.state, self.runner, services=services, parent=self)
        self.display = Display(self.state, self)
        self.opening = Opening(self.tasks, settings, services=services, window=self)
        self.controls, self.status, self.source_panel = ControlsPanel(), StatusLine(self), SourcePanel()
        self.timeline = Timeline(self.state, self)
        self.aiming, self.focus, self.scene_files = Aiming(self), JointFocus(self), SceneFiles(self)
        self.views = {name: make() for name, make in views.items()}
        self.comparing, self.regions = Comparing(self.views, self), Regions(self)
        self.beside = Beside(self.state, self.views, services=services, parent=self)
        self.evaluations = EvaluationDesk(self.state, self.conductor, services=services, parent=self)
        self.docks = Docks(self, ROWS)
        self._build()
        self.notifications = Notifications(self)
        self.desk = SessionDesk(self, RecoveryFolder(recovery) if recovery else None)
        self.extras = Extras(self)
        self.commands = Commands(self)
        self.extras.shortcuts.apply()
        self.pipeline = PipelineBar(self.state, self)
        self.addToolBarBreak()
        self.addToolBar(self.pipeline)
        self.commands.panels_menu.addAction(self.pipeline.toggleViewAction())
        for part in (self.timeline, self.comparing, self.regions, self.extras.text_size):
            part.use(self.commands.actions)
        self.set_theme(str(settings.value("theme", "system")))
        self._connect()
        self._restored = self.docks.restore(settings)
        self._show_run()

    def _build(self) -> None:
        self.setObjectName("window")
        self.setWindowTitle("KAA Studio")
        self.setAcceptDrops(True)
        self.setStatusBar(self.status)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.timeline)
        self.resize(_first_size(self.screen().availableSize()))
        for name, view in self.views.items():
            self.docks.add(name, view.title, view, behind=BEHIND.get(name))
        self.docks.add(CONTROLS, "Parameters", self.controls)
        self.docks.add(SOURCES, "Sources", self.source_panel, behind="curves")
        self.docks.add("methods", "Methods", self.beside.panel, behind="curves")
        self.docks.add("evaluation", "Evaluate", self.evaluations.panel, behind="curves")
        self.docks.arrange()

    def _connect(self) -> None:
        state, controls = self.state, self.controls
        controls.edited.connect(state.apply)
        controls.settled.connect(self.conductor.settle)
        controls.region.visible_wanted.connect(self.regions.take_visible)
        controls.goal.file_wanted.connect(self.commands.choose_target)
        state.parameters_changed.connect(self._on_parameters)
        state.catalogue_changed.connect(controls.set_catalogue)
        state.refused.connect(self._on_refused)
        state.run_begun.connect(self._on_run_begun)
        state.scene_changed.connect(self._on_scene)
        state.field_changed.connect(self._on_field)
        state.snapshot_changed.connect(self._on_snapshot)
        state.shown_changed.connect(self.status.show_numbers)
        self.runner.phase_changed.connect(self._on_phase)
        self.conductor.failed.connect(self.tell_failure)
        self.focus.changed.connect(lambda joint: self._tell_views("set_highlight", joint or None))
        self.opening.opened.connect(self.conductor.open)
        self.opening.told.connect(self.tell)
        self.beside.failed.connect(self.tell_failure)
        self.beside.told.connect(self.status.show_task)
        self.evaluations.failed.connect(self.tell_failure)
        self.evaluations.told.connect(self.status.show_task)
        self.status.follow(self.tasks)
        self.tasks.ended.connect(self._on_task_ended)
        for view in self.views.values():
            self._connect_view(view)

    def _connect_view(self, view: View) -> None:
        """Join what a view emits, by the signals that it has."""
        for signal, slot in (
            ("personPicked", self.choose_person),
            ("hovered", self._on_hover),
            ("iterationPicked", self.timeline.go_to),
            ("jointHovered", self.focus.hover),
            ("jointPicked", self.focus.pick),
            ("targetDrawn", self.aiming.draw),
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
        self.desk.begin()
        for view in self.views.values():
            if not view.slow_modules:
                self._serve(view)

        def import_slowly(_task: object) -> None:
            for view in self.views.values():
                for module in view.slow_modules:
                    importlib.import_module(module)

        self.tasks.submit(GRAPHICS, "Loading 3D graphics", import_slowly)
        self.tasks.submit(CATALOGUE, "Loading the network", lambda _task: read_catalogue(self.services))

    def _serve(self, view: View) -> None:
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
        """Stop timers, join the threads, take the views apart, remember the layout; in this order."""
        if not (self._closed or self._leaving or self.desk.may_close()):
            event.ignore()
            return
        if not self._closed:
            self._closed = True
            self.desk.close()
            self.docks.save(self.settings)
            self.settings.sync()
            self.commands.let_go()
            parts = (self.display, self.timeline, self.scene_files, self.comparing, self.conductor)
            for part in (*parts, self.notifications):
                part.stop()
            deadline = time.monotonic() + _CLOSE_S
            joined = [self.runner.close(_CLOSE_S), self.regions.close(_CLOSE_S / 4)]
            joined.append(self.tasks.close(max(0.05, deadline - time.monotonic())))
            joined.append(self.beside.close(deadline))
            joined.append(self.evaluations.close(max(0.1, deadline - time.monotonic())))
            joined.append(self.extras.close(max(0.05, deadline - time.monotonic())))
            self.joined = all(joined)
            self.desk.release()
            for view in self.views.values():
                view.shutdown()
            self.controls.shutdown()
        super().closeEvent(event)

    # --- what others may ask for ---

    def tell(self, notice: Notice) -> None:
        """Show a notice."""
        self.notifications.show(notice)

    def tell_failure(self, failure: Failure) -> None:
        """Show one line for what the user can act on, and a report with it for a defect of ours."""
        self.tell(notice_of(failure, self.state, self.log_path))

    def set_theme(self, scheme: str) -> None:
        """Dress the application, live; the choice is remembered."""
        chosen: Scheme = scheme if scheme in get_args(Scheme) else "system"  # type: ignore[assignment]
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme = apply_theme(application, chosen)
            self.setStyleSheet(style_sheet(theme))
            self.commands.show_theme(chosen, theme)
            self.settings.setValue("theme", chosen)

    def choose_person(self, number: int) -> None:
        """Attack another person of the picture."""
        self.state.apply(Edit({"person": number}, new_gesture()))

    def write(self, what: str, run: Run, path: Path) -> None:
        """Write a run's figure or adversarial picture in the background."""
        service = self.services.export_figure if what == "figure" else self.services.save_adversarial
        note = run.snapshots[-1].config.rounding_note
        if what != "figure" and note is not None:
            self.tell(Notice(note, "warning"))
        self.tasks.submit(WRITE, f"Writing {path.name}", writing(service, run, path))

    # --- news of the state ---

    def _on_parameters(self, change: ParameterChange) -> None:
        self.controls.show_parameters(change.after)
        self.controls.show_field(self.state.field, self.state.alpha)
        self._show_run()

    def _on_refused(self, line: str) -> None:
        self.tell(Notice(line, "warning"))

    def _on_run_begun(self) -> None:
        scene, picture = self.state.scene, self.state.picture
        if scene is None:
            self._awaiting = "Loading the network…"
        elif picture is not None and picture.sha256 != scene.picture.sha256:
            self._awaiting = "Finding people…"
        else:
            self._awaiting = "Starting over…"
        self._show_run()

    def _on_scene(self, scene: Scene) -> None:
        self._awaiting = None
        self.controls.show_scene(scene)
        self.controls.show_parameters(self.state.parameters)
        self.setWindowTitle(f"{scene.picture.name} — KAA Studio")
        self._show_run()

    def _on_field(self, field: CorrelationField | None) -> None:
        self.controls.show_field(field, self.state.alpha)
        self._show_run()

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.iteration == 0:
            self.controls.show_field(self.state.field, self.state.alpha)
        self.status.show_snapshot(snapshot)
        self._show_run()

    def _on_phase(self, phase: Phase) -> None:
        if phase in (Phase.STOPPED, Phase.FAILED, Phase.FINISHED):
            self._awaiting = None
            self.display.set_stale(False)
        self._show_run()

    def _show_run(self) -> None:
        phase = self.runner.phase
        self.status.show_run(phase, self.state, awaiting=self._awaiting, outdated=self.conductor.outdated)
        self.commands.show_phase(phase)

    def _on_task_ended(self, ending: TaskEnding) -> None:
        self.status.show_task("")
        kind = ending.task.kind
        if kind in FIGURE_TASKS:
            return
        if ending.failure is not None and kind != COPY:
            self.tell_failure(ending.failure)
        elif kind == CATALOGUE:
            self.state.set_catalogue(ending.result)
            self.controls.show_parameters(self.state.parameters)
        elif kind in (WRITE, WRITE_RUN, EXPORT, WRITE_SCENE):
            self.tell(Notice(f"Wrote {ending.result}"))
        elif kind == GRAPHICS:
            for view in self.views.values():
                if view.slow_modules:
                    self._serve(view)

    # --- the pointer ---

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
