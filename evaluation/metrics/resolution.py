"""At which resolution does it go wrong? Distances between the sets at 64, 128, 256 ... pixels, up to the pictures' own size.

Two series: of detail, without any network (what the next halving would lose), and of a network's features of the shrunken
pictures. Pictures are read at their own size, one at a time, and of a fixed number only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.frechet import IMAGES_PER_DIMENSION, gaussian_distance, higher_orders, leave_out_distances
from evaluation.metrics.frechet_curvature import frechet_products
from evaluation.metrics.gaussian import features_to_gaussian
from evaluation.metrics.metric import Metric
from evaluation.metrics.resampling import (
    SCORE,
    assign_blocks,
    error_at_this_n,
    halves,
    jackknife,
    pool,
    squared_distance_interval,
    whole_groups,
)
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)
from evaluation.metrics.second_order import mean_products, second_order_variance

# Pictures a set: they are read at full size, and a network looks at each once a side.
PICTURES = 200
SMALLEST_SIDE = 64
CELLS = 4
# Variance of rounding to 8 bits: detail below it is the file format's, not the picture's.
ROUNDING = 1 / 12 / 255**2
CORRECTED, AT_THIS_N = "bias-corrected", "plug-in at this n (too few images to correct its bias)"


@dataclass(frozen=True)
class BySide:
    """features: side in pixels -> (n, d), whose row i is picture i of ``groups`` shrunk to that side."""

    groups: tuple[str, ...]
    features: Mapping[int, FloatArray]

    @property
    def n(self) -> int:
        return len(self.groups)


def detail_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Distance of the finest detail at every side; the yardstick is one half of the reference against the other."""
    samples = _drawn(comparison)
    sides = halvings(min(min(sample.sides) for sample in samples))
    return _series("frechet_by_resolution", [_details(sample, sides) for sample in samples], comparison.settings)


def features_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Distance of a network's features at every side that is smaller than its input, and at the pictures' own."""
    samples = _drawn(comparison)
    tables = _looked_at(samples, min(min(sample.sides) for sample in samples))
    return _series("frechet_features_by_resolution", tables, comparison.settings)


def halvings(side: int) -> list[int]:
    """64, 128, 256 ... up to `side`. Raises MetricError below 64."""
    if side < SMALLEST_SIDE:
        raise MetricError(f"The series begins at {SMALLEST_SIDE} pixels; the smallest picture has {side}.")
    return [SMALLEST_SIDE << step for step in range((side // SMALLEST_SIDE).bit_length())]


def _drawn(comparison: Comparison) -> list[Sample]:
    """Synthetic pictures and two halves of the reference, all of one size of at most PICTURES (seeded, whole groups)."""
    synthetic, settings = comparison.synthetic, comparison.settings
    pair = halves(comparison.reference, min(PICTURES, synthetic.n), settings.seed)
    if pair is None:
        raise TooFewImages("The reference has too few patients for two halves to be compared.")
    return [whole_groups(synthetic, pair[0].n, settings.seed), *pair]


def _details(sample: Sample, sides: Sequence[int]) -> BySide:
    load = sample.load_square
    assert load is not None
    rows = [detail(load(index, sides[-1]), sides[0]) for index in range(sample.n)]
    return BySide(sample.groups, {side: np.array([row[side] for row in rows]) for side in sides})


def detail(levels: npt.NDArray[np.uint8], smallest: int = SMALLEST_SIDE) -> dict[int, FloatArray]:
    """By side, from the (s, s) picture's own down to ``smallest`` in halves: (16,) log10 variance of the finest detail.

    The finest detail at a side is what is lost when 2 x 2 pixels are averaged (one level of the Haar transform), as a mean
    over each cell of a 4 x 4 grid; the averages are the next side's picture. s is a power of 2 times ``smallest``.
    """
    found = {}
    image = levels.astype(np.float64) / 255
    while (side := len(image)) >= smallest:
        blocks = image.reshape(side // 2, 2, side // 2, 2)
        mean = blocks.mean(axis=(1, 3))
        lost = ((blocks - mean[:, None, :, None]) ** 2).mean(axis=(1, 3))
        cell = side // 2 // CELLS
        grid = lost.reshape(CELLS, cell, CELLS, cell).mean(axis=(1, 3))
        found[side] = np.log10(grid.ravel() + ROUNDING)
        image = mean
    return found


def _looked_at(samples: Sequence[Sample], own_side: int) -> list[BySide]:
    looks = [sample.look for sample in samples]
    tables: list[dict[int, FloatArray]] = [{} for _ in samples]
    for side in halvings(own_side):
        for look, table, sample in zip(looks, tables, samples, strict=True):
            assert look is not None
            if side < min(own_side, look.input_size):
                table[side] = np.asarray(look.features(np.arange(sample.n), side), dtype=np.float64)
    for table, sample in zip(tables, samples, strict=True):
        table[own_side] = np.asarray(sample.features, dtype=np.float64)
    if len(tables[0]) < 2:
        raise MetricError(
            f"At {own_side} pixels there is no smaller side from {SMALLEST_SIDE} on that the network would see."
        )
    return [BySide(sample.groups, table) for sample, table in zip(samples, tables, strict=True)]


def _series(name: str, tables: Sequence[BySide], settings: Settings) -> tuple[MetricResult, ...]:
    synthetic, reference, other = tables
    own, floor = estimate_over_sides(synthetic, reference, settings), estimate_over_sides(reference, other, settings)
    label = f"real vs real, n = {floor.n}"
    return (scored(name, "lower", own, baseline=floor, baseline_label=label),)


def estimate_over_sides(synthetic: BySide, reference: BySide, settings: Settings) -> Estimate:
    """Mean over sides of the Fréchet distance; ``extra["series"]`` has every side with its interval, the smallest first.

    Blocks of whole groups leave either set, at all sides at once. Bias-corrected where there are twice as many pictures as
    features, else the distance at this n. Raises TooFewImages below 5 groups on either side.
    """
    sides = sorted(synthetic.features)
    width = synthetic.features[sides[0]].shape[1]
    corrected = min(synthetic.n, reference.n) >= IMAGES_PER_DIMENSION * width
    blocks = [assign_blocks(table.groups, settings.blocks, settings.seed) for table in (synthetic, reference)]
    sizes = [np.bincount(of_side) for of_side in blocks]
    plug_ins, replicates, products = [], [], []
    for side in sides:
        x, y = synthetic.features[side], reference.features[side]
        left, right = features_to_gaussian(x), features_to_gaussian(y)
        plug_ins.append(gaussian_distance(left, right))
        both = leave_out_distances(x, left, right, blocks[0]), leave_out_distances(y, right, left, blocks[1])
        replicates.append(both)
        if corrected:
            products.append(frechet_products(x, left, blocks[0], y, right, blocks[1]))

    def estimate(chosen: slice) -> dict[str, Any]:
        plug_in = float(np.mean(plug_ins[chosen]))
        means = [np.mean([pair[which] for pair in replicates[chosen]], axis=0) for which in (0, 1)]
        bias, se, df = pool([jackknife(plug_in, mean, size) for mean, size in zip(means, sizes, strict=True)])
        value = plug_in - bias if corrected else plug_in
        at_zero = 0.0
        if corrected:
            crowding = higher_orders(width, synthetic.n, reference.n)
            se, at_zero = se * np.sqrt(crowding), crowding * second_order_variance(mean_products(products[chosen]))
        else:
            se = error_at_this_n(se, plug_in, bias)
        low, high = squared_distance_interval(value, plug_in, se, df, settings.confidence, at_zero)
        return {"value": value, "low": low, "high": high, "plug_in": plug_in, "bias": bias, "se": se}

    series = [{"side": side, **estimate(slice(at, at + 1))} for at, side in enumerate(sides)]
    mean = estimate(slice(None))
    value, low, high = (mean.pop(key) for key in ("value", "low", "high"))
    extra = {**mean, "bias_corrected": corrected, "n_reference": reference.n, "dimensions": width, "series": series}
    return Estimate(value, low, high, synthetic.n, _method(sides, synthetic.n, corrected), extra)


def _method(sides: Sequence[int], n: int, corrected: bool) -> str:
    return (
        f"mean over the sides {', '.join(map(str, sides))} pixels; {n} images of each set (at most {PICTURES}, seeded); "
        f"delete-a-group jackknife, {SCORE}; {CORRECTED if corrected else AT_THIS_N}"
    )


ENTRIES = (
    Metric("frechet_by_resolution", "Fréchet distance of detail by resolution", "parts", "lower",
           frozenset({"sizes"}), 20,
           "Dowson & Landau 1982, on the detail lost at each halving (Haar)", detail_family),
    Metric("frechet_features_by_resolution", "Fréchet distance of features by resolution", "parts", "lower",
           frozenset({"features", "network"}), 20,
           "Dowson & Landau 1982, on a network's features of shrunken pictures", features_family, each_space=True),
)  # fmt: skip
