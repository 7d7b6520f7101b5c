"""Define the actions on the region: box, brush, and the region as a file."""

from __future__ import annotations

from kaa_gui.ui.actions.spec import ActionSpec

REGION_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "draw_region",
        "&Draw a box",
        "&Region",
        "regions.set_drawing",
        "Drag a box in any picture; only pixels inside it may change",
        shortcut="R",
        icon="box",
        checkable=True,
    ),
    ActionSpec(
        "brush",
        "&Brush",
        "&Region",
        "regions.brush.set_on",
        "Paint in any picture what may change; with a box as well, only what is inside both. The right "
        "button erases, Shift leads a straight line from the last stroke, Ctrl and the wheel size the brush",
        shortcut="B",
        icon="brush",
        checkable=True,
    ),
    ActionSpec(
        "erase",
        "&Eraser",
        "&Region",
        "regions.brush.set_erasing",
        "Take the brush, and let it erase; the right button then paints",
        shortcut="E",
        checkable=True,
    ),
    ActionSpec(
        "larger_brush",
        "&Larger brush",
        "&Region",
        "regions.brush.larger",
        "Make the brush a quarter larger; its size is counted in pixels of the crop",
        shortcut="]",
        separator=True,
    ),
    ActionSpec(
        "smaller_brush",
        "&Smaller brush",
        "&Region",
        "regions.brush.smaller",
        "Make the brush a fifth smaller",
        shortcut="[",
    ),
    ActionSpec(
        "brush_size",
        "Brush si&ze…",
        "&Region",
        "regions.brush.ask_size",
        "Give the brush a diameter in pixels of the crop",
    ),
    ActionSpec(
        "invert_region",
        "&Invert the region",
        "&Region",
        "regions.files.invert",
        "Let all change that was outside box and paint, and nothing of what was inside",
        separator=True,
    ),
    ActionSpec(
        "clear_region",
        "&Clear the region",
        "&Region",
        "regions.clear",
        "Let the mask be everywhere again: box and paint go",
        shortcut="Shift+R",
    ),
    ActionSpec(
        "open_region",
        "&Open region mask…",
        "&Region",
        "regions.files.ask_to_open",
        "Take a black and white picture as large as this one for the painted region: white may change",
        separator=True,
    ),
    ActionSpec(
        "export_region",
        "E&xport region mask as PNG…",
        "&Region",
        "regions.files.ask_to_export",
        "Write box and paint together as a black and white picture that the command line's --region-mask "
        "takes: white may change",
    ),
)
