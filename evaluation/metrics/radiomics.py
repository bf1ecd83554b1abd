"""Fréchet radiomics distance (Konz et al. 2024, arXiv:2412.01496): the Fréchet distance of hand-made texture features.

The features are those of the package pyradiomics (first order, co-occurrence, run length, zone size, dependence, tone difference;
of the picture and of its four wavelet bands: 5 x 93) of the whole picture at 256 pixels. They are brought to the reference's
mean and standard deviation first, so that the unit of a feature does not decide. No network is involved. These standard deviations
are estimates, too: in a resampled reference they are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics.frechet import (
    estimate_frechet_distance,
    frechet_distance,
    leave_out_distances,
    noise_floor,
)
from evaluation.metrics.gaussian import features_to_gaussian
from evaluation.metrics.metric import PIXELS, Metric
from evaluation.metrics.resampling import assign_blocks, jackknife, pool, squared_distance_interval, subsample
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    scored,
)

# What the package's own build file asks for, without its pinned build of an older numpy; a C compiler has to be there.
INSTALL = (
    "pip install numpy SimpleITK PyWavelets pykwalify six setuptools wheel && "
    "pip install --no-build-isolation --no-deps pyradiomics==3.0.1"
)
# Seconds an image: beyond so many a side the distance says little more.
MOST_IMAGES = 300
# Grey levels of 0-255 in one bin: the setting of the distance's authors.
BIN_WIDTH = 5
UNITS = "every resampled reference sets the units itself"

Extract = Callable[[npt.NDArray[np.float32]], dict[str, float]]


def load_extractor() -> Extract:
    """(h, w) pixels in [0, 1] to features by name. Raises MetricError with the way to install where pyradiomics is missing.

    The package computes a Laplacian of Gaussian of volumes of at least four slices only and skips it for a picture without
    a word, so it is not asked for here.
    """
    try:
        import SimpleITK
        from radiomics import featureextractor, setVerbosity
    except ImportError as error:
        raise MetricError(f"Needs the package pyradiomics ({error}). To install it: {INSTALL}") from error
    setVerbosity(40)
    extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=BIN_WIDTH, force2D=True)
    extractor.enableImageTypes(Original={}, Wavelet={})
    extractor.enableAllFeatures()
    for shape in ("shape", "shape2D"):
        extractor.enableFeatureClassByName(shape, enabled=False)

    def extract(pixels: npt.NDArray[np.float32]) -> dict[str, float]:
        # The package wants some background: the outermost line of pixels.
        mask = np.zeros((1, *pixels.shape), dtype=np.uint8)
        mask[:, 1:-1, 1:-1] = 1
        image = SimpleITK.GetImageFromArray((pixels * 255)[None].astype(np.float32))
        found: dict[str, Any] = extractor.execute(image, SimpleITK.GetImageFromArray(mask))
        return {name: float(value) for name, value in found.items() if not name.startswith("diagnostics")}

    return extract


def radiomic_table(sample: Sample, extract: Extract) -> FloatArray:
    """(n, f) features of every image, in the order of their names; NaN where a feature is not defined."""
    load = sample.load_pixels
    if load is None:
        raise MetricError("The images' pixels are not at hand.")
    rows = [extract(load(index)) for index in range(sample.n)]
    names = sorted(rows[0])
    return np.array([[row.get(name, np.nan) for name in names] for row in rows])


def estimate_frechet_radiomics(
    synthetic: Sample, reference: Sample, x: npt.ArrayLike, y: npt.ArrayLike, settings: Settings
) -> tuple[Estimate, Estimate | None]:
    """The distance of feature tables x (n, f) and y (m, f) of the two samples' rows, and its noise floor.

    Features that are undefined in an image, or the same in all real ones, are left out; the others are standardised by the
    reference. ``extra["log"]`` is the natural logarithm, the form in which the distance is often quoted.
    """
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    defined = np.isfinite(left).all(axis=0) & np.isfinite(right).all(axis=0)
    kept = defined & (np.ptp(np.where(np.isfinite(right), right, 0.0), axis=0) > 0)
    if not kept.any():
        raise MetricError("No radiomic feature is defined in all images and varies over the reference.")
    mean, scale = right[:, kept].mean(axis=0), right[:, kept].std(axis=0)
    pair = (
        replace(synthetic, features=(left[:, kept] - mean) / scale, text_features=None, spaces={}),
        replace(reference, features=(right[:, kept] - mean) / scale, text_features=None, spaces={}),
    )
    estimate = _in_moving_units(estimate_frechet_distance(*pair, settings), *pair, settings)
    floor = noise_floor(*pair, settings, corrected=bool(estimate.extra["bias_corrected"]))
    extra = {**estimate.extra, "log": float(np.log(max(estimate.value, np.finfo(float).tiny)))}
    return replace(estimate, extra=extra), floor


def _in_moving_units(estimate: Estimate, synthetic: Sample, reference: Sample, settings: Settings) -> Estimate:
    """The estimate of two standardised samples with the error that the standard deviations' own error adds."""
    x, y = (np.asarray(sample.features, dtype=np.float64) for sample in (synthetic, reference))
    blocks = [assign_blocks(sample.groups, settings.blocks, settings.seed) for sample in (synthetic, reference)]
    plug_in = float(estimate.extra["plug_in"])
    left_out = (
        leave_out_distances(x, features_to_gaussian(x), features_to_gaussian(y), blocks[0]),
        distances_in_own_units(x, y, blocks[1]),
    )
    bias, se, df = pool(
        [jackknife(plug_in, rest, np.bincount(block)) for rest, block in zip(left_out, blocks, strict=True)]
    )
    value = plug_in - bias if estimate.extra["bias_corrected"] else plug_in
    at_zero = float(estimate.extra["se_at_zero"]) ** 2
    low, high = squared_distance_interval(value, plug_in, se, df, settings.confidence, at_zero)
    extra = {**estimate.extra, "bias": bias, "se": se}
    return Estimate(value, low, high, estimate.n, f"{estimate.method}; {UNITS}", extra)


def distances_in_own_units(x: FloatArray, y: FloatArray, blocks: IntArray) -> FloatArray:
    """(b,) plug-in distances of x (n, f) to y (m, f) without block j (m,), in units of the standard deviations of what is left of y.

    A feature that is constant without the block keeps its unit.
    """
    distances = []
    for block in range(int(blocks.max()) + 1):
        kept = y[blocks != block]
        unit = kept.std(axis=0)
        unit[unit == 0] = 1.0
        distances.append(frechet_distance(x / unit, kept / unit))
    return np.array(distances)


def radiomics_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """The distance at equal n, at most MOST_IMAGES a side, with two halves of the reference as its noise floor."""
    extract = load_extractor()
    settings = comparison.settings
    n = min(comparison.synthetic.n, comparison.reference.n, MOST_IMAGES)
    synthetic, reference = (subsample(s, n, settings.seed) for s in (comparison.synthetic, comparison.reference))
    tables = radiomic_table(synthetic, extract), radiomic_table(reference, extract)
    estimate, floor = estimate_frechet_radiomics(synthetic, reference, *tables, settings)
    label = f"real vs real, n = {floor.n}" if floor else ""
    return (scored("frechet_radiomics_distance", "lower", estimate, baseline=floor, baseline_label=label),)


ENTRIES = (
    Metric("frechet_radiomics_distance", "Fréchet radiomics distance", "fidelity", "lower", PIXELS, 20,
           "Konz et al. 2024, arXiv:2412.01496", radiomics_family),
)  # fmt: skip
