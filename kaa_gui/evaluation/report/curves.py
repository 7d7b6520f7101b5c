"""Rows -> the curves of the slides' Fig. 7 (non-target) and Fig. 10 (targets)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaa_gui.evaluation.outcome import Record
from kaa_gui.evaluation.summaries import grouped, labels_of, variant_of
from kaa_gui.figures.set_curves import SetCurve, set_curves

MOST_CURVES = 12


def curve_figures(rows: Sequence[Record]) -> dict[str, tuple[str, Figure]]:
    """Return title and figure by name, one for non-target attacks and one a target."""
    figures = {}
    for target in dict.fromkeys(row["target"] for row in rows):
        members = [row for row in rows if row["target"] == target and not row["met_before"]]
        if not members:
            continue
        column = "trajectory_pose_mm" if target is None else "trajectory_target_mm"
        title = "MPJPE to the clean pose, mm" if target is None else "MPJPE to the target, mm"
        number = 7 if target is None else 10
        heading = "non-target" if target is None else f"towards {target}"
        name = f"curves-{'non-target' if target is None else _file_word(target)}"
        heading = f"Fig. {number}: {heading}"
        figures[name] = (heading, set_curves(_curves(members, column), title))
    return figures


def _curves(rows: Sequence[Record], column: str) -> list[SetCurve]:
    labels, groups = labels_of(rows), grouped(rows)
    variants = list(dict.fromkeys(variant_of(members[0], rows) for members in groups.values()))
    curves = []
    for key, members in groups.items():
        first = members[0]
        variant = variants.index(variant_of(first, rows))
        pose, rmse = _stacked(members, column), _stacked(members, "trajectory_rmse")
        if np.isfinite(pose).any() and np.isfinite(rmse).any():
            curves.append(SetCurve(labels[key], first["norm"], first["method"], variant, pose, rmse))
    return curves[:MOST_CURVES]


def _stacked(rows: Sequence[Record], column: str) -> NDArray[np.float64]:
    """Return ``(rows, iterations)``, NaN after the end of shorter runs."""
    longest = max(len(row[column]) for row in rows)
    array = np.full((len(rows), longest), np.nan)
    for values, row in zip(array, rows, strict=True):
        values[: len(row[column])] = [np.nan if value is None else value for value in row[column]]
    return array


def _file_word(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in text)[-40:]
