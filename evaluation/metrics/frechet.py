"""Fréchet distance between two sets of features.

FD = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)   (Dowson & Landau 1982; Heusel et al. 2017)

The cross term is a sum of singular values. With A and B any roots of the covariances (A'A = S1, B'B = S2),
tr (S1 S2)^(1/2) is the nuclear norm of A B': exact at any n, and no matrix square root is taken. Where both have full rank
(n > d) the eigenvalues of its d x d Gram matrix are cheaper and as good.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import linalg

from evaluation.metrics.by_finding import by_finding
from evaluation.metrics.frechet_curvature import frechet_products
from evaluation.metrics.gaussian import (
    Features,
    Gaussian,
    as_table,
    conjugated,
    covariance_root,
    features_to_gaussian,
    remembered_gaussian,
)
from evaluation.metrics.leave_out import nuclear_norms_without
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import (
    SCORE,
    assign_blocks,
    error_at_this_n,
    halves,
    jackknife,
    pool,
    squared_distance_interval,
    subsample,
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
    scored,
)
from evaluation.metrics.second_order import second_order_variance

CORRECTED = f"delete-a-group jackknife, bias-corrected (estimates the distance at infinite n), {SCORE}"
AT_THIS_N = f"plug-in at this n (too few images to correct its bias), delete-a-group jackknife, {SCORE}"
# Below two images a dimension the bias is no longer of order 1/n and the corrected interval does not cover
# (benchmarks/coverage.py): there the distance at this very n is what can be estimated.
IMAGES_PER_DIMENSION = 2


def frechet_distance(x: npt.ArrayLike, y: npt.ArrayLike, gaussian: Gaussian | None = None) -> float:
    """Plug-in Fréchet distance of (n, d) and (m, d) features; ``gaussian`` of y where it is at hand already.

    Raises TooFewImages below 2 rows, MetricError for features of different length or with NaN.
    """
    return gaussian_distance(features_to_gaussian(x), features_to_gaussian(y) if gaussian is None else gaussian)


def gaussian_distance(a: Gaussian, b: Gaussian) -> float:
    """Fréchet distance of two samples by their means and covariance roots."""
    if a.dimensions != b.dimensions:
        raise MetricError("The two samples have features of different length.")
    cross = a.root @ b.root.T
    # The Gram matrix squares the condition number: only where both have full rank.
    full_rank = cross.shape == (a.dimensions, a.dimensions) and min(a.n, b.n) > a.dimensions
    nuclear = _gram_nuclear_norm(cross.T @ cross) if full_rank else _nuclear_norm(cross)
    return float(np.sum((a.mean - b.mean) ** 2)) + a.trace + b.trace - 2 * nuclear


def moments_to_frechet_distance(
    mean1: FloatArray, cov1: FloatArray, mean2: FloatArray, cov2: FloatArray, root: FloatArray | None = None
) -> float:
    """The distance from means (d,) and covariances (d, d): eigenvalues of B S1 B', B the root of S2.

    ``root``: `covariance_root(cov2)` where it was kept, as for a reference that many sets are compared with.
    """
    root = covariance_root(cov2) if root is None else root
    values = linalg.eigvalsh(conjugated(root, cov1), check_finite=False, overwrite_a=True)
    nuclear = float(np.sqrt(np.clip(values, 0, None)).sum())
    return float(np.sum((mean1 - mean2) ** 2) + np.trace(cov1) + np.trace(cov2)) - 2 * nuclear


def _nuclear_norm(matrix: FloatArray) -> float:
    return float(linalg.svd(matrix, compute_uv=False, check_finite=False, overwrite_a=True).sum())


def _gram_nuclear_norm(gram: FloatArray) -> float:
    """Sum of the roots of a symmetric matrix's eigenvalues. The matrix is overwritten."""
    if not len(gram):
        return 0.0  # a set of one picture repeated has no covariance, and no root of it
    # The transpose is the same matrix in the order that LAPACK reads, so that no copy is made.
    values = linalg.eigvalsh(gram.T, check_finite=False, overwrite_a=True)
    noise = max(values[-1], 0.0) * len(values) * np.finfo(float).eps
    return float(np.sqrt(values[values > noise]).sum())


def leave_out_distances(x: Features, own: Gaussian, other: Gaussian, blocks: IntArray) -> FloatArray:
    """(b,) plug-in distances of x, whose Gaussian is ``own``, without block j to a fixed other sample.

    What all replicates share is made once. With n <= r a replicate is some determinants of the block's size (`leave_out`), or one
    eigvalsh of an n x n matrix; with n > r one eigvalsh of an r x r matrix.
    Memory beyond that matrix and the roots: one block of rows in float64.
    """
    by_row = len(x) <= len(other.root)
    spectra = _row_spectra(x, own, other, blocks) if by_row else _downdated_spectra(x, own, other, blocks)
    distances = np.empty(int(blocks.max()) + 1)
    for block, nuclear in enumerate(spectra):
        dropped = x[blocks == block] - own.mean
        left = own.n - len(dropped)
        total = dropped.sum(axis=0)
        squares = (own.n - 1) * own.trace - float(np.einsum("ij,ij->", dropped, dropped))
        trace = (squares - float(total @ total) / left) / (left - 1)
        gap = own.mean - total / left - other.mean
        distances[block] = float(gap @ gap) + trace + other.trace - 2 * nuclear / np.sqrt(left - 1)
    return distances


def _row_spectra(x: Features, own: Gaussian, other: Gaussian, blocks: IntArray) -> list[float]:
    """By block: nuclear norm of the kept rows, centred by their own mean, times B'; from the n x n Gram matrix."""
    order = np.argsort(blocks, kind="stable")
    projected = (x[order] - own.mean) @ other.root.T
    gram = projected @ projected.T
    norms = nuclear_norms_without(gram, blocks[order])
    if norms is not None:
        return norms
    edges = np.searchsorted(blocks[order], np.arange(int(blocks.max()) + 2))
    return [
        _gram_nuclear_norm(_centred_without(gram, start, stop))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]


def _centred_without(gram: FloatArray, start: int, stop: int) -> FloatArray:
    """Gram matrix without rows start..stop, after the others are centred by their own mean."""
    size = len(gram) - (stop - start)
    part = np.empty((size, size))
    # Rows are sorted by block, so what stays is four rectangles: copies, where an index would gather.
    for rows, kept_rows in ((slice(0, start), slice(0, start)), (slice(stop, None), slice(start, None))):
        part[kept_rows, :start] = gram[rows, :start]
        part[kept_rows, start:] = gram[rows, stop:]
    means = part.mean(axis=0)
    part -= means
    part -= (means - means.mean())[:, None]
    return part


def _downdated_spectra(x: Features, own: Gaussian, other: Gaussian, blocks: IntArray) -> list[float]:
    """The same from the r x r scatter matrix of all rows times B', less what the block held of it."""
    cross = own.root @ other.root.T
    scatter = cross.T @ cross * (own.n - 1)
    norms = []
    for block in range(int(blocks.max()) + 1):
        dropped = (x[blocks == block] - own.mean) @ other.root.T
        total = dropped.sum(axis=0)
        kept = scatter - dropped.T @ dropped
        kept -= np.outer(total, total / (own.n - len(dropped)))
        norms.append(_gram_nuclear_norm(kept))
    return norms


def higher_orders(dimensions: int, n: int, m: int) -> float:
    """By how much effects above the second order raise the variance of a bias-corrected distance of n and m images.

    1 + 1.3 (d / n + d / m)^2 was seen in simulations (1.6 at n = 126, m = 300, d = 60, 1.3 at 240 and 300, 1.1 at 360 and 400).
    """
    return 1 + 1.3 * (dimensions / n + dimensions / m) ** 2


def correctable(synthetic: Sample, reference: Sample, images_per_dimension: int = IMAGES_PER_DIMENSION) -> bool:
    """Whether both sets, and halves of the reference, have so many images for every feature that varies."""
    return min(synthetic.n, reference.n // 2) >= images_per_dimension * varying_dimensions(synthetic, reference)


def varying_dimensions(synthetic: Sample, reference: Sample) -> int:
    """How many features are not the same in all images."""
    varying = np.ptp(synthetic.features, axis=0) + np.ptp(reference.features, axis=0) > 0
    return int(varying.sum())


def estimate_frechet_distance(
    synthetic: Sample, reference: Sample, settings: Settings, *, corrected: bool | None = None
) -> Estimate:
    """Fréchet distance with interval: bias-corrected where n allows, else the distance at this n.

    Blocks of whole prompts leave the synthetic set, blocks of whole patients the reference, in turn; the two
    jackknife biases and variances add up. ``extra`` has both values. Raises TooFewImages below 5 groups on either side.
    """
    x, y = as_table(synthetic.features), as_table(reference.features)
    gaussian_x, gaussian_y = features_to_gaussian(x), remembered_gaussian(y)
    plug_in = gaussian_distance(gaussian_x, gaussian_y)
    blocks = [assign_blocks(sample.groups, settings.blocks, settings.seed) for sample in (synthetic, reference)]
    sides = ((x, gaussian_x, gaussian_y, blocks[0]), (y, gaussian_y, gaussian_x, blocks[1]))
    parts = [jackknife(plug_in, leave_out_distances(*side), np.bincount(side[-1])) for side in sides]
    bias, se, df = pool(parts)
    corrected = correctable(synthetic, reference) if corrected is None else corrected
    if corrected:
        value = plug_in - bias
        crowding = higher_orders(varying_dimensions(synthetic, reference), synthetic.n, reference.n)
        products = frechet_products(x, gaussian_x, blocks[0], y, gaussian_y, blocks[1])
        se, at_zero = se * np.sqrt(crowding), crowding * second_order_variance(products)
    else:
        value, at_zero, se = plug_in, 0.0, error_at_this_n(se, plug_in, bias)
    low, high = squared_distance_interval(value, plug_in, se, df, settings.confidence, at_zero)
    extra = {
        "plug_in": plug_in,
        "bias": bias,
        "bias_corrected": corrected,
        "se": float(se),
        "se_at_zero": float(np.sqrt(at_zero)),
        "n_reference": len(y),
        "dimensions": x.shape[1],
    }
    return Estimate(value, low, high, len(x), CORRECTED if corrected else AT_THIS_N, extra)


def frechet_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The distance, overall and by finding at equal n, each with its noise floor: two halves of the reference."""
    estimate, floor, label = _with_floor(comparison)
    overall = scored("frechet_distance", "lower", estimate, baseline=floor, baseline_label=label)
    return (overall, *by_finding("frechet_distance", "lower", comparison, _with_floor))


def _with_floor(comparison: Comparison) -> tuple[Estimate, Estimate | None, str]:
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_frechet_distance(synthetic, reference, settings)
    floor = noise_floor(synthetic, reference, settings, corrected=bool(estimate.extra["bias_corrected"]))
    return estimate, floor, f"real vs real, n = {floor.n}" if floor else ""


def noise_floor(synthetic: Sample, reference: Sample, settings: Settings, *, corrected: bool) -> Estimate | None:
    """Distance between two halves of the reference; ``extra`` has the synthetic set's plug-in distance at that same n."""
    pair = halves(reference, synthetic.n, settings.seed)
    if pair is None:
        return None
    floor = estimate_frechet_distance(*pair, settings, corrected=corrected)
    same_n = subsample(synthetic, floor.n, settings.seed)
    at_this_n = frechet_distance(same_n.features, pair[1].features)
    return replace(floor, extra={**floor.extra, "synthetic_plug_in_at_this_n": at_this_n})


ENTRIES = (
    Metric("frechet_distance", "Fréchet distance", "fidelity", "lower", FEATURES, 20,
           "Dowson & Landau 1982; Heusel et al. 2017, arXiv:1706.08500", frechet_family, each_space=True),
)  # fmt: skip
