"""The overview of a run: it says what was done, repeats itself, and bears runs with less in them."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pypdf
import pytest

from kaa_gui.core.types import Run
from kaa_gui.figures.kinds.overview import PANELS, overview
from kaa_gui.figures.output.draw import figure_bytes
from kaa_gui.figures.style import MM_PER_INCH, Style


def texts(run: Run) -> str:
    figure = overview(run)
    titles = [axes.get_title(loc="left").strip() for axes in figure.axes]
    return "\n".join([*(text.get_text().replace("\n", " ") for text in figure.texts), *filter(None, titles)])


def test_overview_is_the_same_bytes_twice_and_fits_the_page(finished: Run) -> None:
    first, second = (figure_bytes(overview(finished), "pdf") for _ in range(2))
    assert first == second
    (page,) = pypdf.PdfReader(io.BytesIO(first)).pages
    assert float(page.mediabox.width) == pytest.approx(Style().width_mm / MM_PER_INCH * 72, abs=0.1)


def test_overview_says_what_was_done(finished: Run) -> None:
    last = finished.snapshots[-1]
    shown = texts(finished)
    assert "KAA+ER, k = heatmap, ℓ∞, ε = 4/255, 4 iterations, seed 0" in shown
    assert f"Last iterate: success; 3D pose error {last.metrics.pose_error_mm:.0f} mm" in shown
    assert f"{last.metrics.displacement_px:.1f} px" in shown
    assert f"α = {last.alpha:.3g}" in shown
    assert len(shown.splitlines()) == 1 + len(PANELS)


def test_overview_names_a_mask_that_is_not_the_methods_own(finished: Run) -> None:
    last = finished.snapshots[-1]
    other = replace(last, config=last.config.with_changes(mask="random"))
    assert "KAA+ER, random mask" in texts(replace(finished, snapshots=(other,)))


def test_overview_without_a_field_says_so(finished: Run) -> None:
    assert "C = 1 everywhere" in texts(replace(finished, field=None))


def test_overview_bears_unknown_depths_and_unseen_joints(finished: Run) -> None:
    last = finished.snapshots[-1]
    pose = replace(
        last.attacked,
        points_mm=np.full_like(last.attacked.points_mm, np.nan),
        scores=np.zeros_like(last.attacked.scores),
    )
    nothing = replace(last.metrics, pose_error_mm=float("nan"))
    run = replace(
        finished, snapshots=(replace(last, attacked=pose, perturbation=np.zeros_like(last.perturbation)),),
        metrics=(nothing,),
    )  # fmt: skip
    assert figure_bytes(overview(run), "pdf").startswith(b"%PDF")


def test_single_strong_pixels_do_not_whiten_all_others(finished: Run) -> None:
    last = finished.snapshots[-1]
    change = np.ones_like(last.perturbation)
    change[0, 0] = 90
    figure = overview(replace(finished, snapshots=(replace(last, perturbation=change),)))
    (bar,) = [axes for axes in figure.axes if axes.get_xlabel() == "grey levels"]
    assert bar.get_xlim()[1] < 2
