"""The actions that change what is looked at, never what is computed: going through time."""

from __future__ import annotations

from kaa_gui.ui.action_spec import ActionSpec

LOOKING_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "play",
        "&Play",
        "&Time",
        "timeline.set_playing",
        "Play the kept iterates from the one shown to the newest; the run goes on meanwhile",
        shortcut="Ctrl+Space",
        icon="run",
        checkable=True,
    ),
    ActionSpec(
        "first_iterate",
        "&First iterate",
        "&Time",
        "timeline.go_first",
        "Go back to where the attack starts; Home does so too where no field takes it",
        shortcut="Alt+Home",
        icon="first",
        separator=True,
    ),
    ActionSpec(
        "previous_iterate",
        "P&revious iterate",
        "&Time",
        "timeline.go_previous",
        "Go one kept iterate back; the left arrow does so too where no field takes it",
        shortcut="Alt+Left",
        icon="previous",
    ),
    ActionSpec(
        "next_iterate",
        "&Next iterate",
        "&Time",
        "timeline.go_next",
        "Go one kept iterate on; the right arrow does so too where no field takes it",
        shortcut="Alt+Right",
        icon="next",
    ),
    ActionSpec(
        "last_iterate",
        "&Last iterate",
        "&Time",
        "timeline.go_last",
        "Go to the newest iterate and follow the run; End does so too where no field takes it",
        shortcut="Alt+End",
        icon="last",
    ),
    ActionSpec(
        "best_iterate",
        "&Best iterate",
        "&Time",
        "timeline.go_best",
        "Go to the iterate farthest from the clean pose, or nearest to the target",
        shortcut="Ctrl+B",
        separator=True,
    ),
    ActionSpec(
        "first_success",
        "First &success",
        "&Time",
        "timeline.go_first_success",
        "Go to the first iterate that meets the criterion of success",
        shortcut="Ctrl+Shift+B",
    ),
    ActionSpec(
        "live",
        "F&ollow the run",
        "&Time",
        "timeline.set_live",
        "Show each iterate as it comes; off holds the present one while the run goes on",
        shortcut="Ctrl+L",
        separator=True,
        checkable=True,
    ),
)
