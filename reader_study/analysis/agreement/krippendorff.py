"""Krippendorff's alpha: agreement of any number of readers, with missing reads, on any level of measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Estimate, Floats, Interval, missing

LEVELS = ("nominal", "ordinal", "interval", "ratio")
# The ratio metric compares all pairs of distinct values at once.
_MOST_RATIO_VALUES = 2_000
_MOST_LEFT_OUT = 2_000
_BLOCK = 200


@dataclass(frozen=True, slots=True)
class _Units:
    """values: (q,) distinct answers; counts: (n, q) how often each was given to a case that two or more readers rated;
    raters: (n,) how many did."""

    values: Floats
    counts: sparse.csr_array
    raters: Floats


def krippendorff_alpha(
    ratings: Floats, *, level: str = "nominal", replicates: int = 2000, seed: int = 1, alpha: float = 0.05
) -> Estimate:
    """alpha = 1 - D_o / D_e (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).

    ratings: (readers, cases), NaN = missing; cases with one rating are left out. level: nominal, ordinal (distance of
    mid-ranks), interval or ratio. The interval is the BCa bootstrap over cases (`replicates` of them, from
    `seed`), so it speaks of other cases read by these readers; none where `replicates` is 0 or there is one case. `n` counts
    cases.
    """
    if level not in LEVELS:
        raise AnalysisError(f"Unknown level {level!r}: choose {', '.join(LEVELS)}.")
    method, units = f"krippendorff_{level}", _units(ratings)
    n = units.raters.size
    if n == 0:
        return missing(method, 0, "Agreement needs cases that two or more readers rated.")
    if level == "ratio" and units.values.size > _MOST_RATIO_VALUES:
        return missing(method, n, "The ratio metric takes at most 2,000 distinct values: round the ratings.")
    value = float(_alphas(units, np.ones((1, n)), level)[0])
    if np.isnan(value):
        return missing(method, n, "All ratings are equal: agreement beyond chance is not defined.")
    readers = int((~np.isnan(ratings)).any(axis=1).sum())
    interval, error, warnings = _bootstrap(units, level, (replicates, seed, alpha))
    return Estimate(value, interval, method, n, standard_error=error, warnings=warnings, n_readers=readers, n_cases=n)


def _units(ratings: Floats) -> _Units:
    kept = ratings[:, (~np.isnan(ratings)).sum(axis=0) > 1]
    reader, case = np.nonzero(~np.isnan(kept))
    values, code = np.unique(kept[reader, case], return_inverse=True)
    ones = np.ones(code.size)
    counts = sparse.csr_array((ones, (case, code)), shape=(kept.shape[1], values.size))
    return _Units(values, counts, np.asarray(counts.sum(axis=1), dtype=np.float64).reshape(-1))


def _bootstrap(
    units: _Units, level: str, plan: tuple[int, int, float]
) -> tuple[Interval | None, float | None, tuple[str, ...]]:
    replicates, seed, alpha = plan
    n = units.raters.size
    if n < 2 or replicates < 2:
        return None, None, ("An interval needs two or more cases and bootstrap replicates.",)
    rng = np.random.default_rng(seed)
    sizes = [min(_BLOCK, replicates - start) for start in range(0, replicates, _BLOCK)]
    draws = np.concatenate([_alphas(units, _resampled(rng, n, size), level) for size in sizes])
    defined = draws[~np.isnan(draws)]
    if defined.size < replicates / 2:
        return None, None, ("Too few of the bootstrap samples hold different answers: no interval.",)
    low, high = np.quantile(defined, _levels(units, level, defined, alpha))
    return Interval(float(low), float(high), 1 - alpha), float(defined.std(ddof=1)), ()


def _levels(units: _Units, level: str, draws: Floats, alpha: float) -> Floats:
    """The two quantiles of the bootstrap that make the interval: bias-corrected, accelerated (Efron 1987, JASA 82:171), and
    widened from the normal to t with n - 1 df (Hesterberg 2015, Am Stat 69:371), without which few cases cover too little.
    """
    n = units.raters.size
    value = float(_alphas(units, np.ones((1, n)), level)[0])
    below = ((draws < value).mean() + (draws <= value).mean()) / 2
    shift = stats.norm.ppf(np.clip(below, 1 / draws.size, 1 - 1 / draws.size))
    tail = math.sqrt(n / (n - 1)) * stats.t.ppf(alpha / 2, n - 1)
    moved = shift + np.array([tail, -tail])
    inside = 1 - _acceleration(units, level) * moved
    # An acceleration this large says nothing any more: the bias correction stands alone.
    return np.asarray(stats.norm.cdf(shift + moved / np.where(inside > 0.1, inside, 1.0)))


def _acceleration(units: _Units, level: str) -> float:
    """Skewness of the jackknife over 6 sqrt(n); 0 with so many cases that it no longer matters."""
    n = units.raters.size
    if n > _MOST_LEFT_OUT:
        return 0.0
    starts = range(0, n, _BLOCK)
    one_out = np.concatenate([_alphas(units, 1.0 - np.eye(n)[start : start + _BLOCK], level) for start in starts])
    gaps = one_out.mean() - one_out
    scale = float((gaps**2).sum()) ** 1.5
    return float((gaps**3).sum()) / (6 * scale) if scale > 0 else 0.0


def _resampled(rng: np.random.Generator, n: int, size: int) -> Floats:
    """(size, n): how often each of n cases is in every one of `size` samples with replacement."""
    drawn = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
    return np.bincount(drawn.reshape(-1), minlength=size * n).reshape(size, n).astype(np.float64)


def _alphas(units: _Units, weights: Floats, level: str) -> Floats:
    """alpha of every sample of cases: weights (b, n) says how often each case is in it; NaN where all answers agree."""
    given = np.asarray((units.counts.T @ weights.T).T)
    total = given.sum(axis=1)
    within, among = _DISAGREEMENT[level](units, weights, given)
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas = 1 - (total - 1) * within / among
    return np.asarray(np.where(among > 1e-12 * np.maximum(total, 1), alphas, np.nan))


# Each returns, for every sample, the disagreement within cases sum_u 1/(m_u - 1) sum_cd n_uc n_ud delta(c, d) and that
# among all values sum_cd n_c n_d delta(c, d).
def _nominal(units: _Units, weights: Floats, given: Floats) -> tuple[Floats, Floats]:
    m = units.raters
    same = np.asarray(units.counts.power(2).sum(axis=1)).reshape(-1)
    return weights @ ((m**2 - same) / (m - 1)), given.sum(axis=1) ** 2 - (given**2).sum(axis=1)


def _ratio(units: _Units, weights: Floats, given: Floats) -> tuple[Floats, Floats]:
    sums = np.abs(np.add.outer(units.values, units.values))
    gaps = np.subtract.outer(units.values, units.values)
    delta = np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums > 0) ** 2
    inside = np.asarray(units.counts.multiply(units.counts @ delta).sum(axis=1)).reshape(-1)
    return weights @ (inside / (units.raters - 1)), ((given @ delta) * given).sum(axis=1)


def _interval(units: _Units, weights: Floats, given: Floats) -> tuple[Floats, Floats]:
    # Centring changes no difference and keeps the sums of squares exact.
    scores = units.values - np.average(units.values, weights=np.asarray(units.counts.sum(axis=0)).reshape(-1))
    return _squared(units, weights, given, np.broadcast_to(scores, given.shape))


def _ordinal(units: _Units, weights: Floats, given: Floats) -> tuple[Floats, Floats]:
    # Krippendorff's ordinal distance is the difference of mid-ranks, which change with the sample.
    ranks = np.cumsum(given, axis=1) - given / 2
    return _squared(units, weights, given, ranks - given.sum(axis=1, keepdims=True) / 2)


def _squared(units: _Units, weights: Floats, given: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Squared differences of `scores` (b, q) by way of their sums: sum_cd n_c n_d (x_c - x_d)^2 = 2 (m S2 - S1^2)."""
    first, second = np.asarray(units.counts @ scores.T), np.asarray(units.counts @ (scores.T**2))
    m = units.raters[:, None]
    inside = 2 * (m * second - first**2) / (m - 1)
    among = 2 * (given.sum(axis=1) * (given * scores**2).sum(axis=1) - (given * scores).sum(axis=1) ** 2)
    return np.asarray(np.einsum("bn,nb->b", weights, inside)), np.asarray(among)


_DISAGREEMENT = {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval, "ratio": _ratio}
