"""Placement values: what every empirical AUC and all its covariances are made of."""

from dataclasses import dataclass

import numpy as np

from reader_study.analysis.mrmc.grid import Grid
from reader_study.analysis.types import Floats


@dataclass(frozen=True, slots=True)
class Components:
    """A two-sample statistic per cell with its components per case.

    estimates: (g,). positives: (g, n1) and negatives: (g, n0): V10 and V01, whose row means are the estimate; NaN where
    a case was not read.
    """

    estimates: Floats
    positives: Floats
    negatives: Floats


def placements(positives: Floats, negatives: Floats) -> tuple[float, Floats, Floats]:
    """Empirical AUC, V10 (n1,) and V01 (n0,) of one cell without missing values, in O(n log n).

    V10_k is the mean over negatives of psi(Y_k, Y_l), V01_l the mean over positives, psi = 1, 1/2, 0 for greater, equal,
    smaller (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837).
    """
    low, high = np.sort(negatives), np.sort(positives)
    below = np.searchsorted(low, positives, "left") + np.searchsorted(low, positives, "right")
    above = 2 * high.size - np.searchsorted(high, negatives, "left") - np.searchsorted(high, negatives, "right")
    v10, v01 = below / (2.0 * low.size), above / (2.0 * high.size)
    # An exact integer sum: equal readers get bit-equal areas whatever the order of their cases.
    area = int(below.sum()) / (2.0 * low.size * high.size)
    return area, v10, v01


def auc_components(grid: Grid) -> Components:
    """Empirical AUC of every cell of `grid` with its placement values; missing reads are left out of their cell.

    A cell without a pair of a real and a synthetic read has NaN.
    """
    negatives, positives = grid.cells()
    estimates = np.full(len(positives), np.nan)
    v10, v01 = np.full_like(positives, np.nan), np.full_like(negatives, np.nan)
    for cell, (high, low) in enumerate(zip(positives, negatives, strict=True)):
        read_high, read_low = ~np.isnan(high), ~np.isnan(low)
        if not read_high.any() or not read_low.any():
            continue
        estimates[cell], v10[cell, read_high], v01[cell, read_low] = placements(high[read_high], low[read_low])
    return Components(estimates, v10, v01)


def mean_difference_components(grid: Grid) -> Components:
    """Mean of the positives less mean of the negatives, per cell: the same engine then serves times and scores."""
    negatives, positives = grid.cells()
    high, low = np.nanmean(positives, axis=1), np.nanmean(negatives, axis=1)
    return Components(high - low, positives - low[:, None], high[:, None] - negatives)
