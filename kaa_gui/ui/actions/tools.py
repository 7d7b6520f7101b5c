"""Define the actions around the work: presets, shortcuts, tour, performance overlay."""

from __future__ import annotations

from kaa_gui.ui.actions.spec import ActionSpec

OPENING_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "open_folder",
        "Open &folder…",
        "&File",
        "browsing.choose_folder",
        "Show the pictures of a folder as thumbnails, and attack the one chosen",
        shortcut="Ctrl+Alt+O",
    ),
    ActionSpec(
        "open_video",
        "Open v&ideo…",
        "&File",
        "browsing.choose_video",
        "Pick a frame of a video and attack it",
    ),
    ActionSpec(
        "camera",
        "Attack the &camera",
        "&File",
        "browsing.start_camera",
        "Attack what the camera sees, its newest frame again and again; Stop lets it go",
    ),
    ActionSpec(
        "next_picture",
        "&Next picture or frame",
        "&File",
        "browsing.next",
        "Attack the next picture of the open folder, or the next frame of the open video",
        shortcut="Ctrl+PgDown",
        separator=True,
    ),
    ActionSpec(
        "previous_picture",
        "Pre&vious picture or frame",
        "&File",
        "browsing.previous",
        "Attack the picture or frame before",
        shortcut="Ctrl+PgUp",
    ),
)
HANDLING_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "presets",
        "&Manage presets…",
        "&Edit",
        "presets_menu.manage",
        "Apply, save, rename or delete named sets of parameters",
        shortcut="Ctrl+Shift+E",
        separator=True,
    ),
    ActionSpec(
        "change_shortcuts",
        "Change s&hortcuts…",
        "&Edit",
        "help.change_shortcuts",
        "Give any action other keys",
        separator=True,
    ),
    ActionSpec(
        "shortcuts",
        "&Keyboard shortcuts",
        "&Help",
        "help.show_shortcuts",
        "Show every shortcut",
        shortcut="? or F1",
    ),
    ActionSpec(
        "tour",
        "&Tour",
        "&Help",
        "help.tour.begin",
        "See in six steps what is where",
    ),
    ActionSpec(
        "next_panel",
        "Ne&xt panel",
        "&View",
        "keyboard.next_panel",
        "Put the keyboard's focus into the next panel",
        shortcut="F6",
        separator=True,
    ),
    ActionSpec(
        "previous_panel",
        "Previo&us panel",
        "&View",
        "keyboard.previous_panel",
        "Put the keyboard's focus into the panel before",
        shortcut="Shift+F6",
    ),
    ActionSpec(
        "debug_overlay",
        "&Numbers about the window",
        "&Help",
        "help.overlay.set_shown",
        "Show frames a second, event-loop gap, iterations a second and memory",
        shortcut="F12",
        separator=True,
        checkable=True,
    ),
)
