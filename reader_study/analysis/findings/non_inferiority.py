"""Are readers right about synthetic images not less often than about real ones, to within a margin?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.noninferiority import noninferiority
from reader_study.analysis.types import Estimate


@dataclass(frozen=True, slots=True)
class FindingTest:
    """One-sided test of difference <= -margin. `p_adjusted` (Holm over the findings of the study) decides `shown`.

    bound: one-sided lower limit of the difference at 1 - alpha, not adjusted. None where there is no test.
    """

    margin: float
    alpha: float
    bound: float | None
    p_value: float | None
    p_adjusted: float | None
    shown: bool
    method: str = "noninferiority_mrmc"


def finding_test(difference: Estimate | None, synthetic: Estimate, *, margin: float, alpha: float) -> FindingTest:
    """Test of H0: difference <= -margin from the difference (synthetic less real) over readers and cases.

    Where no standard error exists because all were right about all n synthetic cases, p is the exact (1 - margin)^n: the
    chance of n in a row if the true share were 1 - margin, the most that H0 allows. Not adjusted yet.
    """
    if not 0 < margin < 1:
        raise AnalysisError("The margin of non-inferiority lies between 0 and 1.")
    if difference is None or difference.value is None:
        return FindingTest(margin, alpha, None, None, None, shown=False)
    if difference.standard_error is None:
        n = synthetic.n_cases or 0
        p_value = math.pow(1 - margin, n) if synthetic.value == 1.0 and n else None
        return FindingTest(margin, alpha, None, p_value, None, shown=False, method="exact_unanimous")
    test = noninferiority(difference.value, difference.standard_error, difference.df, margin=margin, alpha=alpha)
    return FindingTest(margin, alpha, test.bound, test.p_value, None, shown=False)
