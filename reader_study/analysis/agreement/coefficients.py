"""Agreement between readers beyond chance, for any number of readers and missing reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.agreement.weights import identity_weights, quadratic_weights
from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Estimate, Flags, Floats, Interval, missing

__all__ = ["brennan_prediger", "conger_kappa", "fleiss_kappa", "gwet_ac", "percent_agreement", "quadratic_weights"]


@dataclass(frozen=True, slots=True)
class _Tally:
    """marks: (readers, n, q) which category was given, over cases that somebody rated; shares: (n, q) share of a case's
    ratings in each category; observed: (n,) agreement within the case, NaN where fewer than two readers rated it."""

    marks: Flags
    shares: Floats
    observed: Floats
    weights: Floats

    @property
    def mean_observed(self) -> float:
        return float(np.nanmean(self.observed))

    @property
    def prevalence(self) -> Floats:
        return np.asarray(self.shares.mean(axis=0))


def percent_agreement(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Mean over cases of the share of reader pairs that agree. ratings: (readers, cases), NaN = missing."""
    return _coefficient("percent_agreement", ratings, categories, weights, alpha)


def fleiss_kappa(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Fleiss (1971, Psychol Bull 76:378) kappa with Gwet's variance over cases (Gwet 2014, Handbook, ch. 5).

    ratings: (readers, cases), NaN = missing. The interval is for other cases read by these readers, t with n - 1 df.
    """
    return _coefficient("fleiss_kappa", ratings, categories, weights, alpha)


def conger_kappa(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Conger's (1980, Psychol Bull 88:322) kappa: chance from each reader's own prevalence, averaged over pairs.

    Cohen's kappa for two readers. Arguments and interval as `fleiss_kappa`.
    """
    return _coefficient("conger_kappa", ratings, categories, weights, alpha)


def brennan_prediger(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Brennan and Prediger's (1981, Educ Psychol Meas 41:687) kappa: chance from the number of categories alone."""
    return _coefficient("brennan_prediger", ratings, categories, weights, alpha)


def gwet_ac(
    ratings: Floats, categories: Sequence[float], *, weights: Floats | None = None, alpha: float = 0.05
) -> Estimate:
    """Gwet's AC1 (with `weights`, AC2), which stays meaningful when one category prevails (Gwet 2008, BJMSP 61:29)."""
    return _coefficient("gwet_ac", ratings, categories, weights, alpha)


def _coefficient(
    method: str, ratings: Floats, categories: Sequence[float], weights: Floats | None, alpha: float
) -> Estimate:
    if len(categories) < 2:
        raise AnalysisError("Agreement needs at least two categories.")
    tally = _tally(ratings, categories, identity_weights(categories) if weights is None else weights)
    n, readers = len(tally.shares), int(tally.marks.any(axis=(1, 2)).sum())
    if np.isnan(tally.observed).all():
        return missing(method, n, "Agreement needs cases that two or more readers rated.")
    chance, chance_by_case = _CHANCE[method](tally)
    if 1 - chance < 1e-12:
        return missing(method, n, "All ratings are in one category: agreement beyond chance is not defined.")
    value = (tally.mean_observed - chance) / (1 - chance)
    return _with_interval(method, tally, value, (chance, chance_by_case), (readers, alpha))


def _tally(ratings: Floats, categories: Sequence[float], weights: Floats) -> _Tally:
    marks = ratings[:, :, None] == np.asarray(categories, dtype=np.float64)
    marks = marks[:, marks.any(axis=(0, 2))]
    counts = marks.sum(axis=0).astype(np.float64)
    raters = counts.sum(axis=1)
    several = raters > 1
    observed = np.full(len(counts), np.nan)
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    observed[several] = agreeing[several] / (raters * (raters - 1))[several]
    return _Tally(marks, counts / raters[:, None] if len(counts) else counts, observed, weights)


# Each returns chance agreement, and what every case contributes to it (n,) for the variance: half of its influence.
def _no_chance(tally: _Tally) -> tuple[float, Floats]:
    return 0.0, np.zeros(len(tally.shares))


def _uniform_chance(tally: _Tally) -> tuple[float, Floats]:
    chance = float(tally.weights.mean())
    return chance, np.full(len(tally.shares), chance)


def _gwet_chance(tally: _Tally) -> tuple[float, Floats]:
    prevalence, q = tally.prevalence, tally.prevalence.size
    scale = float(tally.weights.sum()) / (q * (q - 1))
    by_case = scale * (tally.shares * (1 - prevalence)).sum(axis=1)
    return scale * float((prevalence * (1 - prevalence)).sum()), np.asarray(by_case)


def _fleiss_chance(tally: _Tally) -> tuple[float, Floats]:
    prevalence = tally.prevalence
    return float(prevalence @ tally.weights @ prevalence), np.asarray(tally.shares @ (tally.weights @ prevalence))


def _conger_chance(tally: _Tally) -> tuple[float, Floats]:
    """Mean over pairs of readers of p_g' W p_h, with p_g the shares of reader g in each category."""
    rated: Flags = np.asarray(tally.marks.any(axis=2))
    active: Flags = np.asarray(rated.any(axis=1))
    marks, rated = tally.marks[active].astype(np.float64), rated[active]
    reads = rated.sum(axis=1)
    own = marks.sum(axis=1) / reads[:, None]
    pairs, n = len(own) * (len(own) - 1), rated.shape[1]
    others = (own.sum(axis=0) - own) @ tally.weights
    chance = float((own * others).sum()) / pairs
    # Influence of a case on the shares of a reader who rated it; none on those of one who did not.
    shift = (marks - own[:, None, :]) * rated[:, :, None] * (n / reads)[:, None, None]
    return chance, np.asarray(chance + np.einsum("gik,gk->i", shift, others) / pairs)


_CHANCE = {
    "percent_agreement": _no_chance,
    "fleiss_kappa": _fleiss_chance,
    "conger_kappa": _conger_chance,
    "brennan_prediger": _uniform_chance,
    "gwet_ac": _gwet_chance,
}


def _with_interval(
    method: str, tally: _Tally, value: float, chance: tuple[float, Floats], about: tuple[int, float]
) -> Estimate:
    n, (readers, alpha) = len(tally.shares), about
    if n < 2:
        text = "An interval needs two or more cases."
        return Estimate(value, None, method, n, warnings=(text,), n_readers=readers, n_cases=n)
    expected, expected_by_case = chance
    rated = ~np.isnan(tally.observed)
    scaled = np.where(rated, (np.nan_to_num(tally.observed) - expected) / (1 - expected), 0.0) * n / rated.sum()
    # A case with one rating has no agreement of its own but informs the prevalence.
    by_case = scaled - 2 * (1 - value) * (expected_by_case - expected) / (1 - expected)
    error = float(np.sqrt(((by_case - value) ** 2).sum() / (n * (n - 1))))
    half = float(stats.t.ppf(1 - alpha / 2, n - 1)) * error
    interval = Interval(max(-1.0, value - half), min(1.0, value + half), 1 - alpha)
    return Estimate(value, interval, method, n, standard_error=error, df=float(n - 1), n_readers=readers, n_cases=n)
