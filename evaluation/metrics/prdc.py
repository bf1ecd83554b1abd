"""Precision, recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) with k nearest neighbours.

Both sets are cut to equal n by a seeded subsample, since all four depend on n. A point on the edge of a ball is inside
it: with a strict edge a set of identical images would score 0 on everything, and total collapse would read as a miss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.neighbours import (
    CHUNK,
    Float32Array,
    Points,
    Radii,
    neighbour_radii,
    screened_distances,
    within,
)
from evaluation.metrics.resampling import (
    assign_blocks,
    halves,
    jackknife,
    pool,
    proportion_interval,
    subsample,
    t_interval,
)
from evaluation.metrics.result import (
    BoolArray,
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

METHOD = "k = {k}, ties inside, equal n; delete-a-group jackknife on both sides"
NAMES = ("precision", "recall", "density", "coverage")
COLLAPSE_SHARE = 0.01


@dataclass(frozen=True)
class Prdc:
    """The four values; all but density are in [0, 1]."""

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass
class _Counts:
    """Who lies in whose ball, counted by block; rows are real images, columns synthetic ones."""

    in_real: IntArray  # (blocks of real, n): real balls of that block that hold synthetic j
    in_real_without: IntArray  # (blocks of real, n): the same over all real rows, with that block gone
    covered: IntArray  # (n, blocks of synthetic): synthetic images of that block in real ball i
    covered_without: BoolArray  # (blocks of real, n): is ball i, grown because that block is gone, still hit
    in_synthetic: IntArray  # (n, blocks of synthetic): synthetic balls of that block that hold real i
    in_synthetic_without: IntArray  # (n, blocks of synthetic): the same over all, with that block gone


def precision_recall_density_coverage(synthetic: npt.ArrayLike, reference: npt.ArrayLike, k: int = 5) -> Prdc:
    """The four numbers of (n, d) and (m, d) features; squared Euclidean balls, ties inside.

    Raises TooFewImages where a set has no k-th neighbour.
    """
    x, y = as_features(synthetic), as_features(reference)
    counts = _count(x, y, np.zeros(len(x), dtype=np.intp), np.zeros(len(y), dtype=np.intp), k, replicates=False)
    return Prdc(
        precision=float((counts.in_real.sum(axis=0) > 0).mean()),
        recall=float((counts.in_synthetic.sum(axis=1) > 0).mean()),
        density=float(counts.in_real.sum() / (k * len(x))),
        coverage=float((counts.covered.sum(axis=1) > 0).mean()),
    )


def _points(x: FloatArray, y: FloatArray, k: int) -> tuple[Points, Points]:
    if x.shape[1] != y.shape[1]:
        raise MetricError("The two samples have features of different length.")
    if min(len(x), len(y)) <= k:
        raise TooFewImages(f"The {k}-th neighbour needs at least {k + 1} images on both sides.")
    centre = y.mean(axis=0)
    return Points.around(x, centre), Points.around(y, centre)


def _count(
    x: FloatArray, y: FloatArray, blocks_x: IntArray, blocks_y: IntArray, k: int, *, replicates: bool
) -> _Counts:
    """One pass over the n x m distances in chunks of rows. Rows must be sorted by block."""
    synthetic, real = _points(x, y, k)
    radii_x = neighbour_radii(synthetic, k, blocks_x if replicates else None)
    radii_y = neighbour_radii(real, k, blocks_y if replicates else None)
    n_x, n_y, b_x, b_y = len(x), len(y), int(blocks_x.max()) + 1, int(blocks_y.max()) + 1
    counts = _Counts(
        in_real=np.zeros((b_y, n_x), dtype=np.intp),
        in_real_without=np.zeros((b_y, n_x), dtype=np.intp),
        covered=np.zeros((n_y, b_x), dtype=np.intp),
        covered_without=np.zeros((b_y, n_y), dtype=np.bool_),
        in_synthetic=np.zeros((n_y, b_x), dtype=np.intp),
        in_synthetic_without=np.zeros((n_y, b_x), dtype=np.intp),
    )
    starts_x = np.searchsorted(blocks_x, np.arange(b_x))
    for start in range(0, n_y, CHUNK):
        rows = slice(start, min(start + CHUNK, n_y))
        distances = screened_distances(real, rows, synthetic)
        in_real = within(distances, real, rows, synthetic, radii_y.full, axis=0)
        in_synthetic = within(distances, real, rows, synthetic, radii_x.full, axis=1)
        for block in np.unique(blocks_y[rows]):
            counts.in_real[block] += in_real[blocks_y[rows] == block].sum(axis=0)
        counts.covered[rows] = np.add.reduceat(in_real, starts_x, axis=1, dtype=np.intp)
        counts.in_synthetic[rows] = np.add.reduceat(in_synthetic, starts_x, axis=1, dtype=np.intp)
        if replicates:
            _count_without_real_blocks(counts, distances, in_real, rows, radii_y, blocks_y)
            _count_without_synthetic_blocks(counts, distances, in_synthetic, rows, radii_x, blocks_x)
    return counts


def _count_without_real_blocks(
    counts: _Counts, distances: Float32Array, hits: BoolArray, rows: slice, radii: Radii, blocks: IntArray
) -> None:
    """A block that leaves takes its balls with it, and the balls that counted on its points grow."""
    own = blocks[rows]
    nearest = distances.min(axis=1)
    total = hits.sum(axis=0)
    for block in range(len(radii.without)):
        limit = radii.without[block, rows]
        grown = (own != block) & (limit > radii.full[rows])
        gain = (distances[grown] <= limit[grown, None]).sum(axis=0) - hits[grown].sum(axis=0)
        counts.in_real_without[block] += total - hits[own == block].sum(axis=0) + gain
        counts.covered_without[block, rows] = hits.any(axis=1) | (nearest <= limit)


def _count_without_synthetic_blocks(
    counts: _Counts, distances: Float32Array, hits: BoolArray, rows: slice, radii: Radii, blocks: IntArray
) -> None:
    total = hits.sum(axis=1)
    for block in range(len(radii.without)):
        limit = radii.without[block]
        grown = np.flatnonzero((blocks != block) & (limit > radii.full))
        gain = (distances[:, grown] <= limit[grown]).sum(axis=1) - hits[:, grown].sum(axis=1)
        counts.in_synthetic_without[rows, block] = total - hits[:, blocks == block].sum(axis=1) + gain


def _without_real(counts: _Counts, blocks_y: IntArray, k: int) -> FloatArray:
    """(blocks, 4) values without each block of real images."""
    found = counts.in_synthetic.sum(axis=1) > 0
    rows = []
    for block in range(len(counts.in_real)):
        stays = blocks_y != block
        rows.append(
            (
                (counts.in_real_without[block] > 0).mean(),
                found[stays].mean(),
                counts.in_real_without[block].mean() / k,
                counts.covered_without[block][stays].mean(),
            )
        )
    return np.array(rows)


def _without_synthetic(counts: _Counts, blocks_x: IntArray, k: int) -> FloatArray:
    """(blocks, 4) values without each block of synthetic images."""
    balls = counts.in_real.sum(axis=0)
    hit = counts.covered.sum(axis=1)
    rows = []
    for block in range(counts.covered.shape[1]):
        stays = blocks_x != block
        rows.append(
            (
                (balls[stays] > 0).mean(),
                (counts.in_synthetic_without[:, block] > 0).mean(),
                balls[stays].mean() / k,
                (hit > counts.covered[:, block]).mean(),
            )
        )
    return np.array(rows)


def estimate_prdc(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    """The four values at equal n with intervals, by name."""
    n, k = min(synthetic.n, reference.n), settings.neighbours
    cut = [subsample(s, n, settings.seed) for s in (synthetic, reference)]
    blocks, features, groups = [], [], []
    for sample in cut:
        block = assign_blocks(sample.groups, settings.blocks, settings.seed)
        order = np.argsort(block, kind="stable")
        blocks.append(block[order])
        features.append(as_features(sample.features)[order])
        groups.append(sample.n_groups)
    counts = _count(features[0], features[1], blocks[0], blocks[1], k, replicates=True)
    full = _full(counts, n, k)
    sides = [(_without_synthetic(counts, blocks[0], k), blocks[0]), (_without_real(counts, blocks[1], k), blocks[1])]
    estimates = {}
    for column, name in enumerate(NAMES):
        _, se, df = pool([jackknife(full[column], reps[:, column], np.bincount(b)) for reps, b in sides])
        if name == "density":
            low, high = t_interval(full[column], se, df, settings.confidence)
            low = max(low, 0.0)
        else:
            low, high = proportion_interval(full[column], se, df, min(groups), settings.confidence)
        estimates[name] = Estimate(full[column], low, high, n, METHOD.format(k=k), {"se": se, "k": k, "n_reference": n})
    return estimates


def _full(counts: _Counts, n: int, k: int) -> tuple[float, float, float, float]:
    return (
        float((counts.in_real.sum(axis=0) > 0).mean()),
        float((counts.in_synthetic.sum(axis=1) > 0).mean()),
        float(counts.in_real.sum() / (k * n)),
        float((counts.covered.sum(axis=1) > 0).mean()),
    )


def duplicate_share(x: npt.ArrayLike) -> float:
    """Share of rows that repeat an earlier row exactly: above 1 % the set has collapsed in part."""
    features = np.ascontiguousarray(x)
    return 1 - len({row.tobytes() for row in features}) / len(features)


def prdc_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Precision, recall, density, coverage; the baseline is one half of the reference against the other."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimates = estimate_prdc(synthetic, reference, settings)
    pair = halves(reference, synthetic.n, settings.seed)
    floors = estimate_prdc(*pair, settings) if pair else {}
    duplicates = {name: duplicate_share(s.features) for name, s in (("synthetic", synthetic), ("reference", reference))}
    collapsed = max(duplicates.values()) > COLLAPSE_SHARE
    return tuple(
        scored(
            name,
            "higher",
            estimate,
            baseline=floors.get(name),
            baseline_label="real vs real",
            extra={"collapse": collapsed, "duplicate_share": duplicates},
        )
        for name, estimate in estimates.items()
    )


_PR = "Kynkäänniemi et al. 2019, arXiv:1904.06991"
_DC = "Naeem et al. 2020, arXiv:2002.09797"
ENTRIES = (
    Metric("precision", "Precision", "fidelity", "higher", FEATURES, 20, _PR, prdc_family, each_space=True),
    Metric("density", "Density", "fidelity", "higher", FEATURES, 20, _DC, prdc_family, each_space=True),
    Metric("recall", "Recall", "diversity", "higher", FEATURES, 20, _PR, prdc_family, each_space=True),
    Metric("coverage", "Coverage", "diversity", "higher", FEATURES, 20, _DC, prdc_family, each_space=True),
)  # fmt: skip
