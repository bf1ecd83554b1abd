"""How the Fréchet distance of two Gaussians curves when blocks of images leave: its second derivatives, as inner products.

With D the distance as a function of the covariances, P = (S1^1/2 S2 S1^1/2)^1/2 = V diag(p) V' and changes E of S1 and F of S2,

    D''[E, E'] = <e, e'>,  D''[F, F'] = <f, f'>,  D''[E, F] = -<e, f>,
    e_ij = (V' S1^-1/2 E S1^-1/2 V)_ij (p_i p_j / (p_i + p_j))^1/2,
    f_ij = (V' S1^1/2 F S1^1/2 V)_ij ((p_i + p_j) p_i p_j)^-1/2:

near 0 the distance is |e - f|^2 / 2, beside the squared distance of the means. The formulas follow from the optimal map T between
the Gaussians, T S1 T = S2, whose derivative solves a Lyapunov equation (Malagò, Montrucchio & Pistone, Inf. Geom. 1:137, 2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from evaluation.metrics.gaussian import Features, Gaussian
from evaluation.metrics.result import FloatArray, IntArray
from evaluation.metrics.second_order import BlockProducts

# A direction in which one set does not vary has no root to divide by; so far below the largest, its part is nothing.
SMALLEST = 1e-9


def frechet_products(
    x: Features, own: Gaussian, blocks_x: IntArray, y: Features, other: Gaussian, blocks_y: IntArray
) -> BlockProducts:
    """Inner products, in the distance's second derivative, of what each block adds to mean and covariance.

    x, y: rows of the two sets with more images than features, whose Gaussians are ``own`` and ``other``. Memory: half a d x d
    matrix of float32 for every block.
    """
    cross = own.root @ other.root.T
    values, axes = linalg.eigh(cross @ cross.T, check_finite=False, overwrite_a=True)
    roots = np.sqrt(np.clip(values, 0.0, None))
    roots = np.maximum(roots, roots.max(initial=np.finfo(float).tiny) * SMALLEST)
    total, product = roots[:, None] + roots, roots[:, None] * roots
    left = _moments(x, own.mean, blocks_x, _whitening(own.root) @ axes, np.sqrt(product / total))
    right = _moments(y, other.mean, blocks_y, own.root.T @ axes, 1 / np.sqrt(total * product))
    means = [_mean_steps(rows, g.mean, blocks) for rows, g, blocks in ((x, own, blocks_x), (y, other, blocks_y))]
    return BlockProducts(
        left @ left.T + means[0] @ means[0].T,
        right @ right.T + means[1] @ means[1].T,
        left @ right.T + means[0] @ means[1].T,
    )


def _whitening(root: FloatArray) -> FloatArray:
    """(d, r) W with root @ W = 1."""
    if root.shape[0] == root.shape[1]:
        return np.asarray(linalg.solve_triangular(root, np.eye(len(root)), check_finite=False))
    return np.asarray(linalg.solve(root @ root.T, root, assume_a="pos", check_finite=False).T)


def _moments(
    x: Features, mean: FloatArray, blocks: IntArray, axes: FloatArray, weights: FloatArray
) -> npt.NDArray[np.floating[Any]]:
    """(b, r (r + 1) / 2) second moments of each block along the axes, weighted, less their mean over blocks."""
    upper = np.triu_indices(len(weights))
    # Each entry off the diagonal stands twice in the matrix.
    twice = np.where(upper[0] == upper[1], 1.0, np.sqrt(2)) * weights[upper]
    table = np.empty((int(blocks.max()) + 1, len(twice)), dtype=np.float32)
    for block, row in enumerate(table):
        rows = (x[blocks == block] - mean) @ axes
        row[:] = (rows.T @ rows)[upper] * (twice / len(rows))
    table -= table.mean(axis=0, dtype=np.float64).astype(np.float32)
    return table.astype(np.float64) if len(weights) <= 64 else table


def _mean_steps(x: Features, mean: FloatArray, blocks: IntArray) -> FloatArray:
    """(b, d) root of 2 times how far each block's mean lies from the set's."""
    steps = [x[blocks == block].mean(axis=0, dtype=np.float64) - mean for block in range(int(blocks.max()) + 1)]
    return np.asarray(np.sqrt(2) * np.array(steps))
