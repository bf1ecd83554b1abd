"""Pictures as pictures: power by spatial frequency and grey levels, synthetic against real.

No network stands between: what an autoencoder smooths away, a wrong window level or a checkerboard shows here first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evaluation.metrics.metric import PIXELS, Metric
from evaluation.metrics.pixel_table import LEVELS, PixelTable, pixel_table
from evaluation.metrics.resampling import (
    SCORE,
    assign_blocks,
    group_codes,
    jackknife,
    pool,
    squared_distance_interval,
    t_interval,
)
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    MetricError,
    MetricResult,
    Settings,
    scored,
)
from evaluation.metrics.second_order import products_of_means, second_order_variance

SPECTRUM_METHOD = f"root of the bias-corrected mean square; delete-a-group jackknife, {SCORE}"
LEVELS_METHOD = (
    "delete-a-group jackknife, t interval; its lower end no further from the value than resampled noise alone reaches"
)
REAL = "real vs real"
NOISE_DRAWS = 500

Distance = Callable[[FloatArray, FloatArray], float]


def images_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """Both from one pass over the pixels; the yardstick is one half of the reference against the other."""
    settings = comparison.settings
    synthetic, reference = (pixel_table(s, settings) for s in (comparison.synthetic, comparison.reference))
    if synthetic.spectrum.shape[1] != reference.spectrum.shape[1]:
        raise MetricError("The synthetic and the real pictures differ in size.")
    floor = reference.halves(synthetic.n, settings.seed)
    extras: dict[str, dict[str, object]] = {
        "spectrum_distance": {"spectrum": _spectra(synthetic, reference)},
        "intensity_distance": {"histogram": _histograms(synthetic, reference)},
    }
    estimators = {
        "spectrum_distance": estimate_spectrum_distance,
        "intensity_distance": estimate_intensity_distance,
    }
    results = []
    for name, estimate in estimators.items():
        real = estimate(*floor, settings) if floor else None
        own = estimate(synthetic, reference, settings)
        results.append(scored(name, "lower", own, baseline=real, baseline_label=REAL, extra=extras[name]))
    return tuple(results)


def _two_sided(
    left: FloatArray, right: FloatArray, tables: tuple[PixelTable, PixelTable], distance: Distance, settings: Settings
) -> tuple[float, float, float, float]:
    """(plug-in, bias, standard error, df) of a distance between two mean rows, blocks of groups leaving either side."""
    means = left.mean(axis=0), right.mean(axis=0)
    plug_in = distance(*means)
    parts = []
    for side, rows in enumerate((left, right)):
        blocks = assign_blocks(tables[side].groups, settings.blocks, settings.seed)
        sizes = np.bincount(blocks)
        replicates = []
        for block, size in enumerate(sizes):
            mean = (rows.sum(axis=0) - rows[blocks == block].sum(axis=0)) / (len(rows) - size)
            replicates.append(distance(mean, means[1]) if side == 0 else distance(means[0], mean))
        parts.append(jackknife(plug_in, replicates, sizes))
    return plug_in, *pool(parts)


def mean_square(a: FloatArray, b: FloatArray) -> float:
    """Mean over frequencies of the squared difference of two mean log spectra."""
    return float(np.mean((a - b) ** 2))


def estimate_spectrum_distance(synthetic: PixelTable, reference: PixelTable, settings: Settings) -> Estimate:
    """Root mean square difference, in decades, of the mean log10 power spectra.

    The square is an unbiased estimate of the distributions' own; root and interval's ends follow, cut at 0.
    """
    tables = synthetic, reference
    plug_in, bias, se, df = _two_sided(synthetic.spectrum, reference.spectrum, tables, mean_square, settings)
    blocks = [assign_blocks(table.groups, settings.blocks, settings.seed) for table in tables]
    products = products_of_means(synthetic.spectrum, blocks[0], reference.spectrum, blocks[1])
    at_zero = second_order_variance(products.scaled(1 / synthetic.spectrum.shape[1]))
    low, high = squared_distance_interval(plug_in - bias, plug_in, se, df, settings.confidence, at_zero)
    value, low, high = (float(np.sqrt(max(v, 0.0))) for v in (plug_in - bias, low, high))
    extra = {"plug_in": float(np.sqrt(plug_in)), "n_reference": reference.n, "frequencies": synthetic.spectrum.shape[1]}
    return Estimate(value, low, high, synthetic.n, SPECTRUM_METHOD, extra)


def wasserstein(a: FloatArray, b: FloatArray) -> float:
    """1-Wasserstein distance on [0, 1] of two histograms over the levels 0, 1/255 ... 1 (each sums to 1)."""
    return float(np.abs(np.cumsum(a - b)).sum() / (LEVELS - 1))


def estimate_intensity_distance(synthetic: PixelTable, reference: PixelTable, settings: Settings) -> Estimate:
    """1-Wasserstein distance of the mean grey-level histograms: how far grey has to move, as a share of the range.

    A sum of absolute differences has no usable interval near 0. There the lower end is the value less the same distance of noise
    alone: by the triangle inequality the true distance lies below that no more often than noise reaches so far.
    """
    tables = synthetic, reference
    value, _, se, df = _two_sided(synthetic.levels, reference.levels, tables, wasserstein, settings)
    low, high = t_interval(value, se, df, settings.confidence)
    noise = _noise(tables, settings)
    low = max(low, value - noise, 0.0)
    return Estimate(value, low, high, synthetic.n, LEVELS_METHOD, {"n_reference": reference.n, "noise": noise})


def _noise(tables: tuple[PixelTable, PixelTable], settings: Settings) -> float:
    """The distance that noise alone stays below with the interval's confidence: groups with random signs.

    Where there is nothing to find all misses lie on one side.
    """
    rng = np.random.default_rng(settings.seed)
    total = np.zeros((NOISE_DRAWS, LEVELS))
    for table in tables:
        centred = table.levels - table.levels.mean(axis=0)
        codes = group_codes(table.groups)
        sums = np.zeros((int(codes.max()) + 1, LEVELS))
        np.add.at(sums, codes, centred)
        total += rng.normal(size=(NOISE_DRAWS, len(sums))) @ sums / table.n
    distances = np.abs(np.cumsum(total, axis=1)).sum(axis=1) / (LEVELS - 1)
    return float(np.quantile(distances, settings.confidence))


def _spectra(synthetic: PixelTable, reference: PixelTable) -> dict[str, list[float]]:
    return {
        "frequency": list(range(1, synthetic.spectrum.shape[1] + 1)),
        "synthetic": _rounded(synthetic.spectrum.mean(axis=0)),
        "reference": _rounded(reference.spectrum.mean(axis=0)),
    }


def _histograms(synthetic: PixelTable, reference: PixelTable, step: int = 4) -> dict[str, list[float]]:
    """64 bars: shares of pixels in four neighbouring levels."""
    bars = [t.levels.mean(axis=0).reshape(-1, step).sum(axis=1) for t in (synthetic, reference)]
    levels = (np.arange(LEVELS).reshape(-1, step).mean(axis=1)) / (LEVELS - 1)
    return {"level": _rounded(levels), "synthetic": _rounded(bars[0]), "reference": _rounded(bars[1])}


def _rounded(values: FloatArray) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


ENTRIES = (
    Metric("spectrum_distance", "Distance of the power spectra", "parts", "lower", PIXELS, 20,
           "radially averaged power spectrum: Durall et al. 2020, arXiv:2003.01826", images_family),
    Metric("intensity_distance", "Distance of the grey-level histograms", "parts", "lower", PIXELS, 20,
           "Wasserstein distance: Vallender 1974", images_family),
)  # fmt: skip
