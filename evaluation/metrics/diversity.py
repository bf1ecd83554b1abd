"""Diversity in feature space: how different images are within a prompt, across prompts, and how much a seed decides.

The distance of two images is 1 - cosine of their features, in whatever extractor's space: what LPIPS is with a network
that has seen radiographs, pooled over the picture. All pairs count, in closed form from sums of unit vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import (
    MINIMUM_GROUPS,
    SCORE,
    assign_blocks,
    group_codes,
    jackknife,
    pool,
    squared_distance_interval,
    t_interval,
    whole_groups,
)
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    as_features,
    scored,
)
from evaluation.metrics.second_order import BlockProducts, block_means, second_order_variance

MAX_IMAGES = 20_000
WITHIN = "1 - cosine, all pairs within a prompt, mean over prompts; t interval over prompts"
ACROSS = f"1 - cosine, all pairs of different {{units}}; delete-a-group jackknife, {SCORE}"
SEEDS = "within-prompt share of the variance (1 - intraclass correlation); delete-a-group jackknife, t interval"
BETWEEN_PATIENTS = "pairs of different real patients"


@dataclass(frozen=True)
class _Groups:
    """Sums of unit feature vectors by group (g, d) and group sizes (g,)."""

    sums: FloatArray
    sizes: IntArray


def _unit_sums(sample: Sample) -> _Groups:
    """Raises MetricError for a row of zeros, which has no direction."""
    features = as_features(sample.features)
    length = np.linalg.norm(features, axis=1, keepdims=True)
    if not length.all():
        raise MetricError("An image's features are all zero: it has no direction in this space.")
    codes = group_codes(sample.groups)
    return _Groups(_sums_by(codes, features / length), np.bincount(codes))


def _sums_by(codes: IntArray, rows: FloatArray) -> FloatArray:
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0))


def estimate_within_prompts(sample: Sample, settings: Settings) -> Estimate:
    """Mean over prompts of the mean distance of a prompt's pairs. Raises TooFewImages below 5 prompts of two images."""
    groups = _unit_sums(whole_groups(sample, MAX_IMAGES, settings.seed))
    several = groups.sizes > 1
    if several.sum() < MINIMUM_GROUPS:
        raise TooFewImages(
            f"Needs at least {MINIMUM_GROUPS} prompts with two or more images; there are {int(several.sum())}."
        )
    sums, sizes = groups.sums[several], groups.sizes[several]
    cosine = (np.einsum("ij,ij->i", sums, sums) - sizes) / (sizes * (sizes - 1))
    distances = np.maximum(1 - cosine, 0.0)
    value = float(distances.mean())
    se = float(distances.std(ddof=1) / np.sqrt(len(distances)))
    low, high = t_interval(value, se, len(distances) - 1, settings.confidence)
    extra = {"prompts": len(sizes), "n_pairs": int((sizes * (sizes - 1) // 2).sum())}
    return Estimate(value, max(low, 0.0), high, len(sizes), WITHIN, extra)


def estimate_across_groups(sample: Sample, settings: Settings, units: str) -> Estimate:
    """Mean distance over all pairs of images of different groups. Raises TooFewImages below 5 groups."""
    cut = whole_groups(sample, MAX_IMAGES, settings.seed)
    blocks = assign_blocks(cut.groups, settings.blocks, settings.seed)
    groups = _unit_sums(cut)
    block_of_group = blocks[np.unique(group_codes(cut.groups), return_index=True)[1]]
    value = _across(groups, np.ones(len(groups.sizes), dtype=np.bool_))
    replicates = [_across(groups, block_of_group != block) for block in range(int(blocks.max()) + 1)]
    _, se, df = pool([jackknife(value, replicates, np.bincount(blocks))])
    # The mean cosine is the squared length of the mean direction, pairs within groups left out.
    length = float(np.sum((groups.sums.sum(axis=0) / groups.sizes.sum()) ** 2))
    means = groups.sums / groups.sizes[:, None]
    products = np.sqrt(2) * block_means(means, block_of_group)
    at_zero = second_order_variance(BlockProducts(products @ products.T, *np.zeros((2, 0, 0))))
    low, high = squared_distance_interval(1 - value, length, se, df, settings.confidence, at_zero)
    low, high = 1 - high, 1 - low
    return Estimate(value, max(low, 0.0), high, cut.n, ACROSS.format(units=units), {"se": se, "groups": cut.n_groups})


def _across(groups: _Groups, keep: np.typing.NDArray[np.bool_]) -> float:
    """1 - mean cosine over pairs of different groups: all pairs less those within."""
    sums, sizes = groups.sums[keep], groups.sizes[keep].astype(float)
    total = sums.sum(axis=0)
    pairs = sizes.sum() ** 2 - np.sum(sizes**2)
    return max(float(1 - (total @ total - np.einsum("ij,ij->", sums, sums)) / pairs), 0.0)


def feature_distance_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Distance within a prompt and across prompts, both beside that of different real patients."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    real = estimate_across_groups(reference, settings, "patients")
    results = []
    for name in ("feature_distance_within_prompt", "feature_distance_across_prompts"):
        try:
            own = (
                estimate_within_prompts(synthetic, settings)
                if "within" in name
                else estimate_across_groups(synthetic, settings, "prompts")
            )
        except TooFewImages as error:
            results.append(MetricResult(name, "match", synthetic.n, "", refused=str(error)))
            continue
        results.append(scored(name, "match", own, baseline=real, baseline_label=BETWEEN_PATIENTS))
    return tuple(results)


@dataclass(frozen=True)
class _Scatter:
    """By prompt: centre (g, d), squared distances to it (g,), sizes (g,)."""

    centres: FloatArray
    within: FloatArray
    sizes: IntArray


def seed_share(scatter: _Scatter, keep: np.typing.NDArray[np.bool_]) -> float:
    """Share of the total variance that lies between images of one prompt: one-way analysis of variance on all features.

    1 = the prompt does not matter, 0 = the seed does not. The variance between prompts is its unbiased estimate, cut at 0.
    Source: intraclass correlation, Fisher 1925; unequal sizes as in Searle, Casella & McCulloch, Variance Components (1992) 3.6.
    """
    centres, within, sizes = scatter.centres[keep], scatter.within[keep], scatter.sizes[keep].astype(float)
    n, count = sizes.sum(), len(sizes)
    inside = within.sum() / (n - count)
    grand = sizes @ centres / n
    outside = float(sizes @ ((centres - grand) ** 2).sum(axis=1)) / (count - 1)
    typical = (n - np.sum(sizes**2) / n) / (count - 1)
    between = max((outside - inside) / typical, 0.0)
    total = inside + between
    return float(inside / total) if total > 0 else 0.0


def estimate_seed_sensitivity(sample: Sample, settings: Settings) -> Estimate:
    """The share with its interval. Raises TooFewImages below 5 prompts of two or more images."""
    codes = group_codes(sample.groups)
    several = np.flatnonzero(np.bincount(codes)[codes] > 1)
    cut = whole_groups(sample.take(several), MAX_IMAGES, settings.seed) if len(several) else sample
    if not len(several) or cut.n_groups < MINIMUM_GROUPS:
        raise TooFewImages(f"Needs at least {MINIMUM_GROUPS} prompts with two or more images.")
    features, codes = as_features(cut.features), group_codes(cut.groups)
    sizes = np.bincount(codes)
    centres = _sums_by(codes, features) / sizes[:, None]
    squares = np.einsum("ij,ij->i", features - centres[codes], features - centres[codes])
    scatter = _Scatter(centres, np.asarray(np.bincount(codes, weights=squares), dtype=np.float64), sizes)
    blocks = assign_blocks(cut.groups, settings.blocks, settings.seed)
    block_of_group = blocks[np.unique(codes, return_index=True)[1]]
    value = seed_share(scatter, np.ones(len(sizes), dtype=np.bool_))
    replicates = [seed_share(scatter, block_of_group != block) for block in range(int(blocks.max()) + 1)]
    _, se, df = pool([jackknife(value, replicates, np.bincount(blocks))])
    low, high = t_interval(value, se, df, settings.confidence)
    return Estimate(value, max(low, 0.0), min(high, 1.0), cut.n, SEEDS, {"se": se, "prompts": len(sizes)})


def seed_sensitivity_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """How much of what differs between images is the seed's doing. Real images have no seed: there is no yardstick."""
    return (scored("seed_sensitivity", "match", estimate_seed_sensitivity(comparison.synthetic, comparison.settings)),)


ENTRIES = (
    Metric("feature_distance_within_prompt", "Feature distance within a prompt", "diversity", "match", FEATURES, 20,
           "Zhang et al. 2018, arXiv:1801.03924 (deep features as a distance)", feature_distance_family, each_space=True),
    Metric("feature_distance_across_prompts", "Feature distance across prompts", "diversity", "match", FEATURES, 20,
           "Zhang et al. 2018, arXiv:1801.03924 (deep features as a distance)", feature_distance_family, each_space=True),
    Metric("seed_sensitivity", "Share of variance between seeds", "diversity", "match", FEATURES, 20,
           "intraclass correlation: Searle, Casella & McCulloch 1992", seed_sensitivity_family, each_space=True),
)  # fmt: skip
