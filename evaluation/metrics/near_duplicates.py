"""Near duplicates by pixels: the training images nearest in features, compared grey level by grey level.

A second opinion on copies that does not depend on a network alone: the correlation of 64 x 64 thumbnails, beyond what pairs
of different patients reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.metric import Metric
from evaluation.metrics.neighbours import nearest_to
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    scored,
)
from evaluation.metrics.training import PAIRS, UNSEEN, Sides, half_rows, share, split_sides

SIDE = 64
CANDIDATES = 3
# Images that are looked at: the synthetic ones nearest to the training set, and a seeded part of the unseen real ones.
LOOKED_AT, CALIBRATED_ON = 1000, 500
QUANTILE = 0.01
METHOD = f"correlation at {SIDE} px of the {CANDIDATES} nearest training images; Wilson, cluster-robust effective n"

Load = Callable[[int], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Matches:
    """Of the rows looked at: the training row that correlates best, and the unlikeness 1 - correlation (0 to 2)."""

    rows: IntArray
    training: IntArray
    unlikeness: FloatArray


def thumbnail_vector(image: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """(4096,) block means of an (h, w) image, h and w at least 64, centred and of length 1 (all 0 for a constant image)."""
    if image.ndim != 2 or min(image.shape) < SIDE:
        raise MetricError(f"Near duplicates are looked for at {SIDE} px; an image of {image.shape} is too small.")
    h, w = image.shape[0] // SIDE, image.shape[1] // SIDE
    blocks = (
        np.asarray(image[: h * SIDE, : w * SIDE], dtype=np.float64).reshape(SIDE, h, SIDE, w).mean(axis=(1, 3)).ravel()
    )
    blocks -= blocks.mean()
    length = float(np.linalg.norm(blocks))
    # Rounding of a constant image is no structure.
    return blocks / length if length > 1e-6 else np.zeros_like(blocks)


def best_matches(sample: Sample, training: Sample, rows: IntArray, index: IntArray) -> Matches:
    """``index``: (len(rows), k) candidate training rows of each of ``rows``."""
    load, load_training = _loader(sample), _loader(training)
    kept: dict[int, FloatArray] = {}
    best, unlikeness = np.empty(len(rows), dtype=np.intp), np.empty(len(rows))
    for position, row in enumerate(rows):
        own = thumbnail_vector(load(int(row)))
        for candidate in map(int, index[position]):
            if candidate not in kept:
                kept[candidate] = thumbnail_vector(load_training(candidate))
        scores = np.array([float(own @ kept[int(c)]) for c in index[position]])
        best[position], unlikeness[position] = index[position][scores.argmax()], 1 - scores.max()
    return Matches(rows, best, unlikeness)


def _loader(sample: Sample) -> Load:
    if sample.load_pixels is None:
        raise MetricError("The images' pixels are not at hand.")
    return sample.load_pixels


def near_duplicates_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Share of synthetic images with a near duplicate in the training set; those not looked at count as having none."""
    sides, settings = split_sides(comparison), comparison.settings
    index, distances = nearest_to(sides.synthetic.features, sides.training.features, CANDIDATES)
    rows = np.argsort(distances[:, 0], kind="stable")[:LOOKED_AT].astype(np.intp)
    own = best_matches(sides.synthetic, sides.training, rows, index[rows])
    real, unseen = _calibration(sides, settings.seed)
    limit = _limit(real.unlikeness)
    flags = np.zeros(sides.synthetic.n, dtype=np.bool_)
    flags[rows] = own.unlikeness < limit
    extra = sides.facts | {
        "correlation_limit": 1 - limit,
        "looked_at": len(rows),
        "pairs": _pairs(sides, own, limit),
    }
    halves = half_rows(unseen, settings.seed)
    baseline = share(_cross_flags(real, halves), unseen, settings.confidence, METHOD) if halves else None
    own_share = share(flags, sides.synthetic, settings.confidence, METHOD)
    return (scored("near_duplicates", "lower", own_share, baseline=baseline, baseline_label=UNSEEN, extra=extra),)


def _calibration(sides: Sides, seed: int) -> tuple[Matches, Sample]:
    """The same for unseen real images, which are no duplicates of anything in the training set."""
    chosen = np.sort(np.random.default_rng(seed).permutation(sides.unseen.n)[:CALIBRATED_ON]).astype(np.intp)
    unseen = sides.unseen.take(chosen)
    index, _ = nearest_to(unseen.features, sides.training.features, CANDIDATES)
    return best_matches(unseen, sides.training, np.arange(unseen.n), index), unseen


def _limit(unlikeness: FloatArray) -> float:
    """Half of what only 1 % of unseen real images come below."""
    return float(np.quantile(unlikeness, QUANTILE, method="lower")) / 2


def _cross_flags(real: Matches, halves: tuple[IntArray, IntArray]) -> BoolArray:
    flags = np.zeros(len(real.rows), dtype=np.bool_)
    for rows, others in (halves, halves[::-1]):
        flags[rows] = real.unlikeness[rows] < _limit(real.unlikeness[others])
    return flags


def _pairs(sides: Sides, own: Matches, limit: float) -> list[dict[str, Any]]:
    synthetic, training = sides.synthetic.digests, sides.training.digests
    if not synthetic or not training:
        return []
    return [
        {
            "synthetic": synthetic[own.rows[i]],
            "training": training[own.training[i]],
            "correlation": 1 - float(own.unlikeness[i]),
            "copy": bool(own.unlikeness[i] < limit),
        }
        for i in np.argsort(own.unlikeness, kind="stable")[:PAIRS]
    ]


ENTRIES = (
    Metric("near_duplicates", "Near duplicates of training images by pixels", "privacy", "lower",
           frozenset({"features", "pixels", "training"}), 20, "Dar et al. 2024, arXiv:2402.01054 (correlation of thumbnails)",
           near_duplicates_family),
)  # fmt: skip
