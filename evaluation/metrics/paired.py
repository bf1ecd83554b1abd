"""Two sets made from the same prompts: how far a statistic is apart, and what it would be if they were one.

Everything is resampled jointly: a prompt leaves both sets at once, a patient leaves the reference that both are held against,
so that what the two share cancels. The p-value exchanges the two sets' images of a prompt, which changes nothing where the
sets come from one model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.classifier import replicates
from evaluation.metrics.findings import requested
from evaluation.metrics.frechet import correctable, gaussian_distance, leave_out_distances
from evaluation.metrics.gaussian import Gaussian, as_table, features_to_gaussian, remembered_gaussian
from evaluation.metrics.judging import judge_pair
from evaluation.metrics.resampling import (
    MINIMUM_GROUPS,
    Jackknife,
    assign_blocks,
    canonical_order,
    group_codes,
    jackknife,
    pool,
)
from evaluation.metrics.result import Comparison, FloatArray, IntArray, MetricError, Sample, Settings, TooFewImages

FLIPS = 9999
AT_ONCE = 1000
EXCHANGE = "p by exchange of the sets within prompts"


@dataclass(frozen=True)
class Pair:
    """Two sets with the same prompts and as many images of each, rows in the same order of prompts, and their reference."""

    a: Sample
    b: Sample
    reference: Sample
    settings: Settings

    @property
    def codes(self) -> IntArray:
        """(n,) the prompt of each row, of both sets."""
        return group_codes(self.a.groups)

    def blocks(self, sample: Sample) -> IntArray:
        return assign_blocks(sample.groups, self.settings.blocks, self.settings.seed)

    def without_prompts(self, keep: IntArray) -> Pair:
        return Pair(self.a.take(keep), self.b.take(keep), self.reference, self.settings)

    def without_patients(self, keep: IntArray) -> Pair:
        return Pair(self.a, self.b, self.reference.take(keep), self.settings)


def align(a: Sample, b: Sample, reference: Sample, settings: Settings) -> Pair:
    """The pair in one order of prompts. Raises MetricError where the prompts, or the number of images of one, differ."""
    counts = [dict(zip(*np.unique(np.asarray(s.groups, dtype=str), return_counts=True))) for s in (a, b)]
    if counts[0] != counts[1]:
        differing = sorted(g for g in counts[0].keys() | counts[1].keys() if counts[0].get(g) != counts[1].get(g))
        raise MetricError(
            f"The two sets are not of the same prompts and seeds: {len(differing)} prompts differ in their number of images, "
            f"for example {differing[0]!r}."
        )
    if len(counts[0]) < MINIMUM_GROUPS:
        raise TooFewImages(f"Needs at least {MINIMUM_GROUPS} prompts; there are {len(counts[0])}.")
    return Pair(a.take(canonical_order(a)), b.take(canonical_order(b)), reference, settings)


@dataclass(frozen=True)
class Difference:
    """a - b with its standard error from prompts and from patients; ``p`` by exchange of sets, None = by the t quantile."""

    a: float
    b: float
    value: float
    se: float
    df: float
    se_prompts: float
    p: float | None
    method: str


def combine(a: float, b: float, parts: list[Jackknife], p: float | None, method: str) -> Difference:
    """a - b; the first part is of the prompts, the others of what the two sets share."""
    _, se, df = pool(parts)
    return Difference(a, b, a - b, se, df, float(np.sqrt(parts[0].variance)), p, method)


def flip_p(differences: FloatArray, scale: float, seed: int) -> float:
    """Two-sided p of the sum of (g,) differences when each could as well have the other sign; seeded, counts itself.

    scale: the size of what was subtracted; differences below a millionth of it are rounding, and are none.
    """
    differences = np.where(np.abs(differences) > 1e-6 * scale, differences, 0.0)
    observed = abs(float(differences.sum()))
    rng = np.random.default_rng(seed)
    tolerance = 1e-12 * float(np.abs(differences).sum())
    extreme = 0
    for start in range(0, FLIPS, AT_ONCE):
        signs = rng.integers(0, 2, size=(min(AT_ONCE, FLIPS - start), len(differences)), dtype=np.int8) * 2.0 - 1
        extreme += int((np.abs(signs @ differences) >= observed - tolerance).sum())
    return (1 + extreme) / (1 + FLIPS)


def frechet_difference(pair: Pair) -> Difference:
    """Fréchet distance of a less that of b: bias-corrected where n allows, as the distance itself is.

    p: signs of the prompts' differences in the distance's influence function at the two sets pooled. The pooled set does not
    change when sets are exchanged, so the test is exact; to first order it is the test of the difference itself.
    """
    x, z, y = (as_table(s.features) for s in (pair.a, pair.b, pair.reference))
    left, right, real = features_to_gaussian(x), features_to_gaussian(z), remembered_gaussian(y)
    plug_in = gaussian_distance(left, real), gaussian_distance(right, real)
    blocks, patients = pair.blocks(pair.a), pair.blocks(pair.reference)
    by_prompt = [leave_out_distances(f, own, real, blocks) for f, own in ((x, left), (z, right))]
    by_patient = [leave_out_distances(y, real, own, patients) for own in (left, right)]
    corrected = all(correctable(s, pair.reference) for s in (pair.a, pair.b))
    sizes = np.bincount(blocks), np.bincount(patients)
    a, b = (
        full - corrected * (jackknife(full, synthetic, sizes[0]).bias + jackknife(full, real_side, sizes[1]).bias)
        for full, synthetic, real_side in zip(plug_in, by_prompt, by_patient, strict=True)
    )
    full = plug_in[0] - plug_in[1]
    parts = [jackknife(full, left - right, n) for (left, right), n in zip((by_prompt, by_patient), sizes, strict=True)]
    influence = _frechet_influence(np.concatenate([x, z]), real)
    differences = by_prompt_sums(pair, influence[: len(x)] - influence[len(x) :])
    p = flip_p(differences, float(np.abs(influence).mean()), pair.settings.seed)
    which = "bias-corrected" if corrected else "plug-in at this n"
    return combine(a, b, parts, p, f"{which}; joint delete-a-group jackknife, t interval; {EXCHANGE}")


def _frechet_influence(pooled: npt.NDArray[np.floating], real: Gaussian) -> FloatArray:
    """(n,) first-order effect of each row on the distance of the pooled rows to the reference, up to a constant.

    D = |m - v|^2 + tr S + tr T - 2 tr (ST)^1/2 has gradient 2 (m - v) in m and I - B' (B S B')^-1/2 B in S, T = B'B.
    """
    own = features_to_gaussian(pooled)
    centred = pooled - own.mean
    projected = centred @ real.root.T
    values, vectors = np.linalg.eigh(projected.T @ projected / (len(pooled) - 1))
    keep = values > values[-1] * len(values) * np.finfo(float).eps
    mapped = (projected @ vectors[:, keep]) * values[keep] ** -0.25
    squares = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", mapped, mapped)
    return np.asarray(2 * centred @ (own.mean - real.mean) + squares)


def by_prompt_sums(pair: Pair, values: FloatArray) -> FloatArray:
    """(g,) sums of (n,) values over each prompt's rows."""
    return np.asarray(np.bincount(pair.codes, weights=values), dtype=np.float64)


Value = Callable[[Sample, Sample], float]


def recomputed_difference(pair: Pair, value: Value) -> Difference:
    """Any statistic of (set, reference): recomputed without each block of prompts, and without each block of patients."""
    a, b = value(pair.a, pair.reference), value(pair.b, pair.reference)
    parts = []
    for sample, cut in ((pair.a, pair.without_prompts), (pair.reference, pair.without_patients)):
        blocks = pair.blocks(sample)
        left_out = []
        for block in range(int(blocks.max()) + 1):
            rest = cut(np.flatnonzero(blocks != block).astype(np.intp))
            left_out.append(value(rest.a, rest.reference) - value(rest.b, rest.reference))
        parts.append(jackknife(a - b, left_out, np.bincount(blocks)))
    return combine(a, b, parts, None, "joint delete-a-group jackknife, t interval; p from the same t")


def classifier_difference(pair: Pair, metric: str, finding: str) -> Difference:
    """A classifier's number of one finding, or its mean over the findings that both sets have enough images of."""
    findings = (finding,) if finding else requested(pair.a, pair.a.classes)
    views = [judge_pair(Comparison(s, pair.reference, pair.settings), findings)[0] for s in (pair.a, pair.b)]
    shared = [name for name in findings if all(name in view and view[name].enough for view in views)]
    if not shared:
        raise TooFewImages("No finding has at least 10 images with and 10 without it in both sets.")
    blocks = pair.blocks(pair.a)
    count = int(blocks.max()) + 1
    a, b = (np.nanmean([replicates(view[name], count)[metric] for name in shared], axis=0) for view in views)
    parts = [jackknife(float(a[0] - b[0]), a[1:] - b[1:], np.bincount(blocks))]
    method = "mean over findings; " if not finding else ""
    return combine(
        float(a[0]), float(b[0]), parts, None, f"{method}joint delete-a-group jackknife, t interval; p from the same t"
    )
