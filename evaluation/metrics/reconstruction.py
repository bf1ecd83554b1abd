"""What the autoencoder alone costs: images of the reference after encoding and decoding, each against its own original.

A latent model cannot be better than its autoencoder. PSNR, MS-SSIM and the energy lost by spatial frequency band compare
pixels; the distance between the two sets comes from the ordinary metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.metrics import skewed
from evaluation.metrics.metric import Metric
from evaluation.metrics.multiscale import ms_ssim
from evaluation.metrics.result import (
    BoolArray,
    Comparison,
    Estimate,
    FloatArray,
    IntArray,
    MetricError,
    MetricResult,
    Sample,
    Settings,
    TooFewImages,
    scored,
)
from evaluation.metrics.skewed import ratio_of_sums

MINIMUM = 10
# Pairs that are compared, at most (seeded): pixels are slow, and more than that narrow little.
PAIRS = 1000
METHOD = f"mean over pairs; {skewed.METHOD}"
ENERGY_METHOD = f"mean over octaves of the energy lost; {skewed.METHOD}"
# Of an exact copy; 8-bit levels cannot be told apart beyond about 59 dB.
MAX_PSNR = 100.0
# Variance of rounding to 8 bits: a band of the original below it holds nothing.
ROUNDING = (1 / 255) ** 2 / 12

Spectrum = FloatArray


@dataclass(frozen=True)
class Pairs:
    """Rows of reconstructions and of their originals, and the originals' groups."""

    reconstruction: IntArray
    original: IntArray
    groups: tuple[str, ...]


def pair_up(comparison: Comparison) -> Pairs:
    """Reconstructions (group ``image-<digest>``) with the images of the reference that they are of.

    Raises TooFewImages below 10 pairs.
    """
    synthetic, reference = comparison.synthetic, comparison.reference
    rows = {f"image-{digest}": row for row, digest in enumerate(reference.digests)}
    found = [(i, rows[group]) for i, group in enumerate(synthetic.groups) if group in rows]
    if len(found) < MINIMUM:
        raise TooFewImages(
            f"Needs at least {MINIMUM} reconstructions of images of the reference; there are {len(found)}."
        )
    chosen = np.random.default_rng(comparison.settings.seed).permutation(len(found))[:PAIRS]
    pairs = np.array(found, dtype=np.intp)[np.sort(chosen)]
    return Pairs(pairs[:, 0], pairs[:, 1], tuple(reference.groups[i] for i in pairs[:, 1]))


def psnr(image: npt.NDArray[np.floating[Any]], original: npt.NDArray[np.floating[Any]]) -> float:
    """Peak signal-to-noise ratio in dB of images in [0, 1]: -10 log10 of the mean squared difference, at most 100."""
    error = float(np.mean((np.asarray(image, dtype=np.float64) - original) ** 2))
    return min(-10 * np.log10(error), MAX_PSNR) if error > 0 else MAX_PSNR


@lru_cache(maxsize=4)
def octave_masks(shape: tuple[int, int]) -> tuple[tuple[tuple[float, float], BoolArray], ...]:
    """((low, high) in cycles per image width, mask over the 2-D spectrum) of octaves from 1 to the Nyquist frequency."""
    frequency = np.hypot(
        *(axis * side for axis, side in zip(np.meshgrid(*map(np.fft.fftfreq, shape), indexing="ij"), shape))
    )
    edges = 2.0 ** np.arange(int(np.log2(min(shape))))
    return tuple(((low, 2 * low), (frequency >= low) & (frequency < 2 * low)) for low in map(float, edges))


def band_energies(image: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """(octaves,) energy of an (h, w) image in each octave, as variance per pixel; a Hann window hides the borders."""
    h, w = image.shape
    window = np.outer(np.hanning(h), np.hanning(w))
    centred = np.asarray(image, dtype=np.float64)
    centred = (centred - (centred * window).sum() / window.sum()) * window
    power = np.abs(np.fft.fft2(centred)) ** 2 / (h * w * (window**2).sum())
    return np.array([power[mask].sum() for _, mask in octave_masks((h, w))])


def reconstruction_family(comparison: Comparison) -> tuple[MetricResult, ...]:
    """PSNR, MS-SSIM and the loss of energy by octave of reconstructions against their originals."""
    pairs, settings = pair_up(comparison), comparison.settings
    load, load_original = _loader(comparison.synthetic), _loader(comparison.reference)
    noise, likeness, energies = [], [], []
    for own, original in zip(pairs.reconstruction, pairs.original, strict=True):
        image, truth = load(int(own)), load_original(int(original))
        noise.append(psnr(image, truth))
        likeness.append(ms_ssim(image, truth))
        energies.append((band_energies(image), band_energies(truth)))
    made, real = (np.array(side) for side in zip(*energies, strict=True))
    side = load_original(int(pairs.original[0])).shape
    return (
        scored("reconstruction_psnr", "higher", mean_estimate(noise, pairs.groups, settings)),
        scored("reconstruction_ms_ssim", "higher", mean_estimate(likeness, pairs.groups, settings)),
        scored("reconstruction_band_energy", "lower", energy_estimate(made, real, pairs.groups, side, settings)),
    )


def _loader(sample: Sample) -> Callable[[int], npt.NDArray[np.float32]]:
    if sample.load_pixels is None:
        raise MetricError("The images' pixels are not at hand.")
    return sample.load_pixels


def mean_estimate(values: Sequence[float], groups: Sequence[str], settings: Settings) -> Estimate:
    """Mean of the pairs, its interval over patients. Raises TooFewImages below 5 patients."""
    rows = np.asarray(values, dtype=np.float64)[:, None]
    return _estimate(rows, np.ones_like(rows), groups, settings, METHOD)


def energy_estimate(
    made: FloatArray, real: FloatArray, groups: Sequence[str], side: tuple[int, int], settings: Settings
) -> Estimate:
    """Share of the originals' energy that is lost, averaged over octaves; negative where energy was added.

    made, real: (pairs, octaves). An octave in which the originals hold less than the rounding to 8 bits is left out.
    """
    octaves = octave_masks((side[0], side[1]))
    floor = np.array([ROUNDING * mask.sum() / mask.size for _, mask in octaves])
    full = np.flatnonzero(real.mean(axis=0) > floor)
    if not len(full):
        raise MetricError("The originals are constant images: they hold no energy that could be lost.")
    lost, bands = real - made, []
    for number in full:
        octave = [number]
        estimate = _estimate(lost[:, octave], real[:, octave], groups, settings, METHOD)
        low, high = octaves[number][0]
        cycles = {"from": low, "to": high, "lost": estimate.value, "low": estimate.low, "high": estimate.high}
        bands.append(cycles | {"original_energy": float(real[:, number].mean())})
    return _estimate(lost[:, full], real[:, full], groups, settings, ENERGY_METHOD, {"bands": bands})


def _estimate(
    above: FloatArray,
    below: FloatArray,
    groups: Sequence[str],
    settings: Settings,
    method: str,
    extra: dict[str, Any] | None = None,
) -> Estimate:
    value, low, high, se = ratio_of_sums(above, below, groups, settings.confidence)
    return Estimate(value, low, high, len(above), method, {"se": se, **(extra or {})})


_NEEDS = frozenset({"pixels", "pairs"})
ENTRIES = (
    Metric("reconstruction_psnr", "PSNR of reconstructions (dB)", "parts", "higher", _NEEDS, MINIMUM,
           "mean squared error on a logarithmic scale", reconstruction_family),
    Metric("reconstruction_ms_ssim", "MS-SSIM of reconstructions", "parts", "higher", _NEEDS, MINIMUM,
           "Wang, Simoncelli & Bovik 2003", reconstruction_family),
    Metric("reconstruction_band_energy", "Energy lost in reconstruction", "parts", "lower", _NEEDS, MINIMUM,
           "power spectrum by octave, Hann window", reconstruction_family),
)  # fmt: skip
