"""How far predicted probabilities are from what happens: expected calibration error and Brier score, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy  # its stats are loaded when they are first used: 38 MB that a web process may never need

from evaluation.metrics.judging import Judged
from evaluation.metrics.resampling import group_codes, proportion_interval
from evaluation.metrics.result import Estimate, FloatArray, IntArray, Settings, TooFewImages
from evaluation.metrics.roc import logit_interval, rarer_class_groups, two_class_variance

BINS = 10
PER_BIN = 20
DRAWS = 2000
GRID = 61
ECE_METHOD = "bins of equal mass, less the bins' own noise; unified interval (Feldman-Cousins), cluster-robust"
BRIER_METHOD = "mean squared error; linearised, cluster-robust, logit interval"


def equal_mass_bins(probabilities: FloatArray, weights: FloatArray, bins: int) -> IntArray:
    """(n,) bin 0..b-1 of each row, of equal total weight as far as ties allow; equal probabilities share a bin."""
    values, code = np.unique(probabilities, return_inverse=True)
    mass = np.bincount(code, weights) / weights.sum()
    middle = np.cumsum(mass) - mass / 2
    number = np.minimum((middle * bins).astype(np.intp), bins - 1)[code]
    return np.unique(number, return_inverse=True)[1].astype(np.intp)


def estimate_ece(view: Judged, settings: Settings) -> Estimate:
    """Expected calibration error: mean over bins of |share of positives - mean probability|, weighted by the bins' mass.

    The plain sum of absolute values exceeds the truth even for perfect probabilities, because every bin's gap carries noise. With
    T the bins' gaps and S their covariance (sums over groups), the distribution of the statistic is simulated for true gaps in
    the direction of T (smoothed): the value is where its mean is what was observed. The interval is the unified one of Feldman &
    Cousins (Physical Review D 57:3873, 1998): it neither ends up empty nor holds too often where the true error is near 0.
    Source of the noise model: Roelofs et al., AISTATS 2022 (arXiv 2012.08668). Raises TooFewImages below two bins of 20.
    """
    bins = min(BINS, len(view.truth) // PER_BIN)
    if bins < 2:
        raise TooFewImages(f"Calibration needs at least {2 * PER_BIN} labelled images; there are {len(view.truth)}.")
    bin_of = equal_mass_bins(view.calibrated, view.weights, bins)
    gaps, errors, units = _gaps(view, bin_of)
    observed = float(np.abs(gaps).sum())
    value, low, high = _invert(gaps, errors, units, settings)
    extra = {
        "plug_in": observed,
        "recalibration": view.recalibration,
        "reliability": reliability(view, bin_of, settings),
    }
    return Estimate(value, low, high, len(view.truth), f"{ECE_METHOD}; {view.recalibration}", extra)


def _gaps(view: Judged, bin_of: IntArray) -> tuple[FloatArray, FloatArray, int]:
    """(b,) share minus mean probability by bin, times the bin's mass; (b, b) their covariance over groups; fewest groups of a bin."""
    weights = view.weights
    mass, count = np.bincount(bin_of, weights), np.bincount(bin_of)
    miss = weights * (view.truth - view.calibrated)
    gaps = np.bincount(bin_of, miss)
    codes = group_codes(view.groups)
    groups = int(codes.max()) + 1
    residual = np.zeros((groups, len(gaps)))
    np.add.at(residual, (codes, bin_of), miss - weights * (gaps / mass)[bin_of])
    residual *= np.sqrt(groups / max(groups - 1, 1) * count / np.maximum(count - 1, 1))
    covariance = residual.T @ residual
    # A bin whose images happen to agree is not known without error: at least the binomial variance of its share, with two images
    # more that are as predicted.
    predicted = np.bincount(bin_of, weights * view.calibrated) / mass
    share = (np.bincount(bin_of, weights * view.truth) / mass * count + 2 * predicted) / (count + 2)
    floor = share * (1 - share) * np.bincount(bin_of, weights**2)
    lift = np.sqrt(np.maximum(floor / np.maximum(np.diag(covariance), 1e-300), 1.0))
    scaled = covariance * np.outer(lift, lift)
    np.fill_diagonal(scaled, np.maximum(np.diag(covariance), floor))
    units = min(len(np.unique(codes[bin_of == number])) for number in range(len(gaps)))
    return np.asarray(gaps, dtype=np.float64), scaled, units


def _invert(gaps: FloatArray, covariance: FloatArray, units: int, settings: Settings) -> tuple[float, float, float]:
    """(value, low, high) of the true error, from the statistic's simulated distribution on a grid of true errors."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    noise = np.random.default_rng(settings.seed).standard_normal((DRAWS // 2, len(gaps))) @ root.T
    noise = np.concatenate([noise, -noise])
    # Neighbouring bins are alike; the mean of three says where the true gaps lie with less of the noise, which would be corrected twice.
    smooth = np.convolve(gaps, np.ones(3))[1:-1]
    size = np.abs(smooth).sum()
    direction = smooth / size if size > 0 else np.full(len(gaps), 1 / len(gaps))
    observed = float(np.abs(gaps).sum())
    grid = np.linspace(0.0, min(1.0, observed + 8 * float(np.sqrt(np.trace(covariance)))), GRID)
    drawn = np.array([np.abs(true * direction + noise).sum(axis=1) for true in grid])
    mean, sd = np.maximum.accumulate(drawn.mean(axis=1)), np.maximum(drawn.std(axis=1), 1e-12)

    def unlikely(statistic: FloatArray | float) -> FloatArray:
        """Twice the log likelihood (normal) lost to the best true error; below what 0 gives, that is 0."""
        best = np.minimum(statistic - mean[0], 0) / sd[0]
        return np.asarray(((statistic - mean[:, None]) / sd[:, None]) ** 2 - best**2)

    # A bin's variance comes from few groups: as much wider as Student's t of that many is.
    edge, df = 0.5 + settings.confidence / 2, max(units - 1, 4)
    wider = float(scipy.stats.t.ppf(edge, df) / scipy.stats.norm.ppf(edge)) ** 2
    cut = wider * np.quantile(unlikely(drawn), settings.confidence, axis=1)
    value = float(np.interp(observed, mean, grid))
    low, high = _where_held(grid, cut - unlikely(observed)[:, 0])
    return value, min(low, value), max(high, value)


def _where_held(grid: FloatArray, margin: FloatArray) -> tuple[float, float]:
    """The first and the last place of the grid where the margin is not negative, between its points; (inf, -inf) if nowhere."""
    held = np.flatnonzero(margin >= 0)
    if not len(held):
        return np.inf, -np.inf
    first, last = held[0], held[-1]
    before, after = max(first - 1, 0), min(last + 1, len(grid) - 1)
    low = np.interp(0.0, margin[[before, first]], grid[[before, first]]) if before < first else grid[first]
    high = np.interp(0.0, margin[[after, last]], grid[[after, last]]) if last < after else grid[last]
    return float(low), float(high)


def reliability(view: Judged, bin_of: IntArray, settings: Settings) -> dict[str, Any]:
    """The reliability plot by bin: mean probability, share of positives with interval, and images."""
    weights, table = view.weights, []
    for number in range(int(bin_of.max()) + 1):
        rows = np.flatnonzero(bin_of == number)
        w = weights[rows] / weights[rows].sum()
        share = float(w @ view.truth[rows])
        codes = group_codes(view.groups[rows])
        units = int(codes.max()) + 1
        residual = np.bincount(codes, w * (view.truth[rows] - share))
        se = np.sqrt(max(float(np.sum(residual**2)) * units / max(units - 1, 1), share * (1 - share) * float(w @ w)))
        low, high = proportion_interval(share, float(se), max(units - 1, 1), units, settings.confidence)
        table.append((float(w @ view.calibrated[rows]), share, low, high))
    mean, share_, low_, high_ = (np.round(column, 5).tolist() for column in np.array(table).T)
    return {"mean_score": mean, "share": share_, "low": low_, "high": high_, "n": np.bincount(bin_of).tolist()}


def estimate_brier(view: Judged, settings: Settings) -> Estimate:
    """Mean squared difference of probability and label, at the view's prevalence (Brier, Monthly Weather Review 78:1, 1950)."""
    squares = (view.calibrated - view.truth) ** 2
    positive, negative = squares[view.truth == 1], squares[view.truth == 0]
    pi = view.prevalence
    value = float(pi * positive.mean() + (1 - pi) * negative.mean())
    parts = pi * (positive - positive.mean()), (1 - pi) * (negative - negative.mean())
    variance, df = two_class_variance(*parts, view.truth, view.groups)
    se = float(np.sqrt(variance))
    low, high = logit_interval(value, se, df, rarer_class_groups(view.truth, view.groups), settings.confidence)
    extra = {"se": se, "of_always_the_prevalence": pi * (1 - pi), "recalibration": view.recalibration}
    return Estimate(value, low, high, len(view.truth), f"{BRIER_METHOD}; {view.recalibration}", extra)
