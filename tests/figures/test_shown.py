"""What is judged is what is drawn: the saved picture and its pose, or the last iterate, and which is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from kaa_gui.core.types import Run
from kaa_gui.figures import FIGURES
from kaa_gui.figures.captions import criterion_text, source_text
from kaa_gui.figures.output.draw import draw_figure
from kaa_gui.figures.record import Record, live_record
from kaa_gui.figures.style import Style
from tests.figures.records import varied


@pytest.fixture
def moved(finished: Run) -> Record:
    """Return a run whose saved picture shows another pose and other numbers than its last iterate."""
    record = varied(finished, person="second")
    pose = record.last.attacked
    away = replace(pose, keypoints=pose.keypoints + 7, scores=np.ones_like(pose.scores))
    values = replace(record.last.metrics, pose_error_mm=1234.0, perturbation_rmse=5.67, success=False)
    return replace(record, saved=values, saved_pose=away, saved_crop=255 - record.last.adversarial)


def unkept(record: Record) -> Record:
    """Return a run as older folders have it: with the numbers of the saved picture, without its pose."""
    return replace(record, saved_crop=None, saved_pose=None)


def words(figure: Figure) -> str:
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    heads = [axes.get_title(loc="left").strip() for axes in figure.axes]
    return " ".join([*texts, *heads, *(text.get_text() for text in figure.texts)]).replace("\n", " ")


def pictures(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]


def lines(figure: Figure) -> set[tuple[float, float]]:
    return {
        (round(float(x), 2), round(float(y), 2))
        for axes in figure.axes
        for line in axes.lines
        for x, y in np.asarray(line.get_xydata())
    }


@pytest.mark.parametrize("kind", ["overview", "qualitative"])
def test_picture_pose_and_numbers_are_of_the_saved_picture(kind: str, moved: Record) -> None:
    figure = draw_figure(kind, (moved,), Style()).figure
    assert any(np.array_equal(image, moved.saved_crop) for image in pictures(figure))
    assert not any(np.array_equal(image, moved.last.adversarial) for image in pictures(figure))
    joint = moved.saved_pose.keypoints[moved.clean.skeleton.bones[0][0]]  # type: ignore[union-attr]
    assert (round(float(joint[0]), 2), round(float(joint[1]), 2)) in lines(figure)
    assert "1234 mm" in words(figure)
    assert "5.67" in words(figure)
    caption = FIGURES[kind].caption_in((moved,), Style())
    assert "those of the saved 8-bit picture" in caption
    assert "last iterate." not in caption


@pytest.mark.parametrize("kind", ["overview", "qualitative"])
def test_without_the_saved_pose_everything_is_of_the_last_iterate(kind: str, moved: Record) -> None:
    record = unkept(moved)
    figure = draw_figure(kind, (record,), Style()).figure
    assert any(np.array_equal(image, record.last.adversarial) for image in pictures(figure))
    assert "1234 mm" not in words(figure)
    assert f"{record.last.metrics.pose_error_mm:.0f} mm" in words(figure)
    caption = FIGURES[kind].caption_in((record,), Style())
    assert "those of the last iterate" in caption
    assert "saved" not in caption


def test_the_frame_follows_what_is_drawn(moved: Record) -> None:
    won = replace(moved, saved=replace(moved.saved, success=True))  # type: ignore[type-var]
    for record, failed in ((moved, 1), (won, 0), (unkept(won), 0)):
        assert f"{failed} of 1 run failed" in FIGURES["qualitative"].caption_in((record,), Style())
        figure = draw_figure("qualitative", (record,), Style()).figure
        assert any(axes.axison for axes in figure.axes) == bool(failed)


def test_a_person_who_is_no_longer_found_has_no_pose(moved: Record) -> None:
    hidden = replace(moved, saved_pose=None, person_found=False)
    assert "person not found" in words(draw_figure("overview", (hidden,), Style()).figure)
    assert "not found" in words(draw_figure("qualitative", (hidden,), Style()).figure)


def test_the_overview_says_the_verdict(finished: Run, moved: Record) -> None:
    assert "Saved picture: failed" in words(draw_figure("overview", (moved,), Style()).figure)
    assert "Last iterate: success" in words(draw_figure("overview", (live_record(finished),), Style()).figure)


def test_curves_are_said_to_be_of_the_iterates(moved: Record) -> None:
    caption = FIGURES["curves"].caption_in((moved,), Style())
    assert "of the iterates" in caption
    assert "0 of 1 run succeeded" in caption
    assert "judged on the saved 8-bit picture" in caption


@pytest.mark.parametrize("kind", ["joints", "qualitative", "curves"])
def test_some_runs_that_are_not_saved_are_counted(kind: str, finished: Run, moved: Record) -> None:
    caption = FIGURES[kind].caption_in((moved, live_record(finished)), Style())
    assert "saved 8-bit picture" in caption
    assert "(of 1 run: the last iterate)" in caption


def test_captions_have_the_right_plural(finished: Run) -> None:
    one = varied(finished)
    both = (one, varied(finished, person="second"))
    for kind in ("qualitative", "perturbation", "curves", "joints"):
        assert "1 people" not in FIGURES[kind].caption_in((one,), Style())
        assert "2 people" in FIGURES[kind].caption_in(both, Style())
    assert "1 runs" not in FIGURES["qualitative"].caption_in((one,), Style())


def test_sources_are_named() -> None:
    assert source_text([False]) == "the last iterate"
    assert source_text([True, True]).startswith("the saved")
    assert source_text([True, False, False]).endswith("(of 2 runs: the last iterate)")


def test_the_criterion_is_applied_to_what_is_drawn(moved: Record) -> None:
    assert "saved" in criterion_text((unkept(moved),))
    assert criterion_text((unkept(moved),), shown=True).endswith("judged on the last iterate")


def test_an_earlier_iterate_is_not_called_the_last_one(finished: Run) -> None:
    early = replace(finished.snapshots[-1], iteration=2)
    record = live_record(replace(finished, snapshots=(early,)))
    assert live_record(finished).shown.words == "last iterate"
    assert record.shown.words == "iterate 2"
    made = draw_figure("overview", (record,), Style())
    assert "attacked, iterate 2" in words(made.figure)
    assert "perturbation of iterate 2" in made.caption
    assert "pose are those of iterate 2" in made.caption
