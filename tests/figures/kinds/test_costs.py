"""What success costs: geometric means, pairs on the same person, and rates within a budget."""

from __future__ import annotations

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Run
from kaa_gui.figures.kinds.costs import geometric_mean, paired_ratios
from kaa_gui.figures.output.draw import draw_figure
from kaa_gui.figures.style import Style
from tests.figures.records import records_of, succeeding, varied


def test_the_geometric_mean_lies_in_its_interval_and_ignores_the_unit() -> None:
    ratios = np.array([0.5, 0.7, 0.6, 1.4, 0.9])
    mean, low, high = geometric_mean(ratios)
    assert mean == pytest.approx(np.prod(ratios) ** (1 / 5))
    assert low < mean < high
    assert geometric_mean(1 / ratios)[0] == pytest.approx(1 / mean)
    assert geometric_mean(ratios) == (mean, low, high)


def test_ratios_are_of_the_same_person_where_both_succeed(finished: Run) -> None:
    rmse = [values.perturbation_rmse for values in finished.metrics]
    base = (
        succeeding(varied(finished, person="first", method="kaa"), 2),
        succeeding(varied(finished, person="second", method="kaa"), 4),
        succeeding(varied(finished, person="third", method="kaa"), 99),
    )
    other = tuple(
        succeeding(varied(finished, person=who), 1) for who in ("second", "first", "third", "alone")
    )
    np.testing.assert_allclose(paired_ratios(other, base), [rmse[1] / rmse[4], rmse[1] / rmse[2]])


def test_rates_grow_with_the_budget_to_the_share_that_succeeds(finished: Run) -> None:
    runs = [succeeding(varied(finished, person=str(at), method="kaa"), at) for at in (1, 2, 9)]
    axes = draw_figure("budget", tuple(runs), Style()).figure.axes[0]
    (line,) = axes.lines
    np.testing.assert_allclose(line.get_ydata(), [0, 100 / 3, 200 / 3, 200 / 3], rtol=1e-6)
    assert list(line.get_xdata()[1:3]) == [finished.metrics[at].perturbation_rmse for at in (1, 2)]


def test_runs_that_cannot_tell_are_refused_with_what_to_do(finished: Run) -> None:
    never = tuple(succeeding(record, 99) for record in records_of("budget", finished))
    for kind in ("budget", "first-success", "explanation"):
        with pytest.raises(ConfigError, match="--protocol slides"):
            draw_figure(kind, never, Style())
    masked = tuple(record for record in records_of("budget", finished) if record.config.method != "kaa")
    with pytest.raises(ConfigError, match="plain KAA"):
        draw_figure("first-success", masked, Style())
