"""What can be said when every reader is right (or wrong) about every case, where no method sees any variance."""

import math
from dataclasses import replace

from scipy import optimize

from reader_study.analysis.mrmc.single_arm import SingleArm
from reader_study.analysis.types import Interval


def separated(result: SingleArm) -> bool:
    """Whether an estimate without variance sits at 0 or 1: perfect separation of the two classes."""
    return result.standard_error is None and result.estimate in (0.0, 1.0)


def with_exact_bound(result: SingleArm, alpha: float) -> SingleArm:
    """Interval and p of a perfectly separated single-arm result, from Clopper-Pearson limits of each class.

    All readers agree, so the cases alone are independent trials: n1 of n1 synthetic and n0 of n0 real judged alike. Each
    class gets half of alpha (Bonferroni); the bound on the balanced accuracy, and on the AUC of a proper curve, is the
    mean of the two limits. A proportion of one class has the limit of that class, with all of alpha.
    """
    if not separated(result):
        return result
    bound = _bound(result, alpha)
    low, high = (bound, 1.0) if result.estimate == 1.0 else (0.0, 1.0 - bound)
    return replace(
        result,
        method="exact_separation",
        interval=Interval(low, high, 1 - alpha),
        p_value=_p_value(result),
        warnings=(*result.warnings, "All readers separated the classes perfectly: exact bound over cases."),
    )


def _bound(result: SingleArm, alpha: float) -> float:
    # Two-sided alpha, shared out over the classes; n of n successes have the closed-form limit tail^(1/n).
    sizes = _sizes(result)
    tail = alpha / (2 * len(sizes))
    return sum(math.pow(tail, 1 / size) for size in sizes) / len(sizes)


def _sizes(result: SingleArm) -> list[int]:
    return [size for size in (result.n_synthetic, result.n_real) if size]


def _p_value(result: SingleArm) -> float:
    null = result.null if result.estimate == 1.0 else 1 - result.null
    if _bound(result, 1.0) <= null:
        return 1.0
    # In logarithms: with many cases the p-value is far below the smallest step of a linear search.
    log_p = optimize.brentq(lambda x: _log_gap(result, x, null), -700.0, 0.0)
    return math.exp(log_p)


def _log_gap(result: SingleArm, log_alpha: float, null: float) -> float:
    sizes = _sizes(result)
    log_tail = log_alpha - math.log(2 * len(sizes))
    return sum(math.exp(log_tail / size) for size in sizes) / len(sizes) - null
