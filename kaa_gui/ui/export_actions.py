"""The actions that write the run for papers and for other programs."""

from __future__ import annotations

from kaa_gui.ui.action_spec import ActionSpec

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
