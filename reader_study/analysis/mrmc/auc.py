"""Empirical AUC of one reader."""

import math

import numpy as np
from scipy import stats

from reader_study.analysis.mrmc.covariance import delong
from reader_study.analysis.mrmc.placement import Components, placements
from reader_study.analysis.types import Estimate, Floats, Interval, missing


def auc(positives: Floats, negatives: Floats, *, alpha: float = 0.05) -> Estimate:
    """AUC of ratings `positives` (n1,) over `negatives` (n0,) with its DeLong interval, clipped to [0, 1].

    No value where a class is empty; no interval where a class has one case or the variance is zero.
    """
    n = positives.size + negatives.size
    if not positives.size or not negatives.size:
        return missing("auc_delong", n, "AUC needs both real and synthetic cases.")
    area, v10, v01 = placements(positives, negatives)
    if min(positives.size, negatives.size) < 2:
        return Estimate(area, None, "auc_delong", n, warnings=("An interval needs two cases of each class.",))
    variance = float(delong(Components(np.array([area]), v10[None], v01[None]))[0, 0])
    if variance == 0:
        return Estimate(area, None, "auc_delong", n, warnings=("The ratings leave no variance: no interval.",))
    error = math.sqrt(variance)
    half = float(stats.norm.ppf(1 - alpha / 2)) * error
    interval = Interval(max(0.0, area - half), min(1.0, area + half), 1 - alpha)
    return Estimate(area, interval, "auc_delong", n, standard_error=error)


def unpaired_difference(first: Estimate, second: Estimate, *, alpha: float = 0.05) -> Estimate:
    """Difference of two AUCs from different cases: D = (A1 - A2)/sqrt(v1 + v2) against t with Satterthwaite's df.

    n of either counts its cases. Source: DeLong 1988 variances; Satterthwaite (1946), as pROC 1.18 does. No value where one
    of them has no standard error.
    """
    if not first.standard_error or not second.standard_error or first.value is None or second.value is None:
        return missing("auc_delong", first.n + second.n, "Both areas need a standard error.")
    one, two = first.standard_error**2, second.standard_error**2
    error, gap = math.sqrt(one + two), first.value - second.value
    df = (one + two) ** 2 / (one**2 / (first.n - 1) + two**2 / (second.n - 1))
    half = float(stats.t.ppf(1 - alpha / 2, df)) * error
    p_value = 2 * float(stats.t.sf(abs(gap) / error, df))
    interval = Interval(gap - half, gap + half, 1 - alpha)
    return Estimate(gap, interval, "auc_delong", first.n + second.n, standard_error=error, df=df, p_value=p_value)
