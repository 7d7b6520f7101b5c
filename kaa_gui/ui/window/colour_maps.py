"""Choose the signed colour map of perturbations and Jacobians, live, among colour-blind-safe ones."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QSettings
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from kaa_gui.colours import DEFAULT_MAP, DIVERGING_MAPS
from kaa_gui.ui.appearance.theme import choose_map
from kaa_gui.ui.views.view import View

_KEY = "colour_map"


class ColourMaps(QObject):
    """Offers the maps in a menu and keeps the choice.

    Attributes:
        menu: One switch a map.
    """

    def __init__(self, settings: QSettings, views: Mapping[str, View], *, window: QWidget) -> None:
        super().__init__(window)
        self._settings, self._views = settings, views
        self.menu = QMenu("&Colour map", window)
        self.menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        for name in DIVERGING_MAPS:
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setToolTip("Of perturbations, differences and rows of J; safe for colour-blind eyes")
            self._group.addAction(action)
        self._group.triggered.connect(lambda action: self.choose(action.text()))
        stored = str(settings.value(_KEY, DEFAULT_MAP))
        self.choose(stored if stored in DIVERGING_MAPS else DEFAULT_MAP)

    def choose(self, name: str) -> None:
        """Draw everything signed in another map, live; the choice is remembered."""
        choose_map(name)
        self._settings.setValue(_KEY, name)
        for action in self._group.actions():
            action.setChecked(action.text() == name)
        for view in self._views.values():
            # what a view does when the theme changes
            QApplication.sendEvent(view, QEvent(QEvent.Type.PaletteChange))
