"""Which joints move: the error of each, the median over the runs with its quartiles."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kaa_gui.core.errors import ConfigError
from kaa_gui.figures import palette
from kaa_gui.figures.panels import Heads
from kaa_gui.figures.record import Record, count_text, groups, norm_title, people_text, source_text
from kaa_gui.figures.sheet import lines_fitting
from kaa_gui.figures.style import POINT_MM, Style

PANELS = ("space", "plane")
LIMITS = {"space": {"x": "3D pose error, mm"}, "plane": {"x": "displacement, pixels of the crop"}}
JOINT_MM, EXTRA_MM = 3.6, 22.0
_FIELDS = {
    "space": ("error_mm", "3D pose error (mm)", "3D joints"),
    "plane": ("displacement_px", "displacement (px of the crop)", "2D key points"),
}


def draw(records: tuple[Record, ...], style: Style) -> Figure:
    """Return one panel for the 3D joints and one for the 2D key points."""
    if len({record.config.goal for record in records}) > 1:
        raise ConfigError("goal must be the same in all runs of this figure; draw targeted runs on their own")
    keys = style.panels or (PANELS[: style.columns_of(2, 40)])
    names = {key: _names(records, _FIELDS[key][0]) for key in keys}
    tallest = max(len(shown) for shown in names.values())
    if not tallest:
        raise ConfigError("runs must hold joints that were found; these attacks hid the whole person")
    # a name a line, and below the panels as many lines of the legend as there must be
    joint_mm = max(JOINT_MM, 1.3 * style.small_pt * POINT_MM)
    legend = _legend_columns(records, style)
    extra_mm = EXTRA_MM * style.stretch + style.text_pt * POINT_MM * 1.3 * (
        -(-len(groups(records)) // legend) - 1
    )
    with mpl.rc_context(style.rc()):
        figure = Figure(figsize=style.inches(tallest * joint_mm + extra_mm), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.04)  # type: ignore[union-attr]
        heads = Heads(style, len(keys))
        for number, key in enumerate(keys):
            axes = figure.add_subplot(1, len(keys), number + 1)
            field, label, title = _FIELDS[key]
            _fill(axes, records, names[key], field)
            axes.set_xlabel(label)
            heads.of(key).put(axes, title)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=legend)
        if style.heading:
            figure.suptitle("\n".join(lines_fitting(style.heading, style)))
    return figure


def caption(records: tuple[Record, ...]) -> str:
    """Return the caption."""
    judged = source_text([record.saved is not None for record in records])
    runs = f"{count_text(len(records), 'run')} on {people_text(records)}"
    spread = f"medians with quartiles over {runs}" if len(records) > 1 else "one run"
    return (
        f"How far each joint is from its place in the clean picture, in {judged}; {spread}; key points "
        "that the victim did not see in the clean picture are left out of "
        "the 2D panel. Left and right are the person's."
    )


def _legend_columns(records: tuple[Record, ...], style: Style) -> int:
    titles = [f"{title}, {norm_title(norm)}" for title, norm in groups(records)]
    # the marker before each and the gap after it take about five letters
    longest = max(map(len, titles)) + 5
    return max(1, min(3, len(titles), int(style.width_mm / (longest * style.letter_mm))))


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
    for number, ((title, norm), members) in enumerate(sorted_groups.items()):
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
        config = members[0].config
        colour = palette.METHOD_COLOURS.get(config.method, "0.3")
        axes.errorbar(
            middles,
            at,
            xerr=(lows, highs),
            linestyle="none",
            color=colour,
            marker=palette.METHOD_MARKERS.get(config.method, "x"),
            markerfacecolor="white" if config.mask or norm == "l2" else colour,
            elinewidth=0.6,
            capsize=1.2,
            label=f"{title}, {norm_title(norm)}",
        )
    axes.set_yticks(range(len(names)), labels=[name.replace("_", " ") for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
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
