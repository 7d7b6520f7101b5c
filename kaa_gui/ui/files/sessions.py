"""Save, open and recover sessions, and ask before work is lost."""

from __future__ import annotations

import logging
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QMessageBox

from kaa_gui.core.arrays import evenly
from kaa_gui.core.sessions.session import SUFFIX, Session
from kaa_gui.core.types import AttackConfig, Picture, Run, Snapshot
from kaa_gui.ui.files.opening import OpenedSession
from kaa_gui.ui.files.recovery import RecoveryFolder
from kaa_gui.ui.files.save_dialogs import writing
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.tasks import Task, TaskEnding
from kaa_gui.ui.views import PictureView

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

FILTERS = {f"Sessions (*{SUFFIX})": SUFFIX}
SAVE, COPY, DISCARD = "session", "copy", "discard"
"""Kinds of task."""

_ASK_KEY = "ask_before_close"
_COPY_MS = 60_000
_ITERATES = 8
"""Of a run that go into the file, besides the best, the first success and the one shown."""

_AT_REST = (Phase.FINISHED, Phase.PAUSED, Phase.STOPPED)
_WORTH_KEEPING = (Phase.RUNNING, *_AT_REST)
_log = logging.getLogger(__name__)


class SessionDesk(QObject):
    """What the window does with sessions. The window asks; this joins its parts."""

    def __init__(self, window: MainWindow, recovery: RecoveryFolder | None) -> None:
        """Connect to the window's parts.

        Args:
            window: With state, tasks, views and panels built.
            recovery: Where copies against a crash go; None keeps none.
        """
        super().__init__(window)
        self._window = window
        self._recovery = recovery
        self._saved: Snapshot | None = None
        self._copied: Snapshot | None = None
        self._close_when_saved = self._closing = False
        self._zoom: QRectF | None = None
        self._copying = QTimer(self, interval=_COPY_MS)
        self._copying.timeout.connect(self.keep_copy)
        window.tasks.ended.connect(self._on_ended)
        window.opening.session_opened.connect(self.show)
        window.display.caught_up.connect(self._apply_zoom)
        window.runner.phase_changed.connect(self._on_phase)

    @property
    def asks(self) -> bool:
        """Whether unsaved work is asked about before the window closes."""
        return self._window.settings.value(_ASK_KEY, "true") in (True, "true")

    def set_asks(self, on: bool) -> None:
        """Ask, or don't; remembered."""
        self._window.settings.setValue(_ASK_KEY, "true" if on else "false")

    # --- saving ---

    def current(self) -> Session | None:
        """Return what is on screen as a session; None before there is a picture."""
        state, window = self._window.state, self._window
        run = self._run_to_keep()
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
            panels={name: not dock.isHidden() for name, dock in window.docks.items()},
            zoom=self._current_zoom(),
            shown=None if state.live or state.shown is None else state.shown.iteration,
        )

    def _run_to_keep(self) -> Run | None:
        """Return the run with a handful of its iterates: the marked ones and some in between."""
        state, trajectory = self._window.state, self._window.state.trajectory
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

    def save(self, path: Path) -> None:
        """Write the present state to a file in the background."""
        session = self.current()
        if session is None:
            self._window.tell(Notice("Nothing to save yet: open a picture first", "warning"))
            return
        snapshot = self._window.state.snapshot
        write = writing(self._window.services.save_session, session, path)
        self._window.tasks.submit(SAVE, f"Saving {path.name}", lambda task: (write(task), snapshot))

    # --- opening ---

    def show(self, opened: OpenedSession) -> None:
        """Put the window back to where a session left off; undo begins anew."""
        session = opened.session
        window, state = self._window, self._window.state
        known = window.state.catalogue.titles("device")
        device = session.device if session.device in ("auto", *known) else "auto"
        changes = {item.name: getattr(session.config, item.name) for item in fields(AttackConfig)}
        state.adopt(changes | {"person": session.person, "device": device})
        state.undo_stack.clear()
        for name, shown in session.panels.items():
            if name in window.docks:
                window.docks[name].setVisible(shown)
        self._zoom = None if session.zoom is None else QRectF(*session.zoom)
        self._copied = state.snapshot  # what is on screen until now needs no copy
        if session.run is None:
            window.conductor.open(session.picture, person=session.person)
        else:
            window.conductor.show(session.run)
            state.go_to(session.shown)
        recovered = self._recovery is not None and opened.path.parent == self._recovery.folder
        self._saved = None if recovered else state.snapshot
        if recovered:
            self.keep_copy()
        else:
            self._copied = state.snapshot
            window.opening.remember(opened.path)
        if opened.remark:
            window.tell(Notice(opened.remark))

    def _current_zoom(self) -> tuple[float, float, float, float] | None:
        for view in self._window.views.values():
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
        for view in self._window.views.values():
            if isinstance(view, PictureView) and not view.view_box.detached:
                view.view_box.setRange(zoom, padding=0)
                return

    # --- the end ---

    @property
    def unsaved(self) -> bool:
        """Whether a run has cost somebody work and is in no file."""
        state, snapshot = self._window.state, self._window.state.snapshot
        if snapshot is None or snapshot.iteration == 0 or snapshot is self._saved:
            return False
        if self._window.runner.phase not in _WORTH_KEEPING:
            return False
        return not state.undo_stack.isClean() or not self._is_sample(state.picture)

    def may_close(self) -> bool:
        """Return whether the window may close at once; else ask, and close it later if that is the answer."""
        if not self.asks or not self.unsaved:
            return True
        box = QMessageBox(self._window)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("Save the session before closing?")
        box.setInformativeText("The run on screen is in no file yet.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        asks = QCheckBox("Ask before closing", box)
        asks.setChecked(True)
        asks.toggled.connect(self._window.commands.actions["ask_before_close"].setChecked)
        box.setCheckBox(asks)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._answered(box.standardButton(button)))
        box.open()
        return False

    def _answered(self, answer: QMessageBox.StandardButton) -> None:
        if answer is QMessageBox.StandardButton.Discard:
            self._window.leave()
        elif answer is QMessageBox.StandardButton.Save:
            self._close_when_saved = True
            self._window.commands.save_session()

    def forget_closing(self) -> None:
        """Stay open after all: the user has chosen no file."""
        self._close_when_saved = False

    def _is_sample(self, picture: Picture | None) -> bool:
        paths = {str(path) for path in self._window.opening.samples.values()}
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
            self._window.opening.open_path(path)
            self._window.tasks.submit(DISCARD, "", lambda _task: recovery.discard(path))

        self._window.tell(
            Notice(
                "KAA Studio ended unexpectedly last time; a copy of the session was kept",
                "warning",
                actions=(("Restore", restore), ("Discard", partial(recovery.discard, path))),
            )
        )

    def keep_copy(self) -> None:
        """Write a copy in the background if there is anything new."""
        snapshot, recovery = self._window.state.snapshot, self._recovery
        session = self.current()
        if self._closing or recovery is None or session is None:
            return
        if snapshot is None or snapshot is self._copied:
            return
        self._copied = snapshot
        save = self._window.services.save_session

        def write(task: Task) -> None:
            save(session, recovery.own)
            if task.cancelled.is_set() and self._closing:
                # too late: a window that closed in good order leaves no copy
                recovery.discard(recovery.own)

        self._window.tasks.submit(COPY, "", write)

    def close(self) -> None:
        """Keep no more copies."""
        self._copying.stop()
        self._closing = True

    def release(self) -> None:
        """Remove the own copy, once nothing writes any more."""
        if self._recovery is not None:
            self._recovery.release()

    # --- news ---

    def _on_phase(self, phase: Phase) -> None:
        if phase in _AT_REST:
            self.keep_copy()

    def _on_ended(self, ending: TaskEnding) -> None:
        kind = ending.task.kind
        if kind == COPY and ending.failure is not None:
            _log.warning("no copy of the session could be kept: %s", ending.failure.line)
        elif kind == SAVE and ending.failure is not None:
            self._close_when_saved = False
        elif kind == SAVE:
            path, self._saved = ending.result
            self._window.state.undo_stack.setClean()
            self._window.opening.remember(path)
            self._window.tell(Notice(f"Saved {path}"))
            if self._close_when_saved:
                self._window.leave()
