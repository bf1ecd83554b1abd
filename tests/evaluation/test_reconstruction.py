"""Reconstructions against their originals."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.metrics import Sample, measure
from evaluation.metrics.reconstruction import band_energies, mean_estimate, octave_masks, psnr
from evaluation.metrics.result import MetricResult, Settings

N = 24


def picture(index: int) -> np.ndarray:
    """Structure at every scale, in 8-bit levels."""
    noise = np.random.default_rng(index).normal(size=(256, 256))
    layers = sum(s * gaussian_filter(noise, s, mode="wrap") for s in (0.7, 2, 6, 20))
    return (np.rint(255 * np.clip(0.5 + 0.05 * layers, 0, 1)) / 255).astype(np.float32)


def reconstructed(blur: float, gain: float = 1.0) -> dict[str, MetricResult]:
    digests = tuple(f"{i:064d}" for i in range(N))
    originals = Sample(
        np.zeros((N, 2)), tuple(f"patient-{i // 2}" for i in range(N)), load_pixels=picture, digests=digests
    )

    def load(row: int) -> np.ndarray:
        image = picture(N - 1 - row)
        return np.clip(0.5 + gain * (gaussian_filter(image, blur) - 0.5), 0, 1) if blur else image

    made = Sample(np.zeros((N, 2)), tuple(f"image-{d}" for d in reversed(digests)), load_pixels=load)
    names = ("reconstruction_psnr", "reconstruction_ms_ssim", "reconstruction_band_energy")
    return {r.metric.removeprefix("reconstruction_"): r for r in measure(made, originals, names=names)}


def test_an_exact_copy_loses_nothing() -> None:
    found = reconstructed(0)
    assert (found["psnr"].value, found["ms_ssim"].value) == (100, pytest.approx(1, abs=1e-5))
    assert found["band_energy"].value == 0 and all(b["lost"] == 0 for b in found["band_energy"].extra["bands"])


def test_blur_costs_the_fine_octaves_and_spares_the_coarse() -> None:
    found = reconstructed(1.0)
    for result in found.values():
        assert not result.refused and result.low < result.value < result.high and result.n == N
    bands = found["band_energy"].extra["bands"]
    lost = [band["lost"] for band in bands]
    assert [band["from"] for band in bands] == [2.0**i for i in range(len(bands))]
    assert abs(lost[0]) < 0.02 and lost[-1] > 0.8 and lost == sorted(lost)
    # A Gaussian of 1 pixel passes exp(-(2 pi f / 256)^2) of the energy at f cycles per width.
    middle = next(band for band in bands if band["from"] == 32)
    assert 1 - np.exp(-((2 * np.pi * 32 / 256) ** 2)) < middle["lost"] < 1 - np.exp(-((2 * np.pi * 64 / 256) ** 2))
    worse = reconstructed(2.0)
    assert worse["psnr"].high < found["psnr"].low and worse["ms_ssim"].value < found["ms_ssim"].value
    assert worse["band_energy"].value > found["band_energy"].value


def test_added_energy_is_negative_loss() -> None:
    assert reconstructed(1e-3, gain=1.2)["band_energy"].value == pytest.approx(1 - 1.2**2, abs=0.05)


def test_the_octaves_hold_the_energy_of_a_wave_where_it_lies() -> None:
    x = np.arange(256) / 256
    wave = 0.5 + 0.2 * np.sin(2 * np.pi * 24 * x)[None, :] * np.ones((256, 1))
    energies = band_energies(wave)
    names = [band for band, _ in octave_masks((256, 256))]
    assert names[int(energies.argmax())] == (16.0, 32.0)
    assert energies.max() == pytest.approx(0.2**2 / 2, rel=0.02) and energies.max() / energies.sum() > 0.99


def test_psnr_is_what_it_says() -> None:
    image = np.full((8, 8), 0.5)
    assert psnr(image, image + 0.1) == pytest.approx(20) and psnr(image, image) == 100


def test_without_pairs_it_is_refused() -> None:
    originals = Sample(np.zeros((N, 2)), tuple(f"p{i}" for i in range(N)), load_pixels=picture, digests=("a",) * N)
    stranger = Sample(np.zeros((N, 2)), tuple(f"image-{i}" for i in range(N)), load_pixels=picture)
    refused = measure(stranger, originals, names=["reconstruction_psnr"])[0].refused
    assert "not reconstructions of images of the reference" in refused


def test_the_mean_has_an_interval_over_patients() -> None:
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        codes = np.arange(60) // 3
        values = rng.normal(size=20)[codes] + 0.3 * rng.normal(size=60)
        estimate = mean_estimate(list(values), [f"p{c}" for c in codes], Settings())
        inside += estimate.low <= 0 <= estimate.high
    assert 88 <= inside <= 99
