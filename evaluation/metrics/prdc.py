"""Precision, recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) with k nearest neighbours.

Both sets are cut to equal n by a seeded subsample, since all four depend on n. A point on the edge of a ball is inside
it: with a strict edge a set of identical images would score 0 on everything, and total collapse would read as a miss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.balls import BallCounts, count_balls
from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.half_samples import balanced_halves, variance_from_halves
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import (
    Groups,
    clustered_mean,
    group_codes,
    halves,
    proportion_interval,
    squared_distance_interval,
    subsample,
)
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)

METHOD = "k = {k}, ties inside, equal n; variance from disjoint halves of both sets"
# What is particular to some: how the halves are compared, how the interval is made.
CARRIERS = "; t by the groups whose balls hold the hits"
METHODS = {
    "precision": CARRIERS,
    "recall": ", compared as square roots" + CARRIERS,
    "density": "; score interval (error grows with the density)" + CARRIERS,
}
LARGER = "; nothing inside, upper end with k = {k}"
NAMES = ("precision", "recall", "density", "coverage")
RECALL = NAMES.index("recall")
# The paper of precision and recall, and torch-fidelity, count with k = 3; the rest of the literature with 5.
OTHER_K, OTHER_NAMES = 3, {"precision": "precision_k3", "recall": "recall_k3"}
COLLAPSE_SHARE = 0.01
# In simulations the halves showed 0.75 to 1.1 of the variance at full n: small sets are not quite scale-free.
ROOM = 1.1


@dataclass(frozen=True)
class Prdc:
    """The four values; all but density are in [0, 1]."""

    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class Measured:
    """(4,) values in the order of NAMES, their variances and the variances' degrees of freedom."""

    values: FloatArray
    variances: FloatArray
    df: FloatArray


def precision_recall_density_coverage(synthetic: npt.ArrayLike, reference: npt.ArrayLike, k: int = 5) -> Prdc:
    """The four numbers of (n, d) and (m, d) features; squared Euclidean balls, ties inside.

    Raises TooFewImages where a set has no k-th neighbour.
    """
    x, y = _tables(synthetic, reference, k)
    (of_synthetic,), (of_real,) = count_balls(x, y, (k,))
    return Prdc(*map(float, _values(of_synthetic, of_real, k)))


def _tables(x: npt.ArrayLike, y: npt.ArrayLike, k: int) -> tuple[Features, Features]:
    tables = as_table(x), as_table(y)
    if min(map(len, tables)) <= k:
        raise TooFewImages(f"The {k}-th neighbour needs at least {k + 1} images on both sides.")
    return tables


def _values(of_synthetic: BallCounts, of_real: BallCounts, k: int) -> FloatArray:
    balls = of_real.members
    return np.array(((balls > 0).mean(), (of_synthetic.members > 0).mean(), balls.mean() / k, of_real.hit.mean()))


def measured(
    x: npt.ArrayLike, y: npt.ArrayLike, groups: Sequence[Groups], ks: Sequence[int], blocks: int, seed: int
) -> list[Measured]:
    """The four values of synthetic x against real y for each k with their variances, from halves of both sets.

    groups: of x and of y. There are at most as many degrees of freedom as splits.
    """
    synthetic, real = _tables(x, y, max(ks))
    split = balanced_halves(groups, blocks, seed)
    counts = count_balls(synthetic, real, ks, split)
    found = []
    for k, s, r in zip(ks, *counts, strict=True):
        first, second = (_half_values(s, r, k, split, side) for side in (True, False))
        values = _values(s, r, k)
        variances = ROOM * variance_from_halves(_differences(first, second, values), split)
        df = _degrees_of_freedom(s, r, groups, len(split[0]))
        found.append(Measured(values, np.maximum(variances, _least_variances(s, r, k, groups)), df))
    return found


def _degrees_of_freedom(
    of_synthetic: BallCounts, of_real: BallCounts, groups: Sequence[Groups], splits: int
) -> FloatArray:
    """(4,): one for each split, but no more than two for each group of ball centres that carries the hits.

    Where a few odd images' balls hold everything, halves cannot show what other odd images would do. A sum over few random
    sources has the relative error of a gamma variable with twice their effective number of degrees of freedom (Fay & Feuer,
    Stat. Med. 16:791-801, 1997). Coverage counts every ball once at most.
    """
    real, synthetic = carriers(of_real.held, groups[1]), carriers(of_synthetic.held, groups[0])
    return np.asarray(np.clip(2 * np.array((real, synthetic, real, np.inf)), 1, splits), dtype=np.float64)


def carriers(held: npt.ArrayLike, groups: Groups) -> float:
    """Effective number of groups that hold the (n,) counts, (sum w)^2 / sum w^2 over groups; 0 where there is nothing."""
    weights = np.bincount(group_codes(groups), weights=np.asarray(held, dtype=np.float64))
    return float(weights.sum() ** 2 / max((weights**2).sum(), 1.0))


def _differences(first: FloatArray, second: FloatArray, values: FloatArray) -> FloatArray:
    """(splits, 4) of two halves; recall is compared as square roots, in units of the recall of all images.

    Its balls are the synthetic images', which come several a prompt: with half of the prompts gone, the k-th neighbour of an odd
    image may be of another kind, far away, and its ball hold everything. Such a half says little of a small recall of all
    images, and must not decide its error. Where halves are near each other and near the whole, this is their plain difference.
    """
    differences = first - second
    roots = np.sqrt(first[:, RECALL]) - np.sqrt(second[:, RECALL])
    differences[:, RECALL] = 2 * np.sqrt(values[RECALL]) * roots
    return differences


def _half_values(
    of_synthetic: BallCounts, of_real: BallCounts, k: int, split: Sequence[BoolArray], side: bool
) -> FloatArray:
    """(splits, 4): one half of the synthetic images against one half of the real ones."""
    x, y = (half == side for half in split)

    def mean(table: npt.NDArray[Any], chosen: BoolArray) -> FloatArray:
        return np.asarray((table * chosen).sum(axis=1) / chosen.sum(axis=1))

    balls = of_real.members_halved
    found, covered = of_synthetic.members_halved > 0, of_real.hit_halved
    return np.stack([mean(balls > 0, x), mean(found, y), mean(balls, x) / k, mean(covered, y)], axis=1)


def _least_variances(of_synthetic: BallCounts, of_real: BallCounts, k: int, groups: Sequence[Groups]) -> FloatArray:
    """(4,) of the set that is counted, the balls taken as given: exact, and a part of the whole."""
    balls = of_real.members
    parts = ((balls > 0, 0), (of_synthetic.members > 0, 1), (balls / k, 0), (of_real.hit, 1))
    return np.array([clustered_mean(values, groups[side])[1] ** 2 for values, side in parts])


def estimate_prdc(synthetic: Sample, reference: Sample, settings: Settings) -> dict[str, Estimate]:
    """The four values at equal n with intervals, by name; precision and recall with k = 3, too."""
    n = min(synthetic.n, reference.n)
    cut = [subsample(s, n, settings.seed) for s in (synthetic, reference)]
    ks = (settings.neighbours, OTHER_K)
    by_k = _by_neighbours(cut, ks, settings)
    if n > 2 * max(ks) and any(by_k[k][name].value == 0 for k in ks for name in OTHER_NAMES):
        by_k |= _by_neighbours(cut, (2 * max(ks),), settings)
    usual, other = ({name: _with_larger_balls(name, k, by_k) for name in NAMES} for k in ks)
    return usual | {OTHER_NAMES[name]: other[name] for name in OTHER_NAMES}


def _by_neighbours(cut: Sequence[Sample], ks: Sequence[int], settings: Settings) -> dict[int, dict[str, Estimate]]:
    groups = [s.groups for s in cut]
    found = measured(cut[0].features, cut[1].features, groups, ks, settings.blocks, settings.seed)
    return {k: _estimates(m, cut, k, settings.confidence) for m, k in zip(found, ks, strict=True)}


def _estimates(found: Measured, cut: Sequence[Sample], k: int, confidence: float) -> dict[str, Estimate]:
    n, units = cut[0].n, min(s.n_groups for s in cut)
    estimates = {}
    for name, value, variance, df in zip(NAMES, *(map(float, v) for v in vars(found).values()), strict=True):
        se = float(np.sqrt(variance))
        # Where no image is inside any ball the error says nothing, of the density either: then its bound is precision's.
        if name == "density" and value > 0:
            low, high = squared_distance_interval(value, value, se, df, confidence)
            low = max(low, 0.0)
        else:
            low, high = proportion_interval(value, se, df, units, confidence)
        method = METHOD.format(k=k) + METHODS.get(name, "")
        estimates[name] = Estimate(value, low, high, n, method, {"se": se, "df": df, "k": k, "n_reference": n})
    return estimates


def _with_larger_balls(name: str, k: int, by_k: Mapping[int, Mapping[str, Estimate]]) -> Estimate:
    """Where no ball holds anything, the upper end is that of the next larger balls, up to those that do hold something.

    Every ball lies within the one with more neighbours, so that precision and recall cannot fall, nor can their expectation.
    """
    estimate = nearest = by_k[k][name]
    for larger in sorted(other for other in by_k if other > k):
        if name not in OTHER_NAMES or nearest.value > 0:
            break
        nearest = by_k[larger][name]
        if nearest.high > estimate.high:
            method = by_k[k][name].method + LARGER.format(k=larger)
            estimate = replace(estimate, high=nearest.high, method=method)
    return estimate


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
