"""Agreement between readers beyond chance, for any number of readers and missing reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Estimate, Floats, Interval, missing


@dataclass(frozen=True, slots=True)
class _Tally:
    """shares: (n, q) share of a case's ratings in each category; observed: (n,) agreement within the case, NaN where
    fewer than two readers rated it."""

    shares: Floats
    observed: Floats
    weights: Floats

    @property
    def mean_observed(self) -> float:
        return float(np.nanmean(self.observed))

    @property
    def prevalence(self) -> Floats:
        return np.asarray(self.shares.mean(axis=0))


def percent_agreement(ratings: Floats, categories: Sequence[float], *, alpha: float = 0.05) -> Estimate:
    """Mean over cases of the share of reader pairs that agree. ratings: (readers, cases), NaN = missing."""
    return _coefficient("percent_agreement", ratings, categories, None, alpha)


def fleiss_kappa(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Fleiss (1971, Psychol Bull 76:378) kappa with Gwet's variance over cases (Gwet 2014, Handbook, ch. 5).

    ratings: (readers, cases), NaN = missing. The interval is for other cases read by these readers, t with n - 1 df.
    """
    return _coefficient("fleiss_kappa", ratings, categories, weights, alpha)


def gwet_ac(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Gwet's AC1 (with `weights`, AC2), which stays meaningful when one category prevails (Gwet 2008, BJMSP 61:29)."""
    return _coefficient("gwet_ac", ratings, categories, weights, alpha)


def quadratic_weights(categories: Sequence[float]) -> Floats:
    """(q, q) agreement weights 1 - (a - b)^2 / range^2."""
    values = np.asarray(categories, dtype=np.float64)
    return np.asarray(1 - np.subtract.outer(values, values) ** 2 / (values.max() - values.min()) ** 2)


def _coefficient(
    method: str, ratings: Floats, categories: Sequence[float], weights: Floats | None, alpha: float
) -> Estimate:
    if len(categories) < 2:
        raise AnalysisError("Agreement needs at least two categories.")
    tally = _tally(ratings, np.asarray(categories, dtype=np.float64), weights)
    n, pairs = len(tally.shares), int((~np.isnan(tally.observed)).sum())
    if pairs == 0:
        return missing(method, n, "Agreement needs cases that two or more readers rated.")
    chance, chance_by_case = _chance(method, tally)
    if 1 - chance < 1e-12:
        return missing(method, n, "All ratings are in one category: agreement beyond chance is not defined.")
    value = (tally.mean_observed - chance) / (1 - chance)
    return _with_interval(method, tally, value, (chance, chance_by_case), alpha)


def _tally(ratings: Floats, categories: Floats, weights: Floats | None) -> _Tally:
    weight = np.eye(categories.size) if weights is None else weights
    counts = (ratings[:, :, None] == categories[None, None, :]).sum(axis=0).astype(np.float64)
    counts = counts[counts.sum(axis=1) > 0]
    raters = counts.sum(axis=1)
    several = raters > 1
    observed = np.full(len(counts), np.nan)
    weighted = counts @ weight
    agreeing = (counts * (weighted - 1)).sum(axis=1)
    observed[several] = agreeing[several] / (raters * (raters - 1))[several]
    return _Tally(counts / raters[:, None] if len(counts) else counts, observed, weight)


def _chance(method: str, tally: _Tally) -> tuple[float, Floats]:
    """Chance agreement, and its contribution by case (n,) for the variance."""
    prevalence, weights = tally.prevalence, tally.weights
    q = prevalence.size
    if method == "percent_agreement":
        return 0.0, np.zeros(len(tally.shares))
    if method == "gwet_ac":
        scale = float(weights.sum()) / (q * (q - 1))
        by_case = scale * (tally.shares * (1 - prevalence)).sum(axis=1)
        return scale * float((prevalence * (1 - prevalence)).sum()), by_case
    partners = (weights @ prevalence + prevalence @ weights) / 2
    return float(prevalence @ weights @ prevalence), np.asarray(tally.shares @ partners)


def _with_interval(method: str, tally: _Tally, value: float, chance: tuple[float, Floats], alpha: float) -> Estimate:
    n = len(tally.shares)
    if n < 2:
        return Estimate(value, None, method, n, warnings=("An interval needs two or more cases.",))
    expected, expected_by_case = chance
    rated = ~np.isnan(tally.observed)
    scaled = np.where(rated, (np.nan_to_num(tally.observed) - expected) / (1 - expected), 0.0) * n / rated.sum()
    # A case with one rating has no agreement of its own but informs the prevalence.
    by_case = scaled - 2 * (1 - value) * (expected_by_case - expected) / (1 - expected)
    error = float(np.sqrt(((by_case - value) ** 2).sum() / (n * (n - 1))))
    half = float(stats.t.ppf(1 - alpha / 2, n - 1)) * error
    interval = Interval(max(-1.0, value - half), min(1.0, value + half), 1 - alpha)
    return Estimate(value, interval, method, n, standard_error=error, df=float(n - 1))
