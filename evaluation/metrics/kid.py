"""Kernel distance (KID): squared maximum mean discrepancy with the cubic kernel k(a, b) = (a.b / d + 1)^3.

One unbiased U-statistic (Binkowski et al. 2018, arXiv:1801.01401) instead of an average over random subsets, which adds noise
and whose spread is no standard error.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluation.metrics.by_finding import by_finding
from evaluation.metrics.gaussian import Features, as_table
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.mmd import Float32Array, Kernel, Rows, discrepancy, estimate_discrepancy
from evaluation.metrics.resampling import halves
from evaluation.metrics.result import Comparison, Estimate, MetricResult, Sample, Settings, scored


def _by_root_of_length(x: Features) -> Float32Array:
    return np.divide(x, np.sqrt(x.shape[1]), dtype=np.float32, casting="same_kind")


def _cube(dot: Rows) -> Rows:
    dot += 1
    cube = dot * dot
    cube *= dot
    return cube


CUBIC = Kernel(_by_root_of_length, _cube)


def kernel_distance(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Unbiased squared MMD of (n, d) and (m, d) features: every image its own group."""
    a, b = as_table(x), as_table(y)
    return discrepancy(CUBIC, a, b, np.arange(len(a)), np.arange(len(b))).value


def estimate_kernel_distance(synthetic: Sample, reference: Sample, settings: Settings) -> Estimate:
    """KID with interval. ``extra["all_pairs"]`` is the statistic with pairs within a group counted (the peers' number)."""
    return estimate_discrepancy(CUBIC, synthetic, reference, settings)


def kid_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """KID, overall and by finding, each with the KID of two halves of the reference as its noise floor."""
    estimate, floor, label = _with_floor(comparison)
    overall = scored("kernel_distance", "lower", estimate, baseline=floor, baseline_label=label)
    return (overall, *by_finding("kernel_distance", "lower", comparison, _with_floor))


def _with_floor(comparison: Comparison) -> tuple[Estimate, Estimate | None, str]:
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    estimate = estimate_kernel_distance(synthetic, reference, settings)
    pair = halves(reference, synthetic.n, settings.seed)
    floor = estimate_kernel_distance(*pair, settings) if pair else None
    return estimate, floor, f"real vs real, n = {floor.n}" if floor else ""


ENTRIES = (
    Metric("kernel_distance", "Kernel distance (KID)", "fidelity", "lower", FEATURES, 20,
           "Binkowski et al. 2018, arXiv:1801.01401", kid_family, each_space=True),
)  # fmt: skip
