"""Krippendorff's alpha against its definition, and where it has no answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.analysis import AnalysisError
from reader_study.analysis.agreement.krippendorff import krippendorff_alpha
from reader_study.analysis.types import Floats

LEVELS = ("nominal", "ordinal", "interval", "ratio")


def by_definition(ratings: Floats, level: str) -> float:
    """1 - D_o / D_e from the matrix of coincidences, pair by pair (Krippendorff 2011)."""
    values = np.unique(ratings[~np.isnan(ratings)])
    where = {value: place for place, value in enumerate(values)}
    seen = np.zeros((values.size, values.size))
    for unit in ratings.T:
        given_ones = unit[~np.isnan(unit)]
        for i, first in enumerate(given_ones):
            for k, second in enumerate(given_ones):
                if i != k:
                    seen[where[first], where[second]] += 1 / (given_ones.size - 1)
    n = seen.sum(axis=0)
    delta = np.array([[_distance(a, b, values, n, level) for b in range(values.size)] for a in range(values.size)])
    return float(1 - (n.sum() - 1) * (seen * delta).sum() / (np.outer(n, n) * delta).sum())


def _distance(a: int, b: int, values: Floats, n: Floats, level: str) -> float:
    if level == "ordinal":
        return float(n[min(a, b) : max(a, b) + 1].sum() - (n[a] + n[b]) / 2) ** 2
    if level == "nominal":
        return float(a != b)
    gap = values[a] - values[b]
    return float(gap**2 if level == "interval" else (gap / (values[a] + values[b])) ** 2 if gap else 0.0)


@st.composite
def matrices(draw: st.DrawFn) -> Floats:
    """(readers, cases) of five levels with some reads missing and at least two different answers to compare."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ratings = rng.integers(1, 6, (draw(st.integers(2, 5)), draw(st.integers(3, 15)))).astype(float)
    ratings[:, 2:][rng.random(ratings[:, 2:].shape) < draw(st.floats(0, 0.5))] = np.nan
    ratings[:2, :2] = [[1, 2], [2, 4]]
    return ratings


@settings(max_examples=60, deadline=None)
@given(matrices(), st.sampled_from(LEVELS))
def test_it_is_what_the_definition_says(ratings: Floats, level: str) -> None:
    found = krippendorff_alpha(ratings, level=level, replicates=0)
    assert found.value == pytest.approx(by_definition(ratings, level), rel=1e-9, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(matrices(), st.sampled_from(LEVELS))
def test_who_the_readers_are_does_not_matter(ratings: Floats, level: str) -> None:
    first, second = (krippendorff_alpha(r, level=level, replicates=60) for r in (ratings, ratings[::-1]))
    assert first.value == pytest.approx(second.value, rel=1e-9, abs=1e-12)
    if first.interval is None:
        assert second.interval is None
    else:
        assert first.interval.low == pytest.approx(second.interval.low, rel=1e-9, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(matrices())
def test_only_the_order_counts_on_the_ordinal_level(ratings: Floats) -> None:
    plain, bent = (krippendorff_alpha(r, level="ordinal", replicates=0) for r in (ratings, np.exp(ratings)))
    assert plain.value == pytest.approx(bent.value, rel=1e-9, abs=1e-12)


def test_flipped_calls_agree_as_much() -> None:
    calls = np.random.default_rng(3).integers(0, 2, (4, 30)).astype(float)
    assert krippendorff_alpha(calls, replicates=0).value == pytest.approx(
        krippendorff_alpha(1 - calls, replicates=0).value
    )


def test_the_interval_is_reproducible_and_narrows() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(1, 6, 400)
    ratings = np.clip(truth + rng.integers(-1, 2, (4, 400)), 1, 5).astype(float)
    wide, narrow = krippendorff_alpha(ratings[:, :40], level="ordinal"), krippendorff_alpha(ratings, level="ordinal")
    assert wide.interval == krippendorff_alpha(ratings[:, :40], level="ordinal").interval
    assert wide.interval is not None and narrow.interval is not None
    assert narrow.interval.high - narrow.interval.low < (wide.interval.high - wide.interval.low) / 2
    assert narrow.interval.low < narrow.value < narrow.interval.high


@pytest.mark.parametrize("level", LEVELS)
def test_without_differences_there_is_no_alpha(level: str) -> None:
    assert krippendorff_alpha(np.full((3, 10), 4.0), level=level).value is None
    assert krippendorff_alpha(np.full((2, 3), np.nan), level=level).value is None
    assert krippendorff_alpha(np.array([[1.0, np.nan], [np.nan, 2.0]]), level=level).value is None


def test_one_case_has_a_value_and_no_interval() -> None:
    found = krippendorff_alpha(np.array([[1.0], [2.0]]))
    assert found.value == pytest.approx(0.0) and found.interval is None and found.warnings


def test_perfect_agreement_is_one() -> None:
    found = krippendorff_alpha(np.tile(np.arange(1.0, 7), (3, 1)), level="interval")
    assert found.value == pytest.approx(1.0)


def test_finely_graded_ratings_are_read_as_ranks_but_not_as_ratios() -> None:
    ratings = np.random.default_rng(2).normal(50, 10, (3, 900))
    assert krippendorff_alpha(ratings, level="ordinal", replicates=20).interval is not None
    assert "round" in krippendorff_alpha(ratings, level="ratio").warnings[0]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(AnalysisError, match="nominal"):
        krippendorff_alpha(np.ones((2, 2)), level="cardinal")
