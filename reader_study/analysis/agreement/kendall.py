"""Kendall's W: concordance of rankings."""

import numpy as np
from scipy import stats

from reader_study.analysis.types import Estimate, Floats, missing


def kendall_w(ratings: Floats) -> Estimate:
    """Kendall's W corrected for ties, over cases that every reader rated (Kendall and Babington Smith 1939).

    W = 12 S / [k^2 (n^3 - n) - k T] for k readers and n cases, T the sum over readers of t^3 - t over their ties; p from
    chi-square k (n - 1) W with n - 1 df. ratings: (readers, cases), NaN = missing. `n` counts cases. No interval.
    """
    rated = ratings[(~np.isnan(ratings)).any(axis=1)]
    complete = rated[:, ~np.isnan(rated).any(axis=0)]
    k, n = complete.shape
    if k < 2 or n < 2:
        return missing("kendall_w", n, "Concordance needs two or more cases that every one of two readers rated.")
    ranks = stats.rankdata(complete, axis=1)
    sums = ranks.sum(axis=0)
    spread = float(((sums - sums.mean()) ** 2).sum())
    below = k**2 * (n**3 - n) - k * sum(_ties(row) for row in complete)
    if below <= 0:
        return missing("kendall_w", n, "Every reader gave one rating to all cases: there is no ranking.")
    w = 12 * spread / below
    p_value = float(stats.chi2.sf(k * (n - 1) * w, n - 1))
    return Estimate(w, None, "kendall_w", n, df=float(n - 1), p_value=p_value, n_readers=k, n_cases=n)


def _ties(row: Floats) -> int:
    counts = np.unique(row, return_counts=True)[1]
    return int((counts**3 - counts).sum())
