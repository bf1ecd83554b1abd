"""Proportions with exact and score intervals."""

from scipy import stats

from reader_study.analysis.types import Estimate, Interval, missing

_SCIPY_NAMES = {"wilson": "wilson", "clopper_pearson": "exact"}


def proportion(successes: int, n: int, *, method: str = "wilson", alpha: float = 0.05) -> Estimate:
    """successes / n with a Wilson (1927) or Clopper-Pearson (1934) interval; no value where n = 0."""
    if n == 0:
        return missing(method, 0, "There are no reads to count.")
    limits = stats.binomtest(successes, n).proportion_ci(1 - alpha, _SCIPY_NAMES[method])
    return Estimate(successes / n, Interval(float(limits.low), float(limits.high), 1 - alpha), method, n)


def exact_p(successes: int, n: int, null: float = 0.5) -> float | None:
    """Two-sided exact binomial p of one reader against `null`; None where n = 0."""
    return float(stats.binomtest(successes, n, null).pvalue) if n else None
