"""Kernel distance (KID): squared maximum mean discrepancy with the cubic kernel k(a, b) = (a.b / d + 1)^3.

One unbiased U-statistic over all pairs of images of different groups, instead of an average over random subsets.
With one image a group it is the textbook statistic (Binkowski et al. 2018, arXiv:1801.01401). Pairs within a prompt
are left out because such images are not independent draws: counting them biases the value by their share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import MINIMUM_GROUPS, Jackknife, group_codes, halves, pool, t_interval
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

METHOD = "unbiased U-statistic over pairs of different groups; delete-one-group jackknife, t interval"
BLOCK = 2048


def _kernel(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(p, q) cubic kernel of float32 blocks; a and b come divided by sqrt(d)."""
    dot = a @ b.T
    dot += 1
    cube = dot * dot
    cube *= dot
    return cube


def kernel_row_sums(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32] | None) -> tuple[FloatArray, FloatArray]:
    """Sums of the kernel matrix over its columns and over its rows, in blocks; float64 sums of float32 blocks.

    With b None the matrix is that of a with itself: only its upper blocks are made.
    """
    other = a if b is None else b
    rows, columns = np.zeros(len(a)), np.zeros(len(other))
    for i in range(0, len(a), BLOCK):
        for j in range(i if b is None else 0, len(other), BLOCK):
            block = _kernel(a[i : i + BLOCK], other[j : j + BLOCK])
            rows[i : i + BLOCK] += block.sum(axis=1, dtype=np.float64)
            if b is not None or j > i:
                columns[j : j + BLOCK] += block.sum(axis=0, dtype=np.float64)
    return (rows + columns, rows + columns) if b is None else (rows, columns)


@dataclass(frozen=True)
class _Side:
    """Kernel sums of one sample by group: within (g,), to the sample's own other groups (g,), to the other sample (g,)."""

    within: FloatArray
    across: FloatArray
    other: FloatArray
    diagonal: float
    sizes: IntArray


def _side(features: FloatArray, codes: IntArray, own_rows: FloatArray, other_rows: FloatArray) -> _Side:
    scaled = features / np.sqrt(features.shape[1])
    diagonal = (np.einsum("ij,ij->i", scaled, scaled) + 1) ** 3
    sizes = np.bincount(codes)
    within = _by_group(codes, diagonal)
    for group in np.flatnonzero(sizes > 1):
        rows = scaled[codes == group]
        within[group] = float(((rows @ rows.T + 1) ** 3).sum())
    across = _by_group(codes, own_rows) - within
    return _Side(within, across, _by_group(codes, other_rows), float(diagonal.sum()), sizes)


def _by_group(codes: IntArray, values: FloatArray) -> FloatArray:
    """(g,) sums of (n,) values over each group's rows."""
    return np.bincount(codes, weights=values).astype(np.float64, copy=False)


def _own_mean(side: _Side, *, leave_out: bool) -> FloatArray:
    """Mean kernel over pairs of different groups; with leave_out, (g,) values without each group."""
    n, squares = side.sizes.sum(), np.sum(side.sizes.astype(float) ** 2)
    if not leave_out:
        return np.asarray(side.across.sum() / (n * n - squares))
    pairs = (n - side.sizes) ** 2 - (squares - side.sizes.astype(float) ** 2)
    return np.asarray((side.across.sum() - 2 * side.across) / pairs)


def _sums(x: FloatArray, y: FloatArray, codes_x: IntArray, codes_y: IntArray) -> tuple[_Side, _Side]:
    scaled_x, scaled_y = ((f / np.sqrt(f.shape[1])).astype(np.float32) for f in (x, y))
    xy, yx = kernel_row_sums(scaled_x, scaled_y)
    xx, yy = kernel_row_sums(scaled_x, None)[0], kernel_row_sums(scaled_y, None)[0]
    return _side(x, codes_x, xx, xy), _side(y, codes_y, yy, yx)


def kernel_distance(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Unbiased squared MMD of (n, d) and (m, d) features: every image its own group."""
    a, b = as_features(x), as_features(y)
    if a.shape[1] != b.shape[1]:
        raise MetricError("The two samples have features of different length.")
    left, right = _sums(a, b, np.arange(len(a)), np.arange(len(b)))
    return float(
        _own_mean(left, leave_out=False) + _own_mean(right, leave_out=False) - 2 * left.other.sum() / (len(a) * len(b))
    )


def _all_pairs_mean(side: _Side) -> float:
    """Mean kernel over all pairs of different images, those within a group included."""
    n = int(side.sizes.sum())
    return (float(side.across.sum() + side.within.sum()) - side.diagonal) / (n * (n - 1))


def estimate_kernel_distance(synthetic: Sample, reference: Sample, settings: Settings) -> Estimate:
    """KID with interval. ``extra["all_pairs"]`` is the statistic with pairs within a group counted (the peers' number)."""
    x, y = as_features(synthetic.features), as_features(reference.features)
    codes_x, codes_y = group_codes(synthetic.groups), group_codes(reference.groups)
    if min(codes_x.max(), codes_y.max()) + 1 < MINIMUM_GROUPS:
        raise TooFewImages(f"Needs at least {MINIMUM_GROUPS} independent groups (prompts or patients) on both sides.")
    left, right = _sums(x, y, codes_x, codes_y)
    cross = float(left.other.sum()) / (len(x) * len(y))
    own = [float(_own_mean(s, leave_out=False)) for s in (left, right)]
    value = own[0] + own[1] - 2 * cross
    parts = [_one_sided(left, len(y), own[1], value), _one_sided(right, len(x), own[0], value)]
    _, se, df = pool(parts)
    low, high = t_interval(value, se, df, settings.confidence)
    all_pairs = _all_pairs_mean(left) + _all_pairs_mean(right) - 2 * cross
    return Estimate(value, low, high, len(x), METHOD, {"se": se, "all_pairs": all_pairs, "n_reference": len(y)})


def _one_sided(side: _Side, other_n: int, other_own: float, value: float) -> Jackknife:
    """Delete-one-group jackknife of one side, in closed form from the sums; no bias (the statistic has none)."""
    n = int(side.sizes.sum())
    cross = (side.other.sum() - side.other) / ((n - side.sizes) * other_n)
    left_out = _own_mean(side, leave_out=True) + other_own - 2 * cross
    count = len(left_out)
    share = side.sizes / n
    pseudo = value / share - (1 / share - 1) * left_out
    variance = float(np.mean((pseudo - pseudo.mean()) ** 2 / (1 / share - 1)))
    return Jackknife(0.0, variance, count - 1)


def kid_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """KID, with the KID of two halves of the reference as its noise floor."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_kernel_distance(synthetic, reference, settings)
    pair = halves(reference, synthetic.n, settings.seed)
    floor = estimate_kernel_distance(*pair, settings) if pair else None
    return (
        scored(
            "kernel_distance",
            "lower",
            estimate,
            baseline=floor,
            baseline_label="real vs real",
        ),
    )


ENTRIES = (
    Metric("kernel_distance", "Kernel distance (KID)", "fidelity", "lower", FEATURES, 20,
           "Binkowski et al. 2018, arXiv:1801.01401", kid_family, each_space=True),
)  # fmt: skip
