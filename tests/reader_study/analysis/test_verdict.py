"""TOST and the four verdicts."""

import numpy as np
import pytest

from reader_study.analysis import AnalysisError
from reader_study.analysis.mrmc.equivalence import tost
from reader_study.analysis.mrmc.noninferiority import noninferiority, noninferiority_of
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


def test_two_means_of_toster() -> None:
    """TOSTER 0.8.6 TOSTtwo: means 5.25 and 5.22, sd .95 and .83, n 95 and 89, bounds +-.43 sd (Lakens 2017)."""
    one, two = 0.95**2 / 95, 0.83**2 / 89
    df, margin = (one + two) ** 2 / (one**2 / 94 + two**2 / 88), 0.43 * np.sqrt((0.95**2 + 0.83**2) / 2)
    found = tost(arm(5.25 - 5.22, np.sqrt(one + two), df, null=0.0), margin=margin)
    assert df == pytest.approx(181.134367160507, rel=1e-9)
    assert (found.p_lower, found.p_upper) == pytest.approx((0.00095600825997825, 0.00387552174484783), rel=1e-9)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.187084311828454, 0.247084311828454), rel=1e-9)
    straight = arm(5.25 - 5.22, np.sqrt(one + two), df).interval_at(0.95)
    assert straight is not None
    assert (straight.low, straight.high) == pytest.approx((-0.229079932439328, 0.289079932439328), rel=1e-9)


def test_two_proportions_of_toster() -> None:
    """TOSTER 0.8.6 TOSTtwo.prop and twoprop_test: .65 and .70 of 100 each, bounds +-.1."""
    error = np.sqrt(0.65 * 0.35 / 100 + 0.7 * 0.3 / 100)
    found = tost(arm(-0.05, error, None, null=0.0), margin=0.1)
    assert (found.p_lower, found.p_upper) == pytest.approx((0.224845898984445, 0.0116711010064455), rel=1e-9)
    assert found.p_value == pytest.approx(0.224845898984445, rel=1e-9)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (-0.158796841000405, 0.0587968410004052), rel=1e-9
    )
    assert (0.1 - 0.05) / error == pytest.approx(0.755928946018456, rel=1e-9)


def test_non_inferiority_is_one_side_of_tost() -> None:
    found = noninferiority(-0.05, 0.03, 14.0, margin=0.1)
    both = tost(arm(-0.05, 0.03, 14.0, null=0.0), margin=0.1)
    assert found.p_value == pytest.approx(both.p_lower, rel=1e-12)
    assert found.statistic == pytest.approx(0.05 / 0.03) and found.bound is not None
    assert found.shown == (found.bound > -0.1)
    assert noninferiority_of(arm(0.45, 0.03, 14.0), margin=0.1).p_value == pytest.approx(found.p_value, rel=1e-9)
    assert not noninferiority(0.0, None, None, margin=0.1).shown
    with pytest.raises(AnalysisError, match="margin"):
        noninferiority(0.0, 0.1, None, margin=0.0)


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
