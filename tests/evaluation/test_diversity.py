"""Diversity in feature space: closed forms equal the pairs they stand for, and each number moves as its name says."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest

from evaluation.metrics import MetricError, Sample, Settings, TooFewImages, measure, ms_ssim
from evaluation.metrics.diversity import estimate_across_groups, estimate_seed_sensitivity, estimate_within_prompts
from evaluation.metrics.multiscale import estimate_across_prompts


def clustered(seed: int, groups: int = 40, size: int = 4, between: float = 1.0, within: float = 1.0) -> Sample:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups), size)
    centres = rng.normal(size=(groups, 12)) * np.sqrt(between)
    features = 3 + centres[codes] + rng.normal(size=(len(codes), 12)) * np.sqrt(within)
    return Sample(features, tuple(f"g{code:03d}" for code in codes))


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return 1 - float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_feature_distances_equal_the_mean_over_pairs() -> None:
    sample = clustered(0, 12, 3)
    x, groups = sample.features, sample.groups
    pairs = list(combinations(range(sample.n), 2))
    within = [distance(x[i], x[j]) for i, j in pairs if groups[i] == groups[j]]
    across = [distance(x[i], x[j]) for i, j in pairs if groups[i] != groups[j]]
    assert estimate_within_prompts(sample, Settings()).value == pytest.approx(np.mean(within))
    assert estimate_across_groups(sample, Settings(), "prompts").value == pytest.approx(np.mean(across))


def test_seed_sensitivity_is_the_share_of_variance_within_prompts() -> None:
    for between, within in ((1.0, 1.0), (3.0, 1.0), (0.2, 1.0)):
        estimate = estimate_seed_sensitivity(clustered(1, 150, 4, between, within), Settings())
        assert estimate.low < within / (between + within) < estimate.high
        assert estimate.high - estimate.low < 0.2


def test_the_ends_of_seed_sensitivity() -> None:
    alone = clustered(2, 30, 4, between=0.0)
    assert estimate_seed_sensitivity(alone, Settings()).high == 1
    copies = Sample(np.repeat(alone.features[:20], 4, axis=0), tuple(f"g{i // 4:03d}" for i in range(80)))
    nothing = estimate_seed_sensitivity(copies, Settings())
    assert nothing.value == pytest.approx(0) and nothing.high == pytest.approx(0)


def test_one_image_a_prompt_has_no_diversity_within_it_but_across() -> None:
    lone, reference = clustered(3, 60, 1), clustered(4, 60, 1)
    names = ["feature_distance_within_prompt", "feature_distance_across_prompts", "seed_sensitivity"]
    within, across, seeds = measure(lone, reference, names=names)
    assert "two or more images" in within.refused and "two or more images" in seeds.refused
    assert across.value is not None and across.baseline is not None


def test_a_row_of_zeros_has_no_direction() -> None:
    features = clustered(5).features.copy()
    features[3] = 0
    with pytest.raises(MetricError, match="no direction"):
        estimate_across_groups(Sample(features, clustered(5).groups), Settings(), "prompts")


def with_findings(sample: Sample, share: float, *names: str) -> Sample:
    """The first ``share`` of the images show the first name, the others the second."""
    findings = tuple((names[0],) if i < share * sample.n else (names[1],) for i in range(sample.n))
    return dataclasses.replace(sample, findings=findings)


def test_findings_are_compared_at_one_n_and_across_spellings() -> None:
    synthetic = with_findings(clustered(6, 60), 0.3, "Pleural Effusion", "No Finding")
    reference = with_findings(clustered(7, 80, 2), 0.5, "Effusion", "normal")
    rows = measure(synthetic, reference, names=["vendi_by_finding"])
    assert [(row.finding, row.n) for row in rows] == [("No Finding", 72), ("Pleural Effusion", 72)]
    few = measure(with_findings(synthetic, 0.05, "Mass", "Nodule"), reference, names=["vendi_by_finding"])
    assert "No finding has 50 images on both sides" in few[0].refused


def test_a_collapsed_finding_is_seen() -> None:
    """All effusions are nearly one picture, the masses are not; real ones are equally diverse."""
    sample = with_findings(clustered(8, 60), 0.5, "Effusion", "Mass")
    features = sample.features.copy()
    features[:120, 1:] = features[0, 1:]
    reference = with_findings(clustered(9, 60), 0.5, "Effusion", "Mass")
    rows = measure(dataclasses.replace(sample, features=features), reference, names=["vendi_by_finding"])
    by_finding = {row.finding: row for row in rows}
    assert by_finding["Effusion"].high < 3 < by_finding["Mass"].low
    assert by_finding["Effusion"].baseline.low > 3


def test_ms_ssim_across_prompts_pairs_different_prompts_once() -> None:
    base = np.random.default_rng(0).random((176, 176)).astype(np.float32)

    def load(index: int) -> np.ndarray:
        return base if index % 2 == 0 else np.roll(base, index // 2, axis=0)

    same = Sample(np.zeros((40, 1)), tuple(f"g{i // 2}" for i in range(40)), load_pixels=lambda i: base)
    estimate = estimate_across_prompts(same, Settings())
    assert estimate.value == pytest.approx(1, abs=1e-6) and estimate.extra["n_pairs"] == 10
    mixed = Sample(np.zeros((20, 1)), tuple(f"g{i}" for i in range(20)), load_pixels=load)
    assert estimate_across_prompts(mixed, Settings()).value < 1
    assert ms_ssim(load(0), load(1)) == pytest.approx(1, abs=1e-6)
    with pytest.raises(TooFewImages, match="at least 10 prompts"):
        estimate_across_prompts(same.take(np.arange(16)), Settings())
