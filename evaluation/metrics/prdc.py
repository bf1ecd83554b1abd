"""Precision, recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) with k nearest neighbours.

Both sets are cut to equal n by a seeded subsample, since all four depend on n. A point on the edge of a ball is inside
it: with a strict edge a set of identical images would score 0 on everything, and total collapse would read as a miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.balls import BallCounts, count_balls
from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.metric import FEATURES, Metric
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

METHOD = "k = {k}, ties inside, equal n; delete-a-group jackknife on both sides"
NAMES = ("precision", "recall", "density", "coverage")
# The paper of precision and recall, and torch-fidelity, count with k = 3; the rest of the literature with 5.
OTHER_K, OTHER_NAMES = 3, {"precision": "precision_k3", "recall": "recall_k3"}
COLLAPSE_SHARE = 0.01


@dataclass(frozen=True)
class Prdc:
    """The four values; all but density are in [0, 1]."""

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class Replicates:
    """(4,) values in the order of NAMES, and (blocks, 4) without each block of synthetic and of real images."""

    full: FloatArray
    without_synthetic: FloatArray
    without_real: FloatArray


def precision_recall_density_coverage(synthetic: npt.ArrayLike, reference: npt.ArrayLike, k: int = 5) -> Prdc:
    """The four numbers of (n, d) and (m, d) features; squared Euclidean balls, ties inside.

    Raises TooFewImages where a set has no k-th neighbour.
    """
    x, y = _tables(synthetic, reference, k)
    (of_synthetic,), (of_real,) = count_balls(x, y, None, None, (k,))
    return Prdc(*map(float, _values(of_synthetic, of_real, k)))


def _tables(x: npt.ArrayLike, y: npt.ArrayLike, k: int) -> tuple[Features, Features]:
    tables = as_table(x), as_table(y)
    if min(map(len, tables)) <= k:
        raise TooFewImages(f"The {k}-th neighbour needs at least {k + 1} images on both sides.")
    return tables


def _values(of_synthetic: BallCounts, of_real: BallCounts, k: int) -> FloatArray:
    balls = of_real.members.sum(axis=0)
    return np.array(
        (
            (balls > 0).mean(),
            (of_synthetic.members.sum(axis=0) > 0).mean(),
            balls.mean() / k,
            (of_real.held.sum(axis=1) > 0).mean(),
        )
    )


def replicates(
    x: npt.ArrayLike, y: npt.ArrayLike, blocks_x: IntArray, blocks_y: IntArray, ks: Sequence[int]
) -> list[Replicates]:
    """The four values of synthetic x against real y for each k, with all and without each block of either side."""
    synthetic, real = _tables(x, y, max(ks))
    counts = count_balls(synthetic, real, blocks_x, blocks_y, ks)
    return [
        Replicates(_values(s, r, k), _without_synthetic(s, r, blocks_x, k), _without_real(s, r, blocks_y, k))
        for k, s, r in zip(ks, *counts, strict=True)
    ]


def _without_real(of_synthetic: BallCounts, of_real: BallCounts, blocks: IntArray, k: int) -> FloatArray:
    """(blocks, 4): the block's balls are gone and the balls that counted on its points have grown."""
    found = of_synthetic.members.sum(axis=0) > 0
    rows = []
    for block, balls in enumerate(of_real.members_without):
        stays = blocks != block
        covered = of_real.hit_without[block][stays]
        rows.append(((balls > 0).mean(), found[stays].mean(), balls.mean() / k, covered.mean()))
    return np.array(rows)


def _without_synthetic(of_synthetic: BallCounts, of_real: BallCounts, blocks: IntArray, k: int) -> FloatArray:
    """(blocks, 4): for real balls the block's members are gone; of the synthetic ones, its balls."""
    balls, hit = of_real.members.sum(axis=0), of_real.held.sum(axis=1)
    rows = []
    for block, found in enumerate(of_synthetic.members_without):
        stays = blocks != block
        covered = hit > of_real.held[:, block]
        rows.append(((balls[stays] > 0).mean(), (found > 0).mean(), balls[stays].mean() / k, covered.mean()))
    return np.array(rows)


def estimate_prdc(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    """The four values at equal n with intervals, by name; precision and recall with k = 3, too."""
    n = min(synthetic.n, reference.n)
    cut = [subsample(s, n, settings.seed) for s in (synthetic, reference)]
    blocks = [assign_blocks(s.groups, settings.blocks, settings.seed) for s in cut]
    units = min(s.n_groups for s in cut)
    ks = (settings.neighbours, OTHER_K)
    measured = replicates(cut[0].features, cut[1].features, blocks[0], blocks[1], ks)
    usual, other = (_estimates(m, blocks, n, units, k, settings) for m, k in zip(measured, ks, strict=True))
    return usual | {OTHER_NAMES[name]: other[name] for name in OTHER_NAMES}


def _estimates(
    measured: Replicates, blocks: list[IntArray], n: int, units: int, k: int, settings: Settings
) -> dict[str, Estimate]:
    estimates = {}
    for column, name in enumerate(NAMES):
        value = float(measured.full[column])
        tables = (measured.without_synthetic, measured.without_real)
        parts = [jackknife(value, t[:, column], np.bincount(b)) for t, b in zip(tables, blocks, strict=True)]
        _, se, df = pool(parts)
        if name == "density":
            low, high = t_interval(value, se, df, settings.confidence)
            low = max(low, 0.0)
        else:
            low, high = proportion_interval(value, se, df, units, settings.confidence)
        estimates[name] = Estimate(value, low, high, n, METHOD.format(k=k), {"se": se, "k": k, "n_reference": n})
    return estimates


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
    Metric("precision_k3", "Precision, k = 3", "fidelity", "higher", FEATURES, 20, _PR, prdc_family, each_space=True),
    Metric("recall_k3", "Recall, k = 3", "diversity", "higher", FEATURES, 20, _PR, prdc_family, each_space=True),
)  # fmt: skip
