"""Intervals hold the truth as often as they say: small simulations, whose bounds only a real break can leave."""

import numpy as np

from benchmarks.coverage import SCENARIOS, coverage
from evaluation.metrics.resampling import clustered_proportion, squared_distance_interval


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
