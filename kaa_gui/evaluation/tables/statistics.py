"""Compute intervals and tests for the numbers of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kaa_gui.core.metrics import wilson_interval

Interval = tuple[float, float]
RESAMPLES = 2000
LEVEL = 0.95
NO_INTERVAL: Interval = (float("nan"), float("nan"))


def bootstrap(values: ArrayLike, groups: Sequence[Any] | NDArray[Any], *, seed: int = 0) -> Interval:
    """Return the 95 % percentile interval of a mean over resampled pictures (Efron 1979).

    Args:
        values: Values, one a row; NaN are left out.
        groups: The picture of each: its rows are drawn together, as they are no independent evidence.
        seed: Seed of the draws, so that a table says the same every time.

    Returns:
        NaN, NaN without values, and where all are of one picture.
    """
    return bootstraps([values], groups, seed=seed)[0]


def bootstraps(
    columns: Sequence[ArrayLike], groups: Sequence[Any] | NDArray[Any], *, seed: int = 0
) -> list[Interval]:
    """Return the interval of each column's mean, as :func:`bootstrap` does, all over the same draws."""
    array = np.asarray([np.asarray(column, np.float64) for column in columns])
    known = np.isfinite(array)
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        return [NO_INTERVAL for _ in columns]
    totals = np.stack([np.bincount(member, values) for values in np.where(known, array, 0)])
    counts = np.stack([np.bincount(member, has) for has in known])
    random = np.random.default_rng(seed)
    means = np.full((RESAMPLES, len(array)), np.nan)
    for mean in means:
        # how often each picture is drawn
        times = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        drawn = counts @ times
        np.divide(totals @ times, drawn, out=mean, where=drawn > 0)
    there = ((counts > 0).sum(axis=1) > 1) & np.isfinite(means).any(axis=0)
    return [
        _interval(mean[np.isfinite(mean)]) if some else NO_INTERVAL
        for mean, some in zip(means.T, there, strict=True)
    ]


def share_interval(wins: NDArray[np.float64], groups: NDArray[Any]) -> Interval:
    """Return the 95 % interval of a success rate.

    Wilson's where every picture occurs once. Where pictures occur several times, by bootstrap over the
    pictures; and if that sees no difference between them (all won, or none), Wilson's with the number of
    pictures for n, as if each were one attack.

    Args:
        wins: ``(n,)``, 0 or 1.
        groups: ``(n,)``, the picture of each.
    """
    if not len(wins):
        return 0.0, 1.0
    pictures = len(np.unique(groups))
    if pictures == len(wins):
        return wilson_interval(round(wins.sum()), len(wins))
    low, high = bootstrap(wins, groups)
    return (low, high) if low != high else wilson_interval(round(wins.mean() * pictures), pictures)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p of McNemar's test (1947): whether two attacks succeed equally often.

    Args:
        only_first: Pictures on which the first attack alone succeeded.
        only_second: Likewise the second.
    """
    # late: scipy's statistics take a while to import
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def _interval(means: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
