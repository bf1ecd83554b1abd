"""Nuclear norms of a matrix without some of its rows, all from one eigendecomposition.

Let K = V diag(l) V' be the Gram matrix of n rows that sum to zero. Without a block of m rows, and centred again, the Gram matrix
is K compressed to the complement of span(Q), Q (n, m + 1) the block's unit vectors and the mean of the others. Jacobi's identity
det(s + K on the complement of Q) = det(s + K) det(Q'(s + K)^-1 Q) and the integral of log(1 + a / t^2) over t > 0, pi sqrt(a), give

    tr K_without^(1/2) = tr K^(1/2) + 1/pi * integral of log det(Q' t^2 (t^2 + K)^-1 Q) dt:

determinants of m + 1 instead of eigenvalues of n - m rows. The trapezoidal rule in log t converges geometrically.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import linalg

from evaluation.metrics.result import FloatArray, IntArray

# Step in log t: the rule's error is exp(-pi^2 / step), 2e-11 of the norm.
STEP = 0.4
# The rule runs from so far below the smallest root to so far above the largest; beyond, the integrand is its own series.
BELOW, ABOVE = 1e-4, 60.0
# Where a block holds more than this share of the rows, eigenvalues are cheaper.
LARGEST_SHARE = 1 / 12
# So many eigenvalues may be lost in rounding: each counts for at most sqrt(n eps) of the largest singular value.
DEPENDENT_SHARE = 0.01


def nuclear_norms_without(gram: FloatArray, blocks: IntArray) -> list[float] | None:
    """By block: sum of the singular values of the rows that are left, centred by their own mean.

    gram: (n, n) Gram matrix of rows that sum to zero; blocks: (n,). None where the method does not pay or does not hold: large
    blocks, or linearly dependent rows (images that repeat).
    """
    n = len(gram)
    if np.bincount(blocks).max() > LARGEST_SHARE * n:
        return None
    # The rows sum to zero, so the constant vector has eigenvalue 0; it is in every Q, so it may have any other.
    lifted = gram + np.trace(gram) / n**2
    values, vectors = linalg.eigh(lifted.T, driver="evd", check_finite=False, overwrite_a=True)
    noise = n * np.finfo(float).eps * values[-1]
    if np.sum(values <= noise) > DEPENDENT_SHARE * n:
        return None
    values = np.maximum(values, noise)
    nodes = _nodes(values)
    total = float(np.sqrt(values).sum())
    return [total + _change(values, basis, nodes) for basis in _bases(vectors, blocks)]


def _nodes(values: FloatArray) -> FloatArray:
    low, high = np.log(BELOW * np.sqrt(values[0])), np.log(ABOVE * np.sqrt(values[-1]))
    return np.asarray(np.exp(np.arange(low, high + STEP, STEP)))


def _bases(vectors: FloatArray, blocks: IntArray) -> Iterator[FloatArray]:
    """Q'V (m + 1, n) of every block."""
    sums = vectors.sum(axis=0)
    for block in range(int(blocks.max()) + 1):
        own = vectors[blocks == block]
        rest = (sums - own.sum(axis=0)) / np.sqrt(len(vectors) - len(own))
        yield np.vstack([own, rest])


def _change(values: FloatArray, basis: FloatArray, nodes: FloatArray) -> float:
    """tr K_without^(1/2) - tr K^(1/2): the trapezoidal sum over the nodes, and its two tails in closed form."""
    squares = nodes[:, None] ** 2
    weighted = basis * (squares / (squares + values))[:, None, :]
    heights = np.linalg.slogdet(weighted @ basis.T)[1]
    ratio, size = np.exp(-STEP), len(basis)
    left = nodes[0] * (heights[0] * ratio / (1 - ratio) - 2 * size * STEP * ratio / (1 - ratio) ** 2)
    scaled = basis * values
    first = float(np.einsum("ij,ij->", scaled, basis))
    second = float(np.einsum("ij,ij->", scaled, scaled)) - float(np.sum((scaled @ basis.T) ** 2)) / 2
    last = nodes[-1]
    right = -first / last * ratio / (1 - ratio) + second / last**3 * ratio**3 / (1 - ratio**3)
    return float(STEP / np.pi * (heights @ nodes + left + right))
