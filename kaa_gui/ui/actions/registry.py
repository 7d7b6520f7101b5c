"""Register every action: menus, toolbar, command palette and shortcut table all read this.

An action names its slot by the way to it from the window: a part and its method (``"timeline.play"``), or a
method of the window itself; nothing else connects it. To add one, add an entry here and a method there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar, QWidget

from kaa_gui.ui.actions.region import REGION_ACTIONS
from kaa_gui.ui.actions.spec import ActionSpec
from kaa_gui.ui.actions.time_and_view import LOOKING_ACTIONS
from kaa_gui.ui.actions.tools import HANDLING_ACTIONS, OPENING_ACTIONS

MENUS = ("&File", "&Edit", "&Attack", "&Region", "&Time", "&View", "&Help")
"""In order. Submenus filled at run time: Samples and Recent in File; Panels and Theme in View."""

EXPORT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "figure_dialog",
        "Fi&gure for print…",
        "&File",
        "figures.open",
        "Choose kind, publisher and panels of a figure, with a preview; compare with saved runs",
        shortcut="Ctrl+Shift+F",
    ),
    ActionSpec(
        "export_animation",
        "E&xport animation…",
        "&File",
        "run_files.ask_for_animation",
        "Write the run as a moving picture, iterate by iterate: GIF, or MP4 with the extra 'video'",
    ),
    ActionSpec(
        "export_data",
        "Export &data…",
        "&File",
        "run_files.ask_for_data",
        "Write arrays and numbers as NPZ, or the perturbation as 32-bit TIFF or amplified PNG",
    ),
    ActionSpec(
        "export_run",
        "Export r&un as folder…",
        "&File",
        "run_files.ask_for_folder",
        "Write pictures, arrays, a figure and the numbers of the saved picture, as the command attack does",
    ),
)

# id, title, menu, slot, tip; then what is rarer, by name
ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open",
        "&Open picture…",
        "&File",
        "opening.choose_picture",
        "Open a picture file and attack it, or a session",
        shortcut="Ctrl+O",
        icon="open",
    ),
    *OPENING_ACTIONS,
    ActionSpec(
        "open_session",
        "O&pen session…",
        "&File",
        "opening.choose_session",
        "Go on where a saved session left off",
        shortcut="Ctrl+Shift+O",
        separator=True,
    ),
    ActionSpec(
        "save_session",
        "&Save session…",
        "&File",
        "sessions.ask_to_save",
        "Write picture, parameters and run into one file that opens to the same pixels",
        shortcut="Ctrl+Shift+S",
    ),
    ActionSpec(
        "save_adversarial",
        "Save &adversarial picture…",
        "&File",
        "run_files.ask_for_adversarial",
        "Write the attacked picture at full resolution as an 8-bit PNG",
        shortcut="Ctrl+S",
        separator=True,
    ),
    ActionSpec(
        "export_figure",
        "&Export figure…",
        "&File",
        "run_files.ask_for_figure",
        "Draw the current run as PDF, SVG or PNG",
        shortcut="Ctrl+E",
        icon="export",
    ),
    *EXPORT_ACTIONS,
    ActionSpec(
        "save_3d",
        "Save 3D vie&w…",
        "&File",
        "scene_files.ask_for_picture",
        "Write the 3D view as PNG at any resolution",
        shortcut="Ctrl+Shift+D",
    ),
    ActionSpec(
        "export_gltf",
        "Export 3D scene as g&lTF…",
        "&File",
        "scene_files.ask_for_gltf",
        "Write the bodies of the 3D view for other programs: metres, y up, colours and all",
    ),
    ActionSpec(
        "export_target",
        "Export &target pose…",
        "&File",
        "targets.export",
        "Write the pose aimed at, dragged joints and all, as JSON that can be aimed at again",
    ),
    ActionSpec(
        "ask_before_close",
        "As&k before closing unsaved work",
        "&File",
        "sessions.set_asks",
        "Offer to save a finished or paused run that is in no file before the window closes",
        separator=True,
        checkable=True,
    ),
    ActionSpec("quit", "&Quit", "&File", "close", "Close the window", shortcut="Ctrl+Q"),
    ActionSpec(
        "undo",
        "&Undo",
        "&Edit",
        "state.undo_stack.undo",
        "Take back the last change of a parameter",
        shortcut="Ctrl+Z",
        icon="undo",
    ),
    ActionSpec(
        "redo",
        "&Redo",
        "&Edit",
        "state.undo_stack.redo",
        "Make the change again",
        shortcut="Ctrl+Shift+Z or Ctrl+Y",
        icon="redo",
    ),
    ActionSpec(
        "copy",
        "&Copy picture",
        "&Edit",
        "drag_out.copy_picture",
        "Copy the attacked crop to the clipboard",
        shortcut="Ctrl+C",
        icon="copy",
        separator=True,
    ),
    ActionSpec(
        "copy_joints",
        "Copy &joint errors",
        "&Edit",
        "drag_out.copy_joints",
        "Copy every joint's error as a table for a spreadsheet",
        shortcut="Ctrl+Shift+C",
    ),
    ActionSpec(
        "paste",
        "&Paste picture",
        "&Edit",
        "opening.paste",
        "Attack the picture in the clipboard",
        shortcut="Ctrl+V",
    ),
    ActionSpec(
        "reset",
        "Reset &all parameters",
        "&Edit",
        "state.reset",
        "Set every parameter to its default; right-click a parameter to reset only that one",
        shortcut="Ctrl+R",
        icon="reset",
        separator=True,
    ),
    ActionSpec(
        "run",
        "&Run or pause",
        "&Attack",
        "conductor.toggle",
        "Run the attack, pause it, or go on",
        shortcut="Space",
        icon="run",
    ),
    ActionSpec(
        "restart",
        "Run &from the start",
        "&Attack",
        "conductor.start",
        "Begin the attack again",
        shortcut="F5",
    ),
    ActionSpec(
        "stop",
        "&Stop",
        "&Attack",
        "conductor.stop",
        "End the attack; changes then wait for Run",
        shortcut="Esc",
        icon="stop",
    ),
    ActionSpec(
        "previous_layer",
        "&Previous layer",
        "&Attack",
        "pipeline.previous_layer",
        "Move k one layer towards the image",
        shortcut="Ctrl+[",
        separator=True,
    ),
    ActionSpec(
        "next_layer",
        "&Next layer",
        "&Attack",
        "pipeline.next_layer",
        "Move k one layer towards the pose",
        shortcut="Ctrl+]",
    ),
    ActionSpec(
        "next_person",
        "Next pers&on",
        "&Attack",
        "next_person",
        "Attack the next person in the picture",
        shortcut="Ctrl+P",
    ),
    ActionSpec(
        "target",
        "Aim at a pose or pic&ture…",
        "&Attack",
        "targets.choose",
        "Attack towards the pose in a file, or the pose of another picture",
        shortcut="Ctrl+T",
    ),
    ActionSpec(
        "clear_target",
        "&Clear target",
        "&Attack",
        "targets.clear",
        "Forget the dragged joints or the pose aimed at, and attack away from the clean pose",
        shortcut="Ctrl+Shift+T",
    ),
    ActionSpec(
        "compare_methods",
        "Compare &methods",
        "&Attack",
        "compare_methods",
        "Run KAA, KAA+ER and a random mask on this picture in the background, side by side; again, cancel",
        shortcut="Ctrl+M",
        separator=True,
    ),
    *REGION_ACTIONS,
    ActionSpec(
        "palette",
        "Command p&alette…",
        "&View",
        "commands.open_palette",
        "Find any command by its name",
        shortcut="Ctrl+Shift+P",
        icon="search",
    ),
    ActionSpec(
        "reset_zoom",
        "Show the w&hole crop",
        "&View",
        "reset_zoom",
        "Zoom all picture views out",
        shortcut="Ctrl+0",
        separator=True,
    ),
    ActionSpec(
        "joints",
        "&Joint errors",
        "&View",
        "show_joints",
        "Show every joint's error as a table",
        shortcut="Ctrl+J",
    ),
    ActionSpec(
        "default_layout",
        "&Default layout",
        "&View",
        "default_layout",
        "Put every panel back to its place",
        shortcut="Ctrl+Shift+L",
    ),
    ActionSpec(
        "full_screen",
        "&Full screen",
        "&View",
        "set_full_screen",
        "Give the window the whole screen",
        shortcut="F11",
        checkable=True,
    ),
    *HANDLING_ACTIONS,
    *LOOKING_ACTIONS,
    ActionSpec("log", "Open &log folder", "&Help", "help.open_log_folder", "Show where the log file is"),
    ActionSpec("about", "&About KAA Studio", "&Help", "help.show_about", "Version, sources and licences"),
)

TOOLBAR: tuple[tuple[str, ...], ...] = (
    ("open",),
    ("run", "stop"),
    ("undo", "redo", "reset"),
    ("draw_region", "brush"),
    ("copy", "export_figure"),
)
"""Ids of the buttons, in groups."""


def shortcut_table(specs: Iterable[tuple[ActionSpec, str]] | None = None) -> list[tuple[str, str, str]]:
    """Return menu, title and shortcut of every action that has one, in menu order.

    Args:
        specs: Actions with the shortcuts in force; None takes the defaults.
    """
    pairs = [(spec, spec.shortcut) for spec in ACTIONS] if specs is None else specs
    ordered = sorted(pairs, key=lambda pair: MENUS.index(pair[0].menu))
    return [(spec.menu.replace("&", ""), spec.plain_title, keys) for spec, keys in ordered if keys]


def build_actions(window: QWidget) -> dict[str, QAction]:
    """Make the actions, connect each to its slot, and activate their shortcuts in the window.

    Slots are looked up when they are called: the window's parts may come later than its actions.
    """
    actions = {}
    for spec in ACTIONS:
        action = QAction(spec.title, window)
        action.setObjectName(f"action.{spec.id}")
        action.setShortcuts([QKeySequence(text) for text in spec.shortcuts])
        action.setCheckable(spec.checkable)
        keys = f" ({', '.join(spec.shortcuts)})" if spec.shortcuts else ""
        action.setToolTip(f"{spec.tip}{keys}")
        action.setStatusTip(spec.tip)
        slot = attrgetter(spec.slot)
        if spec.checkable:
            action.toggled.connect(lambda on, slot=slot: slot(window)(on))
        else:
            # triggered carries "checked", which no slot wants
            action.triggered.connect(lambda _checked=False, slot=slot: slot(window)())
        window.addAction(action)
        actions[spec.id] = action
    return actions


def fill_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Build the menus; return them by title."""
    menus = {title: bar.addMenu(title) for title in MENUS}
    for menu in menus.values():
        menu.setToolTipsVisible(True)
    for spec in ACTIONS:
        if spec.separator:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(actions[spec.id])
    return menus


def fill_toolbar(bar: QToolBar, actions: Mapping[str, QAction]) -> None:
    """Put the buttons in, a separator between groups."""
    for position, group in enumerate(TOOLBAR):
        if position:
            bar.addSeparator()
        for identifier in group:
            bar.addAction(actions[identifier])
