"""Hand each part of the window what it may use, instead of the window itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QWidget

from kaa_gui.ui.messages.failure_report import notice_of
from kaa_gui.ui.messages.notifications import Notice, Notifications
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.attack_runner import AttackRunner
from kaa_gui.ui.running.conductor import Conductor
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.views.view import View


# Qt forgets a method of a value that is gone only where the value can be referred to weakly
@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Workspace:
    """What a part of the window may use; anything more specific is handed to it beside this.

    Attributes:
        parent: Parent of parts and dialogs.
        state: Parameters with undo, and the newest values of the run.
        services: What the engine can do.
        settings: Layout, theme, and whatever else a part remembers.
        runner: The attack's thread.
        conductor: Starts, holds and stops runs.
        tasks: Short jobs in a thread that all parts share; what its tasks fail with is told.
        views: By name.
        notifications: One-line notices on screen.
        log_path: The log file, for reports; None where none is kept.
    """

    parent: QWidget
    state: State
    services: Services
    settings: QSettings
    runner: AttackRunner
    conductor: Conductor
    tasks: Tasks
    views: Mapping[str, View]
    notifications: Notifications
    log_path: Path | None = None

    def tell(self, line: str) -> None:
        """Show a line that goes away by itself."""
        self.notifications.show(Notice(line))

    def warn(self, line: str) -> None:
        """Show a line that stays until it is closed."""
        self.notifications.show(Notice(line, "warning"))

    def tell_failure(self, failure: Failure) -> None:
        """Show one line for what the user can act on, and a report with it for a defect of ours."""
        self.notifications.show(notice_of(failure, self.state, self.log_path))
