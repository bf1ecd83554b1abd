"""Vendi score: the effective number of different images in one set (Friedman & Dieng 2023; orders in Pasarkar & Dieng 2024).

VS_q = exp of the Rényi entropy of order q of the eigenvalues of the similarity matrix / n. Features are centred by the
set's own mean and normalised to length 1 first: pooled activations are non-negative, and uncentred their common
direction makes any set look like three images.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import linalg

from evaluation.metrics.gaussian import CHUNK, Features, as_table, chunks
from evaluation.metrics.metric import FEATURES, Metric
from evaluation.metrics.resampling import assign_blocks, jackknife, pool, subsample, t_interval
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricResult,
    Sample,
    Settings,
    scored,
)

ORDERS = {"vendi_score": 1.0, "vendi_score_q2": 2.0, "vendi_score_qinf": float("inf")}
# Beyond this many rows the products are made in float32: the score agrees to 1e-5, a fraction of its interval.
FLOAT64_ROWS = 2000
METHOD = "order {q:g}, cosine similarity of centred features, equal n; delete-a-group jackknife, t interval"


def vendi_score(x: npt.ArrayLike, q: float = 1.0) -> float:
    """Vendi score of order q (0 < q <= infinity) of (n, d) features, 1 <= score <= n; identical rows give 1."""
    return _score(_spectrum(as_table(x)), q)


def _spectrum(features: Features, rows: IntArray | None = None) -> FloatArray:
    """Eigenvalues of the cosine similarity matrix / n of these rows, from the smaller of its n x n and d x d forms."""
    n, d = len(features) if rows is None else len(rows), features.shape[1]
    dtype = np.dtype(np.float32 if n > max(d, FLOAT64_ROWS) else np.float64)

    def pieces(size: int) -> Iterator[Features]:
        return (features[part] if rows is None else features[rows[part]] for part in chunks(n, size))

    sums = [np.sum(piece, axis=0, dtype=np.float64) for piece in pieces(CHUNK)]
    mean = np.sum(sums, axis=0) / n
    smallest = max(*(float(np.abs(piece).max()) for piece in pieces(CHUNK)), 1.0) * np.sqrt(d) * 1e-12
    longest, gram = 0.0, np.zeros((min(n, d), min(n, d)))
    for piece in pieces(n if n <= d else CHUNK):
        centred = piece.astype(dtype)
        centred -= mean.astype(dtype)
        length = np.sqrt(np.einsum("ij,ij->i", centred, centred))
        longest = max(longest, float(length.max()))
        centred /= np.maximum(length, smallest)[:, None].astype(dtype)
        gram += centred @ centred.T if n <= d else centred.T @ centred
    if longest <= smallest:
        return np.ones(1)
    values = linalg.eigvalsh((gram / n).astype(dtype).T, check_finite=False, overwrite_a=True)
    noise = len(values) * np.finfo(float).eps if dtype == np.float64 else np.finfo(np.float32).eps * values[-1]
    return np.asarray(values[values > noise], dtype=np.float64)


def _score(spectrum: FloatArray, q: float) -> float:
    if q == 1:
        return float(np.exp(-np.sum(spectrum * np.log(spectrum))))
    if np.isinf(q):
        return float(1 / spectrum.max())
    return float(np.sum(spectrum**q) ** (1 / (1 - q)))


def estimate_vendi(sample: Sample, settings: Settings) -> dict[str, Estimate]:
    """Vendi scores of orders 1, 2 and infinity with intervals. They describe sets of this n: the score grows with n."""
    features = as_table(sample.features)
    blocks = assign_blocks(sample.groups, settings.blocks, settings.seed)
    spectrum = _spectrum(features)
    left_out = [_spectrum(features, np.flatnonzero(blocks != b)) for b in range(int(blocks.max()) + 1)]
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
    Metric("vendi_score_qinf", "Vendi score, order infinity", "diversity", "match", FEATURES, 20,
           "Pasarkar & Dieng 2024, arXiv:2310.12952", vendi_family, each_space=True),
)  # fmt: skip
