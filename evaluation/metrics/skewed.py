"""Intervals of means, and of ratios of sums, over a few groups of which one or two may lie far from all others.

A t interval is too short there, and lies to one side: a sample without a far group has both a mean that is off and a small error.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from evaluation.metrics.resampling import MINIMUM_GROUPS, Groups, group_codes
from evaluation.metrics.result import FloatArray, TooFewImages

METHOD = "interval over patients: t, with their skewness (Hall 1992) and kurtosis"
# A sample of 12 to 40 from a long-tailed population shows about 0.6 of its skewness, and one of g about g / (g + 24) of its excess
# kurtosis (benchmarks/coverage_pixels.py; exponential, log-normal, t and normal populations).
UNSEEN = 1.7
UNSEEN_TAIL = 24


def ratio_of_sums(
    above: npt.ArrayLike, below: npt.ArrayLike, groups: Groups, confidence: float
) -> tuple[float, float, float, float]:
    """(value, low, high, standard error) of mean over k of sum(above) / sum(below), over the groups.

    above, below: (n, k). With below = 1 it is the mean of the rows. The groups' linear parts carry the interval.
    Raises TooFewImages below MINIMUM_GROUPS groups.
    """
    codes = group_codes(groups)
    count = int(codes.max()) + 1
    if count < MINIMUM_GROUPS:
        raise TooFewImages(f"An interval needs at least {MINIMUM_GROUPS} independent groups; there are {count}.")
    sums = []
    for table in (above, below):
        by_group = np.zeros((count, np.shape(table)[1]))
        np.add.at(by_group, codes, np.asarray(table, dtype=np.float64))
        sums.append(by_group)
    total = sums[1].sum(axis=0)
    ratio = sums[0].sum(axis=0) / total
    parts = ((sums[0] - ratio * sums[1]) / total).mean(axis=1)
    value = float(ratio.mean())
    return value, *skewed_interval(value, parts, confidence)


def skewed_interval(value: float, parts: FloatArray, confidence: float) -> tuple[float, float, float]:
    """(low, high, standard error) of an estimate whose error is a sum of independent parts, one a group.

    parts: (g,), summing to 0 (of a mean: the groups' deviations / g). The quantile is t's, at the degrees of freedom
    that the parts' kurtosis leaves to their variance (O'Neill, Am. Stat. 68:282, 2014: 2g / (excess + 2g / (g - 1))), and is
    mapped back through Hall's cubic, which takes the skewness off the studentised error (JRSS B 54:221, 1992).
    """
    count = len(parts)
    spread = float(np.mean(parts**2))
    se = float(np.sqrt(spread * count**2 / (count - 1)))
    if spread <= np.finfo(np.float64).eps ** 2 * value**2:
        return value, value, se
    skewness = np.mean(parts**3) / spread**1.5 * np.sqrt(count * (count - 1)) / (count - 2)
    excess = max(float(np.mean(parts**4)) / spread**2 - 3, 0.0) * (1 + UNSEEN_TAIL / count)
    df = max(2 / (excess / count + 2 / (count - 1)), 2.0)
    quantile = float(scipy.stats.t.ppf(0.5 + confidence / 2, df))
    tilt = UNSEEN * float(skewness) / np.sqrt(count)
    return value - _untilted(quantile, tilt) * se, value - _untilted(-quantile, tilt) * se, se


def _untilted(z: float, tilt: float) -> float:
    """The x with x + a x² + a² x³ / 3 + a / 2 = z, a = tilt / 3: Hall's transformation inverted."""
    if abs(tilt) < 1e-6:
        return z - tilt / 6
    a = tilt / 3
    return float((np.cbrt(1 + 3 * a * (z - tilt / 6)) - 1) / a)
