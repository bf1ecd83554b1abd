"""Calibration error, its interval, the reliability plot, and the table of asked against seen."""

import numpy as np
import pytest
from scipy import special, stats

from benchmarks import coverage_clinical
from benchmarks.coverage_clinical import Miscalibrated
from evaluation.metrics.confusion import confusion, confusion_family
from evaluation.metrics.judging import Judged
from evaluation.metrics.reliability import equal_mass_bins, estimate_brier, estimate_ece
from evaluation.metrics.result import Comparison, Sample, Settings, TooFewImages


def predicted(seed: int, n: int, *, slope: float = 1.0, shift: float = 0.0, per_group: int = 1) -> Judged:
    return coverage_clinical.predicted(seed, Miscalibrated(n, per_group, slope, shift))


def test_bins_have_equal_mass_and_equal_values_stay_together() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(1000)
    assert np.bincount(equal_mass_bins(p, np.ones(1000), 10)).tolist() == [100] * 10
    weights = np.where(p < 0.5, 3.0, 1.0)
    mass = np.bincount(equal_mass_bins(p, weights, 4), weights)
    assert mass == pytest.approx(np.full(4, weights.sum() / 4), rel=0.02)
    tied = np.repeat([0.1, 0.2, 0.9], [500, 10, 490])
    for value in (0.1, 0.2, 0.9):
        assert len(set(equal_mass_bins(tied, np.ones(1000), 10)[tied == value])) == 1


def test_the_plain_error_is_the_mean_of_the_gaps() -> None:
    view = predicted(0, 500, slope=0.5)
    order = np.argsort(view.calibrated).reshape(10, 50)
    gaps = np.abs(view.truth[order].mean(axis=1) - view.calibrated[order].mean(axis=1))
    estimate = estimate_ece(view, Settings())
    assert estimate.extra["plug_in"] == pytest.approx(gaps.mean(), abs=1e-12)
    table = estimate.extra["reliability"]
    assert table["share"] == pytest.approx(view.truth[order].mean(axis=1), abs=1e-5) and table["n"] == [50] * 10
    assert all(
        low <= share <= high for low, share, high in zip(table["low"], table["share"], table["high"], strict=True)
    )
    assert estimate.low <= estimate.value <= estimate.extra["plug_in"] <= estimate.high


def test_perfect_probabilities_are_not_told_from_calibrated_though_the_plain_error_is_above_zero() -> None:
    found = [estimate_ece(predicted(seed, 300), Settings(seed=seed)) for seed in range(60)]
    assert np.mean([e.extra["plug_in"] for e in found]) > 0.04
    assert np.mean([e.value for e in found]) < 0.02
    assert np.mean([e.low == 0 for e in found]) >= 0.88
    assert all(e.high > 0.01 for e in found)


@pytest.mark.parametrize(("slope", "shift"), [(0.4, 0.0), (1.0, 0.5), (1.0, 1.5)])
def test_intervals_of_the_calibration_error_hold_the_truth(slope: float, shift: float) -> None:
    truth, held, values = coverage_clinical.true_error(Miscalibrated(400, 4, slope, shift)), 0, []
    for seed in range(60):
        estimate = estimate_ece(predicted(seed, 400, slope=slope, shift=shift, per_group=4), Settings(seed=seed))
        held += estimate.low <= truth <= estimate.high
        values.append(estimate.value)
    assert held >= 51 and np.mean(values) == pytest.approx(truth, abs=0.012)


def test_where_the_error_is_small_the_interval_still_ends_at_the_level_that_was_asked_for() -> None:
    """An interval that never lies below a small truth would hold it in 99 of 100; perfect probabilities are found out in 1 of 20."""
    case = Miscalibrated(400, 1, 1.0, 0.3)
    truth = coverage_clinical.true_error(case)
    found = [estimate_ece(coverage_clinical.predicted(seed, case), Settings(seed=seed)) for seed in range(100)]
    assert 87 <= sum(e.low <= truth <= e.high for e in found) <= 99
    lows = [estimate_ece(predicted(seed, 300), Settings(seed=seed)).low for seed in range(100)]
    assert 1 <= sum(low > 0 for low in lows) <= 12


@pytest.mark.parametrize(("wrong", "error"), [(0, 0.0), (100, 1.0)])
def test_probabilities_of_0_and_1_have_an_interval(wrong: int, error: float) -> None:
    truth = np.repeat([0, 1], 50)
    said = np.where(np.arange(100) < wrong, 1.0 - truth, truth * 1.0)
    codes = np.arange(100)
    view = Judged("Effusion", truth, said, codes, np.zeros_like(codes), 0.5, np.full(100, 0.5), said)
    estimate = estimate_ece(view, Settings())
    assert estimate.value == pytest.approx(error) and 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_the_order_of_rows_does_not_matter_and_few_images_are_refused() -> None:
    view = predicted(0, 200, slope=0.5, per_group=2)
    mixed = np.random.default_rng(1).permutation(200)
    parts = {
        name: getattr(view, name)[mixed] for name in ("truth", "scores", "groups", "blocks", "thresholds", "calibrated")
    }
    shuffled = Judged("Effusion", prevalence=view.prevalence, **parts)
    for function in (estimate_ece, estimate_brier):
        one, other = function(view, Settings()), function(shuffled, Settings())
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)
    with pytest.raises(TooFewImages, match="at least 40 labelled images"):
        estimate_ece(predicted(0, 39), Settings())


def test_intervals_of_the_brier_score_hold_the_truth() -> None:
    logits = 1.5 * stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000) - 0.5
    q = special.expit(logits)
    truth, held = float(np.mean(q * (1 - q))), 0
    for seed in range(200):
        estimate = estimate_brier(predicted(seed, 200), Settings())
        held += estimate.low <= truth <= estimate.high
    assert held >= 178


def several(seed: int, n: int, errors: float) -> Sample:
    """Two findings a class, seen as asked but for a share of errors per finding; a prompt is two images."""
    rng = np.random.default_rng(seed)
    asked = np.repeat(rng.random((n // 2, 2)) < 0.4, 2, axis=0)
    seen = asked ^ (rng.random((n, 2)) < errors)
    names = np.array(["Effusion", "Mass"])
    findings = tuple(tuple(names[row]) or ("No Finding",) for row in asked)
    groups = tuple(f"p{i // 2:04d}" for i in range(n))
    return Sample(
        np.zeros((n, 2)), groups, findings, ("Effusion", "Mass", ""), np.column_stack([0.2 + 0.6 * seen, np.zeros(n)])
    )


def test_exact_match_is_the_share_of_images_without_any_error() -> None:
    result = confusion_family(Comparison(several(0, 600, 0.1), several(1, 600, 0.0)))[0]
    assert result.metric == "exact_match" and result.low < 0.9**2 < result.high
    assert result.baseline.value == 1 and result.extra["difference"]["high"] < 0
    reference = Sample(
        np.zeros((60, 2)), tuple(map(str, range(60))), classes=("Effusion",), probabilities=np.zeros((60, 1))
    )
    alone = confusion_family(Comparison(several(0, 600, 0.1), reference))[0]
    assert alone.baseline is None and "difference" not in alone.extra


def test_confusion_counts_an_image_in_the_row_of_every_finding_that_was_asked_for() -> None:
    asked = np.array([[1, 0], [1, 1], [0, 0], [0, 0]])
    seen = np.array([[1, 0], [1, 0], [0, 1], [0, 0]])
    table = confusion(asked, seen, ["Effusion", "Mass"])
    assert table["asked"] == table["seen"] == ["Effusion", "Mass", "No Finding"] and table["n"] == [2, 1, 2]
    assert table["share"] == [[1, 0, 0], [1, 0, 0], [0, 0.5, 0.5]]
    assert confusion(asked[:, :1] * 0, seen[:, :1], ["Effusion"])["share"][0] == [None, None]
