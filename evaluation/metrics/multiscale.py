"""Multi-scale structural similarity (Wang, Simoncelli & Bovik 2003) between images of one prompt, and of different prompts.

11 x 11 Gaussian window of sigma 1.5 without padding, five scales, weights .0448 .2856 .3001 .2363 .1333, range 1: the
definition of pytorch-msssim, which the published scores of RoentGen used. A pair needs only one blurred product per
scale, since means and variances belong to one image: they are made once per image.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from evaluation.metrics.metric import PIXELS, Metric
from evaluation.metrics.resampling import MINIMUM_GROUPS, canonical_order, group_codes, t_interval
from evaluation.metrics.result import (
    Comparison,
    Estimate,
    FloatArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)

SIDE = 256
WINDOW, SIGMA = 11, 1.5
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
C1, C2 = 0.01**2, 0.03**2
METHOD = f"all pairs within a prompt, {SIDE} px; prompt means, t interval over prompts"
REAL_METHOD = f"seeded disjoint pairs of different groups, {SIDE} px; t interval over pairs"
MAX_PAIRS = 200
CACHED_IMAGES = 128

Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Scale:
    """One image at one scale: pixels, Gaussian mean, mean squared, variance."""

    pixels: Image
    mean: Image
    mean_squared: Image
    variance: Image


@lru_cache(maxsize=32)
def _band(side: int) -> Image:
    """(side - 10, side) matrix that applies the Gaussian window along one axis, no padding."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(offsets**2) / (2 * SIGMA**2))
    band = np.zeros((side - WINDOW + 1, side), dtype=np.float32)
    for row in range(len(band)):
        band[row, row : row + WINDOW] = window / window.sum()
    return band


def _blur(image: Image) -> Image:
    """Gaussian window over both axes as two banded products, in tiles so that a product skips most of the zeros."""
    return _along_rows(_along_rows(image).T).T


TILE = 54


def _along_rows(image: Image) -> Image:
    rows = len(image) - WINDOW + 1
    if rows <= 2 * TILE:
        return _band(len(image)) @ image
    out = np.empty((rows, image.shape[1]), dtype=np.float32)
    for start in range(0, rows, TILE):
        stop = min(start + TILE, rows)
        np.matmul(_band(stop - start + WINDOW - 1), image[start : stop + WINDOW - 1], out=out[start:stop])
    return out


def _halve(image: Image) -> Image:
    """2 x 2 average; an odd side is padded by zeros on both ends and they count (as pytorch-msssim pools)."""
    if image.shape[0] % 2 or image.shape[1] % 2:
        image = np.pad(image, [(s % 2, s % 2) for s in image.shape])
    h, w = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    cut = image[:h, :w]
    rows = cut[0::2] + cut[1::2]
    result: Image = (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
    return result


def image_to_moments(image: npt.NDArray[np.floating]) -> tuple[_Scale, ...]:
    """Pixels, means and variances of one (h, w) image in [0, 1] at all five scales.

    Raises MetricError where the shorter side is at most (window - 1) * 2^4 = 160.
    """
    if image.ndim != 2 or min(image.shape) <= (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1):
        raise MetricError("MS-SSIM needs a gray image with a shorter side above 160 pixels.")
    pixels = np.ascontiguousarray(image, dtype=np.float32)
    if not np.isfinite(pixels).all():
        raise MetricError("A picture contains NaN or infinity.")
    scales = []
    for _ in WEIGHTS:
        mean = _blur(pixels)
        squared = mean * mean
        scales.append(_Scale(pixels, mean, squared, _blur(pixels * pixels) - squared))
        pixels = _halve(pixels)
    return tuple(scales)


def moments_to_ms_ssim(a: Sequence[_Scale], b: Sequence[_Scale]) -> float:
    """MS-SSIM of two images of one size from their moments, in [0, 1]."""
    value = 1.0
    for scale, (left, right) in enumerate(zip(a, b, strict=True)):
        product = left.mean * right.mean
        covariance = _blur(left.pixels * right.pixels)
        covariance -= product
        contrast = (2 * covariance + np.float32(C2)) / (left.variance + right.variance + np.float32(C2))
        if scale == len(WEIGHTS) - 1:
            contrast *= (2 * product + np.float32(C1)) / (left.mean_squared + right.mean_squared + np.float32(C1))
        value *= max(float(contrast.mean(dtype=np.float64)), 0.0) ** WEIGHTS[scale]
    return value


def ms_ssim(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float:
    """MS-SSIM of two (h, w) gray images in [0, 1] of one size."""
    if a.shape != b.shape:
        raise MetricError("MS-SSIM needs two images of one size.")
    return moments_to_ms_ssim(image_to_moments(a), image_to_moments(b))


class _Moments:
    """Moments by image index, the latest few kept: memory does not grow with the set."""

    def __init__(self, load: Callable[[int], npt.NDArray[np.float32]]) -> None:
        self._load = load
        self._kept: OrderedDict[int, tuple[_Scale, ...]] = OrderedDict()

    def __getitem__(self, index: int) -> tuple[_Scale, ...]:
        if index not in self._kept:
            self._kept[index] = image_to_moments(self._load(index))
            if len(self._kept) > CACHED_IMAGES:
                self._kept.popitem(last=False)
        return self._kept[index]


def pair_scores(load: Callable[[int], npt.NDArray[np.float32]], pairs: Iterable[tuple[int, int]]) -> FloatArray:
    """MS-SSIM of index pairs; neighbouring pairs should share images, so that moments are reused."""
    moments = _Moments(load)
    return np.array([moments_to_ms_ssim(moments[i], moments[j]) for i, j in pairs])


def estimate_within_group(sample: Sample, settings: Settings) -> Estimate:
    """Mean MS-SSIM over prompts of the mean over a prompt's pairs; lower is more diverse.

    Raises TooFewImages below 5 prompts with at least two images.
    """
    if sample.load_pixels is None:
        raise MetricError("MS-SSIM needs pixels.")
    codes = group_codes(sample.groups)
    prompts = [np.flatnonzero(codes == c) for c in range(int(codes.max()) + 1)]
    prompts = [rows for rows in prompts if len(rows) > 1]
    if len(prompts) < MINIMUM_GROUPS:
        raise TooFewImages(
            f"Needs at least {MINIMUM_GROUPS} prompts with two or more images; there are {len(prompts)}."
        )
    load = sample.load_pixels
    means = [float(pair_scores(load, combinations(map(int, rows), 2)).mean()) for rows in prompts]
    pairs = sum(len(rows) * (len(rows) - 1) // 2 for rows in prompts)
    return _mean_estimate(means, settings, METHOD, {"prompts": len(prompts), "n_pairs": pairs})


def estimate_between_groups(sample: Sample, settings: Settings) -> Estimate | None:
    """Mean MS-SSIM of at most MAX_PAIRS disjoint random pairs of different groups; None below 5 pairs."""
    codes = group_codes(sample.groups)
    rng = np.random.default_rng(settings.seed)
    order = canonical_order(sample)
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    sizes = np.diff(np.r_[starts, len(order)])
    # One image a group: every pair is then of different patients, and no image is used twice.
    rows = order[starts + rng.integers(sizes)][rng.permutation(len(sizes))].tolist()
    count = min(len(rows) // 2, MAX_PAIRS)
    if sample.load_pixels is None or count < MINIMUM_GROUPS:
        return None
    pairs = [(rows[2 * i], rows[2 * i + 1]) for i in range(count)]
    return _mean_estimate(pair_scores(sample.load_pixels, pairs), settings, REAL_METHOD, {"n_pairs": count})


def _mean_estimate(values: npt.ArrayLike, settings: Settings, method: str, extra: dict[str, int]) -> Estimate:
    scores = np.asarray(values, dtype=np.float64)
    se = float(scores.std(ddof=1) / np.sqrt(len(scores)))
    low, high = t_interval(float(scores.mean()), se, len(scores) - 1, settings.confidence)
    return Estimate(float(scores.mean()), max(low, 0.0), min(high, 1.0), len(scores), method, extra)


def ms_ssim_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """MS-SSIM within a prompt and across prompts, both beside that of pairs of real images of different patients."""
    synthetic, reference, settings = comparison.synthetic, comparison.reference, comparison.settings
    real = estimate_between_groups(reference, settings)
    results = []
    for name, estimate in (("within", estimate_within_group), ("across", estimate_across_prompts)):
        metric = f"ms_ssim_{name}_prompt{'s' if name == 'across' else ''}"
        try:
            own = estimate(synthetic, settings)
        except TooFewImages as error:
            results.append(MetricResult(metric, "match", synthetic.n, "", refused=str(error)))
            continue
        results.append(scored(metric, "match", own, baseline=real, baseline_label="pairs of different real patients"))
    return tuple(results)


def estimate_across_prompts(sample: Sample, settings: Settings) -> Estimate:
    """Mean MS-SSIM of disjoint pairs of images of different prompts. Raises TooFewImages below 10 prompts."""
    estimate = estimate_between_groups(sample, settings)
    if estimate is None:
        raise TooFewImages(f"Needs at least {2 * MINIMUM_GROUPS} prompts: no image is used in two pairs.")
    return estimate


ENTRIES = (
    Metric("ms_ssim_within_prompt", "MS-SSIM within a prompt", "diversity", "match", PIXELS, 10,
           "Wang, Simoncelli & Bovik 2003; RoentGen, arXiv:2211.12737", ms_ssim_family),
    Metric("ms_ssim_across_prompts", "MS-SSIM across prompts", "diversity", "match", PIXELS, 10,
           "Wang, Simoncelli & Bovik 2003; RoentGen-v2, arXiv:2508.16783", ms_ssim_family),
)  # fmt: skip
