"""What the actions do. Each method without an underscore is the slot that a line of the registry names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from kaa_gui.colours import Theme
from kaa_gui.core.sessions.session import SUFFIX
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
from kaa_gui.ui.appearance.theme import SCHEMES, Scheme
from kaa_gui.ui.files.formats import FILE_FILTER, SESSION_FILTER, to_image
from kaa_gui.ui.files.run_files import RunFiles
from kaa_gui.ui.files.save_dialogs import FIGURE_FILTERS, PICTURE_FILTERS, ask_for_file, with_suffix
from kaa_gui.ui.files.sessions import FILTERS
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.messages.sheets import Sheet, about_html
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.panels.figures import FigureDesk
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.views import JointsView
from kaa_gui.ui.window.palette_entries import choice_commands

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

_NAMING_MS = 200
"""A hand that has rested this long has made a step that can be named."""

_ICON_ONLY = ("undo", "redo", "reset", "draw_region", "brush", "copy", "palette")
_RUN_LOOKS = {Phase.RUNNING: ("Pause", "pause"), Phase.PAUSED: ("Resume", "run")}


class Commands(QObject):
    """Menus, toolbar and palette of a window, and what they set going."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._ink = ("#000000", "#808080")
        self._run_looks = ("", "")
        self.timeline, self.comparing, self.regions = window.timeline, window.comparing, window.regions
        self.extras, self.figures, self.run_files = window.extras, FigureDesk(window), RunFiles(window)
        self.palette = CommandPalette(window)
        self.actions = build_actions(window, self)
        self.menus = fill_menus(window.menuBar(), self.actions)
        self.panels_menu = QMenu("&Panels", window)
        self.theme_menu = QMenu("&Theme", window)
        self.toolbar = QToolBar("Tools", window)
        self._build_toolbar()
        self._build_submenus()
        self.actions["ask_before_close"].setChecked(window.desk.asks)
        stack = window.state.undo_stack
        # a tool bar arranges the window anew when an action changes: not at every move of a drag
        self._naming = QTimer(self, singleShot=True, interval=_NAMING_MS)
        self._naming.timeout.connect(self._name_steps)
        stack.undoTextChanged.connect(lambda _text: self._naming.start())
        stack.redoTextChanged.connect(lambda _text: self._naming.start())
        stack.canUndoChanged.connect(self.actions["undo"].setEnabled)
        stack.canRedoChanged.connect(self.actions["redo"].setEnabled)
        self.actions["undo"].setEnabled(False)
        self.actions["redo"].setEnabled(False)

    # --- building ---

    def _build_toolbar(self) -> None:
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(QSize(18, 18))
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        fill_toolbar(self.toolbar, self.actions)
        samples = QToolButton()
        samples.setText("Samples")
        samples.setToolTip("Attack one of the pictures that come along")
        samples.setMenu(self._window.opening.samples_menu)
        samples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        samples.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        samples.setObjectName("samples")
        self.samples_button = samples
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
        self._window.addToolBar(self.toolbar)

    def _build_submenus(self) -> None:
        opening, file = self._window.opening, self.menus["&File"]
        file.insertMenu(self.actions["open_folder"], opening.samples_menu)
        file.insertMenu(self.actions["open_folder"], opening.recent_menu)
        view = self.menus["&View"]
        self.menus["&Edit"].insertMenu(self.actions["presets"], self.extras.presets_menu)
        view.insertMenu(self.actions["default_layout"], self.panels_menu)
        view.insertMenu(self.actions["default_layout"], self.theme_menu)
        view.insertMenu(self.actions["default_layout"], self._window.extras.colour_maps.menu)
        self.panels_menu.addActions(self._window.docks.toggles())
        self.panels_menu.addAction(self._window.timeline.toggleViewAction())
        self._theme_group = QActionGroup(self)
        for scheme in SCHEMES:
            action = self.theme_menu.addAction(scheme.capitalize())
            action.setCheckable(True)
            action.setData(scheme)
            self._theme_group.addAction(action)
        self._theme_group.triggered.connect(lambda action: self._window.set_theme(action.data()))

    def show_theme(self, scheme: Scheme, theme: Theme) -> None:
        """Draw the icons in the theme's ink, and tick the scheme."""
        self._ink = (theme.text, theme.muted)
        for spec in ACTIONS:
            if spec.icon:
                self.actions[spec.id].setIcon(icon(spec.icon, *self._ink))
        self.samples_button.setIcon(icon("picture", *self._ink))
        for action in self._theme_group.actions():
            action.setChecked(action.data() == scheme)
        self._run_looks = ("", "")
        self.show_phase(self._window.runner.phase)

    def show_phase(self, phase: Phase) -> None:
        """Offer what makes sense now."""
        state, actions = self._window.state, self.actions
        looks = _RUN_LOOKS.get(phase, ("Run", "run"))
        if looks != self._run_looks:
            # setting an icon, even the same one, draws the toolbar again
            self._run_looks = looks
            actions["run"].setText(looks[0])
            actions["run"].setIcon(icon(looks[1], "#ffffff", self._ink[1]))
        actions["save_session"].setEnabled(state.picture is not None)
        actions["run"].setEnabled(state.picture is not None)
        actions["restart"].setEnabled(state.picture is not None)
        actions["stop"].setEnabled(phase in (Phase.RUNNING, Phase.PAUSED))
        for identifier in ("export_figure", *(spec.id for spec in EXPORT_ACTIONS), "save_adversarial"):
            actions[identifier].setEnabled(state.snapshot is not None)
        for identifier in ("copy", "previous_layer", "next_layer", "reset_zoom"):
            actions[identifier].setEnabled(state.scene is not None)
        actions["compare_methods"].setEnabled(self._window.beside.comparison.possible)
        actions["next_person"].setEnabled(state.scene is not None and len(state.scene.people) > 1)

    def let_go(self) -> None:
        """Stop the timer, for good."""
        self._naming.stop()

    def _name_steps(self) -> None:
        """Say in menu and tool tips what undo and redo would do."""
        stack = self._window.state.undo_stack
        for identifier, text in (("undo", stack.undoText()), ("redo", stack.redoText())):
            verb = identifier.capitalize()
            self.actions[identifier].setText(f"&{verb} {text}" if text else f"&{verb}")
            self.actions[identifier].setToolTip(f"{verb}: {text}" if text else verb)

    # --- File ---

    def choose_picture(self) -> None:
        """Ask for a picture file."""
        dialog = ask_for_file(self._window, "Open picture", FILE_FILTER, QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._window.opening.open_path)
        dialog.open()

    def open_session(self) -> None:
        """Ask for a session file."""
        dialog = ask_for_file(self._window, "Open session", SESSION_FILTER, QFileDialog.AcceptMode.AcceptOpen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._window.opening.open_path)
        dialog.open()

    def save_session(self) -> None:
        """Ask where to write the session."""
        state, desk = self._window.state, self._window.desk
        dialog = ask_for_file(
            self._window, "Save session", ";;".join(FILTERS), QFileDialog.AcceptMode.AcceptSave
        )
        dialog.selectFile(f"{Path(state.picture.name).stem if state.picture else 'session'}{SUFFIX}")
        dialog.fileSelected.connect(lambda name: desk.save(with_suffix(Path(name), FILTERS, "")))
        dialog.rejected.connect(desk.forget_closing)
        dialog.open()

    def set_ask_before_close(self, on: bool) -> None:
        """Ask before unsaved work is lost, or don't."""
        self._window.desk.set_asks(on)

    def save_adversarial(self) -> None:
        """Ask where to write the attacked picture."""
        self._save("Save adversarial picture", "adversarial", PICTURE_FILTERS)

    def export_figure(self) -> None:
        """Ask where to draw the figure."""
        self._save("Export figure", "figure", FIGURE_FILTERS)

    def save_3d(self) -> None:
        """Ask how large and where to draw the 3D view."""
        self._window.scene_files.ask_for_picture()

    def export_gltf(self) -> None:
        """Ask where to write the 3D scene."""
        self._window.scene_files.ask_for_gltf()

    def export_target(self) -> None:
        """Ask where to write the pose aimed at."""
        self._window.aiming.export()

    def close(self) -> None:
        """Close the window."""
        self._window.close()

    def _save(self, title: str, what: str, filters: dict[str, str]) -> None:
        run = self._window.state.shown_run()
        if run is None:
            self._window.tell(Notice("Nothing to write yet: run an attack first", "warning"))
            return
        dialog = ask_for_file(self._window, title, ";;".join(filters), QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(f"{Path(run.scene.picture.name).stem}-{what}{next(iter(filters.values()))}")
        dialog.fileSelected.connect(
            lambda name: self._window.write(
                what, run, with_suffix(Path(name), filters, dialog.selectedNameFilter())
            )
        )
        dialog.open()

    # --- Edit ---

    def undo(self) -> None:
        """Take back the last change."""
        self._window.state.undo_stack.undo()

    def redo(self) -> None:
        """Make it again."""
        self._window.state.undo_stack.redo()

    def copy_picture(self) -> None:
        """Copy the attacked crop, or the clean one before there is another."""
        state = self._window.state
        if state.scene is not None:
            pixels = state.scene.crop if state.shown is None else state.shown.adversarial
            QGuiApplication.clipboard().setImage(to_image(pixels))
            self._window.tell(Notice("Copied the clean crop" if state.shown is None else "Copied"))

    def copy_joints(self) -> None:
        """Copy every joint's error as tab-separated text."""
        view, snapshot = self._window.views.get("joints"), self._window.state.shown
        if isinstance(view, JointsView) and snapshot is not None:
            # a panel that is hidden is not kept up to date
            view.show_snapshot(snapshot)
            view.copy()
            self._window.tell(Notice("Copied the joints' errors"))

    def paste(self) -> None:
        """Attack what the clipboard holds."""
        self._window.opening.open_data(QGuiApplication.clipboard().mimeData(), how="pasted")

    def reset_parameters(self) -> None:
        """Set all parameters to their defaults."""
        self._window.state.reset(new_gesture())

    # --- Attack ---

    def toggle_run(self) -> None:
        """Run, pause or go on."""
        self._window.conductor.toggle()

    def restart(self) -> None:
        """Begin again."""
        self._window.conductor.start()

    def stop(self) -> None:
        """End the run."""
        self._window.conductor.stop()

    def previous_layer(self) -> None:
        """Move k towards the image."""
        self._move_layer(-1)

    def next_layer(self) -> None:
        """Move k towards the pose."""
        self._move_layer(1)

    def next_person(self) -> None:
        """Attack the next person, after the last one the first."""
        state = self._window.state
        if state.scene is not None:
            number = (state.parameters.person + 1) % len(state.scene.people)
            self._window.choose_person(number)

    def look_inside(self) -> None:
        """Show what layer k holds."""
        self._window.docks.reveal("activations")

    def compare_methods(self) -> None:
        """Run the compared methods and show them side by side; again, let go of them."""
        self._window.docks.reveal("methods")
        self._window.beside.panel.toggle()

    def choose_target(self) -> None:
        """Ask for a pose file or a picture to aim at."""
        self._window.aiming.choose()

    def clear_target(self) -> None:
        """Attack away from the clean pose again."""
        self._window.aiming.clear()

    def _move_layer(self, by: int) -> None:
        state = self._window.state
        if state.scene is None:
            return
        layers, wanted = state.scene.layers, state.parameters.config.layer
        # asked for but not yet in force counts, so that two quick presses make two steps
        at = next((item.index for item in layers if wanted in (item.name, item.index)), len(layers) - 1)
        target = layers[min(max(at + by, 0), len(layers) - 1)]
        state.apply(Edit({"layer": target.name}, new_gesture()))

    # --- View ---

    def open_palette(self) -> None:
        """Offer every command by name."""
        skipped = ("palette",)
        commands = [
            Command(f"{spec.menu.replace('&', '')}: {spec.plain_title}", self.actions[spec.id])
            for spec in ACTIONS
            if spec.id not in skipped
        ]
        for heading, actions in (
            ("Open", self._window.opening.actions()),
            ("Panel", self.panels_menu.actions()),
            ("Theme", self.theme_menu.actions()),
            ("Colour map", self._window.extras.colour_maps.menu.actions()),
            ("Preset", self.extras.presets_menu.actions()),
            ("Reset", self._window.controls.reset_actions()),
        ):
            commands.extend(
                Command(f"{heading}: {action.text().replace('&', '')}", action)
                for action in cast("list[QAction]", actions)
                if not action.isSeparator()
            )
        commands.extend(choice_commands(self._window.docks))
        self.palette.show_commands(commands)

    def reset_zoom(self) -> None:
        """Show the whole crop everywhere."""
        for view in self._window.views.values():
            reset = getattr(view, "reset_range", None)
            if reset is not None:
                reset()

    def show_joints(self) -> None:
        """Bring the table of joints to the front."""
        self._window.docks.reveal("joints")

    def default_layout(self) -> None:
        """Put every panel back to its place."""
        self._window.docks.arrange()
        self._window.timeline.show()

    def set_full_screen(self, on: bool) -> None:
        """Take the whole screen, or give it back."""
        state = self._window.windowState()
        full = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if on else state & ~full)

    # --- Help ---

    def open_log_folder(self) -> None:
        """Show the log file in the system's file manager."""
        path = self._window.log_path
        if path is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
            self._window.tell(Notice(f"The log file is {path}" if path else "No log file is kept"))

    def show_about(self) -> None:
        """Say what the program is."""
        Sheet("About KAA Studio", about_html(), self._window).show()
