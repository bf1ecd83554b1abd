"""Squared maximum mean discrepancy as one unbiased U-statistic over all pairs of images of different groups.

With one image a group it is the textbook statistic. Pairs within a prompt are left out because such images are not
independent draws: counting them biases the value by their share. Beyond BLOCK_ROWS images the statistic is the mean of those of
disjoint blocks, so that the cost grows linearly; blocks are independent, so no image is wasted and the error adds up exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.resampling import (
    MINIMUM_GROUPS,
    SCORE,
    Jackknife,
    assign_blocks,
    group_codes,
    pool,
    squared_distance_interval,
)
from evaluation.metrics.result import Estimate, FloatArray, IntArray, MetricError, Sample, Settings, TooFewImages
from evaluation.metrics.second_order import BlockProducts, second_order_variance

METHOD = f"unbiased U-statistic over pairs of different groups{{blocks}}; delete-one-group jackknife, {SCORE}"
IN_BLOCKS = ", mean of {blocks} disjoint blocks"
BLOCK_ROWS = 10_000
# Rows and columns of the kernel matrix that are made at a time.
TILE = 512

Float32Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Kernel:
    """A kernel that is a function of the dot product of prepared rows.

    prepare: (n, d) features to (n, d) float32 rows; of_dot: dot products to kernel values, in place or not. A constant may be
    taken off the kernel: it cancels, and small kernels keep their float32 digits.
    """

    prepare: Callable[[Features], Float32Array]
    of_dot: Callable[[Rows], Rows]


def kernel_row_sums(kernel: Kernel, a: Float32Array, b: Float32Array | None) -> tuple[FloatArray, FloatArray]:
    """Sums of the kernel matrix over its columns and over its rows; float64 sums of float32 tiles.

    With b None the matrix is that of a with itself: only its upper tiles are made.
    """
    return _kernel_sums(kernel, a, b)[:2]


def _kernel_sums(
    kernel: Kernel, a: Float32Array, b: Float32Array | None, shares: Sequence[Float32Array] = ()
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same, and with shares (n, p) of a and (m, q) of b the (p, q) kernel means of those parts, less a constant."""
    other = a if b is None else b
    rows, columns = np.zeros(len(a)), np.zeros(len(other))
    parts, level = np.zeros([table.shape[1] for table in shares] or (0, 0)), np.float32(0)
    for i in range(0, len(a), TILE):
        for j in range(i if b is None else 0, len(other), TILE):
            tile = kernel.of_dot(a[i : i + TILE] @ other[j : j + TILE].T)
            once = b is not None or j > i
            rows[i : i + TILE] += tile.sum(axis=1, dtype=np.float64)
            if once:
                columns[j : j + TILE] += tile.sum(axis=0, dtype=np.float64)
            if shares:
                # float32 will do for a variance, once the kernel's level is gone.
                level = tile[0, 0] * 1 if i == j == 0 else level
                tile -= level
                part = shares[0][i : i + TILE].T @ (tile @ shares[1][j : j + TILE])
                parts += part if b is not None or i == j else part + part.T
    return *((rows + columns, rows + columns) if b is None else (rows, columns)), parts


@dataclass(frozen=True)
class _Side:
    """Kernel sums of one sample by group: within (g,), to the sample's own other groups (g,), to the other sample (g,)."""

    within: FloatArray
    across: FloatArray
    other: FloatArray
    diagonal: float
    sizes: IntArray

    @property
    def n(self) -> int:
        return int(self.sizes.sum())


def _side(kernel: Kernel, rows: Float32Array, codes: IntArray, own_rows: FloatArray, other_rows: FloatArray) -> _Side:
    diagonal = kernel.of_dot(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    sizes = np.bincount(codes)
    within = _by_group(codes, diagonal)
    order = np.argsort(codes, kind="stable")
    stops = np.cumsum(sizes)
    for group in np.flatnonzero(sizes > 1):
        members = rows[order[stops[group] - sizes[group] : stops[group]]].astype(np.float64)
        within[group] = float(kernel.of_dot(members @ members.T).sum())
    across = _by_group(codes, own_rows) - within
    return _Side(within, across, _by_group(codes, other_rows), float(diagonal.sum()), sizes)


def _by_group(codes: IntArray, values: Rows) -> FloatArray:
    """(g,) sums of (n,) values over each group's rows."""
    return np.bincount(codes, weights=values).astype(np.float64, copy=False)


def _own_mean(side: _Side, *, leave_out: bool) -> FloatArray:
    """Mean kernel over pairs of different groups; with leave_out, (g,) values without each group."""
    n, squares = side.n, np.sum(side.sizes.astype(float) ** 2)
    if not leave_out:
        return np.asarray(side.across.sum() / (n * n - squares))
    pairs = (n - side.sizes) ** 2 - (squares - side.sizes.astype(float) ** 2)
    return np.asarray((side.across.sum() - 2 * side.across) / pairs)


@dataclass(frozen=True)
class Discrepancy:
    """Squared MMD: over pairs of different groups, over all pairs, over all pairs and each image with itself (the V-statistic).

    parts: the jackknife of either side; at_zero: the variance where there is nothing to find.
    """

    value: float
    all_pairs: float
    biased: float
    parts: tuple[Jackknife, ...]
    at_zero: float


def discrepancy(
    kernel: Kernel, x: Features, y: Features, codes_x: IntArray, codes_y: IntArray, settings: Settings | None = None
) -> Discrepancy:
    """The statistic of (n, d) and (m, d) features whose groups are numbered, with its variances."""
    settings = settings or Settings()
    left, right, products = _sides(kernel, x, y, (codes_x, codes_y), settings)
    cross = float(left.other.sum()) / (left.n * right.n)
    own = [float(_own_mean(side, leave_out=False)) for side in (left, right)]
    value = own[0] + own[1] - 2 * cross
    parts = _one_sided(left, right.n, own[1], value), _one_sided(right, left.n, own[0], value)
    totals = [float(side.across.sum() + side.within.sum()) for side in (left, right)]
    all_pairs = sum((t - s.diagonal) / (s.n * (s.n - 1)) for t, s in zip(totals, (left, right), strict=True))
    biased = sum(t / s.n**2 for t, s in zip(totals, (left, right), strict=True))
    at_zero = second_order_variance(products)
    return Discrepancy(value, all_pairs - 2 * cross, biased - 2 * cross, parts, at_zero)


def _sides(
    kernel: Kernel, x: Features, y: Features, codes: tuple[IntArray, IntArray], settings: Settings
) -> tuple[_Side, _Side, BlockProducts]:
    if x.shape[1] != y.shape[1]:
        raise MetricError("The two samples have features of different length.")
    a, b = kernel.prepare(x), kernel.prepare(y)
    shares = [_shares(c, settings) for c in codes]
    xy, yx, across = _kernel_sums(kernel, a, b, shares)
    xx, _, left = _kernel_sums(kernel, a, None, (shares[0], shares[0]))
    yy, _, right = _kernel_sums(kernel, b, None, (shares[1], shares[1]))
    # The discrepancy is the squared length of the difference of two means: twice the kernel is the product of half its square.
    products = BlockProducts(2 * left, 2 * right, 2 * across)
    return _side(kernel, a, codes[0], xx, xy), _side(kernel, b, codes[1], yy, yx), products


def _shares(codes: IntArray, settings: Settings) -> Float32Array:
    """(n, b) what each row adds to the mean of its block of whole groups."""
    if int(codes.max()) + 1 < MINIMUM_GROUPS:
        return np.zeros((len(codes), 0), dtype=np.float32)
    blocks = assign_blocks(codes, settings.blocks, settings.seed)
    member = blocks[:, None] == np.arange(int(blocks.max()) + 1)
    return np.asarray(member / member.sum(axis=0), dtype=np.float32)


def _one_sided(side: _Side, other_n: int, other_own: float, value: float) -> Jackknife:
    """Delete-one-group jackknife of one side, in closed form from the sums; no bias (the statistic has none)."""
    cross = (side.other.sum() - side.other) / ((side.n - side.sizes) * other_n)
    left_out = _own_mean(side, leave_out=True) + other_own - 2 * cross
    share = side.sizes / side.n
    pseudo = value / share - (1 / share - 1) * left_out
    variance = float(np.mean((pseudo - pseudo.mean()) ** 2 / (1 / share - 1)))
    return Jackknife(0.0, variance, len(left_out) - 1)


def estimate_discrepancy(
    kernel: Kernel, synthetic: Sample, reference: Sample, settings: Settings, scale: float = 1.0
) -> Estimate:
    """Squared MMD times ``scale`` with interval; ``extra`` also has it over all pairs and as the biased V-statistic.

    Raises TooFewImages below MINIMUM_GROUPS groups on either side.
    """
    codes = [group_codes(sample.groups) for sample in (synthetic, reference)]
    if min(int(c.max()) + 1 for c in codes) < MINIMUM_GROUPS:
        raise TooFewImages(f"Needs at least {MINIMUM_GROUPS} independent groups (prompts or patients) on both sides.")
    features = [as_table(sample.features) for sample in (synthetic, reference)]
    blocks = _disjoint(codes, settings.seed)
    count = int(blocks[0].max()) + 1
    found = []
    for block in range(count):
        if count == 1:
            found.append(discrepancy(kernel, features[0], features[1], codes[0], codes[1], settings))
            break
        rows = [np.flatnonzero(b == block) for b in blocks]
        own = [np.unique(c[r], return_inverse=True)[1].astype(np.intp) for c, r in zip(codes, rows, strict=True)]
        found.append(discrepancy(kernel, features[0][rows[0]], features[1][rows[1]], own[0], own[1], settings))
    mean = {name: scale * sum(getattr(d, name) for d in found) / count for name in ("value", "all_pairs", "biased")}
    _, se, df = pool([Jackknife(0.0, p.variance * (scale / count) ** 2, p.df) for d in found for p in d.parts])
    at_zero = sum(d.at_zero for d in found) * (scale / count) ** 2
    low, high = squared_distance_interval(mean["value"], mean["biased"], se, df, settings.confidence, at_zero)
    extra = {"se": se, "se_at_zero": float(np.sqrt(at_zero)), **mean, "blocks": count, "n_reference": reference.n}
    del extra["value"]
    method = METHOD.format(blocks=IN_BLOCKS.format(blocks=count) if count > 1 else "")
    return Estimate(mean["value"], low, high, synthetic.n, method, extra)


def _disjoint(codes: list[IntArray], seed: int) -> list[IntArray]:
    """(n,) block of every row of either side: whole groups, as many blocks on one side as on the other."""
    needed = -(-max(map(len, codes)) // BLOCK_ROWS)
    possible = min(int(c.max()) + 1 for c in codes) // MINIMUM_GROUPS
    count = max(1, min(needed, possible))
    return [np.zeros(len(c), dtype=np.intp) if count == 1 else assign_blocks(c, count, seed) for c in codes]
