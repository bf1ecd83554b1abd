"""Intervals hold the truth as often as they say: small simulations, whose bounds only a real break can leave."""

from functools import partial

import numpy as np
import pytest
from scipy import ndimage

from benchmarks import coverage_clinical
from benchmarks.coverage import SCENARIOS, coverage
from benchmarks.coverage_images import SCENARIOS as ALIGNED
from benchmarks.coverage_images import one_repeat
from benchmarks.coverage_table import run
from evaluation.metrics import Sample
from evaluation.metrics.multiscale import estimate_within_group, pair_scores
from evaluation.metrics.reconstruction import energy_estimate
from evaluation.metrics.resampling import clustered_proportion, squared_distance_interval
from evaluation.metrics.result import Settings
from evaluation.metrics.severity import estimate_order, graded_images


def test_the_score_interval_of_a_squared_distance_misses_on_both_sides_alike() -> None:
    """Squared length of a mean of 40 vectors, less its bias: a short t interval misses on one side."""
    rng, truth, misses = np.random.default_rng(1), 0.09, np.zeros(2)
    for _ in range(1000):
        rows = rng.normal(size=(40, 6)) + np.array([0.3, 0, 0, 0, 0, 0])
        mean, spread = rows.mean(axis=0), np.cov(rows.T)
        value = mean @ mean - np.trace(spread) / 40
        se = np.sqrt(4 * mean @ spread @ mean / 40)
        low, high = squared_distance_interval(value, mean @ mean, se, 39, 0.95)
        assert low <= value <= high
        misses += high < truth, low > truth
    assert misses.sum() <= 90 and misses.max() <= 70


def test_clustered_shares_hold_the_truth() -> None:
    rng, held = np.random.default_rng(2), 0
    groups = [str(row // 4) for row in range(160)]
    for _ in range(300):
        share = np.repeat(rng.beta(1.5, 6, size=40), 4)
        _, low, high = clustered_proportion(rng.random(160) < share, groups, 0.95)
        held += low <= 0.2 <= high
    assert held >= 270


def test_distances_hold_the_truth_in_small_clustered_samples() -> None:
    scenario = next(s for s in SCENARIOS if s.name == "small")
    names = ("frechet_distance", "kernel_distance", "cmmd", "c2st_auroc", "feature_distance_across_prompts")
    found = coverage(scenario, names, 40)
    assert set(found) == set(names)
    assert all(one.share >= 0.85 for one in found.values()), found


def smooth_pictures(rng: np.random.Generator, prompts: int) -> np.ndarray:
    """(prompts * 2, 176, 176) gray pictures, two of each prompt with more or less of a part in common."""
    shared = np.repeat(ndimage.zoom(rng.normal(size=(prompts, 11, 11)), (1, 16, 16), order=1), 2, axis=0)
    share = np.repeat(rng.uniform(0.2, 0.8, size=prompts), 2)[:, None, None]
    own = ndimage.zoom(rng.normal(size=(2 * prompts, 11, 11)), (1, 16, 16), order=1)
    return np.clip(0.5 + 0.15 * (share * shared + (1 - share) * own), 0, 1).astype(np.float32)


def test_ms_ssim_holds_the_truth_over_prompts() -> None:
    """A population of 24 prompts, from which 8 are drawn with replacement, 30 times."""
    pictures = smooth_pictures(np.random.default_rng(3), 24)
    truth = float(pair_scores(lambda row: pictures[row], [(2 * p, 2 * p + 1) for p in range(24)]).mean())
    groups, held = tuple(f"g{row // 2}" for row in range(16)), 0
    for seed in range(30):
        prompts = np.random.default_rng(seed).integers(24, size=8)
        own = pictures[(2 * prompts[:, None] + np.arange(2)).ravel()]
        estimate = estimate_within_group(Sample(np.zeros((16, 1)), groups, load_pixels=own.__getitem__), Settings())
        held += estimate.low <= truth <= estimate.high
    assert held >= 25


def test_reconstructions_hold_the_truth_over_few_patients() -> None:
    """Energy of two octaves, lost or added by amounts that vary log-normally between 15 patients of three images."""
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        added = np.repeat(0.1 * rng.lognormal(0, 0.8, size=(15, 1)), 3, axis=0) * [1.0, 2.0]
        real = 1 + rng.random((45, 2))
        made = real * 0.9 + added * (1 + 0.1 * rng.normal(size=(45, 2)))
        groups = [str(row // 3) for row in range(45)]
        estimate = energy_estimate(made, real, groups, (4, 4), Settings(seed=seed))
        truth = 0.1 - 0.15 * np.exp(0.32) / 1.5
        held += estimate.low <= truth <= estimate.high
    assert 270 <= held <= 297


def test_alignment_holds_the_truth() -> None:
    scenario = next(s for s in ALIGNED if s.name == "small")
    found = run(partial(one_repeat, scenario=scenario, kind="alignment", truths={}), 30)
    assert {"image_text_score", "image_text_margin"} <= set(found)
    assert all(one.share >= 0.8 for one in found.values()), found


def test_precision_and_recall_hold_the_truth_without_excess_width() -> None:
    scenario = next(s for s in SCENARIOS if s.name == "small")
    found = coverage(scenario, ("precision", "recall", "density", "coverage"), 100)
    assert len(found) == 4
    # The jackknife's intervals, twice as wide, held nearly all of 400.
    assert 350 <= sum(100 * one.share for one in found.values()) <= 393, found


def test_a_simulated_order_of_severities_has_its_true_value_at_its_own_mix() -> None:
    rng, design = np.random.default_rng(0), coverage_clinical.SCENARIOS[1]
    sample = coverage_clinical.draw(rng, 400, 4, 0.5, 1.0, design)
    value = estimate_order([graded_images(sample)["Effusion"]], Settings()).value
    assert value == pytest.approx(coverage_clinical.at_its_grades(sample, coverage_clinical.concordances(sample)))
