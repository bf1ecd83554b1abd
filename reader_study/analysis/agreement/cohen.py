"""Cohen's kappa of two sets of answers to the same cases."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from scipy import stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Estimate, Floats, Interval, missing

_METHODS = {"": "cohen_kappa", "linear": "cohen_kappa_linear", "quadratic": "cohen_kappa_quadratic"}


def cohen_kappa(
    first: Floats,
    second: Floats,
    categories: Sequence[float],
    *,
    weights: str = "",
    weighted: bool = False,
    alpha: float = 0.05,
) -> Estimate:
    """Cohen's kappa with the variance of Fleiss, Cohen and Everitt (1969, Psychol Bull 72:323), normal interval.

    first, second: (n,) answers, NaN = missing; categories: the scale, in order. weights: "" (none), "linear" or
    "quadratic", by rank; `weighted` is short for quadratic. `n` counts cases with both answers.
    """
    kind = weights or ("quadratic" if weighted else "")
    if kind not in _METHODS:
        raise AnalysisError(f"Unknown weights {kind!r}: choose linear or quadratic.")
    both = ~np.isnan(first) & ~np.isnan(second)
    n = int(both.sum())
    if n < 2:
        return missing(_METHODS[kind], n, "Kappa needs at least two repeated reads.")
    counts = cross_table(first[both], second[both], categories)
    if _certain(counts):
        return missing(_METHODS[kind], n, "All answers are the same: agreement beyond chance is not defined.")
    value, variance = kappa_of_table(counts, weights=kind)
    return _estimate(_METHODS[kind], value, variance, n, alpha)


def kappa_of_table(counts: Floats, *, weights: str = "", disagreement: Floats | None = None) -> tuple[float, float]:
    """Kappa and its variance from a (q, q) table of counts; `disagreement`: own weights (q, q), 0 on the diagonal."""
    # Imported here: statsmodels brings pandas, which a web process otherwise never loads.
    from statsmodels.stats.inter_rater import cohens_kappa

    with warnings.catch_warnings():
        # The null variance, which is not used here, divides by zero when a whole category is empty.
        warnings.simplefilter("ignore", RuntimeWarning)
        result = cohens_kappa(counts, weights=disagreement, wt=weights or None)
    return float(result.kappa), float(result.var_kappa)


def cross_table(first: Floats, second: Floats, categories: Sequence[float]) -> Floats:
    """(q, q) counts of pairs of answers, rows the first; answers outside `categories` are left out."""
    scale = np.asarray(categories, dtype=np.float64)
    marks = (first[:, None] == scale).astype(np.float64), (second[:, None] == scale).astype(np.float64)
    return np.asarray(marks[0].T @ marks[1])


def _estimate(method: str, value: float, variance: float, n: int, alpha: float) -> Estimate:
    if not variance > 0:
        return Estimate(value, None, method, n, warnings=("The answers leave no variance: no interval.",))
    error = float(np.sqrt(variance))
    half = float(stats.norm.ppf(1 - alpha / 2)) * error
    interval = Interval(max(-1.0, value - half), min(1.0, value + half), 1 - alpha)
    return Estimate(value, interval, method, n, standard_error=error)


def _certain(counts: Floats) -> bool:
    return bool((counts.sum(axis=0) > 0).sum() <= 1 and (counts.sum(axis=1) > 0).sum() <= 1)
