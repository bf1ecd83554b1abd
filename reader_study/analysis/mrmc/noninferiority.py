"""One-sided: is the difference no worse than a margin?"""

from dataclasses import dataclass

from reader_study.analysis.errors import AnalysisError
from reader_study.analysis.mrmc.single_arm import SingleArm, quantile, upper_tail


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """Test of H0: difference <= -margin. bound: the one-sided lower limit; shown where it lies above -margin.

    statistic, p_value and bound are None where the difference has no standard error.
    """

    margin: float
    alpha: float
    statistic: float | None
    p_value: float | None
    bound: float | None
    shown: bool
    method: str = "noninferiority_mrmc"


def noninferiority(
    estimate: float, standard_error: float | None, df: float | None, *, margin: float, alpha: float = 0.05
) -> NonInferiority:
    """(estimate + margin) / SE against t with `df` (None: normal), larger being better (Chen, Petrick and Sahiner 2012).

    Raises AnalysisError where the margin is not positive.
    """
    if not margin > 0:
        raise AnalysisError("The margin of non-inferiority must be positive.")
    if standard_error is None:
        return NonInferiority(margin, alpha, None, None, None, shown=False)
    statistic = (estimate + margin) / standard_error
    p_value = upper_tail(statistic, df)
    bound = estimate - quantile(1 - alpha, df) * standard_error
    return NonInferiority(margin, alpha, statistic, p_value, bound, p_value < alpha)


def noninferiority_of(result: SingleArm, *, margin: float, alpha: float = 0.05) -> NonInferiority:
    """The same for an estimate against its null: not more than `margin` below it."""
    return noninferiority(result.estimate - result.null, result.standard_error, result.df, margin=margin, alpha=alpha)
