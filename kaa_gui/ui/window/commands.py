"""Menus, toolbar and command palette: what can be done in the window, and what makes sense now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from kaa_gui.colours import Theme
from kaa_gui.ui.actions.command_palette import Command, CommandPalette
from kaa_gui.ui.actions.registry import (
    ACTIONS,
    EXPORT_ACTIONS,
    TOOLBAR,
    build_actions,
    fill_menus,
    fill_toolbar,
)
from kaa_gui.ui.appearance.icons import icon
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.widgets.plain import plain_tip
from kaa_gui.ui.workspace import Workspace

_NAMING_MS = 200
"""A hand that has rested this long has made a step that can be named."""

_ICON_ONLY = ("undo", "redo", "reset", "draw_region", "brush", "copy", "palette")
_RUN_LOOKS = {Phase.RUNNING: ("Pause", "pause"), Phase.PAUSED: ("Resume", "run")}

Offer = Callable[[], Iterable[Command]]
"""Returns commands for the palette that no action of the registry stands for."""


def commands_of(heading: str, actions: Iterable[QAction]) -> list[Command]:
    """Return a command for each action of a menu, under a heading."""
    return [
        Command(f"{heading}: {action.text().replace('&', '')}", action)
        for action in actions
        if not action.isSeparator()
    ]


class Commands(QObject):
    """The actions of the registry, by menu, by button and by name.

    Attributes:
        actions: By id.
        menus: By title, with its ampersand.
        toolbar: Buttons of the most used ones.
        palette: Finds any of them by name.
    """

    def __init__(self, window: QMainWindow, workspace: Workspace) -> None:
        """Build them.

        Args:
            window: Has the menu bar, and every part that an action's slot names.
            workspace: What a part may use.
        """
        super().__init__(window)
        self._state, self._runner = workspace.state, workspace.runner
        self._compares = workspace.services.trial is not None
        self._ink = ("#000000", "#808080")
        self._run_looks = ("", "")
        self._offers: list[Offer] = []
        self.palette = CommandPalette(window)
        self.actions = build_actions(window)
        self.menus = fill_menus(window.menuBar(), self.actions)
        self.toolbar = QToolBar("Tools", window)
        self._build_toolbar()
        window.addToolBar(self.toolbar)
        self._follow()

    def _build_toolbar(self) -> None:
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(QSize(18, 18))
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        fill_toolbar(self.toolbar, self.actions)
        self.samples_button = samples = QToolButton()
        samples.setText("Samples")
        samples.setToolTip("Attack one of the pictures that come along")
        samples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        samples.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        samples.setObjectName("samples")
        self.toolbar.insertWidget(self.actions["run"], samples)
        self.toolbar.insertSeparator(self.actions["run"])
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.toolbar.addWidget(spacer)
        self.toolbar.addAction(self.actions["palette"])
        for identifier in [*sum(TOOLBAR, ()), "palette"]:
            button = self.toolbar.widgetForAction(self.actions[identifier])
            button.setObjectName(identifier)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if isinstance(button, QToolButton) and identifier in _ICON_ONLY:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

    def _follow(self) -> None:
        """Offer what makes sense, from now on."""
        state, stack = self._state, self._state.undo_stack
        for changed in (state.picture_changed, state.scene_changed, state.snapshot_changed):
            changed.connect(lambda _news: self._show_possible())
        self._runner.phase_changed.connect(lambda _phase: self._show_possible())
        # a tool bar arranges the window anew when an action changes: not at every move of a drag
        self._naming = QTimer(self, singleShot=True, interval=_NAMING_MS)
        self._naming.timeout.connect(self._name_steps)
        stack.undoTextChanged.connect(lambda _text: self._naming.start())
        stack.redoTextChanged.connect(lambda _text: self._naming.start())
        stack.canUndoChanged.connect(self.actions["undo"].setEnabled)
        stack.canRedoChanged.connect(self.actions["redo"].setEnabled)
        self.actions["undo"].setEnabled(False)
        self.actions["redo"].setEnabled(False)

    def place(self, menu: str, before: str, *submenus: QMenu) -> None:
        """Put menus that a part fills into one of the menu bar, before an action.

        Args:
            menu: Title of the menu.
            before: Id of the action that they stand before.
            submenus: In order.
        """
        for submenu in submenus:
            self.menus[menu].insertMenu(self.actions[before], submenu)

    def offer(self, *offers: Offer) -> None:
        """Let the palette find more than the actions."""
        self._offers.extend(offers)

    def open_palette(self) -> None:
        """Offer every command by name."""
        commands = [
            Command(f"{spec.menu.replace('&', '')}: {spec.plain_title}", self.actions[spec.id])
            for spec in ACTIONS
            if spec.id != "palette"
        ]
        for offer in self._offers:
            commands.extend(offer())
        self.palette.show_commands(commands)

    def stop(self) -> None:
        """Stop the timer, for good."""
        self._naming.stop()

    # --- what is seen ---

    def show_theme(self, theme: Theme) -> None:
        """Draw the icons in the theme's ink."""
        self._ink = (theme.text, theme.muted)
        for spec in ACTIONS:
            if spec.icon:
                self.actions[spec.id].setIcon(icon(spec.icon, *self._ink))
        self.samples_button.setIcon(icon("picture", *self._ink))
        self._run_looks = ("", "")
        self._show_possible()

    def _show_possible(self) -> None:
        """Offer what makes sense now."""
        state, phase, actions = self._state, self._runner.phase, self.actions
        looks = _RUN_LOOKS.get(phase, ("Run", "run"))
        if looks != self._run_looks:
            # setting an icon, even the same one, draws the toolbar again
            self._run_looks = looks
            actions["run"].setText(looks[0])
            actions["run"].setIcon(icon(looks[1], "#ffffff", self._ink[1]))
        for identifier in ("save_session", "run", "restart"):
            actions[identifier].setEnabled(state.picture is not None)
        actions["stop"].setEnabled(phase in (Phase.RUNNING, Phase.PAUSED))
        for identifier in ("export_figure", *(spec.id for spec in EXPORT_ACTIONS), "save_adversarial"):
            actions[identifier].setEnabled(state.snapshot is not None)
        for identifier in ("copy", "previous_layer", "next_layer", "reset_zoom"):
            actions[identifier].setEnabled(state.scene is not None)
        actions["compare_methods"].setEnabled(state.scene is not None and self._compares)
        actions["next_person"].setEnabled(state.scene is not None and len(state.scene.people) > 1)

    def _name_steps(self) -> None:
        """Say in menu and tool tips what undo and redo would do."""
        stack = self._state.undo_stack
        for identifier, text in (("undo", stack.undoText()), ("redo", stack.redoText())):
            verb = identifier.capitalize()
            self.actions[identifier].setText(f"&{verb} {text}" if text else f"&{verb}")
            self.actions[identifier].setToolTip(plain_tip(f"{verb}: {text}" if text else verb))
