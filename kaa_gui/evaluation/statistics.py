"""Intervals: how far the numbers of a table may be off for want of more pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Interval = tuple[float, float]
RESAMPLES = 2000
LEVEL = 0.95


def bootstrap(values: Sequence[float], groups: Sequence[str], *, seed: int = 0) -> Interval:
    """Return the 95 % percentile interval of a mean over resampled pictures (Efron 1979).

    Args:
        values: One a row; NaN are left out.
        groups: The picture of each: its rows are drawn together, as they are no independent evidence.
        seed: Of the draws, so that a table says the same every time.

    Returns:
        NaN, NaN without values.
    """
    array, names = np.asarray(values, np.float64), np.asarray(groups)
    known = np.isfinite(array)
    if not known.any():
        return float("nan"), float("nan")
    _, member = np.unique(names[known], return_inverse=True)
    totals, counts = np.bincount(member, array[known]), np.bincount(member)
    random = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        # how often each picture is drawn
        times = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)))
        means[number] = (times @ totals) / (times @ counts)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
