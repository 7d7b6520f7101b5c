"""Draw the error of each joint, the median over the runs with its quartiles."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kaa_gui.core.errors import ConfigError
from kaa_gui.figures.captions import Told, count_text, people_text, source_text, targets_text
from kaa_gui.figures.drawing.plots import looks, plots
from kaa_gui.figures.record import Record, groups
from kaa_gui.figures.style import POINT_MM, Style

PANELS = ("space", "plane")
LIMITS = {"space": {"x": "3D pose error, mm"}, "plane": {"x": "displacement, pixels of the crop"}}
JOINT_MM, EXTRA_MM = 3.6, 14.0
_FIELDS = {
    "space": ("error_mm", "3D pose error (mm)", "3D joints"),
    "plane": ("displacement_px", "displacement (px of the crop)", "2D key points"),
}


def usual_panels(style: Style) -> tuple[str, ...]:
    """Return the panels that are drawn when none are named: as many as stand side by side."""
    return PANELS[: style.columns_of(2, 40)]


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return one panel for the 3D joints and one for the 2D key points."""
    if len({record.config.goal for record in records}) > 1:
        raise ConfigError("goal must be the same in all runs of this figure; draw targeted runs on their own")
    keys = style.panels or usual_panels(style)
    names = {key: _names(records, _FIELDS[key][0]) for key in keys}
    tallest = max(len(shown) for shown in names.values())
    if not tallest:
        raise ConfigError("runs must hold joints that were found; these attacks hid the whole person")

    def fill(axes: Axes, key: str) -> str:
        field, label, title = _FIELDS[key]
        _fill(axes, records, names[key], field)
        axes.set_xlabel(label)
        return title

    # a name a line
    joint_mm = max(JOINT_MM, 1.3 * style.small_pt * POINT_MM)
    height = tallest * joint_mm + EXTRA_MM * style.stretch
    return plots(records, style, keys, fill, height_mm=height, columns=len(keys))


def caption(records: tuple[Record, ...], told: Told) -> str:
    """Return the caption."""
    judged = source_text([record.saved is not None for record in records])
    runs = f"{count_text(len(records), 'run')} on {people_text(records)}{targets_text(records)}"
    spread = f"medians with quartiles over {runs}" if len(records) > 1 else f"one run{targets_text(records)}"
    panels = {"space": "3D joints", "plane": "2D key points"}
    unseen = "; key points that the victim did not see in the clean picture are left out"
    return (
        f"How far each joint is from its place in the clean picture, in {judged}: "
        f"{told.enumerated(panels)}; {spread}{unseen if told.any_of('plane') else ''}. "
        "Left and right are the person's."
    )


def _names(records: tuple[Record, ...], field: str) -> list[str]:
    """Return the joints that have this number in some run, in the skeleton's order."""
    names: dict[str, None] = {}
    for record in records:
        for row in record.joints:
            seen = field == "error_mm" or row.get("visible", True)
            # the root is where poses are aligned: it never moves
            if seen and _value(row.get(field)):
                names.setdefault(str(row["joint"]))
    return list(names)


def _value(number: object) -> float | None:
    return float(number) if isinstance(number, int | float) else None


def _fill(axes: Axes, records: tuple[Record, ...], names: list[str], field: str) -> None:
    sorted_groups = groups(records)
    shift = 0.7 / len(sorted_groups)
    for number, ((_title, norm), members) in enumerate(sorted_groups.items()):
        at, middles, lows, highs = [], [], [], []
        for place, name in enumerate(names):
            values = _values(members, name, field)
            if not values:
                continue
            low, middle, high = np.percentile(values, (25, 50, 75))
            at.append(place + (number - (len(sorted_groups) - 1) / 2) * shift)
            middles.append(middle)
            lows.append(middle - low)
            highs.append(high - middle)
        drawn = looks(members)
        # there are no lines here whose dashes would tell the norm
        face = "white" if norm == "l2" else drawn["color"]
        axes.errorbar(
            middles,
            at,
            xerr=(lows, highs),
            **{**drawn, "linestyle": "none", "markerfacecolor": face},
            elinewidth=0.6,
            capsize=1.2,
        )
    axes.set_yticks(range(len(names)), labels=[name.replace("_", " ") for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    # room on the left, where markers at 0 would be cut in half
    axes.set_xlim(left=-0.02 * axes.get_xlim()[1])
    axes.grid(axis="y", color="0.9", linewidth=0.4)
    axes.set_axisbelow(True)


def _values(members: tuple[Record, ...], name: str, field: str) -> list[float]:
    found = []
    for record in members:
        for row in record.joints:
            seen = field == "error_mm" or row.get("visible", True)
            if row["joint"] == name and seen and (value := _value(row.get(field))) is not None:
                found.append(value)
    return found
