"""Choose between leaving the clean pose and approaching a target: one field for both parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.dragged import is_dragged
from kaa_gui.ui.controls.fields import Field, row
from kaa_gui.ui.model.parameters import Parameters, formatted

AWAY = "Away from clean pose"
_FILE = "…"  # no name of a pose: stands for "ask for a file"


class GoalField(Field):
    """A list that begins with "away"; then the library's poses; last a file of the user's.

    Signals:
        file_wanted: The user wants to choose a file.
    """

    file_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("goal")
        self._reference: str | None = None
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(8)
        self.box.setAccessibleName(PARAMETERS["goal"].title)
        self.setLayout(row(self.box))
        self.label.setBuddy(self.box)
        self.box.activated.connect(self._on_activated)
        self.set_targets({})

    def set_targets(self, targets: Mapping[str, str]) -> None:
        """Offer these poses; without any the field is hidden."""
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItem(AWAY, None)
            for name, title in targets.items():
                self.box.addItem(f"Towards: {title}", name)
            self.box.addItem("Towards a pose or picture…", _FILE)
        self.set_present(bool(targets))

    def show_parameters(self, parameters: Parameters) -> None:
        """Choose the goal in force; a file gets an entry of its own."""
        target, self._reference = parameters.config.target, parameters.config.reference
        with QSignalBlocker(self.box):
            if self.box.findData(target) < 0 and target is not None:
                self._forget_drawings()
                title = formatted("target", target, parameters.config)
                self.box.insertItem(self.box.count() - 1, f"Towards: {title}", target)
            self.box.setCurrentIndex(self.box.findData(target))

    def _forget_drawings(self) -> None:
        """Remove the entries of earlier drags: undo brings them back, the list need not."""
        for index in reversed(range(self.box.count())):
            if is_dragged(self.box.itemData(index)):
                self.box.removeItem(index)

    def aim_at(self, target: str | Path) -> None:
        """Ask for a target by name or path."""
        self._emit({"goal": "target", "target": str(target), **self._without("clean", "truth")})

    def _on_activated(self, index: int) -> None:
        target = self.box.itemData(index)
        if target == _FILE:
            self.file_wanted.emit()
        elif target is None:
            self._emit({"goal": "non-target", "target": None, **self._without("picture")})
        else:
            self.aim_at(target)

    def _without(self, *references: str) -> dict[str, None]:
        """Return the change that leaves a reference which the new goal does not know."""
        return {"reference": None} if self._reference in references else {}
