"""Proportions of reads over readers and cases, and their differences."""

from __future__ import annotations

import math

from reader_study.analysis.errors import NotEstimable
from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.mrmc.ustat import UStatistic, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import ustat_difference, ustat_single
from reader_study.analysis.table import RatingTable
from reader_study.analysis.types import Estimate, Interval, missing

EXACT = "exact_unanimous"


def rates(table: RatingTable, column: str, *, by: str, alpha: float = 0.05) -> dict[str, Estimate]:
    """Share of ones in `column` (1, 0, NaN) over first reads of every group, with its interval over readers and cases.

    by: "truth" (groups "0" and "1"), "source" or "arm". The one-case kernel of the U-statistic (iMRMC's uStat11). Where
    all reads of a group are alike no variance is seen and the interval is Clopper and Pearson's over cases. `n` counts
    reads. A group without reads has no entry.
    """
    try:
        found = mean_ustat(table, column, by=by)
    except NotEstimable:
        return {}
    return {arm: _rate(found, arm, alpha) for arm in found.arms}


def rate_difference(table: RatingTable, column: str, estimand: str, *, alpha: float = 0.05) -> SingleArm:
    """Share of ones in `column` on synthetic less that on real cases, against 0. Raises NotEstimable."""
    found = mean_ustat(table, column, by="truth")
    if found.arms != ("0", "1"):
        raise NotEstimable(
            "What the images show is known for one class only (or was read in one only): there is no difference."
        )
    return ustat_difference(found, "1", "0", estimand, alpha=alpha)


def as_estimate(result: SingleArm, *, with_p: bool = True) -> Estimate:
    """A multi-reader result in the form of every other number; `n` counts reads."""
    return Estimate(
        value=result.estimate,
        interval=result.interval,
        method=result.method,
        n=result.n_reads,
        standard_error=result.standard_error,
        df=result.df,
        p_value=result.p_value if with_p else None,
        warnings=result.warnings,
        n_readers=result.n_readers,
        n_cases=result.n_real + result.n_synthetic,
    )


def rate_of(found: dict[str, Estimate], group: str) -> Estimate:
    """The entry of `group`, or the word that nothing is known of it."""
    return found.get(group, missing("ustat_rrrc", 0, "No read of this group has an answer that can be counted."))


def unanimous_limit(n: int, tail: float) -> float:
    """Lower limit of a proportion after n of n: tail^(1/n) (Clopper and Pearson 1934, Biometrika 26:404)."""
    return math.pow(tail, 1 / n)


def _rate(found: UStatistic, arm: str, alpha: float) -> Estimate:
    # The test against a half that comes with it means nothing for a rate.
    try:
        estimate = as_estimate(ustat_single(found, arm, arm=arm, alpha=alpha), with_p=False)
    except NotEstimable as reason:
        place = found.arms.index(arm)
        return Estimate(
            float(found.estimates[place]), None, "ustat_rrrc", int(found.n_reads[place]), warnings=(str(reason),)
        )
    if estimate.standard_error is not None or estimate.value not in (0.0, 1.0) or not estimate.n_cases:
        return estimate
    return _unanimous(estimate, estimate.n_cases, alpha)


def _unanimous(estimate: Estimate, n_cases: int, alpha: float) -> Estimate:
    limit = unanimous_limit(n_cases, alpha / 2)
    interval = Interval(limit, 1.0, 1 - alpha) if estimate.value == 1.0 else Interval(0.0, 1 - limit, 1 - alpha)
    text = "All reads were alike: exact interval over cases, as if read once."
    return Estimate(
        estimate.value, interval, EXACT, estimate.n, warnings=(text,),
        n_readers=estimate.n_readers, n_cases=n_cases,
    )  # fmt: skip
