"""The kernel distance's difference between two sets of the same prompts.

With the reference's own part gone, the difference is linear in the reference, and its influence at the two sets pooled is the
witness function: both the interval and the exchange of sets come in closed form from sums over the kernel's rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.metrics.kid import CUBIC
from evaluation.metrics.mmd import BLOCK_ROWS, kernel_row_sums
from evaluation.metrics.paired import EXCHANGE, Difference, Pair, align, by_prompt_sums, combine, flip_p
from evaluation.metrics.resampling import Jackknife, clustered_mean, group_codes, jackknife, whole_groups
from evaluation.metrics.result import FloatArray, IntArray, Sample

Float32Array = npt.NDArray[np.float32]
METHOD = f"unbiased U-statistics; joint delete-one-group jackknife, t interval; {EXCHANGE}"


def kernel_difference(pair: Pair) -> Difference:
    """Kernel distance of a less that of b, pairs within a prompt left out; of at most 10,000 images a side.

    p: as for the Fréchet distance; the kernel distance's influence at the pooled sets is its witness function.
    """
    pair = _bounded(pair)
    x, z, y = (CUBIC.prepare(s.features).astype(np.float64) for s in (pair.a, pair.b, pair.reference))
    f, g, h = (rows.astype(np.float32) for rows in (x, z, y))
    sizes = np.bincount(pair.codes)
    (f_h, h_f), (g_h, h_g), (f_g, g_f) = (kernel_row_sums(CUBIC, *both) for both in ((f, h), (g, h), (f, g)))
    f_f, g_g = (kernel_row_sums(CUBIC, rows, None)[0] for rows in (f, g))
    own = _Own.of(x, pair.codes, f_f, f_h / len(y)), _Own.of(z, pair.codes, g_g, g_h / len(y))
    shared = _between_patients(pair.reference, y, kernel_row_sums(CUBIC, h, None)[0])
    a, b = (side.statistic(sizes) for side in own)
    _, patients_se, patients_df = clustered_mean(-2 * (h_f - h_g) / len(x), pair.reference.groups)
    by_prompt = jackknife(a - b, own[0].without_each(sizes) - own[1].without_each(sizes), sizes)
    witness = (f_f + f_g) / (2 * len(x)) - f_h / len(y), (g_g + g_f) / (2 * len(x)) - g_h / len(y)
    differences = by_prompt_sums(pair, witness[0] - witness[1])
    p = flip_p(differences, float(np.abs(f_f).mean()) / len(x), pair.settings.seed)
    parts = [by_prompt, Jackknife(0.0, patients_se**2, int(patients_df))]
    return combine(a + shared, b + shared, parts, p, METHOD)


def _bounded(pair: Pair) -> Pair:
    """At most BLOCK_ROWS images of whole prompts, the same ones on both sides, and of whole patients."""
    a, b, reference = (whole_groups(s, BLOCK_ROWS, pair.settings.seed) for s in (pair.a, pair.b, pair.reference))
    return align(a, b, reference, pair.settings)


@dataclass(frozen=True)
class _Own:
    """Of one set by prompt: kernel sums to its other prompts (g,), mean kernel to the reference, summed over rows (g,)."""

    across: FloatArray
    to_real: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, codes: IntArray, row_sums: FloatArray, to_real: FloatArray) -> _Own:
        """rows (n, d) sorted by prompt, their kernel sums to all rows of the set, their mean kernel to the reference."""
        parts = np.split(rows, np.cumsum(np.bincount(codes))[:-1])
        within = [float(CUBIC.of_dot(part @ part.T).sum()) for part in parts]
        sums, real = (np.asarray(np.bincount(codes, weights=w), dtype=np.float64) for w in (row_sums, to_real))
        return cls(sums - np.array(within), real)

    def statistic(self, sizes: IntArray) -> float:
        """Mean kernel over pairs of different prompts, less twice the mean kernel to the reference."""
        pairs = float(sizes.sum()) ** 2 - float(np.sum(sizes.astype(float) ** 2))
        return float(self.across.sum() / pairs - 2 * self.to_real.sum() / sizes.sum())

    def without_each(self, sizes: IntArray) -> FloatArray:
        """(g,) the statistic without each prompt."""
        n, squares = float(sizes.sum()), float(np.sum(sizes.astype(float) ** 2))
        pairs = (n - sizes) ** 2 - (squares - sizes.astype(float) ** 2)
        own = (self.across.sum() - 2 * self.across) / pairs
        return np.asarray(own - 2 * (self.to_real.sum() - self.to_real) / (n - sizes))


def _between_patients(sample: Sample, rows: FloatArray, row_sums: FloatArray) -> float:
    """Mean kernel of the reference over pairs of different patients."""
    codes = group_codes(sample.groups)
    order = np.argsort(codes, kind="stable")
    nothing = np.zeros(len(rows))
    return _Own.of(rows[order], codes[order], row_sums[order], nothing).statistic(np.bincount(codes))
