"""Are readers right about synthetic images not less often than about real ones, to within a margin?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.single_arm import quantile, upper_tail
from reader_study.analysis.types import Estimate


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """One-sided test of difference <= -margin. `p_adjusted` (Holm over the findings of the study) decides `shown`.

    lower: one-sided lower limit of the difference at 1 - alpha, not adjusted. None where there is no test.
    """

    margin: float
    alpha: float
    lower: float | None
    p_value: float | None
    p_adjusted: float | None
    shown: bool
    method: str = "non_inferiority"


def one_sided_p(difference: Estimate | None, synthetic: Estimate, n_synthetic: int, *, margin: float) -> float | None:
    """p of H0: difference <= -margin: P(T > (difference + margin) / SE) with the df of the difference (Chen 2012).

    Where no standard error exists because every synthetic case was answered rightly by all, the exact
    (1 - margin)^n_synthetic: the chance of that many in a row if the true share were 1 - margin.
    """
    if not 0 < margin < 1:
        raise AnalysisError("The margin of non-inferiority lies between 0 and 1.")
    if difference is not None and difference.value is not None and difference.standard_error:
        return upper_tail((difference.value + margin) / difference.standard_error, difference.df)
    if synthetic.value == 1.0 and n_synthetic > 0 and difference is not None:
        return math.pow(1 - margin, n_synthetic)
    return None


def lower_limit(difference: Estimate | None, *, alpha: float) -> float | None:
    """One-sided lower limit of the difference at coverage 1 - alpha."""
    if difference is None or difference.value is None or not difference.standard_error:
        return None
    return max(-1.0, difference.value - quantile(1 - alpha, difference.df) * difference.standard_error)
