"""Two one-sided tests: is the estimate within a margin of the null?"""

from dataclasses import dataclass

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.single_arm import SingleArm, upper_tail
from reader_study.analysis.types import Interval


@dataclass(frozen=True, slots=True)
class Equivalence:
    """TOST of |estimate - null| >= margin.

    p_value is the larger one-sided p; shown where p_value < alpha, the same as the (1 - 2 alpha) interval lying inside
    null +- margin. p_value and interval are None where the estimate has no standard error.
    """

    margin: float
    alpha: float
    p_lower: float | None
    p_upper: float | None
    p_value: float | None
    interval: Interval | None
    shown: bool
    method: str = "tost_mrmc"


def tost(result: SingleArm, *, margin: float, alpha: float = 0.05) -> Equivalence:
    """TOST with the standard error and df of a single-arm result (Schuirmann 1987, J Pharmacokinet Biopharm 15:657)."""
    if not 0 < margin < 0.5:
        raise AnalysisError("The margin must lie between 0 and 0.5.")
    if result.standard_error is None:
        return Equivalence(margin, alpha, None, None, None, None, shown=False)
    gap = result.estimate - result.null
    p_lower = upper_tail((gap + margin) / result.standard_error, result.df)
    p_upper = upper_tail((margin - gap) / result.standard_error, result.df)
    p_value = max(p_lower, p_upper)
    return Equivalence(margin, alpha, p_lower, p_upper, p_value, result.interval_at(1 - 2 * alpha), p_value < alpha)
