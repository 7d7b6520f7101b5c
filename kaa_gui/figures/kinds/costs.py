"""Draw what the first success costs: within a budget, picture by picture, and by the mask's size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.figures.captions import Told, count_text, criterion_text, people_text, targets_text
from kaa_gui.figures.drawing.plots import colour, looks, plots
from kaa_gui.figures.record import Record, groups
from kaa_gui.figures.style import Style

PANEL_MM = 56.0
BAND_OPACITY = 0.18
RESAMPLES = 2000
"""Of the bootstrap over the pictures."""
_Members = tuple[Record, ...]
_Groups = Mapping[tuple[str, str], _Members]


@dataclass(frozen=True, slots=True)
class Costs:
    """A figure of what success costs; its methods are what the registry wants.

    Attributes:
        panel: Key of its one panel.
        unit: Of the panel's axes, by axis.
        fill: Draws the panel from the groups of runs.
        says: Caption, without the runs and the criterion.
    """

    panel: str
    unit: Mapping[str, str]
    fill: Callable[[Axes, _Groups], None]
    says: str

    def draw(self, records: tuple[Record, ...], style: Style) -> Figure:
        """Return the panel; ConfigError where no run has a success, or the runs cannot be compared."""
        if all(record.run.first_success is None for record in records):
            raise ConfigError(
                "runs must meet the criterion at some iterate for this figure, none does; "
                "attack with --protocol slides, a larger epsilon or more iterations"
            )

        def fill(axes: Axes, _key: str) -> str:
            self.fill(axes, groups(records))
            return self.panel

        return plots(records, style, (self.panel,), fill, height_mm=PANEL_MM * style.stretch)

    def caption(self, records: tuple[Record, ...], _told: Told) -> str:
        """Return the caption."""
        reached = sum(record.run.first_success is not None for record in records)
        return (
            f"{self.says} At the first iterate that succeeds, in memory, before anything is saved; "
            f"{reached} of {count_text(len(records), 'run')} reach it, on {people_text(records)}"
            f"{targets_text(records)}. Success: {criterion_text(records)}."
        )


def geometric_mean(ratios: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the geometric mean of ratios and its 95 % interval by bootstrap, seeded."""
    logs = np.log(ratios)
    drawn = np.random.default_rng(0).choice(logs, (RESAMPLES, len(logs))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(np.exp(logs.mean())), float(np.exp(low)), float(np.exp(high))


def paired_ratios(members: _Members, base: _Members) -> NDArray[np.float64]:
    """Return RMSE at first success over that of ``base`` on the same person, where both succeed."""
    plain = {_person(record): record.run.first_success for record in base}
    pairs = [(record.run.first_success, plain.get(_person(record))) for record in members]
    return np.array(
        [own.perturbation_rmse / other.perturbation_rmse for own, other in pairs if own and other], np.float64
    )


def _person(record: Record) -> tuple[str, int]:
    return record.run.scene.picture.sha256, record.run.scene.person.number


def _cost(record: Record) -> float:
    first = record.run.first_success
    return np.inf if first is None else first.perturbation_rmse


def _budget(axes: Axes, found: _Groups) -> None:
    widest = max(cost for members in found.values() for cost in map(_cost, members) if np.isfinite(cost))
    for members in found.values():
        costs = np.sort([_cost(record) for record in members])
        reached = costs[np.isfinite(costs)]
        at = np.concatenate(([0.0], reached, [1.05 * widest]))
        won = np.concatenate((np.arange(len(reached) + 1), [len(reached)]))
        low, high = np.array([wilson_interval(int(count), len(costs)) for count in won]).T
        axes.fill_between(
            at, 100 * low, 100 * high, step="post", color=colour(members), alpha=BAND_OPACITY, linewidth=0
        )
        axes.plot(at, 100 * won / len(costs), drawstyle="steps-post", **_look(members, marker="none"))
    axes.set_xlim(left=0)
    axes.set_ylim(-3, 103)
    axes.set_xlabel("RMSE budget (grey levels)")
    axes.set_ylabel("success rate (%)")


def _ratios(axes: Axes, found: _Groups) -> None:
    rows = [(members, base) for members in found.values() if (base := _plain(found, members)) != members]
    if not any(base for _, base in rows):
        raise ConfigError("runs must hold plain KAA beside another method on the same pictures; add its runs")
    axes.axvline(1, color="0.4", linewidth=0.7, linestyle=":", zorder=0.8)
    lines = []
    for number, (members, base) in enumerate(rows):
        ratios = paired_ratios(members, base)
        if not len(ratios):
            continue
        spread = np.linspace(-0.18, 0.18, len(ratios)) if len(ratios) > 1 else np.zeros(1)
        axes.plot(ratios, number + spread, linestyle="none", marker=".", color=colour(members), alpha=0.5)
        mean, low, high = geometric_mean(ratios)
        axes.errorbar(
            mean, number, xerr=[[mean - low], [high - mean]], **_look(members, linestyle="none", capsize=1.5)
        )
        lines.append((number, f"{(ratios < 1).sum()} of {len(ratios)} below 1"))
    axes.set_yticks([number for number, _ in lines], labels=[text for _, text in lines])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.invert_yaxis()
    axes.set_xlabel("RMSE / that of KAA")


def _plain(found: _Groups, members: _Members) -> _Members:
    """Return the runs of KAA with C = 1, of the same norm; none where there are none."""
    norm = members[0].config.norm
    same = (group for group in found.values() if group[0].config.norm == norm)
    plain = (group for group in same if group[0].config.method == "kaa" and not group[0].config.mask)
    return next(plain, ())


def _explanation(axes: Axes, found: _Groups) -> None:
    for members in found.values():
        by_share: dict[float, list[float]] = {}
        for record in members:
            if np.isfinite(cost := _cost(record)):
                by_share.setdefault(round(100 * _share(record)), []).append(cost)
        if not by_share:
            continue
        shares = sorted(by_share)
        means = np.array([geometric_mean(np.array(by_share[share])) for share in shares])
        bars = np.abs(means[:, 1:] - means[:, :1]).T
        axes.errorbar(shares, means[:, 0], yerr=bars, **_look(members, elinewidth=0.6, capsize=1.5))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("mask keeps (% of values)")
    axes.set_ylabel("RMSE (grey levels)")


def _look(members: _Members, **changes: Any) -> dict[str, Any]:
    return {**looks(members), **changes}


def _share(record: Record) -> float:
    return 1.0 if record.last.mask.all() else record.run.mask_share


BUDGET = Costs(
    "budget",
    {"x": "RMSE budget, grey levels", "y": "success rate, %"},
    _budget,
    "Success rate within a budget of RMSE, shaded: 95 % intervals after Wilson.",
)
FIRST_SUCCESS = Costs(
    "first-success",
    {"x": "ratio of RMSE"},
    _ratios,
    "RMSE over that of KAA on the same picture: one dot a picture, the geometric mean with its 95 % interval "
    "by bootstrap over the pictures.",
)
EXPLANATION = Costs(
    "explanation",
    {"x": "mask keeps, %", "y": "RMSE, grey levels"},
    _explanation,
    "RMSE by the share of the values that the mask keeps: geometric means over the pictures with their 95 % "
    "intervals by bootstrap. A mask that explains the attack costs less than the controls of the same share.",
)
