"""The second-order part of a squared distance's variance: what is left of it where two sets hardly differ.

Near 0 a squared distance is half the squared length of a difference of two means, |mean u - mean v|^2 / 2, with one vector for
every image; of its variance there only the pairs' part is left, which a jackknife counts twice (Efron & Stein, Ann. Stat.
9:586, 1981). It follows from the inner products of the means of b blocks of whole groups on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics.result import FloatArray, IntArray


@dataclass(frozen=True)
class BlockProducts:
    """Inner products of block means of u (b, b), of v (c, c), and of one with the other (b, c).

    Constants of a row or of a column do not count, nor does the diagonal of the square ones: both are taken off.
    """

    synthetic: FloatArray
    reference: FloatArray
    across: FloatArray

    def scaled(self, factor: float) -> BlockProducts:
        """All of them times ``factor``."""
        return BlockProducts(self.synthetic * factor, self.reference * factor, self.across * factor)


def second_order_variance(products: BlockProducts, weights: BlockProducts | None = None) -> float:
    """Variance of the sum over pairs of different blocks in |mean u - mean v|^2 / 2, each pair's term times its weight (1).

    Unbiased for u and v that are independent between blocks: centred as in Szekely & Rizzo, Ann. Stat. 42:2382 (2014). Blocks
    of one size are assumed. 0 for fewer than 4 blocks on a side.
    """
    sides = (
        (products.synthetic, weights.synthetic if weights else None),
        (products.reference, weights.reference if weights else None),
    )
    # Pairs within a block are pairs, too: 1 / 2 b^2 of the mean square, not (b - 1) / 2 b^3.
    within = sum(
        _mean_square_within(own) / (2 * max(len(own), 1) ** 2) * _mean_square_of(weight, pairs=True)
        for own, weight in sides
    )
    across = _mean_square_across(products.across) / max(products.across.size, 1)
    return within + across * _mean_square_of(weights.across if weights else None, pairs=False)


def _mean_square_within(products: FloatArray) -> float:
    """Mean squared inner product of two different blocks, each less its expectation."""
    b = len(products)
    if b < 4:
        return 0.0
    own = products.copy()
    np.fill_diagonal(own, 0.0)
    rows = own.sum(axis=0) / (b - 2)
    centred = own - rows[:, None] - rows + own.sum() / ((b - 1) * (b - 2))
    np.fill_diagonal(centred, 0.0)
    return float(np.sum(centred**2) / (b * (b - 3)))


def _mean_square_across(products: FloatArray) -> float:
    b, c = products.shape
    if min(b, c) < 2:
        return 0.0
    centred = products - products.mean(axis=0)
    centred -= centred.mean(axis=1)[:, None]
    return float(np.sum(centred**2) / ((b - 1) * (c - 1)))


def _mean_square_of(weight: FloatArray | None, *, pairs: bool) -> float:
    if weight is None:
        return 1.0
    counted = weight[~np.eye(len(weight), dtype=np.bool_)] if pairs else weight
    return float(np.mean(counted**2))


def products_of_means(x: FloatArray, blocks_x: IntArray, y: FloatArray, blocks_y: IntArray) -> BlockProducts:
    """For the squared distance of two mean rows, |mean x - mean y|^2, of (n, d) and (m, d) rows whose blocks are numbered."""
    left, right = (
        np.sqrt(2) * (block_means(rows, blocks) - rows.mean(axis=0)) for rows, blocks in ((x, blocks_x), (y, blocks_y))
    )
    return BlockProducts(left @ left.T, right @ right.T, left @ right.T)


def block_means(rows: FloatArray, blocks: IntArray) -> FloatArray:
    """(b, d) means of the rows of each block."""
    member = blocks == np.arange(int(blocks.max()) + 1)[:, None]
    return np.asarray((member @ rows) / member.sum(axis=1)[:, None])


def mean_products(several: Sequence[BlockProducts]) -> BlockProducts:
    """Those of the mean of squared distances that are taken on the same blocks."""
    tables = ([getattr(one, side) for one in several] for side in ("synthetic", "reference", "across"))
    return BlockProducts(*(np.mean(table, axis=0) for table in tables))
