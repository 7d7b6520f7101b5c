"""Offer the presets in a menu."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu

from kaa_gui.ui.model.presets import SHIPPED, Presets
from kaa_gui.ui.panels.presets_dialog import PresetsDialog
from kaa_gui.ui.workspace import Workspace


class PresetsMenu(QMenu):
    """An entry for each preset, the user's own below those that come along.

    Attributes:
        presets: What the entries stand for.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("Pre&sets", workspace.parent)
        self._workspace = workspace
        self.presets = Presets(workspace.state, workspace.settings, self)
        self.setToolTipsVisible(True)
        self.presets.changed.connect(self._fill)
        self._fill()

    def manage(self) -> None:
        """Open the list of presets."""
        PresetsDialog(self.presets, self._workspace.parent).show()

    def _fill(self) -> None:
        self.clear()
        for title in self.presets.titles:
            if title == next(iter(self.presets.own), None):
                self.addSeparator()
            action = self.addAction(title.replace("&", "&&"))
            kind = "a preset that comes along" if title in SHIPPED else "your preset"
            action.setToolTip(f"Set the parameters to those of {kind}; can be undone")
            action.triggered.connect(partial(self._apply, title))

    def _apply(self, title: str, _checked: bool = False) -> None:
        self.presets.apply(title)
