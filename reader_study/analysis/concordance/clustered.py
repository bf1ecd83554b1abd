"""Rank correlation and AUC of numbers that come in clusters."""

from __future__ import annotations

import math

import numpy as np
import scipy  # its stats are loaded when they are first used, which a web process may never need

from reader_study.analysis.mrmc.placement import placements
from reader_study.analysis.types import Estimate, Floats, Interval, Labels, missing

_FEWEST = 5


def clustered_spearman(x: Floats, y: Floats, clusters: Labels, *, alpha: float = 0.05) -> Estimate:
    """Spearman's rho of x (n,) and y (n,), NaN = missing, with the jackknife over clusters on Fisher's scale.

    Leaving out one cluster at a time gives pseudovalues of artanh(rho); their t interval with G - 1 degrees of freedom is
    turned back (Efron and Tibshirani 1993, ch. 11). p: of the same t, against 0. n counts the pairs, n_cases the clusters.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    x, y, clusters = x[known], y[known], clusters[known]
    names, codes = np.unique(clusters, return_inverse=True)
    n = int(x.size)
    if names.size < _FEWEST:
        return missing("spearman_clustered", n, f"A rank correlation with an interval needs {_FEWEST} or more images.")
    rho = spearman(x, y)
    if math.isnan(rho):
        return missing("spearman_clustered", n, "One of the two is the same for every image.")
    images = int(names.size)
    if abs(rho) > 1 - 1e-12:
        text = "The two orders are the same or opposite: no interval."
        return Estimate(rho, None, "spearman_clustered", n, warnings=(text,), n_cases=images)
    left_out = np.array([spearman(x[codes != g], y[codes != g]) for g in range(names.size)])
    if not (np.abs(left_out) < 1).all():
        text = "Without one image there is no order left: no interval."
        return Estimate(rho, None, "spearman_clustered", n, warnings=(text,), n_cases=images)
    g, whole = names.size, math.atanh(rho)
    pseudo = g * whole - (g - 1) * np.arctanh(left_out)
    error = float(pseudo.std(ddof=1) / math.sqrt(g))
    half = float(scipy.stats.t.ppf(1 - alpha / 2, g - 1)) * error
    interval = Interval(math.tanh(whole - half), math.tanh(whole + half), 1 - alpha)
    p_value = float(2 * scipy.stats.t.sf(abs(whole) / error, g - 1)) if error > 0 else None
    return Estimate(rho, interval, "spearman_clustered", n, error, float(g - 1), p_value, n_cases=images)


def clustered_auc(score: Floats, positive: Floats, clusters: Labels, *, alpha: float = 0.05) -> Estimate:
    """AUC of `score` (n,) for rows with `positive` 1 over rows with 0 (NaN = missing), rows clustered by `clusters`.

    Variance from sums of placement values within clusters, between which alone independence is assumed (Obuchowski 1997,
    Biometrics 53:567); interval on the logit scale. p: against 0.5. n counts the rows, n_cases the clusters.
    """
    known = ~(np.isnan(score) | np.isnan(positive))
    score, positive, clusters = score[known], positive[known], clusters[known]
    high, low = positive == 1, positive == 0
    n, names = int(score.size), np.unique(clusters)
    if high.sum() < 2 or low.sum() < 2 or names.size < _FEWEST:
        return missing("auc_clustered", n, "Too few reads of one of the two kinds.")
    area, v10, v01 = placements(score[high], score[low])
    variance = _obuchowski(area, (v10, clusters[high]), (v01, clusters[low]), names)
    images = int(names.size)
    if not variance > 0 or not 0 < area < 1:
        text = "The score separates the reads completely, or not at all: no interval."
        return Estimate(area, None, "auc_clustered", n, warnings=(text,), n_cases=images)
    error = math.sqrt(variance)
    scale, centre = area * (1 - area), math.log(area / (1 - area))
    half = float(scipy.stats.norm.ppf(1 - alpha / 2)) * error / scale
    low, high = (1 / (1 + math.exp(-(centre + side * half))) for side in (-1, 1))
    interval = Interval(low, high, 1 - alpha)
    p_value = float(2 * scipy.stats.norm.sf(abs(area - 0.5) / error))
    return Estimate(area, interval, "auc_clustered", n, error, None, p_value, n_cases=images)


def spearman(x: Floats, y: Floats) -> float:
    """Spearman's rho, ties at their mean rank; NaN where one of the two is constant."""
    a, b = scipy.stats.rankdata(x), scipy.stats.rankdata(y)
    a, b = a - a.mean(), b - b.mean()
    below = math.sqrt(float(a @ a) * float(b @ b))
    return float(np.clip(a @ b / below, -1, 1)) if below > 0 else float("nan")


def _obuchowski(
    area: float, positives: tuple[Floats, Labels], negatives: tuple[Floats, Labels], names: Labels
) -> float:
    (v10, own_high), (v01, own_low) = positives, negatives
    high, low = np.searchsorted(names, own_high), np.searchsorted(names, own_low)
    m, n = np.bincount(high, minlength=names.size), np.bincount(low, minlength=names.size)
    up = np.bincount(high, v10, minlength=names.size) - m * area
    down = np.bincount(low, v01, minlength=names.size) - n * area
    with_high, with_low, clusters = int((m > 0).sum()), int((n > 0).sum()), int(names.size)
    if min(with_high, with_low) < 2:
        return 0.0
    total = v10.size, v01.size
    s10 = with_high / ((with_high - 1) * total[0]) * float(up @ up)
    s01 = with_low / ((with_low - 1) * total[1]) * float(down @ down)
    s11 = clusters / (clusters - 1) * float(up @ down)
    return s10 / total[0] + s01 / total[1] + 2 * s11 / (total[0] * total[1])
