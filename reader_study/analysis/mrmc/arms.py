"""Comparison of arms read by the same readers: Obuchowski-Rockette with Hillis's denominator degrees of freedom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from scipy import special

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.mean_squares import ErrorCovariances, MeanSquares, error_covariances, mean_squares
from reader_study.analysis.mrmc.single_arm import quantile, upper_tail
from reader_study.analysis.types import Floats, Interval


@dataclass(frozen=True, slots=True)
class ArmDifference:
    """First arm less second."""

    first: str
    second: str
    estimate: float
    standard_error: float
    df: float | None
    interval: Interval
    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """Test that all arms are equal. `statistic` is F with (df1, df2), or chi-square with df1 where df2 is None."""

    method: str
    means: tuple[float, ...]
    mean_squares: MeanSquares
    errors: ErrorCovariances
    statistic: float
    df1: int
    df2: float | None
    p_value: float
    differences: tuple[ArmDifference, ...]
    n_readers: int


@dataclass(frozen=True, slots=True)
class _Denominator:
    """Denominator of the test, the same as the variance of a difference (times 2/J), and its df."""

    value: float
    df: float | None


def compare_arms(
    arms: tuple[str, ...], estimates: Floats, covariance: Floats, *, alpha: float = 0.05, inference: str = "RRRC"
) -> ArmComparison:
    """Compare t arms from estimates (t, J) and their (t*J, t*J) covariance in arm-major order.

    RRRC: F = MS(T) / [MS(TR) + J max(Cov2-Cov3, 0)] with df2 = den^2 / {MS(TR)^2 / [(t-1)(J-1)]} (Hillis 2007).
    FRRC: chi2 = (t-1) MS(T) / [Var - Cov1 + (J-1) max(Cov2-Cov3, 0)], truncated at 0 as in Hillis 2007 and the programs of
    Iowa; MRMCaov 0.3.0 does not truncate, so that the two differ where Cov2 < Cov3. RRFC: F = MS(T) / MS(TR). Raises
    NotEstimable where no variance is left or one reader is asked for more than FRRC.
    """
    t, j = estimates.shape
    if t < 2:
        raise NotEstimable("Comparing arms needs at least two arms.")
    if j < 2 and inference != "FRRC":
        raise NotEstimable("One reader allows only the fixed-reader comparison (FRRC).")
    squares, errors = mean_squares(estimates), error_covariances(covariance, (t, j))
    below = _denominator(squares, errors, (t, j), inference)
    statistic, p_value = _omnibus(squares, below, t)
    means = tuple(float(mean) for mean in estimates.mean(axis=1))
    differences = tuple(
        _difference((arms[a], arms[b]), means[a] - means[b], below, j, alpha) for a, b in combinations(range(t), 2)
    )
    return ArmComparison(
        f"or_{inference.lower()}", means, squares, errors, statistic, t - 1, below.df, p_value, differences, j
    )


def _denominator(
    squares: MeanSquares, errors: ErrorCovariances, shape: tuple[int, int], inference: str
) -> _Denominator:
    t, j = shape
    shared = 0.0 if math.isnan(errors.cov2) else max(errors.cov2 - errors.cov3, 0.0)
    if inference == "RRRC":
        value = squares.interaction + j * shared
        return _Denominator(value, _hillis_df(value, squares.interaction, (t - 1) * (j - 1)))
    if inference == "FRRC":
        return _Denominator(errors.var - errors.cov1 + (j - 1) * shared, None)
    if inference == "RRFC":
        return _Denominator(squares.interaction, float((t - 1) * (j - 1)))
    raise AnalysisError(f"Unknown inference {inference!r}: choose RRRC, FRRC or RRFC.")


def _hillis_df(denominator: float, interaction: float, freedom: int) -> float | None:
    return None if interaction <= 0 else denominator**2 / (interaction**2 / freedom)


def _omnibus(squares: MeanSquares, below: _Denominator, t: int) -> tuple[float, float]:
    if below.value <= 0:
        raise NotEstimable("Neither readers nor cases vary between the arms: no test is possible.")
    f = squares.arms / below.value
    if below.df is None:
        chi2 = (t - 1) * f
        return chi2, float(special.chdtrc(t - 1, chi2))
    return f, float(special.fdtrc(t - 1, below.df, f))


def _difference(names: tuple[str, str], estimate: float, below: _Denominator, j: int, alpha: float) -> ArmDifference:
    error = math.sqrt(2 * below.value / j)
    statistic = estimate / error
    half = quantile(1 - alpha / 2, below.df) * error
    interval = Interval(estimate - half, estimate + half, 1 - alpha)
    p_value = 2 * upper_tail(abs(statistic), below.df)
    return ArmDifference(*names, estimate, error, below.df, interval, statistic, p_value)
