"""Agreement of a reader with herself, from hidden repeats."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.proportion import proportion
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Floats, Interval, missing


@dataclass(frozen=True, slots=True)
class RepeatAgreement:
    """First against repeated reading: share of equal calls, Cohen kappa of calls, weighted kappa of ratings."""

    n_pairs: int
    same_call: Estimate
    kappa_calls: Estimate
    weighted_kappa_ratings: Estimate


def repeat_agreement(table: RatingTable, levels: Sequence[float], *, alpha: float = 0.05) -> RepeatAgreement:
    """Pair every repeat with its first reading by the same reader. levels: the rating scale, for the weights."""
    first, again = _pairs(table)
    calls = table.call[first], table.call[again]
    ratings = table.rating[first], table.rating[again]
    both = ~np.isnan(calls[0]) & ~np.isnan(calls[1])
    equal = int((calls[0][both] == calls[1][both]).sum())
    return RepeatAgreement(
        n_pairs=first.size,
        same_call=proportion(equal, int(both.sum()), alpha=alpha),
        kappa_calls=cohen_kappa(*calls, (0.0, 1.0), alpha=alpha),
        weighted_kappa_ratings=cohen_kappa(*ratings, levels, weighted=True, alpha=alpha),
    )


def cohen_kappa(
    first: Floats, second: Floats, categories: Sequence[float], *, weighted: bool = False, alpha: float = 0.05
) -> Estimate:
    """Cohen's kappa, quadratic weights where `weighted`, with the variance of Fleiss, Cohen and Everitt (1969)."""
    # Imported here: statsmodels brings pandas, which a web process otherwise never loads.
    from statsmodels.stats.inter_rater import cohens_kappa

    method = "cohen_kappa_quadratic" if weighted else "cohen_kappa"
    both = ~np.isnan(first) & ~np.isnan(second)
    n = int(both.sum())
    counts = _cross_table(first[both], second[both], np.asarray(categories, dtype=np.float64))
    if n < 2:
        return missing(method, n, "Kappa needs at least two repeated reads.")
    if _certain(counts):
        return missing(method, n, "All answers are the same: agreement beyond chance is not defined.")
    with warnings.catch_warnings():
        # The null variance, which is not used here, divides by zero when a whole category is empty.
        warnings.simplefilter("ignore", RuntimeWarning)
        result = cohens_kappa(counts, wt="quadratic" if weighted else None)
    return _estimate(method, float(result.kappa), float(result.var_kappa), n, alpha)


def _estimate(method: str, value: float, variance: float, n: int, alpha: float) -> Estimate:
    if not variance > 0:
        return Estimate(value, None, method, n, warnings=("The answers leave no variance: no interval.",))
    error = float(np.sqrt(variance))
    half = float(stats.norm.ppf(1 - alpha / 2)) * error
    interval = Interval(max(-1.0, value - half), min(1.0, value + half), 1 - alpha)
    return Estimate(value, interval, method, n, standard_error=error)


def _pairs(table: RatingTable) -> tuple[np.ndarray, np.ndarray]:
    """Indices of first readings and of the repeats that answer them."""
    keys = zip(table.reader.tolist(), table.arm.tolist(), table.case.tolist(), strict=True)
    named = list(keys)
    firsts = {key: i for i, (key, replicate) in enumerate(zip(named, table.replicate, strict=True)) if replicate == 0}
    repeats = [i for i in np.flatnonzero(table.replicate > 0) if named[i] in firsts]
    first = np.array([firsts[named[i]] for i in repeats], dtype=np.int64)
    return first, np.array(repeats, dtype=np.int64)


def _cross_table(first: Floats, second: Floats, categories: Floats) -> Floats:
    marks = (first[:, None] == categories).astype(np.float64), (second[:, None] == categories).astype(np.float64)
    return np.asarray(marks[0].T @ marks[1])


def _certain(counts: Floats) -> bool:
    return bool((counts.sum(axis=0) > 0).sum() == 1 and (counts.sum(axis=1) > 0).sum() == 1)
