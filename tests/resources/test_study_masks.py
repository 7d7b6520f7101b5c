"""The study's arithmetic: ratios to KAA, means without the lost, strict JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from resources.make.study_masks import COLUMNS, as_json, claim, evidence, line, mean


def cells(scale: float = 1.0) -> dict[str, dict[str, float]]:
    numbers = {"KAA": (40.0, 1.2, 1.0), "noise": (1.0, 1.2, 1.0)}
    for keep in (0.25, 0.5, 0.75):
        numbers[f"ER {keep:.0%}"] = (40 * keep * 1.2, 0.9, keep)
        numbers[f"random {keep:.0%}"] = (4.0, 0.9, keep)
    return {
        column: {"final_px": scale * moved, "saved_px": scale * moved, "rmse": rmse, "kept": kept}
        for column, (moved, rmse, kept) in ((column, numbers[column]) for column in COLUMNS)
    }


def test_evidence_is_what_a_mask_keeps_for_what_it_spends() -> None:
    found = evidence(cells())["25%"]
    assert found["displacement"] == pytest.approx(0.3)
    assert found["per_value"] == pytest.approx(1.2)
    assert found["rmse"] == pytest.approx(0.75)
    assert found["per_rmse"] == pytest.approx(0.4)
    assert found["random_displacement"] == pytest.approx(0.1)
    assert found["over_random"] == pytest.approx(3)


def test_means_leave_out_whoever_is_no_longer_found() -> None:
    lost = cells(3.0)
    lost["KAA"]["saved_px"] = float("nan")
    average = mean([cells(), lost])
    assert average["KAA"]["saved_px"] == 40
    assert average["KAA"]["final_px"] == 80
    lost = cells()
    lost["noise"]["saved_px"] = float("nan")
    assert np.isnan(mean([lost])["noise"]["saved_px"])


def test_rows_are_strict_json() -> None:
    lost = cells()
    lost["ER 25%"]["saved_px"] = float("nan")
    row = as_json("a.png", "linf", 2 / 255, lost)
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert row["columns"]["ER 25%"]["saved_px"] is None
    assert row["evidence"]["25%"]["displacement"] is None
    assert "ER 25%: 30% of the displacement at 75% of the RMSE" in claim(
        [row["evidence"], as_json("b.png", "linf", 2 / 255, cells())["evidence"]]
    )
    assert line("a.png", "2/255", cells()).startswith("| a.png | 2/255 | 40 / 40 (1.20) | 12 / 12 (0.90)")
