"""Show the window's performance in a corner of the picture: frames, event loop, iterations, memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget

from kaa_gui.ui.messages.free_area import panels_area
from kaa_gui.ui.model.state import State

_PERIOD_S = 0.5
_PROBE_MS = 5
_MARGIN = 10


class DebugOverlay(QLabel):
    """A label that counts only while it is shown."""

    def __init__(self, window: QMainWindow, state: State) -> None:
        super().__init__(window)
        self.setObjectName("debugOverlay")
        self.setAccessibleName("Numbers about the window")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._window, self._state = window, state
        self._watched: QWidget | None = None
        self._frames = self._iterations = 0
        self._gap = 0.0
        self._since = self._last = time.perf_counter()
        self._probe = QTimer(self, interval=_PROBE_MS, timerType=Qt.TimerType.PreciseTimer)
        self._probe.timeout.connect(self._turn)
        self._period = QTimer(self, interval=round(_PERIOD_S * 1000))
        self._period.timeout.connect(self._tell)
        state.history_changed.connect(self._count_iterations)
        self._seen = 0
        self.hide()

    def watch(self, canvas: QWidget) -> None:
        """Count the frames of a pane, in whose upper right corner the numbers stand."""
        self._watched = canvas
        canvas.installEventFilter(self)

    def set_shown(self, on: bool) -> None:
        """Count and show, or neither."""
        self.setVisible(on)
        if on:
            self._frames = self._iterations = 0
            self._gap, self._since = 0.0, time.perf_counter()
            self._last = self._since
            self._probe.start()
            self._period.start()
            self._tell()
        else:
            self.stop()

    def stop(self) -> None:
        """Stop the timers."""
        self._probe.stop()
        self._period.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count paints, apart from those of what lies under a number that changed."""
        if isinstance(event, QPaintEvent) and isinstance(watched, QWidget):
            painted = QRect(watched.mapTo(watched.window(), event.rect().topLeft()), event.rect().size())
            self._frames += not self.geometry().contains(painted)
        return super().eventFilter(watched, event)

    def _count_iterations(self, metrics: object) -> None:
        count = len(metrics)  # type: ignore[arg-type]
        self._iterations += max(0, count - self._seen)
        self._seen = count

    def _turn(self) -> None:
        now = time.perf_counter()
        self._gap = max(self._gap, now - self._last - _PROBE_MS / 1000)
        self._last = now

    def _tell(self) -> None:
        now = time.perf_counter()
        seconds = max(now - self._since, 1e-3)
        memory = resident_bytes()
        parts = [
            f"{self._frames / seconds:.1f} frames/s",
            f"{1000 * self._gap:.0f} ms event-loop gap",
            f"{self._iterations / seconds:.1f} iterations/s",
        ]
        if memory is not None:
            parts.append(f"{memory / 2**20:.0f} MB")
        self.setText("\n".join(parts))
        self._frames = self._iterations = 0
        self._gap, self._since = 0.0, now
        self.adjustSize()
        room = self._room()
        self.move(room.right() + 1 - _MARGIN - self.width(), room.top() + _MARGIN)
        self.raise_()

    def _room(self) -> QRect:
        """Return the pane watched, or the panels' area where it is hidden or in a window of its own."""
        pane = self._watched
        if pane is None or not pane.isVisible() or pane.window() is not self._window:
            return panels_area(self._window)
        return QRect(pane.mapTo(self._window, QPoint(0, 0)), pane.size())


def resident_bytes() -> int | None:
    """Return how much memory the process holds, its peak where the system tells no more; None if unknown."""
    try:
        # pages of 4 kB on every Linux that runs Qt on a desktop
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
