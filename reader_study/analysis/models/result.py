"""What a fitted mixed model says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from reader_study.analysis.types import Estimate, Interval


@dataclass(frozen=True, slots=True)
class Term:
    """One fixed effect (or cut between levels) on the scale of the link, with Wald interval and test."""

    name: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviation of one random effect. `at_boundary`: the likelihood is highest at 0, so that is the estimate."""

    group: str
    effect: str
    standard_deviation: float
    at_boundary: bool = False


@dataclass(frozen=True, slots=True)
class MixedModel:
    """A model with crossed random effects of readers and cases; without estimates where `reason` says why not.

    formula: in the notation of lme4. log_likelihood: by Laplace's approximation (for linear models the restricted or the
    full one, as `method` says).
    """

    name: str
    method: str
    formula: str
    terms: tuple[Term, ...]
    cuts: tuple[Term, ...]
    spreads: tuple[Spread, ...]
    log_likelihood: float | None
    aic: float | None
    n: int
    n_readers: int
    n_cases: int
    converged: bool
    warnings: tuple[str, ...] = ()
    reason: str = ""

    def term(self, name: str) -> Estimate | None:
        """The estimate of one fixed effect, None where the model has none."""
        return next((term.estimate for term in (*self.terms, *self.cuts) if term.name == name), None)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a model was fitted to."""

    n: int
    n_readers: int
    n_cases: int


def absent(name: str, method: str, formula: str, sizes: Sizes, reason: str) -> MixedModel:
    """A model that the data do not allow, with the reason."""
    return MixedModel(
        name, method, formula, (), (), (), None, None, sizes.n, sizes.n_readers, sizes.n_cases, False, (), reason
    )


def wald(value: float, variance: float, method: str, sizes: Sizes, alpha: float) -> Estimate:
    """An estimate with the normal's interval and two-sided test against 0."""
    if not (math.isfinite(variance) and variance > 0):
        text = "The information matrix gives no standard error here."
        return Estimate(value, None, method, sizes.n, None, None, None, (text,), sizes.n_readers, sizes.n_cases)
    error = math.sqrt(variance)
    half = float(stats.norm.ppf(1 - alpha / 2)) * error
    p_value = float(2 * stats.norm.sf(abs(value) / error))
    interval = Interval(value - half, value + half, 1 - alpha)
    return Estimate(value, interval, method, sizes.n, error, None, p_value, (), sizes.n_readers, sizes.n_cases)


def rescaled(estimate: Estimate, factor: float, method: str | None = None) -> Estimate:
    """The estimate of `factor` times the same quantity."""
    if estimate.value is None or estimate.interval is None or estimate.standard_error is None:
        return estimate
    ends = sorted((factor * estimate.interval.low, factor * estimate.interval.high))
    return Estimate(
        factor * estimate.value,
        Interval(ends[0], ends[1], estimate.interval.level),
        method or estimate.method,
        estimate.n,
        abs(factor) * estimate.standard_error,
        estimate.df,
        estimate.p_value,
        estimate.warnings,
        estimate.n_readers,
        estimate.n_cases,
    )


def exponentiated(estimate: Estimate, method: str) -> Estimate:
    """exp() of an estimate and of its interval: an odds ratio, or a ratio of geometric means. The test is unchanged."""
    if estimate.value is None:
        return estimate
    inside = estimate.interval
    interval = Interval(_exp(inside.low), _exp(inside.high), inside.level) if inside else None
    return Estimate(
        _exp(estimate.value),
        interval,
        method,
        estimate.n,
        None,
        estimate.df,
        estimate.p_value,
        estimate.warnings,
        estimate.n_readers,
        estimate.n_cases,
    )


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))
