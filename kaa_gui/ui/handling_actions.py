"""The actions around handling: presets, shortcuts, tour, numbers about the window."""

from __future__ import annotations

from kaa_gui.ui.action_spec import ActionSpec

HANDLING_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "presets",
        "&Manage presets…",
        "&Edit",
        "extras.manage_presets",
        "Apply, save, rename or delete named sets of parameters",
        shortcut="Ctrl+Shift+E",
        separator=True,
    ),
    ActionSpec(
        "change_shortcuts",
        "Change s&hortcuts…",
        "&Edit",
        "extras.change_shortcuts",
        "Give any action other keys",
        separator=True,
    ),
    ActionSpec(
        "shortcuts",
        "&Keyboard shortcuts",
        "&Help",
        "extras.show_shortcuts",
        "Show every shortcut",
        shortcut="? or F1",
    ),
    ActionSpec(
        "tour",
        "&Tour",
        "&Help",
        "extras.tour.begin",
        "See in six steps what is where",
    ),
    ActionSpec(
        "debug_overlay",
        "&Numbers about the window",
        "&Help",
        "extras.overlay.set_shown",
        "Show frames a second, event-loop gap, iterations a second and memory",
        shortcut="F12",
        separator=True,
        checkable=True,
    ),
)
