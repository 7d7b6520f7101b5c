"""Drag a joint from where it was taken to where it is dropped; Escape puts it back."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

_KEYS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)


class JointDrag(QObject):
    """Places of a pose's joints while one of them is being dragged.

    Signals:
        moved: Joint -> x, y of all that have been put elsewhere, the dragged one among them.
        dropped: The same, at the end.
        cancelled: The dragged joint goes back.
    """

    moved = Signal(object)
    dropped = Signal(object)
    cancelled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._joint = ""
        self._places: dict[str, tuple[float, float]] = {}

    @property
    def joint(self) -> str:
        """Name of the dragged joint; empty for none."""
        return self._joint

    def begin(self, joint: str, places: Mapping[str, tuple[float, float]]) -> None:
        """Start dragging a joint; others may have been moved before."""
        self._joint, self._places = joint, dict(places)
        if (application := QCoreApplication.instance()) is not None:
            # whatever has the keyboard: Escape means this drag, and not "stop the run"
            application.installEventFilter(self)

    def move(self, at: QPointF) -> None:
        """Move the dragged joint, if there is one."""
        if self._joint:
            self._places[self._joint] = (at.x(), at.y())
            self.moved.emit(dict(self._places))

    def drop(self, at: QPointF) -> None:
        """Drop the dragged joint at a place, if there is one."""
        if self._joint:
            self._places[self._joint] = (at.x(), at.y())
            self._let_go()
            self.dropped.emit(dict(self._places))

    def cancel(self) -> None:
        """Put the dragged joint back, if there is one."""
        if self._joint:
            self._let_go()
            self.cancelled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in _KEYS and event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.cancel()
            return True
        return super().eventFilter(watched, event)

    def _let_go(self) -> None:
        self._joint = ""
        if (application := QCoreApplication.instance()) is not None:
            application.removeEventFilter(self)
