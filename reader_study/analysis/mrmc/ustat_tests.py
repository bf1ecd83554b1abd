"""Tests and intervals of U-statistics over readers and cases."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from reader_study.analysis.errors import AnalysisError, NotEstimable
from reader_study.analysis.mrmc.single_arm import INFERENCES, ZERO_VARIANCE, SingleArm, quantile, upper_tail
from reader_study.analysis.mrmc.ustat import UStatistic
from reader_study.analysis.types import Floats, Interval

NEGATIVE = "The unbiased variance is not positive: the maximum-likelihood one stands in its place."
# Above this many degrees of freedom iMRMC takes the normal for Student's t, and below it whole degrees only.
IMRMC_NORMAL_FROM = 50.0


def ustat_single(
    found: UStatistic,
    estimand: str,
    *,
    arm: str | None = None,
    null: float = 0.5,
    alpha: float = 0.05,
    inference: str = "RRRC",
    warnings: tuple[str, ...] = (),
) -> SingleArm:
    """One arm against `null`: t with the df after Gallas (RRRC), or the normal for these readers (FRRC).

    arm: None where there is one. Raises AnalysisError for an unknown inference or arm.
    """
    name = found.arms[0] if arm is None else arm
    tested = _test(found, found.contrast(name), (estimand, null, alpha, inference), found.bounds)
    return replace(tested, warnings=(*warnings, *tested.warnings))


def ustat_difference(
    found: UStatistic, first: str, second: str, estimand: str, *, alpha: float = 0.05, inference: str = "RRRC"
) -> SingleArm:
    """Arm `first` less arm `second` against 0, whatever readers and cases the two share. Raises AnalysisError."""
    contrast = found.contrast(first, second)
    if first == second:
        raise AnalysisError("A difference needs two different arms.")
    return _test(found, contrast, (estimand, 0.0, alpha, inference), (-math.inf, math.inf))


def _test(
    found: UStatistic, contrast: Floats, ask: tuple[str, float, float, str], bounds: tuple[float, float]
) -> SingleArm:
    estimand, null, alpha, inference = ask
    if inference not in INFERENCES:
        raise AnalysisError(f"Unknown inference {inference!r}: choose {', '.join(INFERENCES)}.")
    if inference == "RRFC":
        raise NotEstimable("The U-statistic offers RRRC and FRRC: fixed cases need a full crossing.")
    if (found.levels[1:, contrast != 0] < 2).any():
        raise NotEstimable("A variance needs at least two real and two synthetic cases.")
    result = _describe(found, contrast, estimand, null, bounds)
    if (found.levels[0, contrast != 0] < 2).any() and inference == "RRRC":
        inference = "FRRC"
        result = result.warned("One reader: the interval covers other cases, not other readers.")
    variance_of = found.variance if inference == "RRRC" else found.fixed_variance
    variance, biased = variance_of(contrast), variance_of(contrast, biased=True)
    if not variance > ZERO_VARIANCE:
        if not biased > ZERO_VARIANCE:
            return result.warned("Neither readers nor cases vary: no standard error, interval or test.")
        variance, result = biased, replace(result.warned(NEGATIVE), covariance="mle")
    df = found.df(contrast, variance) if inference == "RRRC" else None
    return replace(result, method=f"ustat_{inference.lower()}", df=df).tested(math.sqrt(variance), alpha)


def _describe(
    found: UStatistic, contrast: Floats, estimand: str, null: float, bounds: tuple[float, float]
) -> SingleArm:
    used = contrast != 0
    return SingleArm(
        estimand=estimand,
        estimate=float(contrast @ found.estimates),
        standard_error=None,
        df=None,
        interval=None,
        null=null,
        statistic=None,
        p_value=None,
        method="not_estimable",
        covariance="unbiased",
        n_readers=int((found.weights[used] > 0).any(axis=0).sum()),
        n_real=int(found.n_real[used].max()),
        n_synthetic=int(found.n_synthetic[used].max()),
        n_reads=int(found.n_reads[used].sum()),
        mean_square_readers=None,
        var=_mean_variance(found, used),
        cov2=None,
        bounds=bounds,
        warnings=found.warnings,
    )


def _mean_variance(found: UStatistic, used: np.ndarray) -> float:
    """Mean variance over cases of one reader's estimate in one arm."""
    read = (found.weights > 0) & used[:, None]
    own = np.diag(found.cells.covariance())[read.reshape(-1)]
    return float(own[~np.isnan(own)].mean()) if (~np.isnan(own)).any() else math.nan


@dataclass(frozen=True, slots=True)
class AsIMRMC:
    """p-value and interval with the degrees of freedom that iMRMC prints: cut down to a whole number, normal above 50."""

    p_value: float
    interval: Interval


def as_imrmc(result: SingleArm, *, alpha: float = 0.05) -> AsIMRMC | None:
    """The same estimate and standard error read as iMRMC 2.1.2 does; None without a standard error.

    Ours keep the exact degrees of freedom, so that p-values differ in the third digit or so.
    """
    if result.standard_error is None:
        return None
    df = None if result.df is None or result.df > IMRMC_NORMAL_FROM else float(math.floor(result.df))
    p_value = 2 * upper_tail(abs(result.estimate - result.null) / result.standard_error, df)
    half = quantile(1 - alpha / 2, df) * result.standard_error
    return AsIMRMC(p_value, Interval(result.estimate - half, result.estimate + half, 1 - alpha))
