"""Mean performance of a panel of readers in one arm, with an interval over readers and cases."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.mean_squares import error_covariances, mean_squares
from reader_study.analysis.types import Floats, Interval

# Below this a variance of probabilities is rounding, not information.
ZERO_VARIANCE = 1e-15
INFERENCES = ("RRRC", "FRRC", "RRFC")


@dataclass(frozen=True, slots=True)
class SingleArm:
    """A reader-averaged estimate against a constant `null`.

    method: or_rrrc (readers and cases random), or_frrc (these readers, cases random), or_rrfc (readers random, these
    cases), ustat_rrrc, ustat_frrc, exact_separation or not_estimable.
    df: None for the normal. interval is clipped to `bounds`; None, like statistic and p_value, where not estimable.
    """

    estimand: str
    estimate: float
    standard_error: float | None
    df: float | None
    interval: Interval | None
    null: float
    statistic: float | None
    p_value: float | None
    method: str
    covariance: str
    n_readers: int
    n_real: int
    n_synthetic: int
    n_reads: int
    mean_square_readers: float | None
    var: float
    cov2: float | None
    bounds: tuple[float, float] = (0.0, 1.0)
    warnings: tuple[str, ...] = ()

    def interval_at(self, level: float) -> Interval | None:
        """The two-sided interval of coverage `level` from the same standard error and df."""
        if self.standard_error is None:
            return None
        half = quantile(0.5 + level / 2, self.df) * self.standard_error
        low, high = self.bounds
        return Interval(max(low, self.estimate - half), min(high, self.estimate + half), level)

    def tested(self, error: float, alpha: float) -> SingleArm:
        """With the standard error `error`, and the test and interval that follow from it and df."""
        statistic = (self.estimate - self.null) / error
        p_value = 2 * upper_tail(abs(statistic), self.df)
        found = replace(self, standard_error=error, statistic=statistic, p_value=p_value)
        return replace(found, interval=found.interval_at(1 - alpha))

    def warned(self, text: str) -> SingleArm:
        """With one more warning."""
        return replace(self, warnings=(*self.warnings, text))


@dataclass(frozen=True, slots=True)
class Panel:
    """Reader-level estimates (J,) of one arm with their (J, J) covariance, and what they were computed from."""

    estimand: str
    estimates: Floats
    covariance: Floats
    covariance_method: str
    n_real: int
    n_synthetic: int
    n_reads: int
    bounds: tuple[float, float] = (0.0, 1.0)
    warnings: tuple[str, ...] = ()


def single_arm(panel: Panel, *, null: float = 0.5, alpha: float = 0.05, inference: str = "RRRC") -> SingleArm:
    """Obuchowski-Rockette for one arm (Hillis 2007, Stat Med 26:596, section 5.3).

    RRRC: den = MS(R) + J max(Cov2, 0), SE = sqrt(den / J), df = den^2 / [MS(R)^2 / (J - 1)], t = (mean - null) / SE.
    FRRC: SE = sqrt([Var + (J - 1) max(Cov2, 0)] / J) and the normal. RRFC: SE = sqrt(MS(R) / J), df = J - 1. One reader
    alone allows FRRC only.
    """
    if inference not in INFERENCES:
        raise AnalysisError(f"Unknown inference {inference!r}: choose {', '.join(INFERENCES)}.")
    result = _describe(panel, null)
    if result.n_readers == 1 and inference != "FRRC":
        text = "One reader: the interval covers other cases, not other readers."
        inference, result = "FRRC", result.warned(text)
    if result.cov2 is not None and result.cov2 < 0:
        result = result.warned("The covariance between readers is negative and was set to 0.")
    variance, df = _variance(result, inference)
    if not variance > ZERO_VARIANCE:
        return result.warned("Neither readers nor cases vary: no standard error, interval or test.")
    return replace(result, method=f"or_{inference.lower()}", df=df).tested(math.sqrt(variance), alpha)


def quantile(probability: float, df: float | None) -> float:
    """Quantile of t with `df`, or of the normal where `df` is None."""
    return float(special.ndtri(probability) if df is None else special.stdtrit(df, probability))


def upper_tail(statistic: float, df: float | None) -> float:
    """P(T > statistic) for t with `df`, or the normal where `df` is None."""
    return float(special.ndtr(-statistic) if df is None else special.stdtr(df, -statistic))


def _describe(panel: Panel, null: float) -> SingleArm:
    j = panel.estimates.size
    squares = mean_squares(panel.estimates[None, :])
    errors = error_covariances(panel.covariance, (1, j))
    return SingleArm(
        estimand=panel.estimand,
        estimate=float(np.mean(panel.estimates)),
        standard_error=None,
        df=None,
        interval=None,
        null=null,
        statistic=None,
        p_value=None,
        method="not_estimable",
        covariance=panel.covariance_method,
        n_readers=j,
        n_real=panel.n_real,
        n_synthetic=panel.n_synthetic,
        n_reads=panel.n_reads,
        mean_square_readers=squares.readers if j > 1 else None,
        var=errors.var,
        cov2=errors.cov2 if j > 1 else None,
        bounds=panel.bounds,
        warnings=panel.warnings,
    )


def _variance(result: SingleArm, inference: str) -> tuple[float, float | None]:
    """Variance of the mean over readers, with its df (None: normal)."""
    j = result.n_readers
    shared = max(result.cov2 or 0.0, 0.0)
    between = result.mean_square_readers or 0.0
    if inference == "FRRC":
        return (result.var + (j - 1) * shared) / j, None
    if inference == "RRFC":
        return between / j, float(j - 1)
    denominator = between + j * shared
    if between <= ZERO_VARIANCE:
        return denominator / j, None
    return denominator / j, denominator**2 / (between**2 / (j - 1))
