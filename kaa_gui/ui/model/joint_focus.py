"""Track the joint in focus in every view: the one under the pointer, else the one that was picked."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class JointFocus(QObject):
    """Keeps a passing joint and a lasting one, by name: views may have different skeletons.

    Signals:
        changed: Name of the joint to bring out now; empty for none.
    """

    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hovered = self._picked = ""

    @property
    def joint(self) -> str:
        """The one to bring out; empty for none."""
        return self._hovered or self._picked

    def hover(self, joint: str) -> None:
        """Bring a joint out while the pointer is at it; empty when it has left."""
        self._set(joint, self._picked)

    def pick(self, joint: str) -> None:
        """Bring a joint out until another one, or none, is picked."""
        self._set(self._hovered, joint)

    def _set(self, hovered: str, picked: str) -> None:
        before = self.joint
        self._hovered, self._picked = hovered, picked
        if self.joint != before:
            self.changed.emit(self.joint)
