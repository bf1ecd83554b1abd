"""Power of the tests of a reader study, in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.power.components import ArmComponents, PairComponents

# Beyond this the t and the normal are the same, and scipy's noncentral t is at its slowest.
_MANY = 1e4


@dataclass(frozen=True, slots=True)
class Power:
    """power: 0..1; noncentrality on the scale of `statistic` (F, chi2, t or z); df: of its denominator, None for the normal.

    critical: value that the statistic must pass. standard_error: of the mean, or of the difference of two means.
    """

    power: float
    noncentrality: float
    df: float | None
    critical: float
    standard_error: float
    method: str


@dataclass(frozen=True, slots=True)
class Error:
    """Standard error of an estimate and the df that Hillis's formula gives it."""

    standard_error: float
    df: float


def arm_error(components: ArmComponents, readers: int, cases: float) -> Error:
    """SE^2 = [VarR + (K*/K)(Var + (J-1) Cov2)]/J; df = (J-1) den^2 / [VarR + (K*/K)(Var - Cov2)]^2 (Hillis 2007, 5.3)."""
    _need(readers, cases)
    ratio = components.cases / cases
    below = components.reader + ratio * (components.var + (readers - 1) * components.cov2)
    between = components.reader + ratio * (components.var - components.cov2)
    df = math.inf if between <= 0 else below**2 * (readers - 1) / between**2
    return Error(math.sqrt(below / readers), df)


def pair_power(
    components: PairComponents,
    *,
    difference: float,
    readers: int,
    cases: float,
    alpha: float = 0.05,
    inference: str = "RRRC",
) -> Power:
    """Power to find a `difference` between two arms (Hillis, Obuchowski and Berbaum 2011, Acad Radiol 18:129).

    lambda = difference^2 (J/2) / den with den = VarTR + (K*/K)[Var - Cov1 + (J-1) max(Cov2-Cov3, 0)]; RRRC: noncentral F
    with df2 = (J-1) den^2 / {VarTR + (K*/K)[Var - Cov1 - max(Cov2-Cov3, 0)]}^2. FRRC: chi-square without VarTR. RRFC: F
    with df2 = J - 1 and without the cases' shared part.
    """
    _need(readers, cases)
    ratio = components.cases / cases
    shared = max(components.cov2 - components.cov3, 0.0)
    own = components.var - components.cov1
    between = components.interaction + ratio * (own - shared)
    if inference == "RRRC":
        below, df = between + ratio * readers * shared, math.inf
        df = below**2 * (readers - 1) / between**2 if between > 0 else math.inf
    elif inference == "FRRC":
        below, df = ratio * (own + (readers - 1) * shared), math.inf
    elif inference == "RRFC":
        below, df = between, float(readers - 1)
    else:
        raise AnalysisError(f"Unknown inference {inference!r}: choose RRRC, FRRC or RRFC.")
    if not below > 0:
        raise AnalysisError("Nothing varies under these components: no power can be computed.")
    return _f_power(difference**2 * readers / (2 * below), df, alpha, math.sqrt(2 * below / readers))


def difference_power(
    components: ArmComponents,
    *,
    value: float,
    null: float = 0.5,
    readers: int,
    cases: float,
    alpha: float = 0.05,
    normal: bool = False,
) -> Power:
    """Power of the two-sided test of one arm against `null` when the mean over readers is `value`: noncentral t (or z)."""
    error = arm_error(components, readers, cases)
    df = None if normal or error.df > _MANY else error.df
    shift = (value - null) / error.standard_error
    critical = _quantile(1 - alpha / 2, df)
    power = _above(critical, shift, df) + _above(critical, -shift, df)
    return Power(_clip(power), shift, df, critical, error.standard_error, "power_normal" if normal else "power_or")


def equivalence_power(
    components: ArmComponents,
    *,
    margin: float,
    value: float = 0.5,
    null: float = 0.5,
    readers: int,
    cases: float,
    alpha: float = 0.05,
    normal: bool = False,
) -> Power:
    """Power of two one-sided tests to show |value - null| < margin, each at `alpha`.

    P(T > c | (margin + gap)/SE) + P(T > c | (margin - gap)/SE) - 1 with noncentral t (or normal), 0 where that is
    negative: with too few reads both tests can never hold at once (Phillips 1990, J Pharmacokinet Biopharm 18:137).
    """
    if not 0 < margin < 0.5:
        raise AnalysisError("The margin must lie between 0 and 0.5.")
    error = arm_error(components, readers, cases)
    df = None if normal or error.df > _MANY else error.df
    gap = value - null
    critical = _quantile(1 - alpha, df)
    above, below = (margin + gap) / error.standard_error, (margin - gap) / error.standard_error
    power = _above(critical, above, df) + _above(critical, below, df) - 1
    return Power(_clip(power), min(above, below), df, critical, error.standard_error, "power_tost")


def binomial_equivalence_power(n: int, *, low: float, high: float, value: float = 0.5, alpha: float = 0.05) -> float:
    """Power of the exact binomial equivalence test of one reader's `n` calls: sum over the counts that pass both tests.

    Each count is tested exactly, so that the power is never negative (unlike statsmodels' power_binom_tost at small n).
    """
    if not (0 <= low < high <= 1 and n > 0):
        raise AnalysisError("The margins must lie between 0 and 1, and there must be reads.")
    counts = range(n + 1)
    passed = [k for k in counts if stats.binom.sf(k - 1, n, low) < alpha and stats.binom.cdf(k, n, high) < alpha]
    return _clip(float(sum(stats.binom.pmf(k, n, value) for k in passed)))


def _f_power(noncentrality: float, df: float, alpha: float, error: float) -> Power:
    if df > _MANY:
        critical = float(stats.chi2.ppf(1 - alpha, 1))
        power = float(stats.ncx2.sf(critical, 1, noncentrality))
        return Power(_clip(power), noncentrality, None if math.isinf(df) else df, critical, error, "power_hillis")
    critical = float(stats.f.ppf(1 - alpha, 1, df))
    return Power(_clip(_noncentral_f(critical, df, noncentrality)), noncentrality, df, critical, error, "power_hillis")


def _noncentral_f(critical: float, df: float, noncentrality: float) -> float:
    """P(F > critical) with 1 and `df` degrees of freedom, as a Poisson mixture of beta tails: scipy's is good to 1e-9 only."""
    half = noncentrality / 2
    reach = 40 + 12 * math.sqrt(half)
    k = np.arange(max(0.0, math.floor(half - reach)), math.ceil(half + reach) + 1)
    tails = special.betainc(df / 2, 0.5 + k, df / (df + critical))
    return float(stats.poisson.pmf(k, half) @ tails)


def _quantile(probability: float, df: float | None) -> float:
    return float(stats.norm.ppf(probability) if df is None else stats.t.ppf(probability, df))


def _above(critical: float, shift: float, df: float | None) -> float:
    """P(T > critical) for the noncentral t with `shift`; far out, where scipy's series fails, 0 or 1."""
    if df is None:
        return float(stats.norm.sf(critical - shift))
    if abs(shift) > 37:
        return float(shift > critical)
    value = float(stats.nct.sf(critical, df, shift))
    return value if math.isfinite(value) else float(stats.norm.sf(critical - shift))


def _clip(power: float) -> float:
    return min(max(power, 0.0), 1.0) if math.isfinite(power) else 0.0


def _need(readers: int, cases: float) -> None:
    if readers < 2:
        raise AnalysisError("A conclusion about other readers needs at least two of them.")
    if cases <= 0:
        raise AnalysisError("There must be cases.")
