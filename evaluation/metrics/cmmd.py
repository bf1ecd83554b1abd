"""CMMD (Jayasumana et al. 2024, arXiv:2401.09603): squared MMD with a Gaussian kernel of width 10 on unit features, times 1000.

Defined on the embeddings of CLIP; here it is computed in every extractor's space and says which. The published code takes the
biased V-statistic, which counts each image's pair with itself: two samples of one distribution then score above 0 (0.1 at 100
images, 0.01 at 1,000). The unbiased U-statistic has no such floor and may fall below 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.mmd import Float32Array, Kernel, Rows, discrepancy, estimate_discrepancy
from evaluation.metrics.resampling import halves
from evaluation.metrics.result import Comparison, MetricResult, scored

SIGMA, SCALE = 10.0, 1000.0


def _unit(x: Features) -> Float32Array:
    rows = x.astype(np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny)
    return rows.astype(np.float32)


def _gaussian_less_one(dot: Rows) -> Rows:
    """exp(-|a - b|^2 / (2 sigma^2)) - 1 of unit rows: the 1 cancels, and what is left keeps its float32 digits."""
    dot -= 1
    dot *= 1 / SIGMA**2
    return np.asarray(np.expm1(dot, out=dot))


GAUSSIAN = Kernel(_unit, _gaussian_less_one)


def cmmd(x: npt.ArrayLike, y: npt.ArrayLike, *, biased: bool = False) -> float:
    """CMMD of (n, d) and (m, d) embeddings, every image its own group; ``biased`` gives the V-statistic of the published code."""
    a, b = as_table(x), as_table(y)
    found = discrepancy(GAUSSIAN, a, b, np.arange(len(a)), np.arange(len(b)))
    return SCALE * (found.biased if biased else found.value)


def cmmd_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """CMMD, with that of two halves of the reference as its noise floor; ``extra["biased"]`` is the published code's number."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_discrepancy(GAUSSIAN, synthetic, reference, settings, SCALE)
    pair = halves(reference, synthetic.n, settings.seed)
    floor = estimate_discrepancy(GAUSSIAN, *pair, settings, SCALE) if pair else None
    label = f"real vs real, n = {floor.n}" if floor else ""
    return (scored("cmmd", "lower", estimate, baseline=floor, baseline_label=label),)


ENTRIES = (
    Metric("cmmd", "CMMD", "fidelity", "lower", FEATURES, 20,
           "Jayasumana et al. 2024, arXiv:2401.09603", cmmd_family, each_space=True),
)  # fmt: skip
