"""Intraclass correlations: how much of the variance of ratings lies between cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.types import Estimate, Floats, Interval, missing


@dataclass(frozen=True, slots=True)
class Anova:
    """Mean squares of n cases rated by k readers: between cases, within cases, of readers, and the rest."""

    n: int
    k: int
    cases: float
    within: float
    readers: float
    error: float


_Limits = tuple[float, float, float, float]


def icc(ratings: Floats, kind: str = "2,1", *, alpha: float = 0.05) -> Estimate:
    """ICC of Shrout and Fleiss (1979, Psychol Bull 86:420) with its F interval.

    ratings: (readers, cases), NaN = missing; only cases rated by every reader count, and what was left out is said. kind:
    "1,1" (other readers for every case), "2,1" (these readers stand for others: agreement), "3,1" (these readers alone:
    consistency); "1,k", "2,k", "3,k" for the mean of k readers, by Spearman-Brown. p is of F = between / residual mean
    square against no correlation. `n` counts cases.
    """
    if kind not in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k"):
        raise AnalysisError(f"Unknown ICC {kind!r}: choose 1,1 2,1 3,1 1,k 2,k or 3,k.")
    method = f"icc_{kind[0]}_{kind[2]}"
    rated = ratings[(~np.isnan(ratings)).any(axis=1)]
    complete = rated[:, ~np.isnan(rated).any(axis=0)]
    if complete.shape[0] < 2 or complete.shape[1] < 2:
        text = "An intraclass correlation needs two or more cases that every one of two or more readers rated."
        return missing(method, complete.shape[1], text)
    found = anova(complete)
    if not found.cases + found.within > 1e-12 * max(1.0, float(np.mean(complete**2))):
        return missing(method, found.n, "All ratings are equal: the share of variance is not defined.")
    left_out = rated.shape[1] - found.n
    text = f"{left_out} cases that some reader did not rate were left out."
    return _estimate(method, found, kind, alpha, (text,) if left_out else ())


def anova(ratings: Floats) -> Anova:
    """Two-way analysis of variance without replication of complete `ratings` (readers, cases)."""
    k, n = ratings.shape
    grand = ratings.mean()
    between = k * float(((ratings.mean(axis=0) - grand) ** 2).sum())
    readers = n * float(((ratings.mean(axis=1) - grand) ** 2).sum())
    within = float(((ratings - ratings.mean(axis=0)) ** 2).sum())
    error = max(0.0, within - readers)
    return Anova(n, k, between / (n - 1), within / (n * (k - 1)), readers / (k - 1), error / ((n - 1) * (k - 1)))


def _estimate(method: str, found: Anova, kind: str, alpha: float, warnings: tuple[str, ...]) -> Estimate:
    value, low, high, p_value = _FORMS[kind[0]](found, alpha)
    defined = np.isfinite(value)
    if kind[2] == "k":
        value, low, high = (_spearman_brown(x, found.k) for x in (value, low, high))
    known = bool(np.isfinite([value, low, high]).all())
    if not np.isfinite(value):
        text = "The ratings leave no variance between cases or readers."
        if defined:
            text = "The readers are less alike than chance would make them: their mean has no reliability to speak of."
        return missing(method, found.n, text)
    return Estimate(
        value=value,
        interval=Interval(low, min(1.0, high), 1 - alpha) if known else None,
        method=method,
        n=found.n,
        p_value=p_value if np.isfinite(p_value) else None,
        warnings=warnings if known else (*warnings, "The ratings leave no residual variance: no interval."),
        n_readers=found.k,
        n_cases=found.n,
    )


def _one_way(found: Anova, alpha: float) -> _Limits:
    return _by_f(found, found.within, found.n * (found.k - 1), alpha)


def _fixed(found: Anova, alpha: float) -> _Limits:
    return _by_f(found, found.error, (found.n - 1) * (found.k - 1), alpha)


def _by_f(found: Anova, rest: float, df2: int, alpha: float) -> _Limits:
    """ICC(1,1) and ICC(3,1) from F = between / rest with n - 1 and df2 degrees of freedom."""
    df1, k = found.n - 1, found.k
    value = _ratio(found.cases - rest, found.cases + (k - 1) * rest)
    if rest <= 0:
        return value, np.nan, np.nan, 0.0
    f = found.cases / rest
    low, high = f / stats.f.ppf(1 - alpha / 2, df1, df2), f * stats.f.ppf(1 - alpha / 2, df2, df1)
    return value, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1), float(stats.f.sf(f, df1, df2))


def _random(found: Anova, alpha: float) -> _Limits:
    """ICC(2,1), with Satterthwaite's degrees of freedom in its limits (Shrout and Fleiss 1979, p. 424)."""
    n, k, between, readers, error = found.n, found.k, found.cases, found.readers, found.error
    value = _ratio(between - error, between + (k - 1) * error + k * (readers - error) / n)
    if error <= 0 or not np.isfinite(value):
        return value, np.nan, np.nan, 0.0
    a, b = k * value * readers / error, n * (1 + (k - 1) * value) - k * value
    df2 = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2)
    upper, lower = stats.f.ppf(1 - alpha / 2, n - 1, df2), stats.f.ppf(1 - alpha / 2, df2, n - 1)
    rest = k * readers + (k * n - k - n) * error
    low = n * (between - upper * error) / (upper * rest + n * between)
    high = n * (lower * between - error) / (rest + n * lower * between)
    return value, float(low), float(high), float(stats.f.sf(between / error, n - 1, (n - 1) * (k - 1)))


_FORMS: dict[str, Callable[[Anova, float], _Limits]] = {"1": _one_way, "2": _random, "3": _fixed}


def _ratio(above: float, below: float) -> float:
    # Two cases read by two readers who swap their ratings leave nothing to share out.
    return above / below if below > 0 else float("nan")


def _spearman_brown(single: float, k: int) -> float:
    below = 1 + (k - 1) * single
    # The mean of k readers of no reliability at all: the limit is minus infinity, which has no interval.
    return k * single / below if below > 0 else float("nan")
