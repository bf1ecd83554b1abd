"""Fréchet distance between two sets of features.

FD = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)   (Dowson & Landau 1982; Heusel et al. 2017)

The cross term is a sum of singular values. With B any root of S2 (B'B = S2) and X the centred rows of the first
sample, tr (S1 S2)^(1/2) is the nuclear norm of X B' / sqrt(n1 - 1): exact at any n, and no matrix square root is taken.
With n > d the d x d form B S1 B' is smaller and is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import linalg

from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import assign_blocks, halves, jackknife, pool, subsample, t_interval
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    as_features,
    scored,
)

CORRECTED = "delete-a-group jackknife, bias-corrected (estimates the distance at infinite n), t interval"
AT_THIS_N = "plug-in at this n (too few images to correct its bias), delete-a-group jackknife, t interval"
# Below two images a dimension the bias is no longer of order 1/n and the corrected interval does not cover
# (benchmarks/coverage.py): there the distance at this very n is what can be estimated.
IMAGES_PER_DIMENSION = 2


@dataclass(frozen=True)
class Gaussian:
    """What the distance needs of one sample: mean (d,), trace of the covariance, a root (r, d) of it, rows."""

    mean: FloatArray
    trace: float
    root: FloatArray
    n: int


def features_to_gaussian(x: npt.ArrayLike) -> Gaussian:
    """Mean, trace and covariance root of (n, d) features; unbiased covariance (n - 1)."""
    features = as_features(x)
    n, d = features.shape
    mean = features.mean(axis=0)
    centred = features - mean
    if n <= d:
        root = centred / np.sqrt(n - 1)
        return Gaussian(mean, float(np.einsum("ij,ij->", root, root)), root, n)
    covariance = centred.T @ centred / (n - 1)
    return Gaussian(mean, float(np.trace(covariance)), covariance_root(covariance), n)


def covariance_root(covariance: FloatArray) -> FloatArray:
    """(r, d) B with B'B = covariance: Cholesky, or eigenvectors where it is singular (dead features)."""
    try:
        return np.ascontiguousarray(linalg.cholesky(covariance, lower=False, check_finite=False))
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(covariance, check_finite=False)
        keep = values > values[-1] * len(values) * np.finfo(float).eps
        return np.ascontiguousarray((vectors[:, keep] * np.sqrt(values[keep])).T)


def frechet_distance(x: npt.ArrayLike, y: npt.ArrayLike, gaussian: Gaussian | None = None) -> float:
    """Plug-in Fréchet distance of (n, d) and (m, d) features; ``gaussian`` of y where it is at hand already."""
    features = as_features(x)
    other = features_to_gaussian(y) if gaussian is None else gaussian
    if features.shape[1] != len(other.mean):
        raise MetricError("The two samples have features of different length.")
    mean = features.mean(axis=0)
    centred = features - mean
    cross = centred @ other.root.T / np.sqrt(len(features) - 1)
    # The Gram matrix squares the condition number: only where it has full rank (n > d, root of full rank).
    full_rank = len(cross) > cross.shape[1] == features.shape[1]
    nuclear = _gram_nuclear_norm(cross.T @ cross) if full_rank else _nuclear_norm(cross)
    trace = float(np.einsum("ij,ij->", centred, centred)) / (len(features) - 1)
    return float(np.sum((mean - other.mean) ** 2)) + trace + other.trace - 2 * nuclear


def moments_to_frechet_distance(mean1: FloatArray, cov1: FloatArray, mean2: FloatArray, cov2: FloatArray) -> float:
    """The distance from means (d,) and covariances (d, d): eigenvalues of B S1 B', B the root of S2."""
    root = covariance_root(cov2)
    values = linalg.eigvalsh(root @ cov1 @ root.T, check_finite=False, overwrite_a=True)
    nuclear = float(np.sqrt(np.clip(values, 0, None)).sum())
    return float(np.sum((mean1 - mean2) ** 2) + np.trace(cov1) + np.trace(cov2)) - 2 * nuclear


def _nuclear_norm(matrix: FloatArray) -> float:
    return float(linalg.svd(matrix, compute_uv=False, check_finite=False).sum())


def _gram_nuclear_norm(gram: FloatArray) -> float:
    values = linalg.eigvalsh(gram, check_finite=False, overwrite_a=True)
    noise = max(values[-1], 0.0) * len(values) * np.finfo(float).eps
    return float(np.sqrt(values[values > noise]).sum())


def leave_out_distances(x: FloatArray, other: Gaussian, blocks: IntArray) -> FloatArray:
    """(b,) plug-in distances of x without block j to a fixed other sample.

    The projection H = X B' is made once; a replicate is one eigvalsh of an n x n or r x r matrix.
    """
    centre = x.mean(axis=0)
    shifted = x - centre
    projected = shifted @ other.root.T
    squares = np.einsum("ij,ij->i", shifted, shifted)
    by_row = len(x) <= projected.shape[1]
    gram = projected @ projected.T if by_row else projected.T @ projected
    distances = np.empty(int(blocks.max()) + 1)
    for block in range(len(distances)):
        keep = blocks != block
        count = int(keep.sum())
        mean = shifted[keep].mean(axis=0)
        reduced = _centred_submatrix(gram, keep) if by_row else _downdated(gram, projected, keep)
        nuclear = _gram_nuclear_norm(reduced / (count - 1))
        trace = (float(squares[keep].sum()) - count * float(mean @ mean)) / (count - 1)
        distances[block] = float(np.sum((mean + centre - other.mean) ** 2)) + trace + other.trace - 2 * nuclear
    return distances


def _centred_submatrix(gram: FloatArray, keep: npt.NDArray[np.bool_]) -> FloatArray:
    """Gram matrix of the kept rows after they are centred by their own mean."""
    part: FloatArray = gram[np.ix_(keep, keep)]
    rows = part.mean(axis=0)
    part -= rows
    part -= (rows - rows.mean())[:, None]
    return part


def _downdated(gram: FloatArray, projected: FloatArray, keep: npt.NDArray[np.bool_]) -> FloatArray:
    """Scatter matrix (r, r) of the kept rows around their own mean, from that of all rows."""
    dropped = projected[~keep]
    mean = projected[keep].mean(axis=0)
    result: FloatArray = gram - dropped.T @ dropped - keep.sum() * np.outer(mean, mean)
    return result


def correctable(synthetic: Sample, reference: Sample) -> bool:
    """Whether both sets, and halves of the reference, have two images for every feature that varies."""
    varying = np.ptp(synthetic.features, axis=0) + np.ptp(reference.features, axis=0) > 0
    return min(synthetic.n, reference.n // 2) >= IMAGES_PER_DIMENSION * int(varying.sum())


def estimate_frechet_distance(
    synthetic: Sample, reference: Sample, settings: Settings, *, corrected: bool | None = None
) -> Estimate:
    """Fréchet distance with interval: bias-corrected where n allows, else the distance at this n.

    Blocks of whole prompts leave the synthetic set, blocks of whole patients the reference, in turn; the two
    jackknife biases and variances add up. ``extra`` has both values. Raises TooFewImages below 5 groups on either side.
    """
    x, y = as_features(synthetic.features), as_features(reference.features)
    gaussian_x, gaussian_y = features_to_gaussian(x), features_to_gaussian(y)
    plug_in = frechet_distance(x, y, gaussian_y)
    parts = []
    for sample, features, other in ((synthetic, x, gaussian_y), (reference, y, gaussian_x)):
        blocks = assign_blocks(sample.groups, settings.blocks, settings.seed)
        parts.append(jackknife(plug_in, leave_out_distances(features, other, blocks), np.bincount(blocks)))
    bias, se, df = pool(parts)
    corrected = correctable(synthetic, reference) if corrected is None else corrected
    value = plug_in - bias if corrected else plug_in
    low, high = t_interval(value, se, df, settings.confidence)
    extra = {
        "plug_in": plug_in,
        "bias": bias,
        "bias_corrected": corrected,
        "se": se,
        "n_reference": len(y),
        "dimensions": x.shape[1],
    }
    return Estimate(value, low, high, len(x), CORRECTED if corrected else AT_THIS_N, extra)


def frechet_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The distance and its noise floor: the same statistic between two halves of the reference at equal n."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_frechet_distance(synthetic, reference, settings)
    corrected = bool(estimate.extra["bias_corrected"])
    floor = noise_floor(synthetic, reference, settings, corrected=corrected)
    label = f"real vs real, n = {floor.n}" if floor else ""
    return (
        scored(
            "frechet_distance",
            "lower",
            estimate,
            baseline=floor,
            baseline_label=label,
        ),
    )


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
