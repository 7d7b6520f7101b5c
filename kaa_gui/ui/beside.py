"""What goes on beside the run, in threads of its own: comparing methods, looking into the network."""

from __future__ import annotations

import time
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from kaa_gui.ui.comparison import Comparison
from kaa_gui.ui.comparison_panel import ComparisonPanel
from kaa_gui.ui.inside import Inside
from kaa_gui.ui.runner import Tasks
from kaa_gui.ui.services import Services
from kaa_gui.ui.state import State
from kaa_gui.ui.views.view import View

_LEAST_S = 0.05


class Beside(QObject):
    """Joins the parts that compute beside the run.

    Signals:
        failed: A :class:`~kaa_gui.ui.mailbox.Failure`.
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
