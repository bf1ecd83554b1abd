"""TOST and the four verdicts."""

import numpy as np
import pytest

from reader_study.analysis import AnalysisError
from reader_study.analysis.mrmc.equivalence import tost
from reader_study.analysis.mrmc.single_arm import Panel, SingleArm, single_arm
from reader_study.analysis.mrmc.verdict import Outcome, Verdict, decide


def arm(estimate: float, error: float, df: float | None, null: float = 0.5) -> SingleArm:
    return SingleArm(
        "balanced accuracy", estimate, error, df, None, null, None, None, "or_rrrc", "delong", 5, 50, 50, 500, None,
        error**2, None, (-np.inf, np.inf),
    )  # fmt: skip


def test_one_sample_tost_of_toster() -> None:
    """TOSTER 0.8.6 TOSTone example: mean .04, sd 1.2, n 100, bounds +-.36."""
    found = tost(arm(0.04, 0.12, 99, null=0.0), margin=0.36)
    assert (found.p_lower, found.p_upper) == pytest.approx((0.00060400208800612, 0.00447461861128111), rel=1e-9)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.159246938722039, 0.239246938722039), rel=1e-9)
    assert found.shown


@pytest.mark.parametrize("estimate", [0.42, 0.46, 0.5, 0.55, 0.585, 0.64])
@pytest.mark.parametrize("error", [0.005, 0.02, 0.05])
@pytest.mark.parametrize("df", [3.0, 20.0, None])
def test_equivalence_is_the_ninety_percent_interval_inside_the_margin(
    estimate: float, error: float, df: float | None
) -> None:
    found = tost(arm(estimate, error, df), margin=0.1)
    assert found.interval is not None
    assert found.shown == found.interval.inside(0.4, 0.6)


def verdict(estimates: list[float], spread: float) -> Verdict:
    covariance = np.eye(len(estimates)) * spread
    result = single_arm(Panel("balanced accuracy", np.array(estimates), covariance, "delong", 100, 100, 1000))
    return decide(result, tost(result, margin=0.1))


def test_the_four_outcomes() -> None:
    assert verdict([0.7, 0.72, 0.69, 0.74], 1e-4).outcome is Outcome.DISTINGUISHABLE
    assert verdict([0.5, 0.51, 0.49, 0.5], 1e-4).outcome is Outcome.EQUIVALENT
    assert verdict([0.3, 0.7, 0.45, 0.6], 1e-2).outcome is Outcome.INCONCLUSIVE
    assert verdict([0.3, 0.28, 0.31, 0.29], 1e-4).outcome is Outcome.HYPER_REAL


def test_a_small_but_certain_difference_is_equivalent_with_a_remark() -> None:
    found = verdict([0.53, 0.531, 0.529, 0.53], 1e-6)
    assert found.outcome is Outcome.EQUIVALENT
    assert "above chance" in found.remark


def test_not_significant_is_not_called_realism() -> None:
    found = verdict([0.3, 0.7, 0.45, 0.6], 1e-2)
    assert "not evidence of realism" in found.remark
    assert "cannot tell" in found.sentence


def test_the_sentence_carries_numbers_and_interval() -> None:
    found = verdict([0.7, 0.72, 0.69, 0.74], 1e-4)
    assert found.sentence.startswith("4 readers told synthetic from real images better than chance")
    assert "71.2 %" in found.sentence and "95 % interval" in found.sentence


@pytest.mark.parametrize("margin", [0.0, -0.1, 0.5])
def test_impossible_margins_are_refused(margin: float) -> None:
    with pytest.raises(AnalysisError, match="margin"):
        tost(arm(0.5, 0.1, 10), margin=margin)
