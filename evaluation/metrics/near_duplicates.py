"""Near duplicates by pixels: synthetic and training images compared grey level by grey level.

A second opinion on copies that does not depend on a network: the correlation of 64 x 64 thumbnails, beyond what pairs
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
# Up to so many training images all are compared, and so many synthetic ones are looked at: reading pixels is slow.
SEARCHED = 4000
CALIBRATED_ON = 500
QUANTILE = 0.01
METHOD = f"best correlation with a training image at {SIDE} px; Wilson, cluster-robust effective n"

Load = Callable[[int], npt.NDArray[np.float32]]
Vector = npt.NDArray[np.float32]


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


class Search:
    """The training images to compare with: all of them where they are few enough, else the nearest in features."""

    def __init__(self, training: Sample) -> None:
        self._training = training
        self._load = _loader(training)
        self.is_whole = training.n <= SEARCHED
        self._all = np.stack([self._vector(i) for i in range(training.n)]) if self.is_whole else None
        self._kept: dict[int, Vector] = {}

    def best(self, sample: Sample, rows: IntArray) -> Matches:
        """The best match of each of the rows."""
        load = _loader(sample)
        candidates = self._candidates(sample, rows)
        best, unlikeness = np.empty(len(rows), dtype=np.intp), np.empty(len(rows))
        for position, row in enumerate(rows):
            own = thumbnail_vector(load(int(row))).astype(np.float32)
            index, vectors = candidates(position)
            scores = vectors @ own
            best[position], unlikeness[position] = index[scores.argmax()], max(1 - float(scores.max()), 0.0)
        return Matches(rows, best, unlikeness)

    def _candidates(self, sample: Sample, rows: IntArray) -> Callable[[int], tuple[IntArray, Vector]]:
        everything = self._all
        if everything is not None:
            whole = np.arange(len(everything))
            return lambda position: (whole, everything)
        nearest, _ = nearest_to(sample.features[rows], self._training.features, CANDIDATES)
        return lambda position: (nearest[position], np.stack([self._remembered(int(i)) for i in nearest[position]]))

    def _remembered(self, row: int) -> Vector:
        if row not in self._kept:
            self._kept[row] = self._vector(row)
        return self._kept[row]

    def _vector(self, row: int) -> Vector:
        return thumbnail_vector(self._load(row)).astype(np.float32)


def _loader(sample: Sample) -> Load:
    if sample.load_pixels is None:
        raise MetricError("The images' pixels are not at hand.")
    return sample.load_pixels


def near_duplicates_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Share of synthetic images with a near duplicate in the training set; those not looked at count as having none."""
    sides, settings = split_sides(comparison), comparison.settings
    search = Search(sides.training)
    rows = _rows_to_look_at(sides)
    own = search.best(sides.synthetic, rows)
    chosen = np.sort(np.random.default_rng(settings.seed).permutation(sides.unseen.n)[:CALIBRATED_ON]).astype(np.intp)
    unseen = sides.unseen.take(chosen)
    real = search.best(unseen, np.arange(unseen.n))
    limit = _limit(real.unlikeness)
    flags = np.zeros(sides.synthetic.n, dtype=np.bool_)
    flags[rows] = own.unlikeness < limit
    extra = sides.facts | {
        "correlation_limit": 1 - limit,
        "looked_at": len(rows),
        "searched": "all training images" if search.is_whole else f"the {CANDIDATES} nearest in features",
        "pairs": _pairs(sides, own, limit),
    }
    halves = half_rows(unseen, settings.seed)
    baseline = share(_cross_flags(real, halves), unseen, settings.confidence, METHOD) if halves else None
    own_share = share(flags, sides.synthetic, settings.confidence, METHOD)
    return (scored("near_duplicates", "lower", own_share, baseline=baseline, baseline_label=UNSEEN, extra=extra),)


def _rows_to_look_at(sides: Sides) -> IntArray:
    """All synthetic images, or those nearest to the training set in features."""
    if sides.synthetic.n <= SEARCHED:
        return np.arange(sides.synthetic.n)
    _, distances = nearest_to(sides.synthetic.features, sides.training.features, 1)
    return np.argsort(distances[:, 0], kind="stable")[:SEARCHED].astype(np.intp)


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
