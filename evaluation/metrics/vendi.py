"""Vendi score: the effective number of different images in one set (Friedman & Dieng 2023; orders in Pasarkar & Dieng 2024).

VS_q = exp of the Rényi entropy of order q of the eigenvalues of the similarity matrix / n. Features are centred by the
set's own mean and normalised to length 1 first: pooled activations are non-negative, and uncentred their common
direction makes any set look like three images.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import linalg

from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import assign_blocks, jackknife, pool, subsample, t_interval
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    MetricResult,
    Sample,
    Settings,
    as_features,
    scored,
)

ORDERS = {"vendi_score": 1.0, "vendi_score_q2": 2.0}
# Beyond this many rows the products are made in float32: the score agrees to 1e-5, a fraction of its interval.
FLOAT64_ROWS = 2000
METHOD = "order {q:g}, cosine similarity of centred features, equal n; delete-a-group jackknife, t interval"


def vendi_score(x: npt.ArrayLike, q: float = 1.0) -> float:
    """Vendi score of order q of (n, d) features, 1 <= score <= n; identical rows give 1."""
    return _score(_spectrum(as_features(x)), q)


def _spectrum(features: FloatArray) -> FloatArray:
    """Eigenvalues of the cosine similarity matrix / n, from the smaller of its n x n and d x d forms."""
    centred = features - features.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    scale = max(float(np.abs(features).max()), 1.0) * np.sqrt(features.shape[1]) * 1e-12
    if float(length.max()) <= scale:
        return np.ones(1)
    unit = centred / np.maximum(length, scale)
    n, d = unit.shape
    if n > max(d, FLOAT64_ROWS):
        unit = unit.astype(np.float32)
    gram = unit @ unit.T if n <= d else unit.T @ unit
    values = linalg.eigvalsh(gram / n, check_finite=False, overwrite_a=True)
    noise = len(values) * np.finfo(float).eps if values.dtype == np.float64 else np.finfo(np.float32).eps * values[-1]
    return np.asarray(values[values > noise], dtype=np.float64)


def _score(spectrum: FloatArray, q: float) -> float:
    if q == 1:
        return float(np.exp(-np.sum(spectrum * np.log(spectrum))))
    if np.isinf(q):
        return float(1 / spectrum.max())
    return float(np.sum(spectrum**q) ** (1 / (1 - q)))


def estimate_vendi(sample: Sample, settings: Settings) -> dict[str, Estimate]:
    """Vendi scores of orders 1 and 2 with intervals. They describe sets of this n: the score grows with n."""
    features = as_features(sample.features)
    blocks = assign_blocks(sample.groups, settings.blocks, settings.seed)
    spectrum = _spectrum(features)
    left_out = [_spectrum(features[blocks != b]) for b in range(int(blocks.max()) + 1)]
    estimates = {}
    for name, q in ORDERS.items():
        value = _score(spectrum, q)
        replicates = [_score(s, q) for s in left_out]
        _, se, df = pool([jackknife(value, replicates, np.bincount(blocks))])
        low, high = t_interval(value, se, df, settings.confidence)
        extra = {"se": se, "q": q}
        estimates[name] = Estimate(value, max(low, 1.0), min(high, sample.n), sample.n, METHOD.format(q=q), extra)
    return estimates


def vendi_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Vendi scores of the synthetic set, with those of the reference at the same n as baseline."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    n = min(synthetic.n, reference.n)
    own, real = (estimate_vendi(subsample(s, n, settings.seed), settings) for s in (synthetic, reference))
    return tuple(
        scored(
            name,
            "match",
            estimate,
            baseline=real[name],
            baseline_label="real images",
        )
        for name, estimate in own.items()
    )


ENTRIES = (
    Metric("vendi_score", "Vendi score", "diversity", "match", FEATURES, 20,
           "Friedman & Dieng 2023, arXiv:2210.02410", vendi_family, each_space=True),
    Metric("vendi_score_q2", "Vendi score, order 2", "diversity", "match", FEATURES, 20,
           "Pasarkar & Dieng 2024, arXiv:2310.12952", vendi_family, each_space=True),
)  # fmt: skip
