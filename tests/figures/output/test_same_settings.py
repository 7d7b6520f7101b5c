"""Runs that are pooled into one line differ in picture, person and seed alone; others are refused."""

from __future__ import annotations

from typing import Any

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Run
from kaa_gui.figures.output.draw import draw_figure
from kaa_gui.figures.output.same_settings import check_alike
from kaa_gui.figures.style import Style
from tests.figures.records import varied


@pytest.mark.parametrize("kind", ["curves", "joints", "qualitative", "perturbation"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epsilon": 8 / 255}, "epsilon must be the same .* got 4/255 and 8/255"),
        ({"layer": 3}, "layer must be the same .* got heatmap and encoder.3"),
        ({"iterations": 9}, "iterations must be the same"),
        ({"keep": 0.9}, "keep must be the same"),
    ],
)
def test_other_attacks_are_not_pooled(kind: str, changes: dict[str, Any], words: str, finished: Run) -> None:
    records = varied(finished), varied(finished, person="second", **changes)
    with pytest.raises(ConfigError, match=words) as caught:
        draw_figure(kind, records, Style())
    assert "\n" not in str(caught.value)


def test_other_targets_are_not_pooled(finished: Run) -> None:
    walk, sit = (
        varied(finished, person=name, goal="target", target=name, iterations=4) for name in ("walk", "sit")
    )
    with pytest.raises(ConfigError, match=r"target must be the same .* got walk and sit"):
        check_alike((walk, sit))


def test_mixed_goals_are_refused(finished: Run) -> None:
    records = varied(finished), varied(finished, person="second", goal="target", target="walk")
    for kind in ("joints", "curves", "epsilon-sweep"):
        with pytest.raises(ConfigError, match="goal must be the same"):
            draw_figure(kind, records, Style())


def test_radii_of_two_norms_have_no_common_axis(finished: Run) -> None:
    records = varied(finished, epsilon=0.01), varied(finished, norm="l2", epsilon=1.0)
    with pytest.raises(ConfigError, match="norm must be the same"):
        draw_figure("epsilon-sweep", records, Style())


@pytest.mark.parametrize(
    "changes",
    [{}, {"seed": 5}, {"method": "kaa", "epsilon": 0.02}, {"norm": "l2", "epsilon": 1.0}],
)
def test_people_seeds_methods_and_norms_may_differ(changes: dict[str, Any], finished: Run) -> None:
    check_alike((varied(finished), varied(finished, person="second", **changes)))


def test_a_sweep_may_differ_in_its_parameter_alone(finished: Run) -> None:
    records = varied(finished, epsilon=0.01), varied(finished, epsilon=0.02)
    check_alike(records, sweeps="epsilon")
    with pytest.raises(ConfigError, match="epsilon"):
        check_alike(records, sweeps="layer")


def test_the_smallest_radius_is_each_pictures_own(finished: Run) -> None:
    check_alike(
        (
            varied(finished, smallest=True, epsilon=0.01),
            varied(finished, smallest=True, epsilon=0.02, person="second"),
        )
    )
