"""Pictures as pictures: each of the two sees its own kind of damage, and the pixels are read once."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from evaluation.metrics import Comparison, MetricError, Sample, Settings, measure
from evaluation.metrics.images import images_family, wasserstein
from evaluation.metrics.pixel_table import (
    MAX_PICTURES,
    grey_levels,
    keeping_pixels,
    pixel_table,
    power_spectrum,
)

SIDE = 64


def pictures(seed: int, n: int = 80, *, blur: float = 0.0, lift: float = 0.0, side: int = SIDE) -> Sample:
    def load(index: int) -> np.ndarray:
        rng = np.random.default_rng([seed, index])
        smooth = gaussian_filter(rng.normal(size=(side, side)), 6) * 3
        picture = 0.45 + 0.05 * rng.normal() + 0.2 * smooth + 0.03 * rng.normal(size=(side, side)) + lift
        return np.clip(gaussian_filter(picture, blur) if blur else picture, 0, 1).astype(np.float32)

    return Sample(np.zeros((n, 1)), tuple(f"g{i // 2:03d}" for i in range(n)), load_pixels=load)


def by_name(synthetic: Sample, reference: Sample) -> dict[str, object]:
    return {result.metric: result for result in images_family(Comparison(synthetic, reference))}


def test_the_same_process_is_at_its_noise_and_says_so() -> None:
    for result in by_name(pictures(0), pictures(1)).values():
        assert result.low <= 0
        assert result.low <= result.value <= result.high and result.baseline.value < result.high + 0.1


def test_a_blur_is_in_the_spectrum_not_in_the_grey_levels() -> None:
    found = by_name(pictures(0, blur=0.8), pictures(1))
    assert found["spectrum_distance"].low > 0.3
    assert found["intensity_distance"].low == 0
    curve = found["spectrum_distance"].extra["spectrum"]
    gap = np.array(curve["reference"]) - np.array(curve["synthetic"])
    assert curve["frequency"] == list(range(1, SIDE // 2 + 1)) and gap[-5:].min() > 1 > abs(gap[:3]).max()


def test_a_wrong_window_level_is_in_the_grey_levels_by_its_size() -> None:
    found = by_name(pictures(0, 160, lift=0.1), pictures(1, 160))
    assert found["intensity_distance"].low < 0.1 < found["intensity_distance"].high
    assert found["intensity_distance"].low > 0.05 and found["spectrum_distance"].high < 0.2
    bars = found["intensity_distance"].extra["histogram"]
    assert len(bars["level"]) == 64 and sum(bars["synthetic"]) == pytest.approx(1, abs=1e-3)


def test_white_noise_has_its_variance_at_every_frequency() -> None:
    noise = np.random.default_rng(0).normal(0.5, 0.1, size=(256, 256)).astype(np.float32)
    spectrum = 10 ** power_spectrum(noise)
    assert spectrum[20:].mean() == pytest.approx(0.01, rel=0.02)
    assert spectrum[60:].std() < 0.1 * spectrum[60:].mean()


def test_a_grating_is_at_its_own_frequency() -> None:
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * 20 * np.arange(128) / 128)
    spectrum = power_spectrum(np.tile(wave, (128, 1)).astype(np.float32))
    assert spectrum.argmax() + 1 == 20


def test_the_distance_of_grey_levels_is_how_far_grey_moves() -> None:
    black, white = grey_levels(np.zeros((8, 8), np.float32)), grey_levels(np.ones((8, 8), np.float32))
    half = grey_levels(np.full((8, 8), 0.5, np.float32))
    assert wasserstein(black, white) == 1 and wasserstein(black, half) == pytest.approx(0.5, abs=1 / 255)


def test_flat_pictures_have_a_finite_spectrum() -> None:
    flat = np.full((64, 64), 0.25, np.float32)
    assert np.isfinite(power_spectrum(flat)).all()


def test_pixels_are_read_once_and_no_more_than_the_limit() -> None:
    seen: list[int] = []

    def load(index: int) -> np.ndarray:
        seen.append(index)
        return np.random.default_rng(index).random((64, 64)).astype(np.float32)

    sample = keeping_pixels(Sample(np.zeros((60, 1)), tuple(map(str, range(60))), load_pixels=load))
    assert keeping_pixels(sample) is sample
    for _ in range(2):
        pixel_table(sample, Settings())
    assert sorted(seen) == list(range(60))
    many = Sample(np.zeros((MAX_PICTURES + 50, 1)), tuple(map(str, range(MAX_PICTURES + 50))), load_pixels=load)
    assert pixel_table(many, Settings()).n == MAX_PICTURES


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((64, 60), np.float32), "square"),
        (np.zeros((48, 48), np.float32), "at least 64"),
        (np.full((64, 64), np.nan, np.float32), "NaN"),
    ],
)
def test_pictures_that_cannot_be_used_are_named(picture: np.ndarray, words: str) -> None:
    sample = Sample(np.zeros((20, 1)), tuple(map(str, range(20))), load_pixels=lambda i: picture)
    with pytest.raises(MetricError, match=words):
        pixel_table(sample, Settings())
    refused = measure(sample, pictures(1), names=["spectrum_distance"])
    assert words in refused[0].refused


def test_pictures_of_two_sizes_are_refused() -> None:
    refused = measure(pictures(0, 20, side=128), pictures(1, 20), names=["spectrum_distance"])
    assert "differ in size" in refused[0].refused
