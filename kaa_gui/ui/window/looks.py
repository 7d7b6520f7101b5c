"""Dress the window: theme, size of the text, and colour map of what is signed."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QMenu

from kaa_gui.colours import DEFAULT_MAP, DIVERGING_MAPS
from kaa_gui.ui.appearance.style_sheet import style_sheet
from kaa_gui.ui.appearance.text_size import TextSize
from kaa_gui.ui.appearance.theme import SCHEMES, Scheme, apply_theme, choose_map
from kaa_gui.ui.workspace import Workspace

_THEME_KEY, _MAP_KEY = "theme", "colour_map"


class Looks(QObject):
    """Changes how the window looks, live, and remembers every choice.

    Signals:
        themed: The :class:`~kaa_gui.colours.Theme` now in force.

    Attributes:
        theme_menu: One switch a colour scheme.
        text_size: Size of all text.
        colour_maps: Colour maps of perturbations, differences and rows of J.
    """

    themed = Signal(object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._window, self._settings = workspace.parent, workspace.settings
        self.theme_menu = QMenu("&Theme", self._window)
        self._schemes = QActionGroup(self)
        for scheme in SCHEMES:
            action = self.theme_menu.addAction(scheme.capitalize())
            action.setCheckable(True)
            action.setData(scheme)
            self._schemes.addAction(action)
        self._schemes.triggered.connect(lambda action: self.set_theme(action.data()))
        self.text_size = TextSize(self._settings, self)
        # widgets that the style sheet has dressed keep their old font otherwise
        self.text_size.changed.connect(lambda _share: self._window.setStyleSheet(self._window.styleSheet()))
        self.colour_maps = ColourMaps(workspace)

    def restore_theme(self) -> None:
        """Take the theme that was chosen last."""
        self.set_theme(str(self._settings.value(_THEME_KEY, "system")))

    def set_theme(self, scheme: str) -> None:
        """Dress the application in a colour scheme; ``"system"`` where there is none of that name."""
        chosen: Scheme = scheme if scheme in get_args(Scheme) else "system"  # type: ignore[assignment]
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme = apply_theme(application, chosen)
            self._window.setStyleSheet(style_sheet(theme))
            for action in self._schemes.actions():
                action.setChecked(action.data() == chosen)
            self.themed.emit(theme)
            self._settings.setValue(_THEME_KEY, chosen)


class ColourMaps(QObject):
    """Offers the signed colour maps, all safe for colour-blind eyes.

    Attributes:
        menu: One switch a map.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._settings, self._views = workspace.settings, workspace.views
        self.menu = QMenu("&Colour map", workspace.parent)
        self.menu.setToolTipsVisible(True)
        self._group = QActionGroup(self)
        for name in DIVERGING_MAPS:
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setToolTip("Of perturbations, differences and rows of J; safe for colour-blind eyes")
            self._group.addAction(action)
        self._group.triggered.connect(lambda action: self.choose(action.text()))
        stored = str(self._settings.value(_MAP_KEY, DEFAULT_MAP))
        self.choose(stored if stored in DIVERGING_MAPS else DEFAULT_MAP)

    def choose(self, name: str) -> None:
        """Draw everything signed in another map, live; the choice is remembered."""
        choose_map(name)
        self._settings.setValue(_MAP_KEY, name)
        for action in self._group.actions():
            action.setChecked(action.text() == name)
        for view in self._views.values():
            # what a view does when the theme changes
            QApplication.sendEvent(view, QEvent(QEvent.Type.PaletteChange))
