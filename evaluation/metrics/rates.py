"""Sensitivity, specificity and what is made of them, at a classifier's operating point."""

from __future__ import annotations

import numpy as np

from evaluation.metrics.findings import NEGATIVE, POSITIVE
from evaluation.metrics.judging import Judged
from evaluation.metrics.resampling import clustered_proportion
from evaluation.metrics.result import Estimate, FloatArray, Settings

RATE_METHOD = "Wilson with cluster-robust effective n"
SUM_METHOD = "sum of two Wilson intervals (Newcombe), cluster-robust effective n"


def estimate_rates(view: Judged, settings: Settings) -> dict[str, Estimate]:
    """sensitivity, specificity, balanced_accuracy and accuracy (the last at the view's prevalence), by name."""
    hits = view.calls == view.truth
    note = {"threshold": float(np.median(view.thresholds)), "operating_point": view.point}
    rates = {}
    for name, value in (("sensitivity", POSITIVE), ("specificity", NEGATIVE)):
        rows = view.truth == value
        p, low, high = clustered_proportion(hits[rows], view.groups[rows], settings.confidence)
        rates[name] = Estimate(p, low, high, int(rows.sum()), f"{RATE_METHOD}; {view.point}", note)
    rates["balanced_accuracy"] = weighted_sum(rates["sensitivity"], rates["specificity"], 0.5)
    rates["accuracy"] = weighted_sum(rates["sensitivity"], rates["specificity"], view.prevalence)
    return rates


def weighted_sum(first: Estimate, second: Estimate, weight: float) -> Estimate:
    """weight * first + (1 - weight) * second of two independent proportions.

    Interval by MOVER (Newcombe, Statistics in Medicine 17:873, 1998): distances to the limits add in squares.
    """
    value = weight * first.value + (1 - weight) * second.value
    down = np.hypot(weight * (first.value - first.low), (1 - weight) * (second.value - second.low))
    up = np.hypot(weight * (first.high - first.value), (1 - weight) * (second.high - second.value))
    method = f"{SUM_METHOD}; {first.extra['operating_point']}"
    return Estimate(value, float(value - down), float(value + up), first.n + second.n, method, first.extra)


def rates_without_blocks(view: Judged, count: int) -> dict[str, FloatArray]:
    """The four rates of all rows, then without block 0, 1, ...: (count + 1,) each, NaN where a class is gone."""
    hits = view.calls == view.truth
    share = {value: _mean_without_blocks(hits, view, value, count) for value in (POSITIVE, NEGATIVE)}
    sensitivity, specificity = share[POSITIVE], share[NEGATIVE]
    return {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "accuracy": view.prevalence * sensitivity + (1 - view.prevalence) * specificity,
    }


def brier_without_blocks(view: Judged, count: int) -> FloatArray:
    """(count + 1,) Brier score of all rows, then without block 0, 1, ..."""
    squares = (view.calibrated - view.truth) ** 2
    positive, negative = (_mean_without_blocks(squares, view, value, count) for value in (POSITIVE, NEGATIVE))
    return np.asarray(view.prevalence * positive + (1 - view.prevalence) * negative)


def _mean_without_blocks(values: FloatArray, view: Judged, truth: int, count: int) -> FloatArray:
    rows = view.truth == truth
    total = np.bincount(view.blocks[rows], values[rows].astype(np.float64), count)
    number = np.bincount(view.blocks[rows], minlength=count)
    sums, numbers = np.append(total.sum(), total.sum() - total), np.append(number.sum(), number.sum() - number)
    return np.asarray(np.divide(sums, numbers, out=np.full(count + 1, np.nan), where=numbers > 0))
