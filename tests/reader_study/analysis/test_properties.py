"""What must hold for any reads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader_study.analysis import RatingTable
from reader_study.analysis.counts import confusion
from reader_study.analysis.mrmc.covariance import delong, jackknife, unbiased_auc
from reader_study.analysis.mrmc.endpoint import chance_endpoint
from reader_study.analysis.mrmc.grid import grid
from reader_study.analysis.mrmc.pair_sums import cross_products
from reader_study.analysis.mrmc.panel import auc_panel
from reader_study.analysis.mrmc.placement import auc_components, placements
from reader_study.analysis.mrmc.single_arm import SingleArm, single_arm
from reader_study.analysis.roc import mean_roc, roc
from tests.reader_study.analysis.tables import from_matrix


@st.composite
def studies(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Ratings (readers, cases) on 6 levels and truth with at least three cases of each class."""
    readers, n0, n1 = draw(st.integers(2, 4)), draw(st.integers(3, 8)), draw(st.integers(3, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shift = draw(st.floats(0, 2))
    truth = np.array([0] * n0 + [1] * n1)
    return np.clip(np.round(rng.normal(3.5, 1.5, (readers, n0 + n1)) + shift * truth), 1, 6), truth


def test_of(ratings: np.ndarray, truth: np.ndarray, method: str = "delong") -> SingleArm:
    return single_arm(auc_panel(from_matrix(ratings, truth), "rating", "AUC", covariance=method))


test_of.__test__ = False  # type: ignore[attr-defined]


def same(first: SingleArm, second: SingleArm, *, flipped: bool = False) -> None:
    estimate = 1 - second.estimate if flipped else second.estimate
    assert first.estimate == pytest.approx(estimate, abs=1e-12)
    assert first.method == second.method
    if first.standard_error is not None:
        assert first.standard_error == pytest.approx(second.standard_error, rel=1e-6, abs=1e-12)
        assert first.p_value == pytest.approx(second.p_value, rel=1e-6, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(studies(), st.sampled_from(["delong", "jackknife", "unbiased"]))
def test_flipping_the_labels_mirrors_the_estimate(study: tuple[np.ndarray, np.ndarray], method: str) -> None:
    ratings, truth = study
    same(test_of(ratings, truth, method), test_of(ratings, 1 - truth, method), flipped=True)


@settings(max_examples=40, deadline=None)
@given(studies(), st.randoms(use_true_random=False))
def test_the_order_of_readers_and_cases_does_not_matter(study: tuple[np.ndarray, np.ndarray], random: object) -> None:
    ratings, truth = study
    rng = np.random.default_rng(random.randint(0, 10**6))  # type: ignore[attr-defined]
    readers, cases = rng.permutation(len(ratings)), rng.permutation(truth.size)
    same(test_of(ratings, truth), test_of(ratings[readers][:, cases], truth[cases]))


@settings(max_examples=40, deadline=None)
@given(studies(), st.sampled_from(["delong", "jackknife", "unbiased"]))
def test_an_increasing_transform_changes_nothing(study: tuple[np.ndarray, np.ndarray], method: str) -> None:
    ratings, truth = study
    same(test_of(ratings, truth, method), test_of(np.exp(ratings) - 7, truth, method))


@settings(max_examples=40, deadline=None)
@given(studies())
def test_placements_equal_the_double_loop(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    positives, negatives = ratings[0, truth == 1], ratings[0, truth == 0]
    psi = np.heaviside(np.subtract.outer(positives, negatives), 0.5)
    area, v10, v01 = placements(positives, negatives)
    assert area == pytest.approx(psi.mean(), abs=1e-15)
    np.testing.assert_allclose(v10, psi.mean(axis=1), atol=1e-15)
    np.testing.assert_allclose(v01, psi.mean(axis=0), atol=1e-15)


@settings(max_examples=30, deadline=None)
@given(studies())
def test_the_jackknife_equals_leaving_out_each_case(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    rng = np.random.default_rng(5)
    read = np.where(rng.random(ratings.shape) < 0.1, np.nan, ratings)
    cells = grid(from_matrix(read, truth))
    negatives, positives = cells.cells()
    if (np.isfinite(negatives).sum(axis=1) < 2).any() or (np.isfinite(positives).sum(axis=1) < 2).any():
        return
    matrix, classes = np.concatenate([negatives, positives], axis=1), [0] * cells.n_real + [1] * cells.n_synthetic
    names = np.array(classes)
    left = np.empty_like(matrix)
    for case in range(names.size):
        kept, labels = np.delete(matrix, case, axis=1), np.delete(names, case)
        for row, values in enumerate(kept):
            seen = np.isfinite(values)
            left[row, case] = placements(values[seen & (labels == 1)], values[seen & (labels == 0)])[0]
    n = names.size
    expected = (n - 1) * np.cov(left, ddof=0)
    np.testing.assert_allclose(jackknife(auc_components(cells)), expected, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(studies())
def test_the_unbiased_covariance_equals_the_sum_over_disjoint_pairs(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    cells = grid(from_matrix(ratings, truth))
    negatives, positives = cells.cells()
    psi = np.heaviside(positives[:, :, None] - negatives[:, None, :], 0.5)
    n1, n0 = positives.shape[1], negatives.shape[1]
    estimates = psi.mean(axis=(1, 2))
    disjoint = np.zeros((len(psi), len(psi)))
    for a in range(n1):
        for b in range(n0):
            rest = np.delete(np.delete(psi, a, axis=1), b, axis=2).sum(axis=(1, 2))
            disjoint += np.outer(psi[:, a, b], rest)
    expected = np.outer(estimates, estimates) - disjoint / (n0 * n1 * (n0 - 1) * (n1 - 1))
    found = unbiased_auc(auc_components(cells), positives, negatives)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_cross_products_agree_for_levels_and_for_blocks() -> None:
    rng = np.random.default_rng(3)
    positives, negatives = rng.normal(size=(4, 300)), rng.normal(size=(4, 290))
    coarse = np.round(positives), np.round(negatives)
    for high, low in ((positives, negatives), coarse):
        psi = np.heaviside(high[:, :, None] - low[:, None, :], 0.5).reshape(4, -1)
        np.testing.assert_allclose(cross_products(high, low), psi @ psi.T, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(studies())
def test_the_covariances_are_close_and_delong_is_never_negative(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    components = auc_components(grid(from_matrix(ratings, truth)))
    assert np.linalg.eigvalsh(delong(components)).min() >= -1e-12


@settings(max_examples=30, deadline=None)
@given(studies())
def test_the_roc_curve_has_the_area_of_the_ratings(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    curves = [roc(row[truth == 1], row[truth == 0]) for row in ratings]
    areas = [placements(row[truth == 1], row[truth == 0])[0] for row in ratings]
    found = [float(np.trapezoid(curve.true_positive, curve.false_positive)) for curve in curves]
    np.testing.assert_allclose(found, areas, atol=1e-12)
    mean = mean_roc(curves, points=4001)
    assert np.trapezoid(mean.true_positive, mean.false_positive) == pytest.approx(np.mean(areas), abs=2e-3)


@settings(max_examples=20, deadline=None)
@given(studies())
def test_repeats_never_reach_the_primary_analysis(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    plain = from_matrix(ratings, truth)
    repeated = np.arange(0, len(plain), 3)
    both = np.concatenate([np.arange(len(plain)), repeated])
    doubled = RatingTable.build(
        reader=plain.reader[both].tolist(),
        case=plain.case[both].tolist(),
        truth=plain.truth[both].tolist(),
        rating=np.concatenate([plain.rating, 7 - plain.rating[repeated]]),
        call=np.concatenate([plain.call, 1 - plain.call[repeated]]),
        replicate=[0] * len(plain) + [1] * len(repeated),
    )
    for column in ("call", "rating"):
        first, second = (
            chance_endpoint(reads, column, column, null=0.5, margin=0.1, alpha=0.05) for reads in (plain, doubled)
        )
        assert first == second
    assert confusion(plain) == confusion(doubled)


@settings(max_examples=30, deadline=None)
@given(studies())
def test_doubling_every_case_leaves_the_estimates_alone(study: tuple[np.ndarray, np.ndarray]) -> None:
    ratings, truth = study
    once, twice = from_matrix(ratings, truth), from_matrix(np.tile(ratings, 2), np.tile(truth, 2))
    for column in ("call", "rating"):
        for method in ("or", "ustat"):
            ends = {"null": 0.5, "margin": 0.1, "alpha": 0.05, "method": method}
            first, second = (chance_endpoint(reads, column, column, **ends).random for reads in (once, twice))
            assert first is not None and second is not None
            assert first.estimate == pytest.approx(second.estimate, abs=1e-12)
