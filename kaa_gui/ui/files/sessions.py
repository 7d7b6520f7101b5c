"""Save, open and recover sessions, and ask before work is lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from kaa_gui.core.arrays import evenly
from kaa_gui.core.sessions.session import SUFFIX, Session
from kaa_gui.core.types import AttackConfig, Picture, Run, Snapshot
from kaa_gui.ui.files.opening import OpenedSession, Opening
from kaa_gui.ui.files.recovery import RecoveryFolder
from kaa_gui.ui.files.save_dialogs import ask_to_save, writing
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.display import Display
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task
from kaa_gui.ui.views import PictureView
from kaa_gui.ui.workspace import Workspace

FILTERS = {f"Sessions (*{SUFFIX})": SUFFIX}

_ASK_KEY = "ask_before_close"
_COPY_MS = 60_000
_ITERATES = 8
"""Of a run that go into the file, besides the best, the first success and the one shown."""

_AT_REST = (Phase.FINISHED, Phase.PAUSED, Phase.STOPPED)
_WORTH_KEEPING = (Phase.RUNNING, *_AT_REST)
_log = logging.getLogger(__name__)


class Sessions(QObject):
    """Takes what is on screen into a session file, and puts the window back to where one left off.

    Signals:
        leave_wanted: The window may close without another question.
    """

    leave_wanted = Signal()

    def __init__(
        self,
        workspace: Workspace,
        opening: Opening,
        display: Display,
        *,
        panels: Mapping[str, QWidget],
        recovery: RecoveryFolder | None,
    ) -> None:
        """Subscribe to what is opened, drawn and run.

        Args:
            workspace: What a part may use.
            opening: Reads the files.
            display: Says when a run of a session has been drawn.
            panels: By name; which of them are shown goes into a session.
            recovery: Where copies against a crash go; None keeps none.
        """
        super().__init__(workspace.parent)
        self._workspace, self._opening, self._panels = workspace, opening, panels
        self._recovery = recovery
        self._actions: Mapping[str, QAction] = {}
        self._saved: Snapshot | None = None
        self._copied: Snapshot | None = None
        self._close_when_saved = self._closing = False
        self._zoom: QRectF | None = None
        self._copying = QTimer(self, interval=_COPY_MS)
        self._copying.timeout.connect(self.keep_copy)
        opening.session_opened.connect(self.show)
        display.caught_up.connect(self._apply_zoom)
        workspace.runner.phase_changed.connect(self._on_phase)

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Keep the switch and the setting alike."""
        self._actions = actions
        actions["ask_before_close"].setChecked(self.asks)

    @property
    def asks(self) -> bool:
        """Whether unsaved work is asked about before the window closes."""
        return self._workspace.settings.value(_ASK_KEY, "true") in (True, "true")

    def set_asks(self, on: bool) -> None:
        """Ask, or don't; remembered."""
        self._workspace.settings.setValue(_ASK_KEY, "true" if on else "false")

    # --- saving ---

    def current(self) -> Session | None:
        """Return what is on screen as a session; None before there is a picture."""
        state, run = self._workspace.state, self._run_to_keep()
        # a picture that is being opened has shown nothing yet: the run on screen is of the former one
        picture = state.picture if run is None else run.scene.picture
        if picture is None:
            return None
        parameters = state.parameters
        return Session(
            picture=picture,
            config=parameters.config,
            person=parameters.person,
            device=parameters.device,
            run=run,
            panels={name: not panel.isHidden() for name, panel in self._panels.items()},
            zoom=self._current_zoom(),
            shown=None if state.live or state.shown is None else state.shown.iteration,
        )

    def _run_to_keep(self) -> Run | None:
        """Return the run with a handful of its iterates: the marked ones and some in between."""
        state, trajectory = self._workspace.state, self._workspace.state.trajectory
        if state.scene is None or state.snapshot is None:
            return None
        numbers = trajectory.iterations
        kept = set(evenly(numbers, _ITERATES))
        kept |= {item for item in (trajectory.best, trajectory.first_success) if item in numbers}
        if state.shown is not None and state.shown.iteration in numbers:
            kept.add(state.shown.iteration)
        earlier = (trajectory.at(item) for item in sorted(kept - {state.snapshot.iteration}))
        snapshots = (*(item for item in earlier if item is not None), state.snapshot)
        return Run(state.scene, state.field, snapshots, tuple(state.metrics))

    def ask_to_save(self) -> None:
        """Ask where to write the session."""
        picture = self._workspace.state.picture
        name = f"{Path(picture.name).stem if picture else 'session'}{SUFFIX}"
        dialog = ask_to_save(self._workspace.parent, "Save session", FILTERS, name, self.save)
        dialog.rejected.connect(self._stay)

    def save(self, path: Path) -> None:
        """Write the present state to a file in the background."""
        session = self.current()
        if session is None:
            self._workspace.warn("Nothing to save yet: open a picture first")
            return
        self._workspace.tasks.submit(
            f"Saving {path.name}",
            writing(self._workspace.services.save_session, session, path, session.picture),
            done=partial(self._on_saved, self._workspace.state.snapshot),
            failed=self._on_unsaved,
            key=self.save,
        )

    def _on_saved(self, snapshot: Snapshot | None, path: Path) -> None:
        self._saved = snapshot
        self._workspace.state.undo_stack.setClean()
        self._opening.remember(path)
        self._workspace.tell(f"Saved {path}")
        if self._close_when_saved:
            self.leave_wanted.emit()

    def _on_unsaved(self, failure: Failure) -> None:
        self._stay()
        self._workspace.tell_failure(failure)

    def _stay(self) -> None:
        """Stay open after all: the session is in no file."""
        self._close_when_saved = False

    # --- opening ---

    def show(self, opened: OpenedSession) -> None:
        """Put the window back to where a session left off; undo begins anew."""
        session, workspace, state = opened.session, self._workspace, self._workspace.state
        known = state.catalogue.titles("device")
        device = session.device if session.device in ("auto", *known) else "auto"
        changes = {item.name: getattr(session.config, item.name) for item in fields(AttackConfig)}
        state.adopt(changes | {"person": session.person, "device": device})
        state.undo_stack.clear()
        for name, shown in session.panels.items():
            if name in self._panels:
                self._panels[name].setVisible(shown)
        self._zoom = None if session.zoom is None else QRectF(*session.zoom)
        self._copied = state.snapshot  # what is on screen until now needs no copy
        if session.run is None:
            workspace.conductor.open(session.picture, person=session.person)
        else:
            workspace.conductor.show(session.run)
            state.go_to(session.shown)
        recovered = self._recovery is not None and opened.path.parent == self._recovery.folder
        self._saved = None if recovered else state.snapshot
        if recovered:
            self.keep_copy()
        else:
            self._copied = state.snapshot
            self._opening.remember(opened.path)
        if opened.remark:
            workspace.tell(opened.remark)

    def _current_zoom(self) -> tuple[float, float, float, float] | None:
        for view in self._workspace.views.values():
            if isinstance(view, PictureView) and view.populated and not view.view_box.detached:
                seen = view.view_box.viewRect()
                if seen.contains(view.view_box.whole.adjusted(1, 1, -1, -1)):
                    return None
                return (seen.x(), seen.y(), seen.width(), seen.height())
        return None

    def _apply_zoom(self) -> None:
        if self._zoom is None:
            return
        zoom, self._zoom = self._zoom, None
        for view in self._workspace.views.values():
            if isinstance(view, PictureView) and not view.view_box.detached:
                view.view_box.setRange(zoom, padding=0)
                return

    # --- the end ---

    @property
    def unsaved(self) -> bool:
        """Whether a run has cost somebody work and is in no file."""
        state, snapshot = self._workspace.state, self._workspace.state.snapshot
        if snapshot is None or snapshot.iteration == 0 or snapshot is self._saved:
            return False
        if self._workspace.runner.phase not in _WORTH_KEEPING:
            return False
        return not state.undo_stack.isClean() or not self._is_sample(state.picture)

    def may_close(self) -> bool:
        """Return whether the window may close at once; else ask, and close it later if that is the answer."""
        if not self.asks or not self.unsaved:
            return True
        box = QMessageBox(self._workspace.parent)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("Save the session before closing?")
        box.setInformativeText("The run on screen is in no file yet.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        asks = QCheckBox("Ask before closing", box)
        asks.setChecked(True)
        asks.toggled.connect(self._actions["ask_before_close"].setChecked)
        box.setCheckBox(asks)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._answered(box.standardButton(button)))
        box.open()
        return False

    def _answered(self, answer: QMessageBox.StandardButton) -> None:
        if answer is QMessageBox.StandardButton.Discard:
            self.leave_wanted.emit()
        elif answer is QMessageBox.StandardButton.Save:
            self._close_when_saved = True
            self.ask_to_save()

    def _is_sample(self, picture: Picture | None) -> bool:
        paths = {str(path) for path in self._opening.samples.values()}
        return picture is None or picture.path in paths

    # --- copies against a crash ---

    def begin(self) -> None:
        """Look for what a crash has left, offer it, and keep copies from now on."""
        if self._recovery is None or not self._recovery.claim():
            return
        self._copying.start()
        if left := self._recovery.left_behind():
            for older in left[1:]:
                self._recovery.discard(older)
            self._offer(left[0], self._recovery)

    def _offer(self, path: Path, recovery: RecoveryFolder) -> None:
        def restore() -> None:
            self._opening.open_path(path)
            self._workspace.tasks.submit("", lambda _task: recovery.discard(path))

        self._workspace.notifications.show(
            Notice(
                "KAA Studio ended unexpectedly last time; a copy of the session was kept",
                "warning",
                actions=(("Restore", restore), ("Discard", partial(recovery.discard, path))),
            )
        )

    def keep_copy(self) -> None:
        """Write a copy in the background if there is anything new."""
        snapshot, recovery = self._workspace.state.snapshot, self._recovery
        session = self.current()
        if self._closing or recovery is None or session is None:
            return
        if snapshot is None or snapshot is self._copied:
            return
        self._copied = snapshot
        save = self._workspace.services.save_session

        def write(task: Task) -> None:
            save(session, recovery.own)
            if task.cancelled.is_set() and self._closing:
                # too late: a window that closed in good order leaves no copy
                recovery.discard(recovery.own)

        self._workspace.tasks.submit("", write, failed=self._on_no_copy, key=self.keep_copy)

    def _on_no_copy(self, failure: Failure) -> None:
        _log.warning("no copy of the session could be kept: %s", failure.line)

    def close(self) -> None:
        """Keep no more copies."""
        self._copying.stop()
        self._closing = True

    def release(self) -> None:
        """Remove the own copy, once nothing writes any more."""
        if self._recovery is not None:
            self._recovery.release()

    def _on_phase(self, phase: Phase) -> None:
        if phase in _AT_REST:
            self.keep_copy()
