"""Blocks of whole groups, and the delete-a-group jackknife that runs over them.

Images of one prompt (or of one patient) are not independent, so resampling drops whole groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.result import IntArray, Sample, TooFewImages

MINIMUM_GROUPS = 5
# How methods name `squared_distance_interval`.
SCORE = "score interval on t (error grows with the distance)"

# Labels of groups, or codes that `group_codes` made of them.
Groups = Sequence[str] | IntArray


def group_codes(groups: Groups) -> IntArray:
    """(n,) codes 0..g-1 of the group labels, in the labels' own order (row order does not matter)."""
    if isinstance(groups, np.ndarray) and groups.dtype.kind == "i":
        return np.unique(groups, return_inverse=True)[1].astype(np.intp)
    return np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)[1].astype(np.intp)


def assign_blocks(groups: Groups, blocks: int, seed: int) -> IntArray:
    """(n,) block 0..b-1 of each row: whole groups, seeded, as even in size as they allow.

    Raises TooFewImages where there are fewer than MINIMUM_GROUPS groups.
    """
    codes = group_codes(groups)
    sizes = np.bincount(codes)
    if len(sizes) < MINIMUM_GROUPS:
        raise TooFewImages(
            f"An interval needs at least {MINIMUM_GROUPS} independent groups (prompts or patients); there are {len(sizes)}."
        )
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    block_of_group = np.empty(len(sizes), dtype=np.intp)
    filled = np.zeros(min(blocks, len(sizes)), dtype=np.intp)
    for group in order:
        target = int(filled.argmin())
        block_of_group[group] = target
        filled[target] += sizes[group]
    return block_of_group[codes]


@dataclass(frozen=True)
class Jackknife:
    """Bias and variance of a statistic from one sample's leave-one-block-out replicates."""

    bias: float
    variance: float
    df: int


def jackknife(full: float, replicates: npt.ArrayLike, sizes: npt.ArrayLike) -> Jackknife:
    """Delete-m_j jackknife for blocks of unequal size.

    full: the statistic of all rows; replicates: (b,) the statistic without block j; sizes: (b,) rows of block j.
    Source: Busing, Meijer & van der Leeden, Statistics and Computing 9:3-8 (1999).
    """
    left_out = np.asarray(replicates, dtype=np.float64)
    share = np.asarray(sizes, dtype=np.float64) / np.sum(sizes)
    count = len(left_out)
    corrected = count * full - float(np.sum((1 - share) * left_out))
    pseudo = full / share - (1 / share - 1) * left_out
    variance = float(np.mean((pseudo - corrected) ** 2 / (1 / share - 1)))
    return Jackknife(bias=full - corrected, variance=variance, df=count - 1)


def pool(parts: Sequence[Jackknife]) -> tuple[float, float, float]:
    """(bias, standard error, degrees of freedom) of independent samples; Welch-Satterthwaite df."""
    variance = sum(p.variance for p in parts)
    bias = sum(p.bias for p in parts)
    spread = sum(p.variance**2 / p.df for p in parts)
    df = variance**2 / spread if spread > 0 else float(min(p.df for p in parts))
    return bias, float(np.sqrt(variance)), df


def t_interval(value: float, se: float, df: float, confidence: float) -> tuple[float, float]:
    """value -+ t * se."""
    half = float(scipy.stats.t.ppf(0.5 + confidence / 2, df)) * se
    return value - half, value + half


def squared_distance_interval(
    value: float, plug_in: float, se: float, df: float, confidence: float, at_zero: float = 0.0
) -> tuple[float, float]:
    """Interval of a squared distance (Fréchet, kernel, of mean spectra) that is estimated by plug_in - bias = value.

    Its variance grows with what is measured, so that value -+ t * se is too short where the estimate happens to be low. As in
    Wilson's interval of a proportion, the variance is taken at the value that is asked about: all distances s with
    (value - s)^2 <= t^2 (v + max(s, 0) (1 + b (1 - b)) se^2 / plug_in), b = bias / plug_in, at most 1. plug_in: the biased form,
    never below 0; se: of a jackknife; v: the variance where there is nothing to find, ``at_zero`` (`second_order_variance`) or,
    without it, se^2 b / 2. b (1 - b) is for small samples, where se errs (n = 120 in benchmarks/coverage.py: 93 % without it).

    Why: with a difference of means of length s^1/2 and noise of variance w in k directions plug_in is about s + k w, se^2 about
    4 w (s + k w), since the jackknife counts second-order effects twice, and the variance 4 w s + 2 k w^2.
    """
    if plug_in <= 0 or se <= 0:
        return t_interval(value, se, df, confidence)
    t2 = float(scipy.stats.t.ppf(0.5 + confidence / 2, df)) ** 2
    share = min(max(plug_in - value, 0.0) / plug_in, 1.0)
    growth = t2 * se**2 / plug_in * (1 + share * (1 - share))
    none = t2 * (at_zero or se**2 * share / 2)
    half = float(np.sqrt(max(growth**2 / 4 + growth * value + none, 0.0)))
    low, high = value + growth / 2 - half, value + growth / 2 + half
    # Below 0 the variance is that at 0.
    step = float(np.sqrt(none))
    return value - step if value < step else low, value + step if value < -step else high


def error_at_this_n(se: float, plug_in: float, bias: float) -> float:
    """The standard error of a plug-in distance that too few images leave uncorrected, from the jackknife's bias and error.

    With bias / plug_in the share of second-order noise, the jackknife's variance holds half of that share twice
    (`squared_distance_interval`). At such n its bias is too large; the fourth power of the share held the truth in 94 to 97 % of
    simulations, sets alike or not (benchmarks/coverage.py), where the error as it is did so in 94 to 99.7 %.
    """
    share = min(max(bias / plug_in, 0.0), 1.0) if plug_in > 0 else 0.0
    return float(se * np.sqrt(1 - share**4 / 2))


def wilson_interval(p: float, n: float, confidence: float, df: float = np.inf) -> tuple[float, float]:
    """Wilson score interval of a proportion with (effective) sample size n, t quantile where df is finite.

    Source: Wilson, JASA 22:209-212 (1927); effective size as in Korn & Graubard, Survey Methodology 24:193 (1998).
    """
    z2 = float(scipy.stats.t.ppf(0.5 + confidence / 2, df)) ** 2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # p itself is always inside; rounding must not push it out at 0 and 1.
    return float(min(max(centre - half, 0.0), p)), float(max(min(centre + half, 1.0), p))


def proportion_interval(p: float, se: float, df: float, units: int, confidence: float) -> tuple[float, float]:
    """Interval of a proportion whose standard error is known: Wilson at the n that has this standard error.

    ``units`` (groups) is the effective n where the standard error says nothing (p = 0 or 1, or se = 0).
    """
    if p <= 0 or p >= 1 or se <= 0:
        return wilson_interval(min(max(p, 0.0), 1.0), units, confidence)
    return wilson_interval(p, p * (1 - p) / se**2, confidence, df)


def clustered_proportion(hits: npt.ArrayLike, groups: Groups, confidence: float) -> tuple[float, float, float]:
    """(proportion, low, high) of 0/1 values in clusters: Wilson with the cluster-robust effective n.

    hits: (n,) 0/1. With one image a group this is Wilson's interval itself. The effective n never exceeds n.
    """
    values = np.asarray(hits, dtype=np.float64)
    p, n = float(values.mean()), len(values)
    codes = group_codes(groups)
    count = int(codes.max()) + 1
    if count == n:
        return p, *wilson_interval(p, n, confidence)
    residual = np.bincount(codes, weights=values - p)
    se = float(np.sqrt(np.sum(residual**2) * count / max(count - 1, 1))) / n
    floor = float(np.sqrt(p * (1 - p) / n))
    return p, *proportion_interval(p, max(se, floor), max(count - 1, 1), count, confidence)


def clustered_mean(values: npt.ArrayLike, groups: Groups) -> tuple[float, float, float]:
    """(mean, standard error, degrees of freedom) of (n,) values in clusters: the linearised variance of a ratio mean.

    Raises TooFewImages below MINIMUM_GROUPS groups.
    """
    scores = np.asarray(values, dtype=np.float64)
    codes = group_codes(groups)
    count = int(codes.max()) + 1
    if count < MINIMUM_GROUPS:
        raise TooFewImages(f"An interval needs at least {MINIMUM_GROUPS} independent groups; there are {count}.")
    mean = float(scores.mean())
    residual = np.bincount(codes, weights=scores - mean)
    return mean, float(np.sqrt(np.sum(residual**2) * count / (count - 1))) / len(scores), float(count - 1)


def canonical_order(sample: Sample) -> IntArray:
    """(n,) rows by group, then by digest where known, then by features: a seeded choice from it ignores the rows' own order."""
    keys = [sample.features[:, column] for column in range(min(3, sample.features.shape[1]))][::-1]
    digests = [np.asarray(sample.digests, dtype=str)] if sample.digests else []
    return np.lexsort((*keys, *digests, group_codes(sample.groups))).astype(np.intp)


def subsample(sample: Sample, n: int, seed: int) -> Sample:
    """n rows without replacement, seeded, whatever order the rows are in; all of them where the sample has n."""
    if sample.n <= n:
        return sample
    chosen = np.random.default_rng(seed).choice(sample.n, n, replace=False)
    return sample.take(np.sort(canonical_order(sample)[chosen]))


def whole_groups(sample: Sample, n: int, seed: int) -> Sample:
    """At most n rows in whole groups (only the last one chosen is cut), seeded, whatever order the rows are in."""
    if sample.n <= n:
        return sample
    codes = group_codes(sample.groups)
    place = np.random.default_rng(seed).permutation(int(codes.max()) + 1)
    order = canonical_order(sample)
    order = order[np.argsort(place[codes[order]], kind="stable")]
    return sample.take(np.sort(order[:n]))


def halves(sample: Sample, n: int, seed: int) -> tuple[Sample, Sample] | None:
    """Two disjoint halves of whole groups, each cut to at most n rows and equal; None below 5 groups a half."""
    codes = group_codes(sample.groups)
    if codes.max() + 1 < 2 * MINIMUM_GROUPS:
        return None
    side = assign_blocks(sample.groups, 2, seed)
    first, second = (sample.take(np.flatnonzero(side == s).astype(np.intp)) for s in (0, 1))
    size = min(first.n, second.n, n)
    return subsample(first, size, seed), subsample(second, size, seed + 1)
