"""U-statistics on designs that no reference program was run on: against sums written out, and by what must hold."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.analysis import AnalysisError, NotEstimable, RatingTable, plain
from reader_study.analysis.mrmc.arm_section import arm_section
from reader_study.analysis.mrmc.class_section import class_section
from reader_study.analysis.mrmc.comparison import compare_arms_of
from reader_study.analysis.mrmc.design import Kind, describe
from reader_study.analysis.mrmc.endpoint import chance_endpoint, estimated
from reader_study.analysis.mrmc.sources import compare_sources
from reader_study.analysis.mrmc.ustat import auc_ustat, mean_ustat
from reader_study.analysis.mrmc.ustat_tests import NEGATIVE, ustat_difference, ustat_single
from tests.reader_study.analysis.tables import from_matrix

TRUTH = np.array([0] * 5 + [1] * 4)


@st.composite
def incomplete(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Ratings (3 readers, 9 cases) on 6 levels with some reads missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ratings = np.clip(np.round(rng.normal(3.5, 1.5, (3, 9)) + rng.normal(0, 1, 9) + TRUTH), 1, 6)
    return np.where(rng.random((3, 9)) < draw(st.sampled_from([0.0, 0.1, 0.3])), np.nan, ratings), TRUTH


def written_out(ratings: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """AUC and its variance from the definition: products of the centred kernel over all pairs of (reader, real, synthetic)."""
    pairs = []
    for reader, row in enumerate(ratings):
        for real, other in itertools.product(np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)):
            if not np.isnan(row[real]) and not np.isnan(row[other]):
                pairs.append((reader, real, other, float(np.heaviside(row[other] - row[real], 0.5))))
    area = sum(pair[3] for pair in pairs) / len(pairs)
    sums: dict[tuple[bool, ...], list[float]] = {}
    for first, second in itertools.product(pairs, repeat=2):
        key = tuple(first[at] == second[at] for at in range(3))
        sums.setdefault(key, []).append((first[3] - area) * (second[3] - area))
    none = (False, False, False)
    total = len(pairs) ** 2
    found = sum((len(values) / total - (key == none)) * float(np.mean(values)) for key, values in sums.items())
    return area, found


@settings(max_examples=25, deadline=None)
@given(incomplete())
def test_the_variance_is_that_of_the_definition(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    area, variance = written_out(ratings, truth)
    found = auc_ustat(from_matrix(ratings, truth))
    assert found.estimates[0] == pytest.approx(area, abs=1e-12)
    assert found.variance(found.contrast("")) == pytest.approx(variance, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(incomplete())
def test_labels_readers_and_scales_do_not_matter(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    found = auc_ustat(from_matrix(ratings, truth))
    one = found.contrast("")
    flipped = auc_ustat(from_matrix(ratings, 1 - truth))
    assert flipped.estimates[0] == pytest.approx(1 - found.estimates[0], abs=1e-12)
    for other in (flipped, auc_ustat(from_matrix(ratings[::-1], truth)), auc_ustat(from_matrix(ratings**3, truth))):
        assert other.variance(one) == pytest.approx(found.variance(one), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(incomplete())
def test_a_mean_has_the_variance_of_its_definition(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    found = mean_ustat(from_matrix(ratings, truth), "rating")
    reads = [(r, k, float(ratings[r, k])) for r, k in zip(*np.nonzero(~np.isnan(ratings)), strict=True)]
    mean = float(np.mean([read[2] for read in reads]))
    sums: dict[tuple[bool, bool], list[float]] = {}
    for first, second in itertools.product(reads, repeat=2):
        key = (bool(first[0] == second[0]), bool(first[1] == second[1]))
        sums.setdefault(key, []).append((first[2] - mean) * (second[2] - mean))
    total = len(reads) ** 2
    expected = sum((len(v) / total - (key == (False, False))) * float(np.mean(v)) for key, v in sums.items())
    assert found.estimates[0] == pytest.approx(mean, abs=1e-12)
    assert found.variance(found.contrast("")) == pytest.approx(expected, abs=1e-12)


def noisy(readers: int, cases: int = 30, *, seed: int = 3, signal: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], cases // 2)
    return rng.normal(size=(readers, cases)) + signal * truth + rng.normal(size=cases), truth


def two_arms(first: np.ndarray, second: np.ndarray, truth: np.ndarray, shift: str = "") -> RatingTable:
    """The same readers and cases in arms A and B; `shift` renames the readers or the cases of B."""
    parts = [from_matrix(first, truth), from_matrix(second, truth)]
    readers, cases = (np.concatenate([getattr(part, name) for part in parts]) for name in ("reader", "case"))
    half = len(parts[0])
    late = np.arange(readers.size) >= half
    names = np.where(late & (shift == "reader"), np.char.add("X", readers), readers)
    labels = np.where(late & (shift == "case"), np.char.add("X", cases), cases)
    return RatingTable.build(
        reader=names.tolist(),
        case=labels.tolist(),
        truth=np.concatenate([part.truth for part in parts]).tolist(),
        rating=np.concatenate([part.rating for part in parts]),
        call=np.concatenate([part.call for part in parts]),
        arm=["A"] * half + ["B"] * (readers.size - half),
    )


def test_designs_are_named_and_choose_their_method() -> None:
    ratings, truth = noisy(4)
    crossed = from_matrix(ratings, truth)
    assert (describe(crossed, "rating").kind, describe(crossed, "rating").method) == (Kind.FULLY_CROSSED, "or")
    missing = describe(crossed.where(np.arange(len(crossed)) != 7), "rating")
    assert (missing.kind, missing.method, missing.n_missing) == (Kind.MISSING, "ustat", 1)
    split = ratings.copy()
    split[:2, ::2], split[2:, 1::2] = np.nan, np.nan
    assert describe(from_matrix(split, truth), "rating").kind is Kind.SPLIT_PLOT
    assert describe(two_arms(ratings, ratings, truth, "reader"), "rating").kind is Kind.READERS_NESTED
    nested = describe(two_arms(ratings, ratings, truth, "case"), "rating")
    assert (nested.kind, nested.method, nested.covariance) == (Kind.CASES_NESTED, "or", "jackknife")
    asked = describe(crossed, "rating", method="ustat")
    assert asked.reason.endswith("as asked.") and asked.method == "ustat"
    assert describe(crossed, "seconds").kind is Kind.EMPTY
    with pytest.raises(AnalysisError, match="Unknown method"):
        describe(crossed, "rating", method="anova")


def test_nested_arms_have_no_covariance() -> None:
    ratings, truth = noisy(4)
    both = two_arms(ratings, ratings, truth, "reader")
    apart = auc_ustat(replace(both, case=np.where(both.arm == "B", np.char.add("X", both.case), both.case)))
    assert apart.variance(apart.contrast("A", "B")) == pytest.approx(
        sum(apart.variance(apart.contrast(arm)) for arm in "AB"), rel=1e-12
    )
    others = noisy(4, seed=5)[0]
    comparison = compare_arms_of(two_arms(ratings, others, truth, "reader"), "rating", "AUC", margin=0.1)
    assert comparison.overall is None and comparison.differences[0].method == "ustat_rrrc"
    assert comparison.differences[0].noninferiority is not None and not comparison.reason


def test_readers_of_one_arm_cannot_be_forced_into_a_crossed_comparison() -> None:
    ratings, truth = noisy(4)
    table = two_arms(ratings, noisy(4, seed=5)[0], truth, "reader")
    assert "No reader" in compare_arms_of(table, "rating", "AUC", method="or").reason
    assert "U-statistic" in compare_arms_of(table, "call", "call rate", method="or", statistic="mean").reason
    assert not compare_arms_of(table, "call", "call rate", statistic="mean").reason


def test_identical_arms_differ_by_nothing() -> None:
    ratings, truth = noisy(4)
    for method in ("or", "ustat"):
        found = compare_arms_of(two_arms(ratings, ratings, truth), "rating", "AUC", method=method)
        assert found.reason or found.differences[0].p_value is None
    section = arm_section(two_arms(ratings, ratings + truth * 0.3, truth), margin=0.1)
    assert section.auc is not None and section.auc.overall is not None and section.auc.readers
    assert arm_section(from_matrix(ratings, truth)).reason


def test_generators_need_two_and_share_their_real_cases() -> None:
    ratings, truth = noisy(5, 40)
    table = from_matrix(ratings, truth)
    assert "one generator" in compare_sources(table, "rating").reason
    later = np.array([int(name[1:]) >= 30 for name in table.case])
    labels = np.where(table.truth == 0, "real", np.where(later, "B", "A"))
    assert compare_sources(replace(table, source=labels), "rating").comparison is not None
    found = compare_sources(replace(table, source=labels), "rating", covariance="unbiased").comparison
    assert found is not None and found.design.kind is Kind.PARTIALLY_PAIRED
    assert [name for name, _ in found.arms] == ["A", "B"] and found.arms[0][1].n_real == 20
    shifted = compare_sources(replace(table, source=labels), "rating", method="ustat").comparison
    assert shifted is not None
    assert shifted.differences[0].estimate == pytest.approx(found.differences[0].estimate, rel=1e-12)
    assert shifted.differences[0].standard_error == pytest.approx(found.differences[0].standard_error, rel=1e-9)


def test_one_reader_and_one_case() -> None:
    ratings, truth = noisy(1)
    table = from_matrix(ratings, truth)
    found = ustat_single(auc_ustat(table), "AUC")
    alone = chance_endpoint(table, "rating", "AUC", null=0.5, margin=0.1, alpha=0.05, covariance="unbiased").random
    assert found.method == "ustat_frrc" and found.df is None and any("One reader" in text for text in found.warnings)
    assert alone is not None and found.standard_error == pytest.approx(alone.standard_error, rel=1e-9)
    with pytest.raises(NotEstimable, match="two real and two synthetic"):
        ustat_single(auc_ustat(table.where((table.truth == 0) | (table.case == "C0020"))), "AUC")
    with pytest.raises(AnalysisError, match="RRRC and FRRC"):
        ustat_single(auc_ustat(table), "AUC", inference="RRFC")
    with pytest.raises(AnalysisError, match="no arm"):
        auc_ustat(table).contrast("other")
    with pytest.raises(AnalysisError, match="two different"):
        ustat_difference(auc_ustat(table), "", "", "AUC")


def test_a_negative_variance_falls_back_on_the_likelihood() -> None:
    # Readers who mirror each other: their mean varies less than independent readers' would.
    rng = np.random.default_rng(2)
    half = rng.normal(size=(1, 12))
    table = from_matrix(np.concatenate([half, -half]), np.repeat([0, 1], 6))
    found = ustat_single(auc_ustat(table), "AUC")
    unbiased = auc_ustat(table).variance(np.ones(1))
    assert unbiased < 0
    assert found.covariance == "mle" and NEGATIVE in found.warnings or found.method == "not_estimable"


def test_sensitivity_specificity_and_accuracy() -> None:
    ratings, truth = noisy(4)
    table = from_matrix(ratings, truth, cut=0.5)
    found = class_section(table)
    right = np.asarray(table.call == table.truth)
    for part, chosen in ((found.sensitivity, table.truth == 1), (found.specificity, table.truth == 0)):
        assert part.random is not None and part.random.estimate == pytest.approx(right[chosen].mean())
    assert found.accuracy.random is not None and found.accuracy.random.estimate == pytest.approx(right.mean())
    by_ustat = class_section(table, method="ustat").sensitivity.random
    assert by_ustat is not None and found.sensitivity.random is not None
    assert by_ustat.standard_error == pytest.approx(found.sensitivity.random.standard_error, rel=1e-9)
    plain(found)
    perfect = class_section(from_matrix(np.tile(truth * 5.0, (3, 1)), truth)).sensitivity.random
    assert perfect is not None and perfect.method == "exact_separation" and perfect.interval is not None
    assert perfect.interval.low == pytest.approx(0.025 ** (1 / 15))


def test_options_that_do_not_exist_are_refused() -> None:
    ratings, truth = noisy(3)
    table = from_matrix(ratings, truth)
    with pytest.raises(AnalysisError, match="Unknown option"):
        estimated(table, "rating", "AUC", inference="RCRC")
    with pytest.raises(AnalysisError, match="Unknown option"):
        compare_arms_of(table, "rating", "AUC", statistic="median")
    with pytest.raises(AnalysisError, match="Unknown grouping"):
        mean_ustat(table, "rating", by="reader")


def test_inference_of_the_verdict_can_be_chosen() -> None:
    ratings, truth = noisy(4)
    ends = {"null": 0.5, "margin": 0.1, "alpha": 0.05}
    table = from_matrix(ratings, truth)
    for inference, method in (("RRRC", "or_rrrc"), ("FRRC", "or_frrc"), ("RRFC", "or_rrfc")):
        found = chance_endpoint(table, "rating", "AUC", inference=inference, **ends)
        assert found.tested is not None and found.tested.method == method
        assert found.random is not None and found.random.method == "or_rrrc"
    some = table.where(np.arange(len(table)) > 3)
    assert "full crossing" in chance_endpoint(some, "rating", "AUC", inference="RRFC", **ends).reason
    arms = two_arms(ratings, ratings + truth, truth)
    arms = arms.where(np.arange(len(arms)) > 3)
    assert "full crossing" in compare_arms_of(arms, "rating", "AUC", inference="RRFC").reason


def test_three_arms_are_adjusted_over_their_pairs() -> None:
    ratings, truth = noisy(4)
    pair = two_arms(ratings, ratings + np.random.default_rng(1).normal(size=ratings.shape), truth)
    third = from_matrix(noisy(4, seed=9, signal=3.0)[0], truth)
    columns = {name: np.concatenate([getattr(pair, name), getattr(third, name)]) for name in
               ("reader", "case", "truth", "rating", "call")}  # fmt: skip
    arms = ["A"] * len(third) + ["B"] * len(third) + ["C"] * len(third)
    table = RatingTable.build(**{name: values.tolist() for name, values in columns.items()}, arm=arms)
    for method in ("or", "ustat"):
        found = compare_arms_of(table, "rating", "AUC", method=method)
        ours = sorted((pair.p_value, pair.p_holm) for pair in found.differences)
        assert len(found.arms) == 3 and (found.overall is not None) == (method == "or")
        assert ours[0][1] == pytest.approx(min(1.0, 3 * ours[0][0])) and all(high >= low for low, high in ours)
