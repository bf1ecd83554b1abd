"""Intraclass correlations and concordance where the data are poor, and the coefficients' invariances."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.analysis import AnalysisError, RatingTable, plain
from reader_study.analysis.agreement.between import agreement_between
from reader_study.analysis.agreement.coefficients import brennan_prediger, conger_kappa, fleiss_kappa, gwet_ac
from reader_study.analysis.agreement.cohen import cohen_kappa
from reader_study.analysis.agreement.icc import anova, icc
from reader_study.analysis.agreement.kendall import kendall_w
from reader_study.analysis.agreement.weights import ordinal_weights
from reader_study.analysis.types import Floats
from tests.reader_study.analysis.tables import from_matrix

KINDS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")
LEVELS, REALISM = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (1.0, 2.0, 3.0, 4.0, 5.0)


@st.composite
def ratings(draw: st.DrawFn) -> Floats:
    """(readers, cases) of six levels, complete."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(2, 5)), draw(st.integers(4, 20))
    return np.clip(np.round(rng.normal(3.5, 1.2, shape) + rng.normal(0, 1, shape[1])), 1, 6)


@settings(max_examples=40, deadline=None)
@given(ratings(), st.sampled_from(KINDS), st.floats(0.5, 4), st.floats(-5, 5))
def test_the_unit_of_the_ratings_does_not_matter(values: Floats, kind: str, scale: float, shift: float) -> None:
    first, second = icc(values, kind), icc(values[::-1] * scale + shift, kind)
    if first.value is None or second.value is None:
        assert first.value is second.value and first.warnings == second.warnings
    else:
        assert first.value == pytest.approx(second.value, rel=1e-6, abs=1e-9)


def test_readers_less_alike_than_chance_have_no_reliability_of_their_mean() -> None:
    values = np.array([[3.0, 2.0, 3.0, 4.0], [4.0, 4.0, 3.0, 1.0]])
    assert icc(values, "2,1").value == pytest.approx(-4 / 3)
    mean = icc(values, "2,k")
    assert mean.value is None and "less alike than chance" in mean.warnings[0]


@settings(max_examples=40, deadline=None)
@given(ratings(), st.sampled_from([fleiss_kappa, conger_kappa, gwet_ac, brennan_prediger]))
def test_doubling_every_case_or_permuting_readers_leaves_kappas_alone(values: Floats, function: object) -> None:
    weights = ordinal_weights(LEVELS)
    results = [function(v, LEVELS, weights=weights) for v in (values, np.tile(values, 2), values[::-1])]  # type: ignore[operator]
    for other in results[1:]:
        assert results[0].value == pytest.approx(other.value, rel=1e-9, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(ratings())
def test_conger_of_two_readers_is_cohen(values: Floats) -> None:
    two, one = conger_kappa(values[:2], LEVELS), cohen_kappa(values[0], values[1], LEVELS)
    assert two.value == pytest.approx(one.value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_correlate(kind: str) -> None:
    for values in (np.full((3, 8), 2.0), np.ones((1, 8)), np.ones((3, 1)), np.full((2, 4), np.nan)):
        found = icc(values, kind)
        assert found.value is None and found.warnings


def test_identical_readers_agree_perfectly_without_an_interval() -> None:
    for kind in KINDS:
        found = icc(np.tile(np.arange(8.0), (3, 1)), kind)
        assert found.value == pytest.approx(1.0) and found.interval is None and found.p_value == 0.0


def test_readers_apart_by_a_constant_are_consistent_but_do_not_agree() -> None:
    values = np.arange(8.0) + np.array([[0.0], [4.0]])
    assert icc(values, "3,1").value == pytest.approx(1.0)
    assert icc(values, "2,1").value == pytest.approx(6 / 14)


def test_cases_that_a_reader_skipped_are_left_out_and_said() -> None:
    values = np.random.default_rng(1).normal(size=(3, 10))
    values[0, 0] = np.nan
    found = icc(values)
    assert found.n == 9 and "1 cases" in found.warnings[0]
    assert found.value == pytest.approx(icc(values[:, 1:]).value)
    assert anova(values[:, 1:]).k == 3


def test_kendall_without_ranking() -> None:
    assert kendall_w(np.full((3, 5), 1.0)).value is None
    assert kendall_w(np.ones((1, 5))).value is None
    assert kendall_w(np.tile(np.arange(5.0), (3, 1))).value == pytest.approx(1.0)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(AnalysisError, match="ICC"):
        icc(np.ones((2, 2)), "4,1")
    with pytest.raises(AnalysisError, match="weights"):
        cohen_kappa(np.ones(3), np.ones(3), (0, 1), weights="cubic")
    with pytest.raises(AnalysisError, match="categories"):
        ordinal_weights((1.0,))


def test_one_reader_has_no_agreement_but_a_reason() -> None:
    table = from_matrix(np.arange(1.0, 7)[None, :], np.array([0, 0, 0, 1, 1, 1]))
    found = agreement_between(table, LEVELS, REALISM, replicates=10)
    assert found.calls.percent.value is None and found.calls.alpha_nominal.warnings
    assert found.pairs == () and found.realism is None
    json.dumps(plain(found), allow_nan=False)


def test_ratings_without_levels_still_have_alpha_and_icc() -> None:
    rng = np.random.default_rng(4)
    truth = np.array([0] * 10 + [1] * 10)
    table = from_matrix(rng.normal(50, 10, (3, 20)) + truth * 20, truth, cut=55)
    found = agreement_between(table, (), (), replicates=10)
    assert found.ratings.ac2_ordinal.value is None and found.ratings.alpha_interval.value is not None
    assert found.pairs[0].weighted_kappa_ratings.value is None and found.pairs[0].kappa_calls.value is not None


def test_a_case_read_in_two_arms_counts_in_both() -> None:
    table = RatingTable.build(
        reader=["a", "a", "b", "b"],
        case=["1", "1", "1", "1"],
        arm=["x", "y", "x", "y"],
        truth=[0] * 4,
        call=[0, 1, 0, 0],
    )
    found = agreement_between(table, LEVELS, REALISM, replicates=10)
    assert found.calls.percent.value == pytest.approx(0.5) and found.calls.percent.n == 2


def test_two_readers_who_swap_two_ratings_leave_nothing_to_share_out() -> None:
    found = icc(np.array([[5.0, 2.0], [2.0, 5.0]]), "2,1")
    assert found.value is None
    assert "no variance" in found.warnings[0]
