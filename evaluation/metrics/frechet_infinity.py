"""Fréchet distance extrapolated to infinitely many images: a straight line in 1/N through the distances of smaller sets.

Chong & Forsyth 2020 (arXiv:1911.07023) draw random subsets of the synthetic set only. Here whole groups are dealt, seeded, into
1, 2, ... equal parts of both sets at once, and the distance at a size is the mean over the parts: every image counts at every
size, the bias of the reference is removed too, and one prompt never lies on two sides of a cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.metrics.frechet import (
    correctable,
    frechet_distance,
    higher_orders,
    leave_out_distances,
    varying_dimensions,
)
from evaluation.metrics.frechet_curvature import frechet_products
from evaluation.metrics.gaussian import Features, as_table, features_to_gaussian, remembered_gaussian
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import SCORE, assign_blocks, halves, jackknife, pool, squared_distance_interval
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)
from evaluation.metrics.second_order import BlockProducts, second_order_variance

METHOD = f"line in 1/N through sets of N, N/2, ... N/{{parts}} images; delete-a-group jackknife, {SCORE}"
MOST_PARTS = 5
# The smallest part needs so many images a dimension: below it the bias is not of order 1/N and no line fits.
IMAGES_PER_DIMENSION = 2


def intercept_weights(counts: int) -> FloatArray:
    """(counts,) w with w @ distances = the least-squares line's value at 1/N = 0; 1/N is proportional to 1, 2, ... counts."""
    parts = np.arange(1, counts + 1, dtype=np.float64)
    offset = parts - parts.mean()
    return np.asarray(1 / counts - parts.mean() * offset / (offset @ offset))


def distances_of_parts(x: Features, y: Features, blocks_x: IntArray, blocks_y: IntArray, counts: int) -> FloatArray:
    """(counts,) distance at 1, 2, ... counts parts: the mean over the parts that the blocks are dealt into."""
    distances = np.zeros(counts)
    for parts in range(1, counts + 1):
        for part in range(parts):
            sides = x[blocks_x % parts == part], y[blocks_y % parts == part]
            distances[parts - 1] += frechet_distance(*sides) / parts
    return distances


def pair_weights(b: int, c: int, counts: int) -> BlockProducts:
    """How much more the pairs of b and c blocks count in the intercept than in the distance of all images.

    Two blocks that lie in the same of k parts meet there with k^2 the weight, in one of the k distances whose mean is taken.
    """
    weights = intercept_weights(counts)

    def table(rows: int, columns: int) -> FloatArray:
        gap = np.arange(rows)[:, None] - np.arange(columns)
        return np.asarray(sum(w * k * (gap % k == 0) for k, w in enumerate(weights, start=1)), dtype=np.float64)

    return BlockProducts(table(b, b), table(c, c), table(b, c))


def estimate_frechet_infinity(synthetic: Sample, reference: Sample, settings: Settings, counts: int) -> Estimate:
    """The distance at infinite n with interval; ``extra`` has the distance at each size."""
    samples = (synthetic, reference)
    features = [as_table(sample.features) for sample in samples]
    blocks = [assign_blocks(sample.groups, settings.blocks, settings.seed) for sample in samples]
    counts = min(counts, *(int(b.max() + 1) // 2 for b in blocks))
    if counts < 2:
        raise TooFewImages("The extrapolation needs at least 4 independent groups on both sides.")
    distances = distances_of_parts(features[0], features[1], blocks[0], blocks[1], counts)
    value, plug_in = float(intercept_weights(counts) @ distances), float(distances[0])
    se, df, at_zero = _errors(features, blocks, plug_in, counts)
    crowding = higher_orders(varying_dimensions(synthetic, reference), synthetic.n, reference.n)
    se, at_zero = float(se * np.sqrt(crowding)), at_zero * crowding
    low, high = squared_distance_interval(value, plug_in, se, df, settings.confidence, at_zero)
    sizes = [synthetic.n // parts for parts in range(1, counts + 1)]
    extra = {
        "se": se,
        "sizes": sizes,
        "distances": distances.tolist(),
        "se_at_zero": float(np.sqrt(at_zero)),
        "n_reference": reference.n,
    }
    return Estimate(value, low, high, synthetic.n, METHOD.format(parts=counts), extra)


def _errors(
    features: Sequence[Features], blocks: Sequence[IntArray], plug_in: float, counts: int
) -> tuple[float, float, float]:
    """(standard error, df, variance at 0) of the intercept.

    The line changes nothing in what single images do to the distance: the jackknife of all images' distance is the intercept's,
    too. What pairs of images do it weighs anew.
    """
    x, y = features
    own, other = features_to_gaussian(x), remembered_gaussian(y)
    sides = (x, own, other, blocks[0]), (y, other, own, blocks[1])
    parts = [jackknife(plug_in, leave_out_distances(*side), np.bincount(side[-1])) for side in sides]
    _, se, df = pool(parts)
    products = frechet_products(x, own, blocks[0], y, other, blocks[1])
    weights = pair_weights(len(products.synthetic), len(products.reference), counts)
    return se, df, second_order_variance(products, weights)


def frechet_infinity_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The extrapolated distance, and that of two halves of the reference as its noise floor."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    if not correctable(synthetic, reference, 2 * IMAGES_PER_DIMENSION):
        dimensions = varying_dimensions(synthetic, reference)
        needed = 2 * IMAGES_PER_DIMENSION * dimensions
        raise TooFewImages(
            f"A line in 1/N needs {needed} synthetic and {2 * needed} real images with {dimensions} features; "
            f"there are {synthetic.n} and {reference.n}."
        )
    estimate = estimate_frechet_infinity(synthetic, reference, settings, part_counts(synthetic, reference))
    pair = halves(reference, synthetic.n, settings.seed)
    floor = estimate_frechet_infinity(*pair, settings, part_counts(*pair)) if pair else None
    label = f"real vs real, n = {floor.n}" if floor else ""
    return (scored("frechet_distance_infinity", "lower", estimate, baseline=floor, baseline_label=label),)


def part_counts(a: Sample, b: Sample) -> int:
    """Into how many parts both sets can be dealt so that each still has enough images a dimension."""
    enough = min(a.n, b.n) // max(IMAGES_PER_DIMENSION * varying_dimensions(a, b), 1)
    return max(2, min(MOST_PARTS, enough))


ENTRIES = (
    Metric("frechet_distance_infinity", "Fréchet distance at infinite n", "fidelity", "lower", FEATURES, 40,
           "Chong & Forsyth 2020, arXiv:1911.07023", frechet_infinity_family, each_space=True),
)  # fmt: skip
