"""Draw the curves of the slides' Fig. 7 (non-target) and Fig. 10 (targets) from rows."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaa_gui.evaluation.report.set_curves import SetCurve, set_curves
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.summaries import VARYING, Key, attack_key, labels_of, variant_of

MOST_CURVES = 12
COLUMNS = (
    "method",
    "norm",
    "target",
    *VARYING,
    "met_before",
    "trajectory_pose_mm",
    "trajectory_target_mm",
    "trajectory_rmse",
)
"""All that is read of rows to draw their curves."""


class Curves(NamedTuple):
    """A figure for the page.

    Attributes:
        heading: Above it.
        caption: Below it, with threshold and n.
        figure: Figure as drawn.
    """

    heading: str
    caption: str
    figure: Figure


@dataclass(slots=True, eq=False)
class _Trajectories:
    """Trajectories of one attack's rows, end to end, in single precision: much finer than any line."""

    pose: array[float] = field(default_factory=lambda: array("f"))
    rmse: array[float] = field(default_factory=lambda: array("f"))
    lengths: array[int] = field(default_factory=lambda: array("l"))

    def add(self, row: Record) -> None:
        pose = row["trajectory_pose_mm" if row["target"] is None else "trajectory_target_mm"]
        self.lengths.append(len(pose))
        for values, kept in ((pose, self.pose), (row["trajectory_rmse"], self.rmse)):
            kept.extend(np.nan if value is None else value for value in values)


def curve_figures(rows: Iterable[Record], firsts: Mapping[Key, Record]) -> dict[str, Curves]:
    """Return figures by name, one for non-target attacks and one a target.

    Args:
        rows: Read once.
        firsts: A row of each attack, in the order of the tables.
    """
    found: dict[Key, _Trajectories] = {}
    for row in rows:
        if not row["met_before"]:
            found.setdefault(attack_key(row), _Trajectories()).add(row)
    figures = {}
    for target in dict.fromkeys(row["target"] for row in firsts.values()):
        members = {key: row for key, row in firsts.items() if row["target"] == target and key in found}
        if not members:
            continue
        title = "MPJPE to the clean pose, mm" if target is None else "MPJPE to the target, mm"
        number = 7 if target is None else 10
        heading = "non-target" if target is None else f"towards {target}"
        name = f"curves-{'non-target' if target is None else _file_word(target)}"
        heading = f"Fig. {number}: {heading}"
        figures[name] = Curves(heading, _caption(members, found), set_curves(_curves(members, found), title))
    return figures


def _caption(firsts: Mapping[Key, Record], found: Mapping[Key, _Trajectories]) -> str:
    numbers = [len(found[key].lengths) for key in firsts]
    few, many = min(numbers), max(numbers)
    rows = f"{few}" if few == many else f"{few} to {many}"
    side = ("below" if row["target"] else "above" for row in firsts.values())
    thresholds = " or ".join(sorted({f"{row['success_mm']:g} mm" for row in firsts.values()}))
    return (
        f"Lines: medians over the pictures; bands: quartiles. n = {rows} rows an attack. "
        f"Success: {next(side)} {thresholds}, judged on the saved picture."
    )


def _curves(firsts: Mapping[Key, Record], found: Mapping[Key, _Trajectories]) -> list[SetCurve]:
    labels, rows = labels_of(firsts), list(firsts.values())
    variants = list(dict.fromkeys(variant_of(row, rows) for row in rows))
    curves = []
    for key, first in firsts.items():
        each, variant = found[key], variants.index(variant_of(first, rows))
        pose, rmse = _stacked(each.pose, each.lengths), _stacked(each.rmse, each.lengths)
        if np.isfinite(pose).any() and np.isfinite(rmse).any():
            look = (first["norm"], first["method"], first["mask_used"], variant)
            curves.append(SetCurve(labels[key], *look, pose, rmse))
        if len(curves) == MOST_CURVES:
            break
    return curves


def _stacked(values: array[float], lengths: array[int]) -> NDArray[np.float32]:
    """Return ``(rows, iterations)``, NaN after the end of shorter runs."""
    steps = np.asarray(lengths)
    stacked = np.full((len(steps), steps.max()), np.nan, np.float32)
    stacked[np.arange(steps.max()) < steps[:, None]] = np.asarray(values)
    return stacked


def _file_word(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in text)[-40:]
