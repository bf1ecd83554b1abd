"""Are synthetic images nearer to the training set than unseen real images are?

Two numbers from the nearest training image of every synthetic and of every unseen real image: the ratio of the medians of
their distances, and the share of copies by a rule that is calibrated on the unseen real images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.metrics.metric import TRAINING, Metric
from evaluation.metrics.resampling import clustered_proportion
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricResult,
    Settings,
    scored,
)
from evaluation.metrics.training import (
    PAIRS,
    UNSEEN,
    Nearest,
    Sides,
    half_rows,
    nearest_training,
    per_image,
    share,
    split_sides,
)

RATIO_METHOD = "ratio of medians; Woodruff intervals over groups combined on the log scale (MOVER); training set fixed"
COPY_METHOD = "Wilson with cluster-robust effective n; rule calibrated on unseen real images, training set fixed"
# Share of unseen real images that either half of the rule may flag.
FALSE_COPIES = 0.01


@dataclass(frozen=True)
class CopyRule:
    """An image is a copy when it is as near to a training image as only 1 % of unseen real images are, and when that one
    patient stands out (distance over the distance to the next patient) as in only 1 % of them. Identical features always are."""

    distance: float
    contrast: float

    @classmethod
    def calibrated(cls, real: Nearest, rows: IntArray | slice = slice(None)) -> CopyRule:
        limits = (np.quantile(v[rows], FALSE_COPIES, method="lower") for v in (real.first, real.contrast))
        return cls(*map(float, limits))

    def flags(self, found: Nearest) -> BoolArray:
        near = (found.first < self.distance) & (found.contrast < self.contrast)
        copies: BoolArray = near | (found.first == 0)
        return copies


def median_interval(values: FloatArray, groups: Sequence[str], confidence: float) -> tuple[float, float, float]:
    """(median, low, high) over clusters: the interval of the share below the median, carried back to values.

    Source: Woodruff, JASA 47:635-646 (1952), with the cluster-robust Wilson interval of the share.
    """
    median = float(np.median(values))
    # Ties at the median count half, so that the share is 1/2 whatever repeats.
    below = (values < median) + 0.5 * (values == median)
    _, low, high = clustered_proportion(below, groups, confidence)
    edges = np.quantile(values, [low, high])
    return median, float(min(edges[0], median)), float(max(edges[1], median))


def ratio_of_medians(
    x: FloatArray, x_groups: Sequence[str], y: FloatArray, y_groups: Sequence[str], confidence: float
) -> tuple[float, float, float]:
    """(median x / median y, low, high) of independent samples of positive numbers.

    Source: method of variance estimates recovery on logs, Donner & Zou, Statistical Methods in Medical Research 21:347 (2012).
    """
    a, b = median_interval(x, x_groups, confidence), median_interval(y, y_groups, confidence)
    if b[0] <= 0:
        return float("nan"), 0.0, float("inf")
    ratio = a[0] / b[0]
    if ratio <= 0:
        return 0.0, 0.0, a[2] / b[0]
    (am, al, ah), (bm, bl, bh) = (np.log(np.maximum(v, 1e-300)) for v in (a, b))
    low, high = -np.hypot(am - al, bh - bm), np.hypot(ah - am, bm - bl)
    return ratio, float(ratio * np.exp(low)), float(ratio * np.exp(high))


def privacy_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Nearest training distance and copies; the yardstick is one half of the unseen real images against the other."""
    sides, settings = split_sides(comparison), comparison.settings
    own, real = (nearest_training(s, sides.training) for s in (sides.synthetic, sides.unseen))
    halves = half_rows(sides.unseen, settings.seed)
    return (
        scored(
            "nearest_training_distance",
            "match",
            _distance_estimate(sides, own, real, settings),
            baseline=_half_ratio(sides, real, halves, settings) if halves else None,
            baseline_label=UNSEEN,
            extra=sides.facts | per_image(own.first),
        ),
        scored(
            "copies",
            "lower",
            _copies_estimate(sides, own, real, settings),
            baseline=_half_copies(sides, real, halves, settings) if halves else None,
            baseline_label=UNSEEN,
            extra=sides.facts,
        ),
    )


def _distance_estimate(sides: Sides, own: Nearest, real: Nearest, settings: Settings) -> Estimate:
    groups = sides.synthetic.groups, sides.unseen.groups
    value, low, high = ratio_of_medians(own.first, groups[0], real.first, groups[1], settings.confidence)
    medians = {"synthetic_median": float(np.median(own.first)), "unseen_median": float(np.median(real.first))}
    return Estimate(value, low, high, sides.synthetic.n, RATIO_METHOD, medians)


def _half_ratio(sides: Sides, real: Nearest, halves: tuple[IntArray, IntArray], settings: Settings) -> Estimate:
    groups = np.array(sides.unseen.groups, dtype=object)
    (x, x_groups), (y, y_groups) = ((real.first[rows], list(groups[rows])) for rows in halves)
    value, low, high = ratio_of_medians(x, x_groups, y, y_groups, settings.confidence)
    return Estimate(value, low, high, len(real.first), RATIO_METHOD)


def _copies_estimate(sides: Sides, own: Nearest, real: Nearest, settings: Settings) -> Estimate:
    rule = CopyRule.calibrated(real)
    flags = rule.flags(own)
    ratios = own.first / max(float(np.median(real.first)), np.finfo(float).tiny)
    extra = {
        "distance_limit": rule.distance,
        "contrast_limit": rule.contrast,
        "pairs": _pairs(sides, own, flags, ratios),
        **per_image(ratios),
    }
    return share(flags, sides.synthetic, settings.confidence, COPY_METHOD, extra)


def _half_copies(sides: Sides, real: Nearest, halves: tuple[IntArray, IntArray], settings: Settings) -> Estimate:
    """Unseen real images flagged by the rule that the other half calibrated."""
    flags = np.zeros(len(real.first), dtype=np.bool_)
    for rows, others in (halves, halves[::-1]):
        flags[rows] = CopyRule.calibrated(real, others).flags(real)[rows]
    return share(flags, sides.unseen, settings.confidence, COPY_METHOD)


def _pairs(sides: Sides, own: Nearest, flags: BoolArray, ratios: FloatArray) -> list[dict[str, Any]]:
    """Flagged pairs first, then the nearest others: ratio = distance over the median of unseen real images."""
    synthetic, training = sides.synthetic.digests, sides.training.digests
    if not synthetic or not training:
        return []
    order = np.lexsort((ratios, ~flags))[:PAIRS]
    return [
        {
            "synthetic": synthetic[i],
            "training": training[own.row[i]],
            "ratio": float(ratios[i]),
            "contrast": float(own.contrast[i]),
            "copy": bool(flags[i]),
        }
        for i in order
    ]


ENTRIES = (
    Metric("nearest_training_distance", "Distance to the nearest training image, synthetic over unseen real", "privacy", "match",
           TRAINING, 20, "Woodruff 1952 (interval); Donner & Zou 2012", privacy_family, each_space=True),
    Metric("copies", "Copies of training images", "privacy", "lower", TRAINING, 20,
           "Carlini et al. 2023, arXiv:2301.13188; Dar et al. 2024, arXiv:2402.01054", privacy_family, each_space=True),
)  # fmt: skip
